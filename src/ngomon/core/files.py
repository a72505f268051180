"""Files: bytes under their SHA-256 in the data folder, rows that say what they are and whose. Never overwritten.

    stored = files.put(data, "image/jpeg")           # before the unit: written, fsynced, renamed
    with unit():
        files.attach([(stored, "photo")], ref, at=at)  # inside: the row

`put` leaves a marker until the row is committed, so that nobody takes the bytes away in between. Bytes that no row
holds and no fresh marker protects are swept after a day of grace; erasing the last row takes them at once.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from uuid import UUID

from django.conf import settings

from ngomon.core.errors import NotFound
from ngomon.core.ids import Ref, uuid7
from ngomon.core.models import FileRow
from ngomon.core.rows import insert
from ngomon.core.units import current_unit

GRACE_S = 86_400


@dataclass(frozen=True, slots=True)
class Stored:
    """Bytes that are safely on disk and wait for their row."""

    digest: str
    media_type: str
    size: int
    marker: str


@dataclass(frozen=True, slots=True)
class File:
    """A file as its row tells: hand `path` to a page only after asking whether the reader may see `of`."""

    id: UUID
    digest: str
    media_type: str
    size: int
    role: str
    of: Ref
    stored_at: datetime

    @property
    def path(self) -> Path:
        """Where the bytes lie."""
        return _path(self.digest)

    def read(self) -> bytes:
        """The bytes. Raises: NotFound when they are gone."""
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            raise NotFound("core.file.gone") from None


def root() -> Path:
    """The folder of all files."""
    return Path(settings.NGOMON_HOME) / "files"


def _path(digest: str) -> Path:
    return root() / "sha256" / digest[:2] / digest[2:4] / digest


def _private(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


@contextmanager
def _held(digest: str) -> Iterator[None]:
    """Between processes: nobody else stores or takes away bytes whose digest begins alike."""
    lock = os.open(_private(root() / "locks") / digest[:2], os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write(target: Path, data: bytes) -> None:
    """Durably: content first, then the name, then the folders that hold the name."""
    folder = _private(target.parent)
    fresh = folder / f".{target.name}.{uuid7().hex}"
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(target)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    for parent in (folder, folder.parent, folder.parent.parent):
        _sync_folder(parent)


def put(data: bytes, media_type: str) -> Stored:
    """Store bytes durably, before the unit that will hold them. Once: the same bytes are stored once."""
    digest = hashlib.sha256(data).hexdigest()
    marker = f"{digest}.{uuid7().hex}"
    with _held(digest):
        (_private(root() / "pending") / marker).touch(mode=0o600)
        target = _path(digest)
        if not target.exists() or target.stat().st_size != len(data):
            _write(target, data)
    return Stored(digest, media_type, len(data), marker)


_COLUMNS = ("id", "digest", "media_type", "size", "role", "ref_kind", "ref_key", "stored_at")


def attach(files: Sequence[tuple[Stored, str]], of: Ref, *, at: datetime) -> list[UUID]:
    """Inside a unit: give stored bytes to a thing, each with its role; the ids of the rows. One statement."""
    opened = current_unit()
    ids = [uuid7() for _ in files]
    rows = [
        (id, stored.digest, stored.media_type, stored.size, role, of.kind, of.key, at)
        for id, (stored, role) in zip(ids, files, strict=True)
    ]
    if rows:
        insert(FileRow, _COLUMNS, rows)
    markers = [root() / "pending" / stored.marker for stored, _ in files]
    opened.after.append(partial(_drop, markers))
    return ids


def _file(row: FileRow) -> File:
    of = Ref(row.ref_kind, row.ref_key)
    return File(row.id, row.digest, row.media_type, row.size, row.role, of, row.stored_at)


def file(id: UUID) -> File:
    """One file. Raises: NotFound."""
    row = FileRow.objects.filter(id=id).first()
    if row is None:
        raise NotFound("core.file.gone")
    return _file(row)


def files_of(refs: Iterable[Ref]) -> dict[str, list[File]]:
    """The files of things of one kind, by the thing's key, oldest first; one statement."""
    wanted = list(refs)
    found: dict[str, list[File]] = {ref.key: [] for ref in wanted}
    if not wanted:
        return found
    rows = FileRow.objects.filter(ref_kind=wanted[0].kind, ref_key__in=list(found)).order_by(
        "stored_at", "id"
    )
    for row in rows:
        found[row.ref_key].append(_file(row))
    return found


def erase(ids: Iterable[UUID]) -> int:
    """Inside a unit: remove rows, and after the commit the bytes that no other row holds; how many rows."""
    opened = current_unit()
    rows = FileRow.objects.filter(id__in=list(ids))
    digests = set(rows.values_list("digest", flat=True))
    gone, _ = rows.delete()
    opened.after.append(partial(_take_all_away, digests))
    return gone


def _drop(markers: Iterable[Path]) -> None:
    for marker in markers:
        marker.unlink(missing_ok=True)


def _take_all_away(digests: Iterable[str]) -> None:
    for digest in digests:
        _take_away(digest)


def _take_away(digest: str) -> bool:
    """Unlink bytes that nothing holds any more; whether they went."""
    with _held(digest):
        is_held = FileRow.objects.filter(digest=digest).exists()
        if is_held or any((root() / "pending").glob(f"{digest}.*")):
            return False
        _path(digest).unlink(missing_ok=True)
        return True


def sweep(prefix: str, *, grace_s: float = GRACE_S) -> int:
    """Take away old bytes under one two-letter prefix that no row holds, left by units that never came; how many.

    Markers older than the grace are dropped first. Real time, not the city's: it is the age of files on disk.
    """
    before = time.time() - grace_s
    for marker in (root() / "pending").glob(f"{prefix}*"):
        if _age(marker) < before:
            marker.unlink(missing_ok=True)
    taken = 0
    for path in (root() / "sha256" / prefix).glob("*/*"):
        if _age(path) >= before:
            continue
        if path.name.startswith("."):
            path.unlink(missing_ok=True)
        elif not FileRow.objects.filter(digest=path.name).exists():
            taken += _take_away(path.name)
    return taken


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return time.time()
