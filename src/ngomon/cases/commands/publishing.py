"""Publishing an answer: the editor's checklist, what is masked in the words, nothing undecided in the pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Conflict, Invalid, Refused
from ngomon.core.events import emit
from ngomon.core.rows import save
from ngomon.core.search import index
from ngomon.core.text import clean
from ngomon.core.units import command
from ngomon.identity.rules import may
from ngomon.processes import queries as processes

from ..models import Case, Entry, PictureBox, Review, Signal
from ..publishable import current_answer, review_of, words_undecided
from ..queries import live_audience
from ..rules import Effect
from ..rules.private import hide
from ..rules.redaction import Hiding, spans_of
from ..rules.spans import Span
from ..terms import CASE, AnswerChecked, Audience, EntryKind, WordsHidden
from .steps import locked, may_touch, write_entry

PREFIX = "check_"
DONE, NOT_APPLICABLE = "done", "na"


@dataclass(frozen=True, slots=True)
class Ticks:
    """What was ticked and what did not apply, as keys of the checklist."""

    done: tuple[str, ...]
    not_applicable: tuple[str, ...]


def check(case: Case, action: str, effect: Effect, said: dict[str, str]) -> Ticks | None:
    """The ticks that come with an action, taken out of its fields, else those kept by `check_answer`; None without a list.

    Raises: Invalid naming every item that is missing, words that look personal and pictures that nobody decided on.
    """
    given = {name: said.pop(name) for name in [n for n in said if n.startswith(PREFIX)]}
    wanted = [item.key for item in processes.checks_for(case.ref, action)]
    if wanted and not given:
        given = kept_checks(case.id)
    wrong = _missing(wanted, given)
    if effect.publishes:
        wrong |= _undecided(case)
    if wrong:
        raise Invalid("cases.error.not_checked", fields=wrong)
    return _ticks(wanted, given) if wanted else None


def _missing(wanted: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
    return {
        f"{PREFIX}{key}": "cases.error.check_missing"
        for key in wanted
        if given.get(f"{PREFIX}{key}") not in {DONE, NOT_APPLICABLE}
    }


def _undecided(case: Case) -> dict[str, str]:
    wrong = {}
    if PictureBox.objects.filter(picture__case=case, decision="").exists():
        wrong["pictures"] = "cases.error.pictures_undecided"
    if words_undecided(case):
        wrong["words"] = "cases.error.words_undecided"
    return wrong


def _ticks(wanted: Sequence[str], given: Mapping[str, str]) -> Ticks:
    marks = {key: given[f"{PREFIX}{key}"] for key in wanted}
    return Ticks(
        tuple(key for key in wanted if marks[key] == DONE),
        tuple(key for key in wanted if marks[key] == NOT_APPLICABLE),
    )


def kept_checks(case_id: UUID) -> dict[str, str]:
    """What was ticked beforehand for the answer as it stands."""
    review = review_of(case_id)
    if review is None or not review.is_checked:
        return {}
    found = {f"{PREFIX}{key}": DONE for key in review.done.split()}
    return found | {f"{PREFIX}{key}": NOT_APPLICABLE for key in review.not_applicable.split()}


def _keep(case: Case, ticks: Ticks | None, *, actor: Actor, at: datetime) -> None:
    """Note for which answer an editor decided, and what was ticked; without ticks only that the words were decided."""
    answer = current_answer(case.id)
    said = {"entry": answer, "by": actor.told_as, "at": at, "is_checked": ticks is not None}
    said["done"] = " ".join(ticks.done) if ticks else ""
    said["not_applicable"] = " ".join(ticks.not_applicable) if ticks else ""
    Review.objects.update_or_create(case=case, defaults=said)


@command
def check_answer(
    case_id: UUID,
    fields: Mapping[str, str],
    *,
    report: Hiding | None,
    answer: Hiding | None,
    actor: Actor,
    at: datetime,
    version: int | None = None,
) -> None:
    """Decide on the words and tick the list now, and publish later, alone or with many others.

    It counts for this answer only. Raises: as `hide_words`; Invalid naming what is missing; Conflict where nothing waits to be
    published.
    """
    if not may(actor, "case.publish"):
        raise Refused("cases.error.redact_only")
    hide_words(case_id, report=report, answer=answer, actor=actor, at=at, version=version)
    case = locked(case_id)
    if not any(offered.key == "publish" for offered in processes.actions_for(case.ref, actor)):
        raise Conflict("cases.error.nothing_to_publish", number=case.number)
    wanted = [item.key for item in processes.checks_for(case.ref, "publish")]
    wrong = _missing(wanted, fields) | _undecided(case)
    if wrong:
        raise Invalid("cases.error.not_checked", fields=wrong)
    ticks = _ticks(wanted, fields)
    _keep(case, ticks, actor=actor, at=at)
    tell_checked(case, ticks, actor=actor, at=at)
    save(case)
    audit("cases.check_answer", case.ref, actor=actor, at=at)


def tell_checked(case: Case, ticks: Ticks | None, *, actor: Actor, at: datetime) -> None:
    """The log keeps what was ticked, beside the event of the step."""
    if ticks is None:
        return
    event = AnswerChecked(str(case.id), " ".join(ticks.done), " ".join(ticks.not_applicable))
    emit(case, event, actor=actor, at=at, audience=live_audience(case))


@command
def hide_words(
    case_id: UUID,
    *,
    report: Hiding | None,
    answer: Hiding | None,
    actor: Actor,
    at: datetime,
    version: int | None = None,
) -> None:
    """An editor decides which words of a report and of its answer nobody else reads.

    The report's own words stay in its signal; a masked answer becomes the current one and the first is kept for staff.
    Raises: Refused; Conflict when the words changed meanwhile; Invalid for spans outside them.
    """
    if not may(actor, "case.redact"):
        raise Refused("cases.error.redact_only")
    case = locked(case_id, version=version)
    may_touch(case, actor)
    parts = 0
    if report is not None:
        parts += _hide_report(case, report, at)
    if answer is not None:
        parts += _hide_answer(case, answer, actor=actor, at=at)
        _keep(case, None, actor=actor, at=at)
    event = WordsHidden(str(case.id), parts)
    emit(case, event, actor=actor, at=at, audience=live_audience(case))
    save(case)
    audit("cases.hide_words", case.ref, actor=actor, at=at, detail={"parts": parts})


def first_words_of(case_id: UUID) -> str:
    """The words that opened a case, word for word; empty where they were erased. Callers check the right."""
    said = Signal.objects.filter(opened=case_id).exclude(source="follow").order_by("received_at", "id")
    return said.values_list("text", flat=True).first() or ""


def _spans(words: str, hiding: Hiding) -> Sequence[Span]:
    if hiding.length != len(words):
        raise Conflict("cases.error.words_changed")
    try:
        return spans_of(words, hiding)
    except ValueError as error:
        raise Invalid.field("also", "cases.error.hide_unknown", words=str(error)) from error


def _hide_report(case: Case, hiding: Hiding, at: datetime) -> int:
    words = first_words_of(case.id)
    if not words:
        return 0
    spans = _spans(words, hiding)
    case.text = hide(words, spans)
    audience = "public" if case.is_public else "ioc"
    index(CASE, str(case.pk), f"{case.number} {case.text} {case.place}", audience=audience, at=at)
    return len(spans)


def _hide_answer(case: Case, hiding: Hiding, *, actor: Actor, at: datetime) -> int:
    current = current_answer(case.id)
    if current is None:
        return 0
    spans = _spans(current.text, hiding)
    if not spans:
        return 0
    Entry.objects.filter(case=case, kind=EntryKind.ANSWER).update(is_current=False)
    hidden = clean(hide(current.text, spans))
    write_entry(
        case, EntryKind.ANSWER, hidden, audience=Audience.STAFF, actor=actor, at=at, agency=current.agency
    )
    return len(spans)
