"""Reads about matters that are no reports: what a text speaks of, what was guided where, what danger waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from ngomon.core.actors import Actor
from ngomon.core.errors import NotFound, Refused
from ngomon.core.text import in_language
from ngomon.core.texts import text
from ngomon.directory import queries as directory
from ngomon.directory.terms import Exit, ExitKind, Secrecy
from ngomon.identity.rules import may

from .models import Entry, Tally
from .queries import _LINE, _visible_to, danger_words
from .rules.exits import ExitBook, Spoken, Strength, exits_spoken
from .terms import CaseLine

GUIDED = "guided:"
_DANGER_SCORE = 2.0


@lru_cache(maxsize=2)
def _book(edition: int) -> ExitBook:  # noqa: ARG001 (the cache key)
    """Built once per edition of the directory."""
    return ExitBook.of((e.key, e.words) for e in directory.exits())


def spoken(words: str) -> list[Spoken]:
    """The exits that a text's words speak for: danger to life first, then the plainest.

    A category's danger words speak of danger too, where the pack has such an exit.
    """
    if not words:
        return []
    found = exits_spoken(words, _book(directory.edition()))
    danger = danger_exit()
    if danger is None:
        return found
    mine = next((s for s in found if s.key == danger.key), None)
    heard = danger_words(words)
    if mine is None and heard:
        mine = Spoken(danger.key, heard[:5], _DANGER_SCORE)
    return [*([mine] if mine else []), *(s for s in found if s.key != danger.key)]


def danger_exit() -> Exit | None:
    """The exit for danger to life; None where the pack has none."""
    return next((e for e in directory.exits() if e.kind == ExitKind.DANGER), None)


def presumed_exit(words: str) -> tuple[str, bool]:
    """The exit by which a report is kept to the duty shift from its first moment, and whether it is.

    Only a matter of which nobody else may know is presumed; the desk decides, and may lift it.
    """
    for said in spoken(words):
        if said.strength is Strength.STRONG and directory.exit_of(said.key).secrecy == Secrecy.SHIFT_ONLY:
            return said.key, True
    return "", False


def exits_to_choose() -> list[Exit]:
    """Where the desk may guide a report: everywhere but to itself."""
    return [e for e in directory.exits() if e.kind != ExitKind.DANGER]


@dataclass(frozen=True, slots=True)
class GuidedCount:
    """How many cases were guided to an exit. Base: all time; each is counted where it stands now."""

    exit: Exit
    n: int


DANGER_WAITING = "danger:waiting"
"""The counter of danger to life that the desk has not taken up yet."""


def guided_scopes() -> list[str]:
    """The counters of what was guided where."""
    return [f"{GUIDED}{e.key}" for e in exits_to_choose()]


def guided_counts(counts: Mapping[str, int] | None = None) -> list[GuidedCount]:
    """The counts per exit, in the pack's order, also those of none. They are no rejections; one statement, none with `counts`."""
    known = exits_to_choose()
    if counts is None:
        counts = dict(Tally.objects.filter(scope__in=guided_scopes()).values_list("scope", "n"))
    return [GuidedCount(e, counts.get(f"{GUIDED}{e.key}", 0)) for e in known]


def danger_waiting(*, actor: Actor, most: int = 20) -> list[CaseLine]:
    """Danger to life that the desk has not taken up yet, the longest waiting first. Raises: Refused."""
    if not may(actor, "case.triage"):
        raise Refused("cases.error.desk_only")
    seen = _visible_to(actor)
    rows = seen.filter(kind="danger", is_open=True, acknowledged_at__isnull=True)
    return [CaseLine(*row) for row in rows.order_by("opened_at").values_list(*_LINE)[:most]]


def exit_of_case(view_exit: str) -> Exit | None:
    """The exit that a case stands under, where the pack still has it."""
    try:
        return directory.exit_of(view_exit) if view_exit else None
    except NotFound:
        return None


def words_of(entry: str) -> str:
    """What the desk wrote to the reporter with an action; empty where it was erased meanwhile."""
    found = Entry.objects.filter(pk=UUID(entry)).values_list("text", flat=True).first() if entry else ""
    return found or ""


def phones_of(exit: Exit, language: str) -> list[tuple[str, str]]:
    """The telephone numbers of an exit with what each is, in order."""
    names = [part.strip() for part in in_language(exit.phone_names, language).split(";")]
    return [(phone, names[n] if n < len(names) else "") for n, phone in enumerate(exit.phones)]


def guidance(exit: Exit, language: str) -> str:
    """What a reporter is told who is guided to an exit: where to go, how, in which time, telephone and law."""
    rows = [text("cases.guide.intro", language, exit=in_language(exit.name, language))]
    for key in ("where", "way", "within", "address"):
        said = in_language(getattr(exit, key), language)
        if said:
            rows.append(text(f"cases.guide.{key}", language, words=said))
    phones = "; ".join(f"{phone} ({what})" if what else phone for phone, what in phones_of(exit, language))
    if phones:
        rows.append(text("cases.guide.phone", language, words=phones))
    if exit.url:
        rows.append(text("cases.guide.url", language, words=exit.url))
    if exit.law:
        rows.append(text("cases.guide.law", language, words=exit.law))
    rows.append(text("cases.guide.close", language))
    return "\n".join(rows)
