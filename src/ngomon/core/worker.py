"""The worker's loop: number events, run reactions, send deliveries, do duties. Any number of workers may run.

A reaction moves its cursor in the unit of its effect. After `TRIES` failures an event is parked for that reaction, and
later events of the same aggregate behind it; all others go on. Network sends happen between units.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, close_old_connections, connection
from django.db.models import Count, Q

from ngomon.core import actors, clock, deliveries
from ngomon.core.engine import engine
from ngomon.core.events import head, read_log
from ngomon.core.models import Cursor, EventRow, Parked, Tick
from ngomon.core.react import Duty, Reaction, duties, jobs, reactions
from ngomon.core.rows import hold
from ngomon.core.terms import Recorded
from ngomon.core.units import unit

log = structlog.get_logger("ngomon.worker")
TRIES = 3
# A locked, restarting or failing-over database is no fault of the event: about half a minute of patience.
TRIES_OF_DATABASE = 10
BATCH = 200


def _lock_cursor(name: str, aggregate: str = "") -> tuple[int, bool] | None:
    """Where a cursor stands, held for this unit, and whether events of an aggregate are parked behind it.

    None when another worker holds it. One statement.
    """
    statement = (
        "SELECT position, EXISTS (SELECT 1 FROM core_parked WHERE reaction = %s AND aggregate = %s)"
        " FROM core_cursor WHERE name = %s" + hold(skip=True)
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [name, aggregate, name])
        row = cursor.fetchone()
    return (row[0], bool(row[1])) if row else None


def _move_cursor(name: str, position: int) -> None:
    now = connection.ops.adapt_datetimefield_value(clock.now())
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE core_cursor SET position = %s, moved_at = %s WHERE name = %s", [position, now, name]
        )


def open_cursors() -> None:
    """Give each reaction its cursor: at now for a new one, at the start for one that wants the whole past."""
    known = set(Cursor.objects.values_list("name", flat=True))
    top = head()
    for reaction in reactions.values():
        if reaction.name not in known:
            start = 0 if reaction.from_start else top
            Cursor.objects.get_or_create(name=reaction.name, defaults={"position": start})


def run_reactions() -> int:
    """Run every reaction over what is new in the log; how many handlers ran.

    Reactions that stand together share one reading of the log; one that lags keeps nobody waiting.
    """
    at_cursor = dict(Cursor.objects.filter(name__in=list(reactions)).values_list("name", "position"))
    if not at_cursor:
        return 0
    ran, start, batch = 0, -1, list[Recorded]()
    passed: dict[int, list[str]] = {}
    for name, position in sorted(at_cursor.items(), key=lambda item: item[1]):
        if start < 0 or (batch and position >= batch[-1].position):
            start, batch = position, read_log(position, limit=BATCH)
        fresh = [recorded for recorded in batch if recorded.position > position]
        if fresh:
            handled, is_through = _run_one(reactions[name], fresh)
            ran += handled
            if is_through:
                passed.setdefault(fresh[-1].position, []).append(name)
    _advance(passed)
    return ran


def _run_one(reaction: Reaction, fresh: list[Recorded]) -> tuple[int, bool]:
    """Handle what concerns this reaction; how many, and whether all of it is done (else another worker is at it)."""
    ran, mine = 0, [recorded for recorded in fresh if reaction.concerns(recorded)]
    size = reaction.most or 1
    for start in range(0, len(mine), size):
        batch = mine[start : start + size]
        if len(batch) > 1 and _handle_together(reaction, batch):
            ran += len(batch)
            continue
        for recorded in batch:
            if not _attempt(reaction, recorded):
                return ran, False
            ran += 1
    return ran, True


def _handle_together(reaction: Reaction, batch: list[Recorded]) -> bool:
    """Handle many events in one unit; False where each has to be looked at by itself, nothing having happened."""
    try:
        with unit():
            found = _lock_cursor(reaction.name)
            if found is None or found[0] >= batch[0].position or _has_parked(reaction.name):
                return False
            reaction.run(batch, actor=actors.system(reaction.name), at=clock.now())
            _move_cursor(reaction.name, batch[-1].position)
    except Exception:
        log.warning("reaction failed on many", reaction=reaction.name, events=len(batch), exc_info=True)
        return False
    return True


def _has_parked(name: str) -> bool:
    return Parked.objects.filter(reaction=name).exists()


def _advance(passed: dict[int, list[str]]) -> None:
    """Pass over events that say nothing to these reactions. No effect depends on it, so it needs no unit."""
    for position, names in passed.items():
        Cursor.objects.filter(name__in=names, position__lt=position).update(position=position)


def _attempt(reaction: Reaction, recorded: Recorded) -> bool:
    """Handle one event, trying a few times, else park it; False when another worker is at this reaction."""
    for attempt in range(1, TRIES_OF_DATABASE + 1):
        try:
            return _handle(reaction, recorded)
        except Exception as error:
            is_ours = isinstance(error, OperationalError | InterfaceError)
            last = TRIES_OF_DATABASE if is_ours else TRIES
            log.warning(
                "reaction failed",
                reaction=reaction.name,
                position=recorded.position,
                attempt=attempt,
                exc_info=True,
            )
            if attempt >= last:
                # With the database gone this raises too, and the event stays where it is.
                _park(reaction.name, recorded, repr(error), attempts=attempt, is_first=True)
                return True
            if is_ours:
                close_old_connections()
                time.sleep(min(5.0, 0.1 * 2**attempt))
    return True


def _handle(reaction: Reaction, recorded: Recorded) -> bool:
    aggregate = f"{recorded.aggregate_kind}:{recorded.aggregate_id}"
    with unit():
        found = _lock_cursor(reaction.name, aggregate)
        if found is None or found[0] >= recorded.position:
            return found is not None
        if found[1]:
            _park_row(reaction.name, recorded, "waits behind an earlier one", attempts=0, is_first=False)
        else:
            reaction.run([recorded], actor=actors.system(reaction.name), at=clock.now())
        _move_cursor(reaction.name, recorded.position)
    return True


def _park(name: str, recorded: Recorded, error: str, *, attempts: int, is_first: bool) -> None:
    with unit():
        found = _lock_cursor(name)
        if found is None or found[0] >= recorded.position:
            return
        _park_row(name, recorded, error, attempts=attempts, is_first=is_first)
        _move_cursor(name, recorded.position)


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
    """A person says try again: run the parked events of one aggregate in order; True when none is left.

    Once: each is handled in one unit with the removal of its row, under the lock of the reaction's cursor, so that
    neither a second click nor a worker parking a later event comes between.
    """
    reaction = reactions[reaction_name]
    mine = Parked.objects.filter(reaction=reaction_name, aggregate=aggregate).order_by("position")
    while True:
        row = None
        try:
            with unit():
                list(Cursor.objects.select_for_update().filter(name=reaction_name))
                row = mine.first()
                if row is None:
                    return True
                found = read_log(row.position - 1, limit=1)
                if found and found[0].position == row.position and found[0].event is not None:
                    reaction.run(found, actor=actors.system(reaction.name), at=clock.now())
                row.delete()
        except Exception as error:
            log.warning(
                "parked event failed again", reaction=reaction_name, aggregate=aggregate, exc_info=True
            )
            if row is not None:
                mine.filter(position=row.position).update(
                    attempts=row.attempts + 1, error=repr(error)[:2000], is_first=True
                )
            return False


def forget_errors(kind: str, key: str) -> None:
    """Inside a unit: what parked events of a thing failed with may quote words that are taken out."""
    Parked.objects.filter(aggregate=f"{kind}:{key}").update(error="")


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


def send_deliveries(
    channel: str | None = None, *, but: Collection[str] = (), stop: threading.Event | None = None
) -> int:
    """Send what is due (of one channel, or of all but some); how many were tried. Each result has a unit of its own.

    What cannot be begun well within the lease is given back, so that no other worker sends it beside us.
    """
    if not deliveries.has_due(clock.now(), channel, but):
        return 0
    until = time.monotonic() + deliveries.LEASE_S / 2
    most = 1 if channel is not None and deliveries.lines_of(channel) else 50
    with unit():
        claimed = deliveries.claim(clock.now(), most, channel=channel, but=but)
    for n, message in enumerate(claimed):
        if time.monotonic() > until or (stop is not None and stop.is_set()):
            with unit():
                deliveries.give_back([left.id for left in claimed[n:]], at=clock.now())
            return n
        _send(message)
    for name in {message.channel for message in claimed}:
        deliveries.rest(name)
    return len(claimed)


def _send(message: deliveries.Outgoing) -> None:
    try:
        receipt = deliveries.send(message)
    except Exception as error:
        log.warning("delivery failed", id=str(message.id), channel=message.channel, error=repr(error))
        with unit():
            deliveries.failed(message, error, at=clock.now())
    else:
        with unit():
            deliveries.sent(message.id, receipt, at=clock.now())


def settle(rounds: int = 1000) -> None:
    """Run everything that is due until nothing is left to do: for tests, imports and the demonstration's past."""
    open_cursors()
    for _ in range(rounds):
        moved = engine().sequence() + run_reactions() + run_duties(clock.now()) + send_deliveries()
        moved += sum(job() for job in jobs.values())
        if not moved and not _is_behind():
            return


def _is_behind() -> bool:
    top = head()
    return Cursor.objects.filter(name__in=list(reactions), position__lt=top).exists() or (
        EventRow.objects.filter(position__isnull=True).exists()
    )


def _loop(step: Callable[[], int], stop: threading.Event, pause_s: float) -> None:
    while not stop.is_set():
        try:
            close_old_connections()
            if not step() and not stop.is_set():
                engine().wait(pause_s)
        except Exception:
            log.exception("worker step failed")
            stop.wait(1.0)
    connection.close()


def _think() -> int:
    return engine().sequence() + run_reactions() + run_duties(clock.now())


def run(stop: threading.Event) -> None:
    """Work until told to stop: one thread numbers, reacts and does duties; each channel has a thread that sends, so that
    a slow receiver keeps only its own kind waiting; each job between units has one too."""
    _wait_for_database(stop)
    names = sorted(deliveries.channels)
    by_line = [name for name in names for _ in range(deliveries.lines_of(name) or 1)]
    steps: list[Callable[[], int]] = [partial(send_deliveries, name, stop=stop) for name in by_line]
    steps.append(partial(send_deliveries, but=names, stop=stop))
    steps += jobs.values()
    senders = [threading.Thread(target=_loop, args=(step, stop, 0.5), name="sender") for step in steps]
    for sender in senders:
        sender.start()
    _loop(_think, stop, 0.5)
    for sender in senders:
        sender.join()


def _wait_for_database(stop: threading.Event) -> None:
    """Begin when the database is there; it may start after us."""
    while not stop.is_set():
        try:
            open_cursors()
        except (OperationalError, InterfaceError):
            log.warning("waiting for the database", exc_info=True)
            close_old_connections()
            stop.wait(1.0)
        else:
            return
