"""The live hub: server-sent events to thousands of browsers from one process. Pure asyncio, no ORM.

One reader follows the log by position. An event goes to whoever holds one of its audience keys (`a&b` needs both),
encoded once and joined once per set of keys. It says kind, id and version only: the page asks the rights-checked query
for the rest. `Last-Event-ID` (or `?after=`) is a position, so a stream goes on without a hole; a browser that was away
too long is told to load anew (`event: reset`). Who reads too slowly is cut off and comes back the same way.

    data: {"event":"cases.case_opened","id":"0192…","kind":"case","version":1}

Signs of `core.whispers` go the same way without a position: `data: {"kind":"presence","id":"0192…"}`.

Settings: NGOMON_LIVE_KEYS, dotted path of `keys(headers) -> set[str]`, called in a thread; NGOMON_LIVE_CLOSING, kinds of
events after which the streams of the `person:` they name are closed, so that changed rights are read anew.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qs

import orjson
import structlog
from django.conf import settings
from django.utils.module_loading import import_string

from ngomon.core import metrics
from ngomon.core.errors import CityError
from ngomon.core.live_sources import Placed, Source, source_of
from ngomon.core.whispers import Whisper

log = structlog.get_logger("ngomon.live")
Keys = frozenset[str]
KeysOf = Callable[[Mapping[str, str]], Iterable[str]]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

HEARTBEAT_S = 20.0
SEND_S = 20.0
STREAM_S = 1200.0
MOST_STREAMS = 5_000
MOST_WAITING_BYTES = 256 * 1024
MOST_MISSED = 10_000
KEPT = 5_000
BATCH = 500


def sees(keys: Keys, audience: Iterable[str]) -> bool:
    """Whether somebody with these keys may hear of something told to this audience."""
    return any(key and all(part in keys for part in key.split("&")) for key in audience)


def encode(event: Placed) -> bytes:
    """One event as the stream carries it."""
    data = {"kind": event.kind, "id": event.id, "version": event.version, "event": event.event}
    return b"id: %d\ndata: %s\n\n" % (event.position, orjson.dumps(data, option=orjson.OPT_SORT_KEYS))


@dataclass(eq=False)
class Console:
    """One open stream: what waits to be sent, and whether it must end."""

    keys: Keys
    waiting: deque[bytes] = field(default_factory=deque)
    size: int = 0
    is_over: bool = False
    more: asyncio.Event = field(default_factory=asyncio.Event)

    def push(self, chunk: bytes) -> None:
        """Queue a chunk, or end the stream of a reader that is too slow: it comes back at its last position."""
        if self.size + len(chunk) > MOST_WAITING_BYTES:
            self.end()
            return
        self.waiting.append(chunk)
        self.size += len(chunk)
        self.more.set()

    def take(self) -> bytes:
        """All that waits."""
        chunk = b"".join(self.waiting)
        self.waiting.clear()
        self.size = 0
        self.more.clear()
        return chunk

    def end(self) -> None:
        self.is_over = True
        self.more.set()


class Hub:
    """Follows one log and feeds the consoles of one process."""

    def __init__(
        self, source: Source, *, closing: Iterable[str] = (), heartbeat_s: float = HEARTBEAT_S
    ) -> None:
        self._source = source
        self._closing = frozenset(closing)
        self._heartbeat_s = heartbeat_s
        self._groups: dict[Keys, set[Console]] = {}
        self._recent: deque[tuple[Placed, bytes]] = deque(maxlen=KEPT)
        self._reader: asyncio.Task[None] | None = None
        self._moved = asyncio.Condition()
        self.position = 0
        self.count = 0

    async def start(self) -> None:
        """Begin to follow the log at its head. Safe to call again."""
        if self._reader is None or self._reader.done():
            if self.position == 0:
                self.position = await self._source.head()
            if self._reader is None or self._reader.done():
                self._reader = asyncio.create_task(self._follow(), name="live-reader")

    async def stop(self) -> None:
        """End all streams and the reader."""
        while self._reader is not None and not self._reader.done():
            # A cancellation that meets a wait just ending can be lost (CPython issue 86296), so it is said again.
            self._reader.cancel()
            await asyncio.wait([self._reader], timeout=0.5)
        for group in self._groups.values():
            for console in group:
                console.end()
        await self._source.close()

    async def _follow(self) -> None:
        beat_at = asyncio.get_running_loop().time() + self._heartbeat_s
        while True:
            try:
                fresh = await self._source.read(self.position, BATCH)
                if fresh:
                    await self._tell(fresh)
                else:
                    await self._source.changed(1.0)
                self._pass_on(self._source.whispers())
            except asyncio.CancelledError:
                raise
            except Exception:
                log.exception("live reader failed")
                await asyncio.sleep(1.0)
            if asyncio.get_running_loop().time() >= beat_at:
                self._beat()
                beat_at = asyncio.get_running_loop().time() + self._heartbeat_s

    async def _tell(self, fresh: list[Placed]) -> None:
        encoded = [(event, encode(event)) for event in fresh]
        for keys, group in list(self._groups.items()):
            chunk = b"".join(data for event, data in encoded if sees(keys, event.audience))
            if chunk:
                for console in group:
                    console.push(chunk)
        self._recent.extend(encoded)
        self.position = fresh[-1].position
        for event in fresh:
            if event.event in self._closing:
                self._close_streams_of(event)
        async with self._moved:
            self._moved.notify_all()

    def _pass_on(self, whispers: list[Whisper]) -> None:
        """Signs without a position: who is not here now does not hear them later."""
        for whisper in whispers:
            chunk = b"data: %s\n\n" % orjson.dumps({"kind": whisper.kind, "id": whisper.id})
            for keys, group in list(self._groups.items()):
                if sees(keys, whisper.audience):
                    for console in group:
                        console.push(chunk)

    def _close_streams_of(self, event: Placed) -> None:
        for keys, group in self._groups.items():
            if _changes_rights_of(keys, event):
                for console in group:
                    console.end()

    def _beat(self) -> None:
        """Keeps proxies awake, and moves every browser's Last-Event-ID on, so that coming back is cheap."""
        chunk = b"id: %d\n\n" % self.position
        for group in self._groups.values():
            for console in group:
                console.push(chunk)

    def join(self, keys: Keys, since: int) -> Console | None:
        """Open a console at the present position; None when rights of these keys changed after `since`."""
        for event, _ in self._recent:
            if event.position > since and event.event in self._closing and _changes_rights_of(keys, event):
                return None
        console = Console(keys)
        self._groups.setdefault(keys, set()).add(console)
        self.count += 1
        metrics.consoles.set(self.count)
        return console

    def leave(self, console: Console) -> None:
        """Forget a console."""
        group = self._groups.get(console.keys, set())
        if console in group:
            group.discard(console)
            self.count -= 1
            metrics.consoles.set(self.count)
        if not group:
            self._groups.pop(console.keys, None)

    async def reach(self, position: int, timeout_s: float = 5.0) -> bool:
        """Wait until this hub has come to a position that a browser already knows from another process."""
        if position > self.position and position > await self._source.head():
            return False
        try:
            async with asyncio.timeout(timeout_s), self._moved:
                await self._moved.wait_for(lambda: self.position >= position)
        except TimeoutError:
            return False
        return True

    async def missed(self, keys: Keys, after: int, until: int) -> bytes | None:
        """What these keys may see of the events between two positions; None when they are too many."""
        if until - after > MOST_MISSED:
            return None
        if self._recent and self._recent[0][0].position <= after + 1:
            found = [(e, data) for e, data in self._recent if after < e.position <= until]
            return b"".join(data for e, data in found if sees(keys, e.audience))
        parts: list[bytes] = []
        while after < until:
            batch = await self._source.read(after, min(BATCH, until - after))
            if not batch:
                break
            parts += [encode(e) for e in batch if e.position <= until and sees(keys, e.audience)]
            after = batch[-1].position
        return b"".join(parts)


def _changes_rights_of(keys: Keys, event: Placed) -> bool:
    return any(key.startswith("person:") and key in keys for key in event.audience)


def headers_of(scope: Message) -> dict[str, str]:
    """The headers by which a viewer is known, names in lower case."""
    wanted = {"cookie", "authorization", "accept-language", "last-event-id", "user-agent", "x-forwarded-for"}
    found = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope.get("headers", [])}
    return {name: value for name, value in found.items() if name in wanted}


def last_seen(scope: Message, headers: Mapping[str, str]) -> int | None:
    """The position up to which this browser knows everything; None when it comes for the first time."""
    asked = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("after", [""])
    text = headers.get("last-event-id") or asked[0]
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


async def _refuse(send: Send, status: int, retry_after_s: int = 0) -> None:
    headers = [(b"cache-control", b"no-store"), (b"content-type", b"text/plain")]
    if retry_after_s:
        headers.append((b"retry-after", b"%d" % retry_after_s))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


class LiveApp:
    """The ASGI application at `/live`."""

    def __init__(self, make_hub: Callable[[], Hub], keys_of: KeysOf) -> None:
        self._make_hub = make_hub
        self._keys_of = keys_of
        self._threads = ThreadPoolExecutor(4, "live-keys")
        self._hub: tuple[asyncio.AbstractEventLoop, Hub] | None = None

    @property
    def hub(self) -> Hub:
        """The hub of the running loop, made when first asked for."""
        loop = asyncio.get_running_loop()
        if self._hub is None or self._hub[0] is not loop:
            self._hub = (loop, self._make_hub())
        return self._hub[1]

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if scope.get("method", "GET") != "GET":
            await _refuse(send, 405)
            return
        hub = self.hub
        if hub.count >= MOST_STREAMS:
            await _refuse(send, 503, retry_after_s=10)
            return
        try:
            await hub.start()
            console, position, first = await self._open(hub, scope)
        except CityError as error:
            await _refuse(send, error.status)
            return
        except Exception:
            log.exception("live stream could not open")
            await _refuse(send, 503, retry_after_s=5)
            return
        try:
            await self._stream(console, first, position, receive, send)
        finally:
            hub.leave(console)

    async def _open(self, hub: Hub, scope: Message) -> tuple[Console, int, bytes]:
        """The console, and what it missed. It is opened before reading what was missed: no hole, nothing twice."""
        headers = headers_of(scope)
        loop = asyncio.get_running_loop()
        console = None
        while console is None:
            since = hub.position
            keys = frozenset(await loop.run_in_executor(self._threads, self._keys_of, headers))
            after = last_seen(scope, headers)
            is_known = after is None or after <= hub.position or await hub.reach(after)
            console = hub.join(keys, since)
        try:
            position = hub.position
            missed = b"" if after is None else None
            if after is not None and is_known:
                missed = await hub.missed(keys, after, position)
        except BaseException:
            hub.leave(console)
            raise
        if missed is None:
            missed = b"event: reset\ndata: {}\n\n"
        return console, position, missed

    async def _stream(
        self, console: Console, first: bytes, position: int, receive: Receive, send: Send
    ) -> None:
        headers = [
            (b"content-type", b"text/event-stream; charset=utf-8"),
            (b"cache-control", b"no-store"),
            (b"x-accel-buffering", b"no"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        # Spread over some seconds, so that a restart does not bring everybody back at once.
        opening = b"retry: %d\n%sid: %d\n\n" % (random.randint(1000, 5000), b"\n" + first, position)  # noqa: S311
        gone = asyncio.create_task(_until_gone(receive, console))
        until = asyncio.get_running_loop().time() + STREAM_S * random.uniform(0.8, 1.2)  # noqa: S311
        try:
            await _send(send, opening)
            while not console.is_over and asyncio.get_running_loop().time() < until:
                await console.more.wait()
                if console.waiting:
                    await _send(send, console.take())
                elif not console.is_over:
                    console.more.clear()
            await send({"type": "http.response.body", "body": b""})
        except (TimeoutError, OSError, RuntimeError):
            log.debug("live stream cut off")
        finally:
            gone.cancel()


async def _send(send: Send, chunk: bytes) -> None:
    async with asyncio.timeout(SEND_S):
        await send({"type": "http.response.body", "body": chunk, "more_body": True})


async def _until_gone(receive: Receive, console: Console) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    console.end()


def _public(headers: Mapping[str, str]) -> Iterable[str]:  # noqa: ARG001 - the port's signature
    return ("public",)


def _hub_of_settings() -> Hub:
    return Hub(source_of(settings.DATABASES["default"]), closing=getattr(settings, "NGOMON_LIVE_CLOSING", ()))


@cache
def _app() -> LiveApp:
    path = getattr(settings, "NGOMON_LIVE_KEYS", "")
    return LiveApp(_hub_of_settings, import_string(path) if path else _public)


async def live_app(scope: Message, receive: Receive, send: Send) -> None:
    """The ASGI application that settings describe."""
    await _app()(scope, receive, send)
