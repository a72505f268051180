"""The Merkle tree against the plainest one: the RFC's own recursive definitions over a list."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from ngomon.core import merkle
from ngomon.core.merkle import Frontier, Tiles, leaf_hash, node_hash


def naive_root(leaves: list[bytes]) -> bytes:
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return node_hash(naive_root(leaves[:k]), naive_root(leaves[k:]))


def leaves_of(n: int) -> list[bytes]:
    return [leaf_hash(b"%d" % i) for i in range(n)]


def tree_of(leaves: list[bytes], *, chunks: int = 1) -> Tiles:
    """Grown in steps, as the database sees it: each step starts from stored tiles."""
    stored: dict[tuple[int, int], bytes] = {}

    def load(level: int, index: int) -> bytes:
        return stored.get((level, index), b"")

    step = max(1, len(leaves) // chunks)
    done = 0
    while done < len(leaves):
        tiles = Tiles(done, load)
        tiles.append(leaves[done : done + step])
        stored.update((place, tiles.tile(*place)) for place in tiles.changed)
        done = min(len(leaves), done + step)
    return Tiles(len(leaves), load)


def test_the_rfcs_example_tree():
    """Source: the reference vectors of Certificate Transparency (RFC 6962 tests)."""
    inputs = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        bytes(range(0x50, 0x58)),
        bytes(range(0x60, 0x70)),
    ]
    roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]
    leaves = [leaf_hash(data) for data in inputs]
    for n, root in enumerate(roots, 1):
        assert tree_of(leaves[:n]).root().hex() == root


@given(st.integers(0, 700), st.integers(1, 6))
@examples(max_examples=40, deadline=None)
def test_roots_equal_the_plain_ones_however_the_tree_grew(n, chunks):
    leaves = leaves_of(n)
    tree = tree_of(leaves, chunks=chunks)
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    assert tree.root() == naive_root(leaves) == frontier.root()


@given(st.integers(1, 700), st.data())
@examples(max_examples=60, deadline=None)
def test_each_leaf_is_proven_and_nothing_else_is(n, data):
    leaves = leaves_of(n)
    tree = tree_of(leaves)
    root = tree.root()
    index = data.draw(st.integers(0, n - 1))
    path = merkle.inclusion_path(index, n, tree.read)
    assert len(path) <= n.bit_length()
    assert merkle.verify_inclusion(leaves[index], index, n, path, root)
    other = data.draw(st.integers(0, n - 1).filter(lambda i: i != index) if n > 1 else st.just(n))
    assert not merkle.verify_inclusion(leaves[index], other, n, path, root)
    assert not merkle.verify_inclusion(leaf_hash(b"other"), index, n, path, root)
    assert not merkle.verify_inclusion(leaves[index], index, n, [*path, leaves[0]], root)
    if path:
        assert not merkle.verify_inclusion(leaves[index], index, n, path[:-1], root)
        wrong = data.draw(st.integers(0, len(path) - 1))
        bent = [hashlib.sha256(s).digest() if i == wrong else s for i, s in enumerate(path)]
        assert not merkle.verify_inclusion(leaves[index], index, n, bent, root)


@given(st.integers(1, 700), st.data())
@examples(max_examples=60, deadline=None)
def test_an_older_tree_is_proven_to_be_the_beginning_and_no_other_is(n, data):
    leaves = leaves_of(n)
    old = data.draw(st.integers(1, n))
    tree = tree_of(leaves)
    path = merkle.consistency_path(old, n, tree.read)
    old_root, new_root = naive_root(leaves[:old]), tree.root()
    assert tree.root(old) == old_root
    assert merkle.verify_consistency(old, n, old_root, new_root, path)
    forged = naive_root([leaf_hash(b"forged"), *leaves[1:old]])
    assert not merkle.verify_consistency(old, n, forged, new_root, path)
    assert not merkle.verify_consistency(old, n, old_root, forged, path)
    if path:
        assert not merkle.verify_consistency(old, n, old_root, new_root, path[1:])
        assert not merkle.verify_consistency(old, n, old_root, new_root, [*path, old_root])


def test_senseless_questions_are_refused():
    tree = tree_of(leaves_of(5))
    for index, size in ((5, 5), (-1, 5)):
        with pytest.raises(IndexError):
            merkle.inclusion_path(index, size, tree.read)
    for old, new in ((0, 5), (6, 5)):
        with pytest.raises(IndexError):
            merkle.consistency_path(old, new, tree.read)
    assert not merkle.verify_inclusion(leaf_hash(b"0"), 9, 5, [], tree.root())
    assert not merkle.verify_consistency(0, 5, b"", tree.root(), [])
    assert not merkle.verify_consistency(3, 5, b"", tree.root(), [])


def test_growing_touches_one_tile_per_level_and_a_proof_reads_few():
    """70,000 leaves: three levels."""
    stored: dict[tuple[int, int], bytes] = {}
    loads: list[tuple[int, int]] = []

    def load(level: int, index: int) -> bytes:
        loads.append((level, index))
        return stored.get((level, index), b"")

    tiles = Tiles(0, load)
    tiles.append(leaves_of(70_000))
    stored |= {place: tiles.tile(*place) for place in tiles.changed}
    root = tiles.root()
    loads.clear()
    more = Tiles(70_000, load)
    more.append([leaf_hash(b"next")])
    assert len(more.changed) <= 3
    loads.clear()
    path = merkle.inclusion_path(12_345, 70_000, Tiles(70_000, load).read)
    assert merkle.verify_inclusion(leaf_hash(b"12345"), 12_345, 70_000, path, root)
    assert len(loads) <= 6
