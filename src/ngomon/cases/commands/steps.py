"""What all commands of cases share: the locked row, the written entry, the counts, and the move through the process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from ngomon.core import files
from ngomon.core.actors import Actor
from ngomon.core.commitments import commit
from ngomon.core.errors import Conflict, NotFound
from ngomon.core.geo import distance_m
from ngomon.core.ids import uuid7
from ngomon.core.images import StoredPhoto
from ngomon.core.rows import fetch, hold, insert
from ngomon.core.search import index
from ngomon.core.secrets import blind
from ngomon.core.text import clean
from ngomon.identity.rules import may
from ngomon.processes.terms import Moved

from ..models import Case, Entry, Look, Picture
from ..rules.same import NOWHERE as NOWHERE
from ..rules.same import quarters
from ..terms import CONTENT, QUESTION, REPORTER, Audience, CaseKind, EntryKind, Status, UrgencyLevel


def as_reporter(actor: Actor) -> Actor:
    """The actor as the log may know one who reports: by no account. Programs and the system stay themselves.

    Source: QĐ 30/2022/QĐ-UBND (secrecy of the sender). Public histories bear the actor of every event.
    """
    return replace(actor, alias=REPORTER) if actor.kind in {"account", "anonymous"} else actor


def author_of(actor: Actor) -> str:
    """What an entry keeps of its writer: of a reporter with account a keyed hash, by which their words are erased."""
    if actor.alias and actor.account_id is not None:
        return blind(str(actor.account_id), "reporter")
    return actor.told_as


BEFORE_ALL = timedelta(days=365 * 50)
"""Danger to life stands before everything else in a queue, the longest waiting first."""


AHEAD = {UrgencyLevel.URGENT: timedelta(days=365 * 10), UrgencyLevel.SOON: timedelta(days=2)}
"""How much earlier than by its time a case stands in a queue when an officer calls it urgent: before all that is only due; soon."""


def ahead(urgency: str) -> timedelta:
    """How much earlier a case of this urgency stands in a queue."""
    return AHEAD.get(UrgencyLevel(urgency), timedelta()) if urgency else timedelta()


def may_touch(case: Case, actor: Actor, *, vouched: bool = False) -> None:
    """A case that only the duty shift may know of is not there for others. Raises: NotFound."""
    if case.is_secret and not vouched and not may(actor, "case.see_secret"):
        raise NotFound("cases.not_found")


def index_question(case: Case, at: datetime) -> None:
    """An answered question is found by everybody, by its masked words; anything else is left alone."""
    if case.kind == CaseKind.QUESTION and case.answered_at is not None and not case.is_secret:
        index(QUESTION, str(case.id), f"{case.number} {case.text}", audience="public", at=at)


def locked(case_id: UUID, *, version: int | None = None) -> Case:
    """The case's row, held until the unit ends.

    Raises: NotFound; Conflict when it is not at the version that the actor saw.
    """
    found = fetch(Case, 'WHERE "id" = %s' + hold(), [case_id])
    if not found:
        raise NotFound("cases.not_found")
    case = found[0]
    if version is not None and case.version != version:
        raise Conflict("cases.changed_meanwhile", number=case.number)
    return case


def set_place_in_process(case: Case, moved: Moved, at: datetime) -> None:
    """Bring a case's row to where its process now is. `queue_at` orders queues also while the clock stands still."""
    case.step, case.status, case.due_at = moved.step, moved.status, moved.due_at
    case.agency, case.holder = moved.agency, moved.assignee
    times = [moment for moment in (moved.due_at, moved.task_due_at) if moment is not None]
    if case.kind == CaseKind.DANGER:
        case.queue_at = case.opened_at - BEFORE_ALL
    else:
        case.queue_at = min(times, default=at) - ahead(case.urgency)
    case.commit_until_on = moved.commit_until_on
    # Where a case was guided to is told more exactly than its process knows.
    if moved.ended and moved.outcome and not case.outcome.startswith(f"{moved.outcome}:"):
        case.outcome = moved.outcome


def scopes(case: Case) -> Counter[str]:
    """The counts that a case belongs to, by its present row. What only the duty shift may know of is counted apart."""
    guided = [case.outcome] if case.outcome.startswith("guided:") else []
    if case.kind == CaseKind.DANGER and case.is_open and case.acknowledged_at is None:
        guided.append("danger:waiting")
    if case.is_secret:
        return Counter(["secret", *([f"secret:step:{case.step}"] if case.is_open else []), *guided])
    found = ["all", f"status:{case.status}", f"category:{case.category}"]
    found += guided
    if case.kind == CaseKind.QUESTION and case.answered_at is not None:
        found.append("question:answered")
    if case.is_public:
        found.append("public")
        found.append(f"public:status:{case.status}")
    if case.is_open:
        found += ["open", f"step:{case.step}"]
    if case.agency:
        found.append(f"agency:{case.agency}")
        if case.is_open:
            found += [f"agency:{case.agency}:open", f"agency:{case.agency}:step:{case.step}"]
        if case.rating:
            found.append(f"agency:{case.agency}:rating:{case.rating}")
        if case.is_public:
            found += [f"board:{case.agency}:{figure}" for figure in _figures(case)]
    return Counter(found)


def _figures(case: Case) -> Iterator[str]:
    """The figures of the public board that a case adds to; what is overdue now is asked, as time alone changes it."""
    if case.is_open:
        yield "open"
    if case.status == Status.RECORDED:
        yield "recorded"
    elif case.answered_at is not None:
        yield "closed"
        if not case.was_late:
            yield "on_time"
    if case.rating:
        yield "rated"
        if case.rating in CONTENT:
            yield "satisfied"


_COUNT = (
    "INSERT INTO cases_tally (scope, n) VALUES {slots}"
    " ON CONFLICT (scope) DO UPDATE SET n = cases_tally.n + EXCLUDED.n RETURNING scope, n"
)


def _count(changes: list[tuple[str, int]]) -> dict[str, int]:
    """One statement, always in the same order, so that no two units deadlock; the new counts."""
    if not changes:
        return {}
    slots = ", ".join(["(%s, %s)"] * len(changes))
    with connection.cursor() as cursor:
        cursor.execute(_COUNT.format(slots=slots), [value for change in sorted(changes) for value in change])
        return dict(cursor.fetchall())


def count_moved(case: Case, before: Counter[str]) -> None:
    """Move the counts by the difference between a case's row before and now."""
    moved = scopes(case)
    moved.subtract(before)
    _count([(scope, n) for scope, n in moved.items() if n])


def count_with_number(added: Counter[str], scope: str) -> int:
    """Count a new case and draw its running number, in one statement."""
    return _count([*added.items(), (scope, 1)])[scope]


_ENTRY = (
    "id", "case", "kind", "audience", "text", "code", "agency", "actor_id", "at", "salt", "is_current",
)  # fmt: skip


def write_entry(
    case: Case,
    kind: EntryKind,
    text: str,
    *,
    audience: Audience,
    actor: Actor,
    at: datetime,
    agency: str = "",
    code: str = "",
) -> tuple[str, str]:
    """Write words into a case; the entry's id and the commitment that goes into the log beside it."""
    words = clean(text)
    salt, commitment = commit(words)
    entry_id = uuid7()
    row = (entry_id, case.pk, kind, audience, words, code, agency, author_of(actor), at, salt, True)
    insert(Entry, _ENTRY, [row])
    return str(entry_id), commitment


_PICTURE = (
    "id", "case", "signal_id", "entry_id", "role", "file", "thumbnail", "width", "height", "is_public", "look", "at",
    "original", "original_thumbnail", "off_m",
)  # fmt: skip


def _off(photo: StoredPhoto, case: Case) -> int | None:
    """How far from the case the camera said it stood. Units: metres, as far as a column goes."""
    if photo.place is None:
        return None
    return min(round(distance_m(photo.place, (case.lon, case.lat))), 2_000_000)


def add_pictures(
    case: Case,
    photos: Sequence[StoredPhoto],
    *,
    role: str,
    at: datetime,
    signal_id: UUID | None = None,
    entry_id: UUID | None = None,
) -> None:
    """Hang photos on a case, not yet public; the first one from a reporter becomes the case's thumbnail."""
    if not photos:
        return
    hung = (case.pk, signal_id, entry_id, role)
    rows = [
        (
            uuid7(),
            *hung,
            p.main.digest,
            p.thumb.digest,
            p.width,
            p.height,
            False,
            p.look,
            at,
            "",
            "",
            _off(p, case),
        )
        for p in photos
    ]
    insert(Picture, _PICTURE, rows)
    looks = [(row[0], quarter) for row, p in zip(rows, photos, strict=True) for quarter in quarters(p.look)]
    insert(Look, ("picture", "quarter"), looks)
    stored = [(part, f"case.{role}") for p in photos for part in (p.main, p.thumb)]
    files.attach(stored, case.ref, at=at)
    if not case.thumbnail and role == "before":
        case.thumbnail, case.look = photos[0].thumb.digest, photos[0].look
