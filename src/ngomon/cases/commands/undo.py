"""Undoing one action on a case exactly: what is kept before it, and how the case goes back.

Row, process clock and counts are as they were; version and history go on, so the log shows the action and its undoing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.events import emit
from ngomon.core.rows import give_back, kept, save
from ngomon.core.search import index
from ngomon.core.units import command
from ngomon.processes import commands as processes

from ..models import Case, Entry, Picture
from ..queries import live_audience
from ..rules import EFFECTS, NOTE_ONLY
from ..terms import Audience, CaseMoved, EntryKind
from .merge import unmerge
from .steps import count_moved, locked, scopes

NEVER_CHANGED = frozenset(
    {"text", "place", "thumbnail", "number", "tail", "lon", "lat", "cell", "opened_at", "area"}
)
"""Columns that no officer's action touches; words are not copied, so that erasing them leaves nothing behind."""


def as_it_is(case: Case, action: str) -> dict[str, Any]:
    """All that `undo_action` needs to bring a case back from an action that is about to be taken; JSON takes it."""
    found: dict[str, Any] = {
        "case": {name: value for name, value in kept(case).items() if name not in NEVER_CHANGED},
        "process": processes.as_it_is(case.ref),
    }
    effect = EFFECTS.get(action, NOTE_ONLY)
    if effect.publishes or effect.kind is EntryKind.ANSWER:
        answers = Entry.objects.filter(case=case, kind=EntryKind.ANSWER)
        found["answers"] = list(answers.values_list("id", "audience", "is_current"))
    if effect.publishes:
        hidden = Picture.objects.filter(case=case, role="after", is_public=False)
        found["hidden"] = list(hidden.values_list("id", flat=True))
    return found


@command
def undo_action(
    case_id: UUID,
    was: Mapping[str, Any],
    *,
    version: int,
    process_version: int,
    written: Iterable[str] = (),
    actor: Actor,
    at: datetime,
) -> None:
    """Take an action back: the case stands again where `as_it_is` found it. The caller checks who may, and until when.

    `version`, `process_version`: as the action left them; `written`: the entries that it wrote, which only staff go on
    seeing. Raises: Conflict when case or process was changed since; as `unmerge`.
    """
    case = locked(case_id, version=version)
    is_gathered = case.merged_into is not None and was["case"]["merged_into"] is None
    if is_gathered:
        with_process = processes.as_it_is(case.ref)
        if with_process["version"] == process_version:
            unmerge(case_id, actor=actor, at=at)
            case = locked(case_id)
            process_version = processes.as_it_is(case.ref)["version"]
    before, was_public = scopes(case), case.is_public
    give_back(case, was["case"])
    processes.restore(case.ref, was["process"], version=process_version, actor=actor, at=at)
    _give_words_back(case, was, list(written))
    if was_public and not case.is_public:
        hide(case, at)
    event = CaseMoved(str(case.id), "undo", case.step, case.status, case.agency, "")
    emit(case, event, actor=actor, at=at, audience=live_audience(case))
    save(case)
    count_moved(case, before)
    audit("cases.undo", case.ref, actor=actor, at=at, detail={"step": case.step})


def _give_words_back(case: Case, was: Mapping[str, Any], written: list[str]) -> None:
    if written:
        ids = [UUID(entry) for entry in written]
        Entry.objects.filter(case=case, id__in=ids).update(audience=Audience.STAFF, is_current=False)
    for entry_id, audience, is_current in was.get("answers", ()):
        Entry.objects.filter(pk=UUID(str(entry_id))).update(audience=audience, is_current=is_current)
    hidden = [UUID(str(picture)) for picture in was.get("hidden", ())]
    if hidden:
        Picture.objects.filter(id__in=hidden).update(is_public=False)


def hide(case: Case, at: datetime) -> None:
    """What became public with the action is the offices' own again."""
    if case.thumbnail:
        Picture.objects.filter(case=case, role="before").update(is_public=False)
    index("case", str(case.id), f"{case.number} {case.text} {case.place}", audience="ioc", at=at)
