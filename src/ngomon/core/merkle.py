"""Merkle trees over a growing list: roots, inclusion and consistency proofs, and tiles to keep one. Pure.

Hashes: SHA-256, leaf = H(0x00 ‖ data), node = H(0x01 ‖ left ‖ right). Sources: RFC 9162 §2.1 (which keeps RFC 6962's
tree), C2SP tlog-tiles for the layout. Appending touches one tile per level, a proof reads one or two per level.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

HASH_BYTES = 32
TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
EMPTY_ROOT = hashlib.sha256(b"").digest()

Read = Callable[[int, int], bytes]
"""(level, index) → hash of the complete subtree of 2^level leaves that begins at leaf index · 2^level."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def _split(size: int) -> int:
    """The largest power of two below size."""
    return 1 << ((size - 1).bit_length() - 1)


def _range(start: int, size: int, read: Read) -> bytes:
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return read(level, start >> level)
    left = _split(size)
    return node_hash(_range(start, left, read), _range(start + left, size - left, read))


def root(size: int, read: Read) -> bytes:
    """The root of the first `size` leaves. Source: RFC 9162 §2.1.1."""
    return _range(0, size, read) if size else EMPTY_ROOT


def inclusion_path(index: int, size: int, read: Read) -> list[bytes]:
    """The neighbours from a leaf up to the root. Source: RFC 9162 §2.1.3.1. Raises: IndexError."""
    if not 0 <= index < size:
        raise IndexError(index)
    path: list[bytes] = []
    start = 0
    while size > 1:
        left = _split(size)
        if index < left:
            path.append(_range(start + left, size - left, read))
            size = left
        else:
            path.append(_range(start, left, read))
            index, start, size = index - left, start + left, size - left
    return path[::-1]


def consistency_path(old: int, new: int, read: Read) -> list[bytes]:
    """Shows that the tree of `old` leaves is the beginning of that of `new`. Source: RFC 9162 §2.1.4.1.

    Raises: IndexError.
    """
    if not 0 < old <= new:
        raise IndexError(old)
    return _subproof(old, 0, new, True, read)


def _subproof(old: int, start: int, size: int, is_whole: bool, read: Read) -> list[bytes]:
    if old == size:
        return [] if is_whole else [_range(start, size, read)]
    left = _split(size)
    if old <= left:
        return [*_subproof(old, start, left, is_whole, read), _range(start + left, size - left, read)]
    return [
        *_subproof(old - left, start + left, size - left, False, read),
        _range(start, left, read),
    ]


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the path leads from this leaf at this index to the root. Source: RFC 9162 §2.1.3.2."""
    if not 0 <= index < size:
        return False
    inner, last, found = index, size - 1, leaf
    for step in path:
        if last == 0:
            return False
        if inner & 1 or inner == last:
            found = node_hash(step, found)
            while inner and not inner & 1:
                inner, last = inner >> 1, last >> 1
        else:
            found = node_hash(found, step)
        inner, last = inner >> 1, last >> 1
    return last == 0 and found == root


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the path shows the old tree to be the beginning of the new one. Source: RFC 9162 §2.1.4.2."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not path and old_root == new_root
    steps = [old_root, *path] if old & (old - 1) == 0 else list(path)
    if not steps:
        return False
    inner, last = old - 1, new - 1
    while inner & 1:
        inner, last = inner >> 1, last >> 1
    first = second = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if inner & 1 or inner == last:
            first, second = node_hash(step, first), node_hash(step, second)
            while inner and not inner & 1:
                inner, last = inner >> 1, last >> 1
        else:
            second = node_hash(second, step)
        inner, last = inner >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root


def _folded(hashes: bytes) -> bytes:
    """The root over a power of two of hashes that stand side by side."""
    row = [hashes[i : i + HASH_BYTES] for i in range(0, len(hashes), HASH_BYTES)]
    while len(row) > 1:
        row = [node_hash(row[i], row[i + 1]) for i in range(0, len(row), 2)]
    return row[0]


class Tiles:
    """A tree kept as tiles: each holds up to 256 neighbouring hashes of the heights 0, 8, 16 …

    `load` fetches a stored tile (empty when there is none); `changed` names those to be stored again.
    """

    def __init__(self, size: int, load: Callable[[int, int], bytes]) -> None:
        self.size = size
        self._load = load
        self._held: dict[tuple[int, int], bytes] = {}
        self._folds: dict[tuple[int, int], bytes] = {}
        self.changed: set[tuple[int, int]] = set()

    def tile(self, level: int, index: int) -> bytes:
        """The hashes of one tile."""
        found = self._held.get((level, index))
        if found is None:
            found = self._held[level, index] = bytes(self._load(level, index))
        return found

    def append(self, leaves: Iterable[bytes]) -> None:
        """Add leaf hashes at the end."""
        for leaf in leaves:
            self._push(0, self.size, leaf)
            self.size += 1

    def _push(self, level: int, at: int, hash: bytes) -> None:
        index, offset = divmod(at, TILE_WIDTH)
        kept = self.tile(level, index)[: offset * HASH_BYTES]
        self._held[level, index] = kept + hash
        self.changed.add((level, index))
        if offset == TILE_WIDTH - 1:
            self._push(level + 1, index, _folded(self._held[level, index]))

    def read(self, level: int, index: int) -> bytes:
        """See `Read`. Raises: LookupError when the tile does not hold it."""
        found = self._folds.get((level, index))
        if found is not None:
            return found
        tile_level, height = divmod(level, TILE_HEIGHT)
        tile, offset = divmod(index << height, TILE_WIDTH)
        part = self.tile(tile_level, tile)[offset * HASH_BYTES : (offset + (1 << height)) * HASH_BYTES]
        if len(part) != HASH_BYTES << height:
            raise LookupError(f"tile {tile_level}/{tile} is incomplete")
        found = _folded(part)
        # Kept for complete subtrees only, which never change.
        self._folds[level, index] = found
        return found

    def root(self, size: int | None = None) -> bytes:
        """The root of the first leaves (of all, where not said)."""
        return root(self.size if size is None else size, self.read)


class Frontier:
    """The roots of the complete subtrees of a growing list: enough to know the root at every size, in O(log n) memory."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[tuple[int, bytes]] = []

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        level, hash = 0, leaf
        while self._peaks and self._peaks[-1][0] == level:
            hash = node_hash(self._peaks.pop()[1], hash)
            level += 1
        self._peaks.append((level, hash))
        self.size += 1

    def root(self) -> bytes:
        """The root of all leaves so far."""
        if not self._peaks:
            return EMPTY_ROOT
        found = self._peaks[-1][1]
        for _, hash in reversed(self._peaks[:-1]):
            found = node_hash(hash, found)
        return found
