"""The seal: a Merkle tree over the log by position, signed checkpoints, proofs of histories, and the check of it all.

Once a minute the tree is grown over what is new and its root is signed with the installation's own key
(`NGOMON_HOME/seal_key`, made at first use, readable by its owner only). Erased content leaves every proof valid, because
the log holds salted commitments only. Whoever holds database and key can sign another past: so checkpoints are public
(`/seal/checkpoint`), and `ngomon verify --against` takes those that others kept.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db.models import Count, F, Max, Min, Q

from ngomon.core.errors import NotFound
from ngomon.core.ids import Ref, uuid7
from ngomon.core.merkle import (
    HASH_BYTES,
    TILE_WIDTH,
    Frontier,
    Tiles,
    consistency_path,
    inclusion_path,
    leaf_hash,
)
from ngomon.core.models import Checkpoint, Cursor, EventRow, SealTile
from ngomon.core.texts import text
from ngomon.core.units import current_unit
from ngomon.core.verify import (
    FIELDS,
    FORMAT,
    Finding,
    Statement,
    Untrue,
    leaf_data,
    read_note,
    sign,
    verifier_key,
)

CURSOR = "core.seal"
BATCH = 5_000
_READ = (*FIELDS, "commitment")


def origin() -> str:
    """The log's name in its checkpoints: host and pack."""
    host = urlsplit(settings.NGOMON_BASE_URL).netloc or "localhost"
    return f"{host}/{settings.NGOMON_PACK}"


def _key_path() -> Path:
    return Path(settings.NGOMON_HOME) / "seal_key"


def private_key() -> Ed25519PrivateKey:
    """This installation's signing key, made and kept at first use."""
    path = _key_path()
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"seal_key.{uuid7().hex}")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
    return _read_key(str(path), path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _read_key(path: str, changed_ns: int) -> Ed25519PrivateKey:  # noqa: ARG001 - part of the cache's key
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(Path(path).read_bytes()))


def public_key() -> str:
    """The verifier key to publish."""
    return verifier_key(origin(), private_key().public_key().public_bytes_raw())


def _fields(row: tuple[Any, ...]) -> tuple[dict[str, Any], str]:
    event = dict(zip(FIELDS, row[:-1], strict=True))
    event["id"] = str(event["id"])
    event["at"] = event["at"].astimezone(UTC).isoformat(timespec="microseconds")
    return event, row[-1]


def _leaf(row: tuple[Any, ...]) -> bytes:
    event, commitment = _fields(row)
    return leaf_hash(leaf_data(event, commitment))


def _tile(level: int, index: int) -> bytes:
    found = SealTile.objects.filter(level=level, index=index).values_list("hashes", flat=True).first()
    return bytes(found or b"")


def sealed_size() -> int:
    """How many events the last checkpoint covers."""
    found: int | None = Checkpoint.objects.aggregate(top=Max("size"))["top"]
    return found or 0


def extend(*, at: datetime, limit: int = 4 * BATCH) -> int:
    """Inside a unit: grow the tree over what is new in the log and sign its root; how many events it took in.

    Once: one process at a time holds the cursor's row, and a size is signed once.
    """
    current_unit()
    Cursor.objects.get_or_create(name=CURSOR, defaults={"position": 0})
    cursor = Cursor.objects.select_for_update().get(name=CURSOR)
    tiles = Tiles(cursor.position, _tile)
    fresh = (
        EventRow.objects.filter(position__gt=cursor.position).order_by("position").values_list(*_READ)[:limit]
    )
    rows = list(fresh)
    if not rows:
        return 0
    if rows[-1][0] - cursor.position != len(rows):
        raise RuntimeError(f"the log has a gap behind position {cursor.position}: run ngomon verify")
    tiles.append(_leaf(row) for row in rows)
    SealTile.objects.bulk_create(
        [SealTile(level=level, index=i, hashes=tiles.tile(level, i)) for level, i in sorted(tiles.changed)],
        update_conflicts=True,
        unique_fields=["level", "index"],
        update_fields=["hashes"],
    )
    note = sign(Statement(origin(), tiles.size, tiles.root()), origin(), private_key())
    Checkpoint.objects.create(size=tiles.size, note=note, signed_at=at)
    cursor.position, cursor.moved_at = tiles.size, at
    cursor.save(update_fields=["position", "moved_at"])
    return len(rows)


def latest_checkpoint() -> Checkpoint:
    """The newest signed statement. Raises: NotFound before the first."""
    found = Checkpoint.objects.order_by("-size").first()
    if found is None:
        raise NotFound("core.seal.none_yet")
    return found


def proof_of(of: Ref) -> dict[str, Any]:
    """The whole sealed history of one thing with its inclusion proofs, for `verify.verify_proof` and for people to keep.

    Raises: NotFound when nothing of it is sealed yet.
    """
    checkpoint = latest_checkpoint()
    rows = (
        EventRow.objects.filter(aggregate_id=of.key, aggregate_kind=of.kind, position__lte=checkpoint.size)
        .order_by("aggregate_version")
        .values_list(*_READ)
    )
    tiles = Tiles(checkpoint.size, _tile)
    items = []
    for row in rows:
        event, commitment = _fields(row)
        path = inclusion_path(event["position"] - 1, checkpoint.size, tiles.read)
        steps = [base64.b64encode(step).decode() for step in path]
        items.append({"event": event, "commitment": commitment, "path": steps})
    if not items:
        raise NotFound("core.seal.none_yet")
    return {
        "format": FORMAT,
        "of": {"kind": of.kind, "key": of.key},
        "checkpoint": checkpoint.note,
        "key": public_key(),
        "events": items,
    }


def consistency(old: int, new: int) -> list[str]:
    """That the log of `old` events is the beginning of that of `new`, both sealed. Raises: NotFound."""
    if not 0 < old <= new <= sealed_size():
        raise NotFound("core.seal.none_yet")
    path = consistency_path(old, new, Tiles(new, _tile).read)
    return [base64.b64encode(step).decode() for step in path]


Out = Callable[[str], None]


def _statements(key: str, against: Iterable[str]) -> Iterator[Finding | Statement]:
    """What all checkpoints say, ours and those that others kept, or what is wrong with them."""
    for size, note in Checkpoint.objects.order_by("size").values_list("size", "note").iterator():
        try:
            said = read_note(note, key)
        except Untrue as error:
            yield Finding(str(error), size)
            continue
        yield said if said.size == size and said.origin == origin() else Finding("core.seal.bad.note", size)
    for note in against:
        try:
            yield read_note(note, key)
        except Untrue as error:
            yield Finding(str(error))


def _walk(roots: dict[int, set[bytes]]) -> Iterator[Finding]:
    """Recompute everything from the rows, in order of position, beside the stored tiles and the signed roots."""
    frontier, held, tile = Frontier(), Tiles(0, lambda _level, _index: b""), b""
    sealed = max(roots, default=0)
    expected = 1
    rows = EventRow.objects.filter(position__isnull=False).order_by("position").values_list(*_READ)
    for row in rows.iterator(chunk_size=2000):
        if row[0] != expected:
            yield Finding("core.seal.bad.missing", expected)
            return
        expected += 1
        if row[0] > sealed:
            continue
        leaf = _leaf(row)
        index, offset = divmod(frontier.size, TILE_WIDTH)
        if offset == 0:
            tile = _tile(0, index)
        if tile[offset * HASH_BYTES : (offset + 1) * HASH_BYTES] != leaf:
            yield Finding("core.seal.bad.altered", row[0])
        frontier.append(leaf)
        held.append([leaf])
        if roots.get(frontier.size, set()) - {frontier.root()}:
            yield Finding("core.seal.bad.root", frontier.size)
    if frontier.size < sealed:
        yield Finding("core.seal.bad.missing", frontier.size + 1)
        return
    yield from _compare_tiles(held)


def _compare_tiles(held: Tiles) -> Iterator[Finding]:
    rows = SealTile.objects.values_list("level", "index", "hashes").iterator()
    stored = {(level, index): bytes(hashes) for level, index, hashes in rows}
    for place in sorted(held.changed | stored.keys()):
        if stored.get(place) != (held.tile(*place) if place in held.changed else None):
            yield Finding("core.seal.bad.tile", place[1] * TILE_WIDTH + 1)


def _broken_histories() -> Iterator[Finding]:
    """Things whose events do not count 1, 2, 3 … in the order of positions."""
    counted = EventRow.objects.values("aggregate_kind", "aggregate_id").annotate(
        n=Count("seq"),
        first=Min("aggregate_version"),
        last=Max("aggregate_version"),
        position=Min("position"),
    )
    for row in counted.filter(~Q(first=1) | ~Q(last=F("n"))).values_list("position", flat=True)[:50]:
        yield Finding("core.seal.bad.gap", row or 0)


def verify_log(
    out: Out,
    *,
    against: Iterable[str] = (),
    key: str | None = None,
    language: str | None = None,
    most: int = 20,
) -> bool:
    """Recompute the seal from the rows and say what is altered, removed, added or in another order; whether all is well.

    `against` are checkpoints that others kept; `key` is the verifier key they trust (ours where none is given).
    """
    roots: dict[int, set[bytes]] = {}
    found: list[Finding] = []
    for said in _statements(key or public_key(), against):
        if isinstance(said, Finding):
            found.append(said)
        else:
            roots.setdefault(said.size, set()).add(said.root)
    found += [*_walk(roots), *_broken_histories()]
    for finding in found[:most]:
        out(text(finding.code, language, position=finding.position))
    if len(found) > most:
        out(text("core.seal.more", language, n=len(found) - most))
    if not found:
        loose = EventRow.objects.filter(
            Q(position__gt=max(roots, default=0)) | Q(position__isnull=True)
        ).count()
        out(text("core.seal.well", language, n=max(roots, default=0), loose=loose))
    return not found
