"""Where a matter belongs that is no report: the card while writing, the page of each exit, the counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ngomon.core.text import clean
from ngomon.directory import queries as directory
from ngomon.directory.terms import Exit, ExitKind
from ngomon.identity.edge import public

from .. import exit_queries as exits
from ..rules import MAX_TEXT
from ..rules.exits import Spoken, Strength
from .shown import language, name

SEEN = "exit_seen"


@dataclass(frozen=True, slots=True)
class ExitCard:
    """An exit as a page shows it."""

    key: str
    kind: str
    name: str
    icon: str
    where: str
    way: str
    within: str
    address: str
    phones: Sequence[tuple[str, str]]
    url: str
    law: str
    because: str = ""


def exit_card(exit: Exit, because: Sequence[str] = ()) -> ExitCard:
    """Everything about an exit in the reader's words."""
    return ExitCard(
        key=exit.key,
        kind=exit.kind,
        name=name(exit.name),
        icon=exit.icon or "signpost",
        where=name(exit.where),
        way=name(exit.way),
        within=name(exit.within),
        address=name(exit.address),
        phones=exits.phones_of(exit, language()),
        url=exit.url,
        law=exit.law,
        because=", ".join(f"“{words}”" for words in because),
    )


def danger_card() -> ExitCard | None:
    """The emergency numbers; None where the pack has none."""
    found = exits.danger_exit()
    return exit_card(found) if found else None


def _elsewhere(heard: Sequence[Spoken]) -> Spoken | None:
    """The plainest exit besides danger."""
    return next((s for s in heard if directory.exit_of(s.key).kind != ExitKind.DANGER), None)


def exit_hints(words: str) -> dict[str, Any]:
    """What the words speak of, for the suggestions: danger first, then where else the matter may belong."""
    heard = exits.spoken(words)
    danger = exits.danger_exit()
    elsewhere = _elsewhere(heard)
    return {
        "danger": danger_card() if danger and any(s.key == danger.key for s in heard) else None,
        "exit": exit_card(directory.exit_of(elsewhere.key), elsewhere.because) if elsewhere else None,
        "hotline": directory.city().hotline,
    }


def asks_first(typed: Mapping[str, Any]) -> bool:
    """Whether the form shows the card once more before it files: the words are plain and the card was never shown.

    So it is without JavaScript, and for whoever types faster than the suggestions come. Danger never waits.
    """
    words = clean(str(typed.get("text", "")))[:MAX_TEXT]
    heard = exits.spoken(words)
    danger, elsewhere = exits.danger_exit(), _elsewhere(heard)
    if elsewhere is None or elsewhere.strength is not Strength.STRONG:
        return False
    if danger and any(s.key == danger.key for s in heard):
        return False
    return elsewhere.key != str(typed.get(SEEN, ""))


@public
@require_safe
def exits_page(request: HttpRequest) -> HttpResponse:
    """Which matter belongs where, and how many reports were guided to each; guiding is no rejection."""
    counts = {c.exit.key: c.n for c in exits.guided_counts()}
    cards = [(exit_card(e), counts.get(e.key)) for e in directory.exits()]
    return render(request, "cases/exits.html", {"cards": cards, "total": sum(counts.values())})


@public
@require_safe
def exit_page(request: HttpRequest, key: str) -> HttpResponse:
    """One exit: where to go, how, within which time, law, telephone. Raises: NotFound."""
    return render(request, "cases/exit.html", {"exit": exit_card(directory.exit_of(key[:60]))})
