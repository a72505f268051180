"""The worker's loop: number events, run reactions, send deliveries, do duties. Any number of workers may run.

A reaction moves its cursor in the unit of its effect. After `TRIES` failures an event is parked for that reaction, and
later events of the same aggregate behind it; all others go on. Network sends happen between units.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog
from django.db import close_old_connections, connection
from django.db.models import Count, Q

from ngomon.core import actors, clock, deliveries
from ngomon.core.engine import engine
from ngomon.core.events import head, read_log
from ngomon.core.models import Cursor, EventRow, Parked, Tick
from ngomon.core.react import Duty, Reaction, duties, reactions
from ngomon.core.terms import Recorded
from ngomon.core.units import unit

log = structlog.get_logger("ngomon.worker")
TRIES = 3
BATCH = 200


def _lock_cursor(name: str) -> Cursor | None:
    """The cursor's row, held for this unit; None when another worker holds it."""
    rows = Cursor.objects.filter(name=name)
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True)
    return rows.first()


def open_cursors() -> None:
    """Give each reaction its cursor: at now for a new one, at the start for one that wants the whole past."""
    known = set(Cursor.objects.values_list("name", flat=True))
    top = head()
    for reaction in reactions.values():
        if reaction.name not in known:
            start = 0 if reaction.from_start else top
            Cursor.objects.get_or_create(name=reaction.name, defaults={"position": start})


def run_reactions() -> int:
    """Run every reaction over what is new in the log; how many handlers ran."""
    at_cursor = dict(Cursor.objects.values_list("name", "position"))
    behind = {name: at_cursor[name] for name in reactions if name in at_cursor}
    if not behind:
        return 0
    start = min(behind.values())
    batch = read_log(start, limit=BATCH)
    ran = 0
    for name, position in behind.items():
        fresh = [recorded for recorded in batch if recorded.position > position]
        if fresh:
            ran += _run_one(reactions[name], fresh)
    return ran


def _run_one(reaction: Reaction, fresh: list[Recorded]) -> int:
    ran = 0
    for recorded in fresh:
        if recorded.kind not in reaction.kinds or recorded.event is None:
            continue
        if reaction.only is not None and not reaction.only(recorded):
            continue
        if not _attempt(reaction, recorded):
            return ran
        ran += 1
    _advance(reaction.name, fresh[-1].position)
    return ran


def _advance(name: str, position: int) -> None:
    """Pass over events that say nothing to this reaction. No effect depends on it, so it needs no unit."""
    Cursor.objects.filter(name=name, position__lt=position).update(position=position)


def _attempt(reaction: Reaction, recorded: Recorded) -> bool:
    """Handle one event, trying a few times, else park it; False when another worker is at this reaction."""
    for attempt in range(1, TRIES + 1):
        try:
            return _handle(reaction, recorded)
        except Exception as error:
            log.warning(
                "reaction failed",
                reaction=reaction.name,
                position=recorded.position,
                attempt=attempt,
                exc_info=True,
            )
            if attempt == TRIES:
                _park(reaction.name, recorded, repr(error), attempts=attempt, is_first=True)
    return True


def _handle(reaction: Reaction, recorded: Recorded) -> bool:
    aggregate = f"{recorded.aggregate_kind}:{recorded.aggregate_id}"
    with unit():
        cursor = _lock_cursor(reaction.name)
        if cursor is None or cursor.position >= recorded.position:
            return cursor is not None
        if Parked.objects.filter(reaction=reaction.name, aggregate=aggregate).exists():
            _park_row(reaction.name, recorded, "waits behind an earlier one", attempts=0, is_first=False)
        else:
            reaction.handle(recorded, recorded.event, actor=actors.system(reaction.name), at=clock.now())
        cursor.position = recorded.position
        cursor.moved_at = clock.now()
        cursor.save(update_fields=["position", "moved_at"])
    return True


def _park(name: str, recorded: Recorded, error: str, *, attempts: int, is_first: bool) -> None:
    with unit():
        cursor = _lock_cursor(name)
        if cursor is None or cursor.position >= recorded.position:
            return
        _park_row(name, recorded, error, attempts=attempts, is_first=is_first)
        cursor.position = recorded.position
        cursor.save(update_fields=["position"])


def _park_row(name: str, recorded: Recorded, error: str, *, attempts: int, is_first: bool) -> None:
    Parked.objects.create(
        reaction=name,
        position=recorded.position,
        aggregate=f"{recorded.aggregate_kind}:{recorded.aggregate_id}",
        attempts=attempts,
        error=error[:2000],
        is_first=is_first,
        parked_at=clock.now(),
    )


def parked_aggregates() -> list[dict[str, Any]]:
    """What is parked, by reaction and aggregate: since when, how many events, and the first one's error."""
    rows = Parked.objects.filter(is_first=True).order_by("parked_at")
    waiting = Parked.objects.values_list("reaction", "aggregate").annotate(n=Count("id"))
    counts = {(reaction, aggregate): n for reaction, aggregate, n in waiting}
    return [
        {
            "reaction": row.reaction,
            "aggregate": row.aggregate,
            "position": row.position,
            "error": row.error,
            "attempts": row.attempts,
            "parked_at": row.parked_at,
            "events": counts[row.reaction, row.aggregate],
        }
        for row in rows
    ]


def retry_parked(reaction_name: str, aggregate: str) -> bool:
    """A person says try again: run the parked events of one aggregate in order; True when none is left."""
    reaction = reactions[reaction_name]
    parked = Parked.objects.filter(reaction=reaction_name, aggregate=aggregate).order_by("position")
    for row in list(parked):
        found = read_log(row.position - 1, limit=1)
        try:
            with unit():
                if not Parked.objects.filter(pk=row.pk).exists():
                    continue
                if found and found[0].event is not None:
                    reaction.handle(
                        found[0], found[0].event, actor=actors.system(reaction.name), at=clock.now()
                    )
                Parked.objects.filter(pk=row.pk).delete()
        except Exception as error:
            Parked.objects.filter(pk=row.pk).update(
                attempts=row.attempts + 1, error=repr(error)[:2000], is_first=True
            )
            return False
    return True


def run_duties(at: datetime) -> int:
    """Do what is due of the periodic duties; how many ran. A failing duty is logged and tried at its next turn."""
    done = dict(Tick.objects.values_list("name", "done_at"))
    ran = 0
    for duty in duties.values():
        last = done.get(duty.name)
        if last is None or at - last >= duty.interval:
            ran += _do(duty, at)
    return ran


def _do(duty: Duty, at: datetime) -> int:
    try:
        with unit():
            Tick.objects.get_or_create(name=duty.name, defaults={"done_at": at - duty.interval})
            mine = Tick.objects.filter(Q(name=duty.name) & Q(done_at__lte=at - duty.interval))
            if not mine.update(done_at=at):
                return 0
            duty.do(actor=actors.system(duty.name), at=at)
    except Exception:
        log.exception("duty failed", duty=duty.name)
        Tick.objects.filter(name=duty.name).update(done_at=at)
        return 0
    return 1


def send_deliveries() -> int:
    """Send what is due; how many were taken up. Each result is committed by a short unit of its own."""
    with unit():
        claimed = deliveries.claim(clock.now())
    for message in claimed:
        try:
            receipt = deliveries.send(message)
        except Exception as error:
            log.warning("delivery failed", id=str(message.id), channel=message.channel, error=repr(error))
            with unit():
                deliveries.failed(message, error, at=clock.now())
        else:
            with unit():
                deliveries.sent(message.id, receipt, at=clock.now())
    return len(claimed)


def settle(rounds: int = 1000) -> None:
    """Run everything that is due until nothing is left to do: for tests, imports and the demonstration's past."""
    open_cursors()
    for _ in range(rounds):
        moved = engine().sequence() + run_reactions() + run_duties(clock.now()) + send_deliveries()
        if not moved and not _is_behind():
            return


def _is_behind() -> bool:
    top = head()
    return Cursor.objects.filter(name__in=list(reactions), position__lt=top).exists() or (
        EventRow.objects.filter(position__isnull=True).exists()
    )


def _loop(step: Callable[[], int], stop: threading.Event, pause_s: float) -> None:
    while not stop.is_set():
        close_old_connections()
        try:
            moved = step()
        except Exception:
            log.exception("worker step failed")
            stop.wait(1.0)
            continue
        if not moved:
            engine().wait(pause_s)


def _think() -> int:
    return engine().sequence() + run_reactions() + run_duties(clock.now())


def run(stop: threading.Event) -> None:
    """Work until told to stop: one thread numbers, reacts and does duties, another sends."""
    open_cursors()
    sender = threading.Thread(target=_loop, args=(send_deliveries, stop, 0.5), name="sender")
    sender.start()
    _loop(_think, stop, 0.5)
    sender.join()
