"""The live hub: nobody hears what is not for them, nobody misses what is, slow readers are cut off and come back."""

from __future__ import annotations

import asyncio
import re
import threading
import time

import orjson
import pytest
from django.conf import settings
from django.db import connection
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from ngomon.core import live
from ngomon.core.engine import engine
from ngomon.core.errors import Refused
from ngomon.core.ids import uuid7
from ngomon.core.live import Console, Hub, LiveApp, sees
from ngomon.core.live_sources import Placed, source_of
from ngomon.core.whispers import Whisper, whisper


class Log:
    """A log in memory that a test writes."""

    def __init__(self) -> None:
        self.events: list[Placed] = []
        self.said: list[Whisper] = []
        self._new = asyncio.Event()
        self.reads = 0

    def add(self, *audience: str, event: str = "test.happened") -> int:
        position = len(self.events) + 1
        self.events.append(Placed(position, event, "lamp", f"l{position}", 1, audience))
        self._new.set()
        return position

    async def head(self) -> int:
        return len(self.events)

    async def read(self, after: int, limit: int) -> list[Placed]:
        self.reads += 1
        return self.events[after : after + limit]

    async def changed(self, timeout_s: float) -> None:
        try:
            await asyncio.wait_for(self._new.wait(), 0.02)
        except TimeoutError:
            return
        self._new.clear()

    def whispers(self) -> list[Whisper]:
        said, self.said = self.said, []
        return said

    async def close(self) -> None:
        pass


class Browser:
    """One fake console: opens a stream, notes positions, may stop reading."""

    def __init__(self, app: LiveApp, after: int | None = None, cookie: str = "") -> None:
        self.app, self.status, self.text = app, 0, b""
        self.is_reading = asyncio.Event()
        self.is_reading.set()
        headers = [(b"cookie", cookie.encode())]
        if after is not None:
            headers.append((b"Last-Event-ID", str(after).encode()))
        self.scope = {"type": "http", "method": "GET", "headers": headers, "query_string": b""}
        self._gone = asyncio.Event()
        self.task = asyncio.create_task(app(self.scope, self._receive, self._send))

    async def _receive(self) -> dict:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict) -> None:
        await self.is_reading.wait()
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.text += message["body"]

    @property
    def heard(self) -> list[int]:
        return [int(n) for n in re.findall(rb"id: (\d+)\ndata", self.text)]

    @property
    def last_id(self) -> int:
        return int(re.findall(rb"id: (\d+)\n", self.text)[-1])

    async def leave(self) -> None:
        self._gone.set()
        await self.task


async def until(condition, timeout_s: float = 40.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.005)


def keys_in_cookie(headers) -> set[str]:
    return set(filter(None, headers["cookie"].split(",")))


def running(test):
    """Give an async test a log, and an application over it."""

    def run() -> None:
        async def main() -> None:
            log = Log()
            app = LiveApp(lambda: Hub(log, closing=["test.rights"], heartbeat_s=0.2), keys_in_cookie)
            async with asyncio.timeout(120):
                try:
                    await test(log, app)
                finally:
                    await app.hub.stop()

        asyncio.run(main())

    run.__name__ = test.__name__
    return run


@running
async def test_a_viewer_hears_what_its_keys_open(log, app):
    log.add("public")
    browser = Browser(app, cookie="public,agency:a")
    await until(lambda: app.hub.count == 1)
    log.add("public")
    log.add("agency:b")
    log.add("agency:a", "ioc")
    log.add("agency:a&area:x")
    log.add()
    log.add("agency:a&public")
    await until(lambda: len(browser.heard) == 3)
    assert browser.heard == [2, 4, 7]
    await browser.leave()
    assert app.hub.count == 0
    (line,) = re.findall(rb"id: 2\ndata: (.*)\n", browser.text)
    assert orjson.loads(line) == {"kind": "lamp", "id": "l2", "version": 1, "event": "test.happened"}


@running
async def test_a_stream_goes_on_without_hole_or_repeat(log, app):
    for _ in range(1200):
        log.add("public")
    browser = Browser(app, after=3, cookie="public")
    await until(lambda: len(browser.heard) >= 1197)
    log.add("public")
    await until(lambda: len(browser.heard) == 1198)
    assert browser.heard == list(range(4, 1202))


@running
async def test_whoever_was_away_too_long_is_told_to_load_anew(log, app):
    for _ in range(live.MOST_MISSED + 50):
        log.add("public")
    browser = Browser(app, after=3, cookie="public")
    await until(lambda: b"event: reset" in browser.text)
    assert browser.heard == []
    assert browser.last_id == live.MOST_MISSED + 50


@running
async def test_a_position_from_the_future_is_not_believed(log, app):
    log.add("public")
    browser = Browser(app, after=10**12, cookie="public")
    await until(lambda: b"event: reset" in browser.text)
    assert browser.last_id == 1


@running
async def test_heartbeats_move_the_last_id_on_for_who_hears_nothing(log, app):
    browser = Browser(app, cookie="agency:quiet")
    await until(lambda: app.hub.count == 1)
    for _ in range(7):
        log.add("public")
    await until(lambda: browser.text and browser.last_id == 7)
    assert browser.heard == []


@running
async def test_a_change_of_rights_closes_the_streams_of_that_person_only(log, app):
    mine = Browser(app, cookie="public,person:1")
    other = Browser(app, cookie="public,person:2")
    await until(lambda: app.hub.count == 2)
    log.add("person:1", event="test.rights")
    await until(lambda: mine.task.done())
    assert not other.task.done()


def test_rights_that_change_while_they_are_read_are_read_again():
    asked: list[int] = []

    async def main() -> None:
        log = Log()
        log.add("public")
        hub = Hub(log, closing=["test.rights"])

        def slow_keys(headers):
            asked.append(1)
            if len(asked) == 1:
                log.add("person:1", event="test.rights")
                deadline = time.monotonic() + 5
                while hub.position < 2 and time.monotonic() < deadline:
                    time.sleep(0.01)
                return {"person:1", "ioc"}
            return {"person:1"}

        app = LiveApp(lambda: hub, slow_keys)
        browser = Browser(app)
        await until(lambda: hub.count == 1)
        log.add("ioc")
        log.add("person:1")
        await until(lambda: browser.heard == [4])
        await hub.stop()

    asyncio.run(main())
    assert len(asked) == 2


@running
async def test_a_slow_reader_is_cut_off_and_comes_back_without_a_hole(log, app):
    slow = Browser(app, cookie="public")
    await until(lambda: slow.text != b"")
    slow.is_reading.clear()
    for _ in range(6000):
        log.add("public")
    console = next(iter(next(iter(app.hub._groups.values()))))
    await until(lambda: console.is_over)
    assert console.size <= live.MOST_WAITING_BYTES
    slow.is_reading.set()
    await until(lambda: slow.task.done())
    again = Browser(app, after=slow.last_id, cookie="public")
    await until(lambda: again.heard[-1:] == [6000])
    assert slow.heard + again.heard == list(range(1, 6001))


@running
async def test_an_error_of_the_rights_opens_nothing(log, app):
    def refuse(headers):
        raise Refused("core.problem.refused")

    def fail(headers):
        raise ZeroDivisionError

    for keys_of, status in ((refuse, 403), (fail, 503)):
        app._keys_of = keys_of
        browser = Browser(app)
        await browser.task
        assert browser.status == status
    assert app.hub.count == 0


@running
async def test_a_reader_that_fails_begins_again(log, app):
    browser = Browser(app, cookie="public")
    await until(lambda: app.hub.count == 1)
    real, log.read = log.read, None
    await asyncio.sleep(0.1)
    log.read = real
    log.add("public")
    await until(lambda: browser.heard == [1])


@running
async def test_two_thousand_consoles_in_one_process(log, app):
    wards = [f"area:{n}" for n in range(40)]
    browsers = [Browser(app, cookie=f"public,{wards[n % 40]}") for n in range(2000)]
    await until(lambda: app.hub.count == 2000, 60)
    started = time.process_time()
    for n in range(200):
        log.add("public" if n % 10 == 0 else wards[n % 40])
        if n % 20 == 0:
            await asyncio.sleep(0)
    expected = {
        w: [p.position for p in log.events if sees(frozenset({"public", w}), p.audience)] for w in wards
    }
    await until(lambda: all(b.heard == expected[wards[n % 40]] for n, b in enumerate(browsers)), 30)
    assert time.process_time() - started < 20
    for browser in browsers:
        browser._gone.set()
    await asyncio.gather(*(browser.task for browser in browsers))
    assert app.hub.count == 0


KEYS = st.sampled_from(["public", "ioc", "agency:a", "agency:b", "area:x", "person:1"])
AUDIENCE = st.lists(st.lists(KEYS, min_size=1, max_size=3).map("&".join), max_size=4)


@given(st.lists(AUDIENCE, max_size=40), st.sets(KEYS), st.integers(0, 45), st.data())
@examples(max_examples=60, deadline=None)
def test_no_leak_and_no_hole_whatever_is_emitted_and_whenever_one_comes_back(audiences, keys, back_at, data):
    allowed = [
        n for n, audience in enumerate(audiences, 1) if any(set(k.split("&")) <= keys for k in audience)
    ]

    async def main() -> list[int]:
        log = Log()
        app = LiveApp(lambda: Hub(log), keys_in_cookie)
        cookie = ",".join(keys)
        first = Browser(app, after=0, cookie=cookie)
        for audience in audiences[:back_at]:
            log.add(*audience)
        await until(lambda: first.text and app.hub.position == len(log.events))
        await first.leave()
        for audience in audiences[back_at:]:
            log.add(*audience)
        known = max([0, *first.heard])
        second = Browser(app, after=known, cookie=cookie)
        await until(lambda: second.text and app.hub.position == len(log.events))
        await asyncio.sleep(0.005)
        heard = first.heard + second.heard
        await second.leave()
        await app.hub.stop()
        return heard

    assert asyncio.run(main()) == allowed


def test_a_console_never_holds_more_than_its_share():
    console = Console(frozenset())
    for _ in range(10_000):
        console.push(b"x" * 100)
    assert console.is_over
    assert console.size <= live.MOST_WAITING_BYTES


@pytest.mark.django_db(transaction=True)
def test_the_hub_reads_the_real_log_as_it_grows():
    """On the database of this run: written by a thread with the ORM, read by the hub with a connection of its own."""
    insert = (
        "INSERT INTO core_event (id, position, kind, schema, aggregate_kind, aggregate_id, aggregate_version,"
        " at, actor_id, audience, body, commitment) VALUES (%s, %s, 'test.x', 1, 'lamp', 'l', %s, %s, 'a', %s, '{}', '')"
    )

    def write(start: int) -> None:
        for n in range(start, start + 50):
            with connection.cursor() as cursor:
                id = uuid7()
                values = [id.hex if connection.vendor == "sqlite" else id, n, n, "2026-01-01 00:00:00+00:00"]
                cursor.execute(insert, [*values, '["public"]'])
                if connection.vendor == "postgresql":
                    cursor.execute("NOTIFY ngomon_events_placed")
        connection.close()

    async def main() -> None:
        app = LiveApp(lambda: Hub(source_of(settings.DATABASES["default"])), lambda headers: {"public"})
        write_first = threading.Thread(target=write, args=(1,))
        write_first.start()
        write_first.join()
        browser = Browser(app, after=10)
        await until(lambda: browser.heard == list(range(11, 51)))
        thread = threading.Thread(target=write, args=(51,))
        thread.start()
        await until(lambda: browser.heard == list(range(11, 101)))
        thread.join()
        await browser.leave()
        await app.hub.stop()

    asyncio.run(main())
    assert engine().name in ("sqlite", "postgres")


@pytest.mark.django_db(transaction=True)
def test_a_whisper_reaches_who_looks_on_and_holds_the_key_and_is_kept_nowhere():
    """On the database of this run: told by another thread, so by another connection, as a page would."""

    def tell() -> None:
        whisper("presence", "c1", ["role:lead", "agency:x&ioc"])
        connection.close()

    async def main() -> None:
        before = await source_of(settings.DATABASES["default"]).head()
        app = LiveApp(lambda: Hub(source_of(settings.DATABASES["default"])), keys_in_cookie)
        lead, both = Browser(app, cookie="role:lead"), Browser(app, cookie="agency:x,ioc")
        others = [Browser(app, cookie=cookie) for cookie in ("public", "ioc", "agency:x", "person:lead")]
        await until(lambda: all(b.text for b in (lead, both, *others)))
        await asyncio.sleep(0.3)
        began = time.monotonic()
        threading.Thread(target=tell).start()
        await until(lambda: b'"presence"' in lead.text and b'"presence"' in both.text)
        assert time.monotonic() - began < 2
        assert not any(b'"presence"' in other.text for other in others)
        late = Browser(app, after=app.hub.position, cookie="role:lead")
        await until(lambda: late.text)
        assert b'"presence"' not in late.text
        assert app.hub.position == before
        for browser in (lead, both, late, *others):
            await browser.leave()
        await app.hub.stop()

    asyncio.run(main())
