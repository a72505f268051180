"""What a linear model sees of a report: its words and pairs, with and without tone marks, and runs of letters. Pure.

Every feature is a 64-bit hash, so that a model keeps no words of anybody. Each occurrence knows which words of the text
it lies in: that is how a proposal is explained in the words that were said.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ngomon.core.text import fold

MAX_WORDS = 400
FOLDED, LETTERS, TONED = 0, 1, 2
BLOCKS = 3
RUNS = (2, 3, 4, 5)
"""Lengths of runs of letters, the space at a word's ends included. Units: letters of the folded text."""

_TOKEN = re.compile(r"\w+")
_DIGIT = re.compile(r"\d")
_MULTIPLY = np.uint64(0x9E3779B97F4A7C15)
_STEP = np.uint64(0x100000001B3)
_PAIR = np.uint64(0xC2B2AE3D27D4EB4F)
_SHIFT = np.uint64(29)
_SALT = np.array([0x51ED270B, 0x2545F491, 0x6C8E9CF5], dtype=np.uint64)

Keys = NDArray[np.uint64]
Ints = NDArray[np.int32]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Occurrences:
    """Every feature of a text where it occurs. Shape: one element each; `first` and `last` index `said`, inclusive."""

    said: tuple[str, ...]
    keys: Keys
    block: Ints
    first: Ints
    last: Ints


@dataclass(frozen=True, slots=True)
class Bag:
    """The different features of a text, sorted by key, with how often each occurs."""

    keys: Keys
    counts: Floats
    block: Ints


def _mixed(keys: Keys, block: int) -> Keys:
    """Spread the bits, so that sorted keys are evenly filled and blocks never meet."""
    with np.errstate(over="ignore"):
        mixed = (keys + _SALT[block]) * _MULTIPLY
        return np.asarray(mixed ^ (mixed >> _SHIFT), dtype=np.uint64)


@lru_cache(maxsize=16_384)
def _read(token: str) -> tuple[bytes, int, int]:
    """A word's folded letters (digits alike) and the hashes of it without and with its tone marks."""
    folded = _DIGIT.sub("0", fold(token)).encode()
    toned = _DIGIT.sub("0", token).encode()
    return folded, zlib.crc32(folded), zlib.crc32(toned)


def _pairs(hashes: Keys) -> Keys:
    with np.errstate(over="ignore"):
        return np.asarray(hashes[:-1] * _PAIR + hashes[1:], dtype=np.uint64)


def occurrences(text: str) -> Occurrences:
    """Every feature of a text, with the words that it lies in."""
    said = tuple(_TOKEN.findall(unicodedata.normalize("NFC", text))[:MAX_WORDS])
    read = [_read(token.casefold()) for token in said]
    n = len(read)
    if not n:
        none = np.zeros(0, dtype=np.int32)
        return Occurrences((), np.zeros(0, dtype=np.uint64), none, none, none)
    at = np.arange(n, dtype=np.int32)
    parts: list[tuple[Keys, int, Ints, Ints]] = []
    for block, hashes in (
        (FOLDED, np.array([r[1] for r in read], dtype=np.uint64)),
        (TONED, np.array([r[2] for r in read], dtype=np.uint64)),
    ):
        parts.append((_mixed(hashes, block), block, at, at))
        parts.append((_mixed(_pairs(hashes), block), block, at[:-1], at[1:]))
    parts += _letter_runs([r[0] for r in read])
    return Occurrences(
        said,
        np.concatenate([keys for keys, _, _, _ in parts]),
        np.concatenate([np.full(len(keys), block, dtype=np.int32) for keys, block, _, _ in parts]),
        np.concatenate([first for _, _, first, _ in parts]),
        np.concatenate([last for _, _, _, last in parts]),
    )


def _letter_runs(folded: list[bytes]) -> list[tuple[Keys, int, Ints, Ints]]:
    """Runs of letters over the whole text, a space between words, hashed for all places at once."""
    letters = np.frombuffer(b" " + b" ".join(folded) + b" ", dtype=np.uint8).astype(np.uint64)
    lengths = np.array([len(word) + 1 for word in folded], dtype=np.int32)
    lengths[0] += 1
    word_at = np.repeat(np.arange(len(folded), dtype=np.int32), lengths)
    found: list[tuple[Keys, int, Ints, Ints]] = []
    run = letters
    with np.errstate(over="ignore"):
        for length in range(2, RUNS[-1] + 1):
            if len(letters) < length:
                break
            run = np.asarray(run[:-1] * _STEP + letters[length - 1 :], dtype=np.uint64)
            if length in RUNS:
                keys = _mixed(run + np.uint64(length) * _PAIR, LETTERS)
                found.append((keys, LETTERS, word_at[: len(run)], word_at[length - 1 :]))
    return found


def bag(text: str | Occurrences) -> Bag:
    """The different features of a text."""
    found = occurrences(text) if isinstance(text, str) else text
    keys, index, counts = np.unique(found.keys, return_index=True, return_counts=True)
    return Bag(keys, counts.astype(np.float32), found.block[index])
