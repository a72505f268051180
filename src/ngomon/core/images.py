"""Photographs from strangers: kind decided by the bytes, decoded in limited processes, made anew from their pixels.

What comes out is a JPEG of at most 2048 px and a thumbnail of 480 px, upright, in sRGB, without any metadata. Where the
camera said it was is returned apart as a hint, to be offered and dropped. Whatever else a file carried is not copied, so
a file that is also an archive or a page is harmless afterwards. Network and disk are out of the decoder's reach.
"""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ngomon.core import files
from ngomon.core.errors import Invalid, Unavailable

MAX_BYTES = 20 * 1024 * 1024
MAX_COUNT = 6
SIDE_PX = 2048
THUMB_PX = 480
TIMEOUT_S = 20
WAIT_S = 30
POOL = 2
LIFE_PHOTOS = 100
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo made anew. `place` is (lon, lat) as the camera told it, `look` 64 bits in hex that alike photos share."""

    data: bytes
    thumb: bytes
    width: int
    height: int
    place: tuple[float, float] | None
    look: str


@dataclass(frozen=True, slots=True)
class StoredPhoto:
    """A photo on disk, waiting for its rows."""

    main: files.Stored
    thumb: files.Stored
    width: int
    height: int
    place: tuple[float, float] | None
    look: str


def kind_of(data: bytes) -> str | None:
    """What the first bytes say it is: jpeg, png, webp, heic; None for anything else, whatever its name claims."""
    if data[:3] == b"\xff\xd8\xff":
        return "jpeg"
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return "png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    if data[4:8] == b"ftyp":
        size = min(int.from_bytes(data[:4], "big"), 256)
        brands = {data[8:12], *(data[i : i + 4] for i in range(16, size, 4))}
        # AVIF names mif1 too; its own brand tells it apart.
        if brands & _HEIC_BRANDS and not brands & {b"avif", b"avis"}:
            return "heic"
    return None


class _Worker:
    """One decoding process."""

    def __init__(self) -> None:
        self.left = LIFE_PHOTOS
        self.process = subprocess.Popen(
            [sys.executable, "-I", str(Path(__file__).with_name("decode.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"MALLOC_ARENA_MAX": "2", "LC_ALL": "C.UTF-8"},
            cwd="/",
        )

    def is_alive(self) -> bool:
        return self.left > 0 and self.process.poll() is None

    def end(self) -> None:
        self.process.kill()
        for stream in (self.process.stdin, self.process.stdout):
            if stream:
                with suppress(OSError):
                    stream.close()
        self.process.wait()

    def ask(self, data: bytes, asked: Mapping[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
        """Raises: EOFError when the process died over it, TimeoutError when it took too long."""
        self.left -= 1
        is_late = threading.Event()

        def stop() -> None:
            is_late.set()
            self.process.kill()

        timer = threading.Timer(TIMEOUT_S, stop)
        timer.start()
        try:
            return self._exchange(data, asked)
        except (OSError, EOFError, struct.error, ValueError) as error:
            self.end()
            if is_late.is_set():
                raise TimeoutError from error
            raise EOFError from error
        finally:
            timer.cancel()

    def _exchange(self, data: bytes, asked: Mapping[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
        head = json.dumps({"size": len(data), **asked}).encode()
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(struct.pack(">I", len(head)) + head)
        stdin.write(data)
        stdin.flush()
        (length,) = struct.unpack(">I", stdout.read(4))
        answer: dict[str, Any] = json.loads(stdout.read(length))
        parts = [stdout.read(size) for size in answer["sizes"]]
        if any(len(part) != size for part, size in zip(parts, answer["sizes"], strict=True)):
            raise EOFError
        return answer, parts


class _Pool:
    """A few processes, started when needed, ended by themselves when idle, replaced after a number of photos."""

    def __init__(self, size: int) -> None:
        self._free: list[_Worker] = []
        self._guard = threading.Lock()
        self._slots = threading.BoundedSemaphore(size)

    @contextmanager
    def _worker(self) -> Iterator[_Worker]:
        if not self._slots.acquire(timeout=WAIT_S):
            raise Unavailable("core.photo.busy", retry_after_s=10)
        try:
            worker = self._take()
            yield worker
            if worker.is_alive():
                with self._guard:
                    self._free.append(worker)
            else:
                worker.end()
        finally:
            self._slots.release()

    def _take(self) -> _Worker:
        with self._guard:
            while self._free:
                worker = self._free.pop()
                if worker.is_alive():
                    return worker
                worker.end()
        try:
            return _Worker()
        except OSError as error:
            raise Unavailable("core.photo.busy", retry_after_s=10) from error

    def decode(
        self, data: bytes, side: int, thumb_side: int, cover: Sequence[Sequence[float]] = ()
    ) -> tuple[dict[str, Any], list[bytes]]:
        asked = {"side": side, "thumb_side": thumb_side, "cover": [list(box) for box in cover]}
        # A process that had just ended for idleness looks like one that died of the photo: a second one decides.
        for _ in range(2):
            try:
                with self._worker() as worker:
                    return worker.ask(data, asked)
            except TimeoutError:
                raise Invalid.field("photo", "core.photo.too_hard") from None
            except EOFError:
                continue
        raise Invalid.field("photo", "core.photo.unreadable")


_pool = _Pool(POOL)


def read_photo(data: bytes, *, side: int = SIDE_PX, thumb_side: int = THUMB_PX) -> Photo:
    """A photo as somebody sent it, made anew and safe. Outside units: it takes tens of milliseconds.

    Raises: Invalid (field `photo`) with the reason, Unavailable when all decoders are busy.
    """
    if not data:
        raise Invalid.field("photo", "core.photo.empty")
    if len(data) > MAX_BYTES:
        raise Invalid.field("photo", "core.photo.too_big", most=MAX_BYTES // (1024 * 1024))
    if kind_of(data) is None:
        raise Invalid.field("photo", "core.photo.not_a_photo")
    answer, parts = _pool.decode(data, side, thumb_side)
    return _photo(answer, parts)


def cover_photo(data: bytes, boxes: Sequence[Sequence[float]]) -> Photo:
    """One of our own photos made anew with these parts made unrecognisable, for good. Outside units.

    Shape: boxes as left, top, width, height in shares of the picture. Raises: Invalid, Unavailable.
    """
    return _photo(*_pool.decode(data, SIDE_PX, THUMB_PX, boxes))


def _photo(answer: Mapping[str, Any], parts: Sequence[bytes]) -> Photo:
    if "error" in answer:
        raise Invalid.field("photo", answer["error"])
    place = (answer["place"][0], answer["place"][1]) if answer["place"] else None
    return Photo(parts[0], parts[1], answer["width"], answer["height"], place, answer["look"])


def store_photo(photo: Photo) -> StoredPhoto:
    """Put a photo and its thumbnail on disk, before the unit that attaches them."""
    main = files.put(photo.data, "image/jpeg")
    thumb = files.put(photo.thumb, "image/jpeg")
    return StoredPhoto(main, thumb, photo.width, photo.height, photo.place, photo.look)


def take_photos(uploads: Sequence[bytes], *, max_count: int = MAX_COUNT) -> list[StoredPhoto]:
    """All photos of one form: checked together, then stored. Raises: Invalid, Unavailable."""
    if len(uploads) > max_count:
        raise Invalid.field("photo", "core.photo.too_many", most=max_count)
    return [store_photo(photo) for photo in [read_photo(data) for data in uploads]]
