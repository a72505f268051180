"""The worker under trouble: two of them at once, one killed between sending and noting, a slow channel, a lost database."""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import OperationalError, connection, models

from ngomon.core import actors, clock, deliveries, worker
from ngomon.core.deliveries import Undeliverable, deliver
from ngomon.core.engine import engine
from ngomon.core.events import Aggregate, emit
from ngomon.core.ids import uuid7
from ngomon.core.models import Cursor, Delivery, DeliveryState, Parked
from ngomon.core.react import Reaction, reactions
from ngomon.core.terms import Event, event
from ngomon.core.units import unit

pytestmark = pytest.mark.django_db(transaction=True)


@event("test.worker_rang")
class WorkerRang(Event):
    n: int


class Bell(Aggregate):
    aggregate_kind = "bell"
    id = models.UUIDField(primary_key=True)

    class Meta:
        app_label = "core"
        managed = False


def ring(bell: Bell, times: int = 1) -> None:
    with unit():
        for _ in range(times):
            emit(bell, WorkerRang(bell.version), actor=actors.ANONYMOUS, at=clock.now())


class Receiver:
    """A channel that notes what it accepts and may be told to misbehave."""

    def __init__(self) -> None:
        self.accepted: Counter[UUID] = Counter()
        self.error: Exception | None = None
        self.takes_s = 0.0

    def send(self, id, address, content) -> str:
        time.sleep(self.takes_s)
        if self.error:
            raise self.error
        self.accepted[id] += 1
        return f"ok {id}"


@pytest.fixture
def receiver(monkeypatch):
    made = Receiver()
    monkeypatch.setattr(deliveries, "channels", {"test": made})
    return made


def enqueue(n: int = 1, channel: str = "test", **options) -> list[UUID]:
    with unit():
        return [
            deliver(channel, "a@example.com", {"n": i}, purpose="test", at=clock.now(), **options)
            for i in range(n)
        ]


def states() -> Counter[str]:
    return Counter(Delivery.objects.values_list("state", flat=True))


def in_threads(n: int, work) -> None:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_several_workers_send_each_message_once(receiver):
    ids = enqueue(120)
    receiver.takes_s = 0.001
    in_threads(4, lambda: [worker.send_deliveries() for _ in range(6)])
    assert receiver.accepted == Counter(ids)
    assert states() == {DeliveryState.SENT: 120}


def test_a_kill_between_sending_and_noting_repeats_under_the_same_id(receiver, monkeypatch):
    (id,) = enqueue()

    def killed(*args, **options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(deliveries, "sent", killed)
        with pytest.raises(KeyboardInterrupt):
            worker.send_deliveries()
    assert worker.send_deliveries() == 0, "the lease holds"
    later = clock.now() + timedelta(seconds=deliveries.LEASE_S + 1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert worker.send_deliveries() == 1
    assert receiver.accepted == {id: 2}
    assert worker.send_deliveries() == 0


def test_what_cannot_be_begun_within_the_lease_is_given_back(receiver, monkeypatch):
    enqueue(5)
    receiver.takes_s = 0.05
    monkeypatch.setattr(deliveries, "LEASE_S", 0.15)
    assert 1 <= worker.send_deliveries() < 5
    assert states()[DeliveryState.QUEUED] >= 1
    assert states()[DeliveryState.SENDING] == 0


def test_a_stopped_worker_gives_back_what_it_took(receiver):
    enqueue(5)
    stop = threading.Event()
    stop.set()
    assert worker.send_deliveries(stop=stop) == 0
    assert states() == {DeliveryState.QUEUED: 5}


def test_a_failure_after_the_lease_does_not_undo_what_another_sent(receiver):
    (id,) = enqueue()
    with unit():
        (message,) = deliveries.claim(clock.now())
    with unit():
        deliveries.sent(id, "ok", at=clock.now())
    with unit():
        deliveries.failed(message, RuntimeError("late"), at=clock.now())
    assert states() == {DeliveryState.SENT: 1}


def test_failures_are_tried_again_with_pauses_then_dead_then_resent(receiver, monkeypatch):
    (id,) = enqueue()
    receiver.error = ConnectionError("down")
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)
    for pause in deliveries.PAUSES_S:
        assert worker.send_deliveries() == 1
        assert worker.send_deliveries() == 0
        now += timedelta(seconds=pause + 1)
    worker.send_deliveries()
    assert states() == {DeliveryState.DEAD: 1}
    receiver.error = None
    with unit():
        assert deliveries.resend(id, at=now)
    worker.send_deliveries()
    assert receiver.accepted == {id: 1}


def test_a_refusal_for_good_is_dead_at_once_and_what_is_purged_is_never_sent(receiver):
    enqueue()
    receiver.error = Undeliverable("no such mailbox")
    worker.send_deliveries()
    assert states() == {DeliveryState.DEAD: 1}
    receiver.error = None
    (code,) = enqueue(purge_at=clock.now())
    worker.settle()
    assert not receiver.accepted
    row = Delivery.objects.get(id=code)
    assert (row.content, row.address, row.state) == ("", "", DeliveryState.DEAD)
    with unit():
        assert not deliveries.resend(code, at=clock.now())


def test_a_slow_channel_keeps_nobody_else_waiting(receiver, monkeypatch):
    slow = Receiver()
    slow.takes_s = 0.4
    monkeypatch.setattr(deliveries, "channels", {"test": receiver, "slow": slow})
    monkeypatch.setattr(worker, "duties", {})
    enqueue(20, "slow")
    enqueue(20)
    enqueue(1, "unknown")
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    started = time.monotonic()
    while sum(receiver.accepted.values()) < 20 and time.monotonic() - started < 10:
        time.sleep(0.02)
    assert sum(slow.accepted.values()) < 20
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    assert Delivery.objects.get(channel="unknown").attempts == 1
    assert states()[DeliveryState.SENDING] == 0


@pytest.fixture
def seen(monkeypatch):
    found: list[tuple[str, int]] = []

    def handle(recorded, happened, *, actor, at):
        time.sleep(0.001)
        found.append((recorded.aggregate_id, happened.n))

    monkeypatch.setitem(
        reactions, "test.ring", Reaction("test.ring", frozenset({"test.worker_rang"}), handle, True)
    )
    return found


def test_several_workers_react_to_each_event_once_and_in_order(seen):
    bells = [Bell(id=uuid7()) for _ in range(4)]
    for _ in range(10):
        for bell in bells:
            ring(bell)
    worker.open_cursors()

    def work() -> None:
        for _ in range(40):
            engine().sequence()
            worker.run_reactions()

    in_threads(3, work)
    worker.settle()
    assert len(seen) == 40
    for bell in bells:
        assert [n for id, n in seen if id == str(bell.pk)] == list(range(10))


def test_a_reaction_that_lags_keeps_the_others_going(seen, monkeypatch):
    ring(Bell(id=uuid7()), worker.BATCH + 50)
    late: list[int] = []

    def handle(recorded, happened, *, actor, at):
        late.append(recorded.position)

    monkeypatch.setitem(
        reactions, "test.at_head", Reaction("test.at_head", frozenset({"test.worker_rang"}), handle, False)
    )
    engine().sequence()
    worker.open_cursors()
    ring(Bell(id=uuid7()))
    engine().sequence()
    worker.run_reactions()
    assert late == [worker.BATCH + 51]
    assert Cursor.objects.get(name="test.ring").position <= worker.BATCH


def test_a_lost_database_parks_nothing(seen, monkeypatch):
    ring(Bell(id=uuid7()))
    engine().sequence()
    worker.open_cursors()
    tries: list[int] = []
    real = worker._lock_cursor

    def flapping(name, aggregate=""):
        tries.append(1)
        if len(tries) < 6:
            raise OperationalError("the database system is starting up")
        return real(name, aggregate)

    monkeypatch.setattr(worker, "_lock_cursor", flapping)
    monkeypatch.setattr(worker.time, "sleep", lambda s: None)
    worker.run_reactions()
    assert len(seen) == 1
    assert not Parked.objects.exists()


def test_two_people_retry_a_parked_event_at_once(monkeypatch):
    runs: list[int] = []
    is_broken = [True]

    def handle(recorded, happened, *, actor, at):
        if is_broken:
            raise RuntimeError("broken")
        time.sleep(0.02)
        runs.append(happened.n)

    monkeypatch.setitem(
        reactions, "test.p", Reaction("test.p", frozenset({"test.worker_rang"}), handle, True)
    )
    bell = Bell(id=uuid7())
    ring(bell, 3)
    worker.settle()
    assert Parked.objects.count() == 3
    assert not worker.retry_parked("test.p", f"bell:{bell.pk}")
    is_broken.clear()
    in_threads(2, lambda: worker.retry_parked("test.p", f"bell:{bell.pk}"))
    assert runs == [0, 1, 2]
    assert not Parked.objects.exists()


def test_a_failure_after_the_commit_does_not_look_like_a_failed_unit():
    done: list[int] = []
    with unit() as opened:
        opened.after += [lambda: 1 / 0, lambda: done.append(1)]
    assert done == [1]


def test_waiting_ends_when_somebody_else_commits():
    engine().wait(0.01)
    engine().wait(0.01)
    started = time.monotonic()
    thread = threading.Timer(0.15, lambda: (ring(Bell(id=uuid7())), connection.close()))
    thread.start()
    engine().wait(5)
    assert time.monotonic() - started < 3
    thread.join()


def test_threads_that_wait_do_not_take_each_others_news():
    """Each hears of a commit although another thread, which looked first, has heard of it already."""
    heard: list[float] = []
    is_ready = threading.Barrier(3)

    def wait() -> None:
        engine().wait(0.01)
        engine().wait(0.01)
        is_ready.wait()
        started = time.monotonic()
        engine().wait(5)
        heard.append(time.monotonic() - started)

    threads = [threading.Thread(target=lambda: (wait(), connection.close())) for _ in range(2)]
    for thread in threads:
        thread.start()
    is_ready.wait()
    time.sleep(0.15)
    ring(Bell(id=uuid7()))
    for thread in threads:
        thread.join()
    assert len(heard) == 2
    assert max(heard) < 3


def test_a_sign_in_code_goes_ahead_of_a_flood_of_messages_and_a_call_ahead_of_notices():
    at = clock.now()
    with unit():
        for n in range(60):
            deliver("test", f"n{n}", {}, purpose="notice", at=at - timedelta(minutes=5))
        deliver("test", "call", {}, purpose="call", at=at, rank=deliveries.Rank.CALL)
        deliver("test", "code", {}, purpose="code", at=at, rank=deliveries.Rank.CODE)
        deliver(
            "test",
            "later",
            {},
            purpose="code",
            at=at,
            not_before=at + timedelta(hours=1),
            rank=deliveries.Rank.CODE,
        )
    with unit():
        taken = deliveries.claim(at, 10, channel="test")
    assert [one.address for one in taken[:2]] == ["code", "call"]
    assert {one.address for one in taken[2:]} <= {f"n{n}" for n in range(60)}


@pytest.fixture
def many(monkeypatch):
    """A reaction that takes five at once and cannot bear the numbers of `bad`."""
    found: list[list[int]] = []
    bad: set[int] = set()

    def handle(batch, *, actor, at):
        if bad & {recorded.event.n for recorded in batch}:
            raise RuntimeError("broken")
        found.append([recorded.event.n for recorded in batch])

    kinds = frozenset({"test.worker_rang"})
    monkeypatch.setitem(reactions, "test.many", Reaction("test.many", kinds, handle, True, None, 5))
    return found, bad


def test_a_reaction_may_take_many_events_in_one_unit(many):
    found, _ = many
    ring(Bell(id=uuid7()), 12)
    worker.settle()
    assert found == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9], [10, 11]]


def test_of_many_only_the_one_at_fault_is_parked(many):
    found, bad = many
    bad.add(7)
    bells = [Bell(id=uuid7()) for _ in range(2)]
    ring(bells[0], 9)
    ring(bells[1], 1)
    worker.settle()
    assert found == [[0, 1, 2, 3, 4], [5], [6], [0]], "what follows of the same bell waits behind it"
    assert sorted(Parked.objects.values_list("position", flat=True)) == [8, 9]
    ring(bells[1], 3)
    bad.clear()
    assert worker.retry_parked("test.many", f"bell:{bells[0].pk}")
    assert found[4:] == [[7], [8]]


def test_two_workers_take_many_at_once_and_each_event_once(many):
    found, _ = many
    ring(Bell(id=uuid7()), 60)
    worker.open_cursors()

    def work() -> None:
        for _ in range(30):
            engine().sequence()
            worker.run_reactions()

    in_threads(2, work)
    worker.settle()
    assert sorted(n for batch in found for n in batch) == list(range(60))
