"""A linear model of what reports are about: how it scores a text, how sure it is, and by which words. Pure.

The probability of a category is softmax(scale · margin + prior · log(share of the rules + FLOOR)): the word book speaks
while decisions are few, and as much as it was found to help afterwards. Scale, prior and the threshold from which the
model is sure were fitted on decisions that the weights had not seen. Written as one file that is mapped into memory.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ngomon.cases.rules import telling_words
from ngomon.cases.terms import Proposal

from .features import BLOCKS, Bag, Floats, Keys, Occurrences, bag, occurrences

FLOOR = 0.01
BLOCK_WEIGHT: Floats = np.array([1.0, 1.0, 0.7], dtype=np.float32)
"""How much folded words, runs of letters, and words with tone marks weigh. Measured: docs/evaluation/category.md."""
MOST_WORDS = 4
_MAGIC = b"NGOMON-LINEAR-1\n"
_ALIGN = 64


@dataclass(frozen=True, slots=True)
class LinearModel:
    """Weights by feature and category. Shape: keys (n), idf (n), weights (n, c), step (n), bias (c); keys ascending.

    A weight is a whole number of its feature's steps: one byte each, which reads faster than half-precision numbers.
    """

    classes: tuple[str, ...]
    keys: Keys
    idf: Floats
    weights: NDArray[np.int8]
    step: Floats
    bias: Floats
    scale: float
    prior: float
    sure_from: float


def values_of(found: Bag, keys: Keys, idf: Floats) -> tuple[NDArray[np.intp], Floats]:
    """The known features of a text and their values: TF-IDF, each block made as long as its weight. Shape: (k), (k)."""
    if not len(keys) or not len(found.keys):
        return np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.float32)
    at = np.searchsorted(keys, found.keys)
    at[at == len(keys)] = 0
    known = keys[at] == found.keys
    at, block = at[known], found.block[known]
    value = (1.0 + np.log(found.counts[known])) * idf[at]
    length = np.sqrt(np.bincount(block, weights=value * value, minlength=BLOCKS))
    length[length == 0] = 1.0
    return at, np.asarray(value * (BLOCK_WEIGHT / length)[block], dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a model makes of a text: the features it knows, their values times step, their weights. Shape: (k), (k), (k, c)."""

    at: NDArray[np.intp]
    value: Floats
    weights: Floats

    def margins(self, bias: Floats) -> Floats:
        """How far the text lies on each category's side. Shape: (c)."""
        return np.asarray(self.value @ self.weights + bias, dtype=np.float32)


def seen(model: LinearModel, found: Bag) -> Seen:
    """The known features of a text with their weights."""
    at, value = values_of(found, model.keys, model.idf)
    return Seen(at, value * model.step[at], model.weights[at].astype(np.float32))


def mixed(
    margin: NDArray[np.floating[Any]], share: NDArray[np.floating[Any]], scale: float, prior: float
) -> NDArray[np.float64]:
    """Probabilities from margins and the rules' shares. Shape: (…, c) each."""
    score = scale * margin + prior * np.log(share + FLOOR)
    score = np.exp(score - score.max(axis=-1, keepdims=True))
    return np.asarray(score / score.sum(axis=-1, keepdims=True), dtype=np.float64)


def shares(classes: Sequence[str], by_rules: Iterable[Proposal]) -> NDArray[np.float64]:
    """The rules' scores in the order of the model's categories. Shape: (c)."""
    scores = {proposal.key: proposal.score for proposal in by_rules}
    return np.array([scores.get(key, 0.0) for key in classes])


def propose(
    model: LinearModel, text: str, by_rules: Sequence[Proposal], allowed: frozenset[str], most: int = 3
) -> list[Proposal]:
    """The likeliest categories, best first, each with the words that speak for it; sure or not by the model's threshold.

    `allowed`: the categories in force; what the model learned of others is left out.
    """
    found = occurrences(text)
    if not found.said:
        return []
    counted = bag(found)
    looked = seen(model, counted)
    chance = mixed(looked.margins(model.bias), shares(model.classes, by_rules), model.scale, model.prior)
    likely = (k for k in np.argsort(-chance).tolist() if model.classes[k] in allowed)
    order = list(islice(likely, most))
    because = {proposal.key: proposal.because for proposal in by_rules}
    told = telling(model, found, counted, looked, order)
    return [
        Proposal(
            model.classes[k],
            float(chance[k]),
            said or because.get(model.classes[k], ()),
            is_sure=n == 0 and float(chance[k]) >= model.sure_from,
        )
        for n, (k, said) in enumerate(zip(order, told, strict=True))
    ]


def telling(
    model: LinearModel, found: Occurrences, counted: Bag, looked: Seen, order: Sequence[int]
) -> list[tuple[str, ...]]:
    """For each of these categories the words that speak most for it against the others, as said, most telling first.

    What a feature adds is shared among the words that it lies in; neighbours that both tell are said together.
    """
    n, c = len(found.said), looked.weights.shape[1]
    usual = looked.weights @ np.full(c, 1 / c, dtype=np.float32)
    places = np.searchsorted(counted.keys, model.keys[looked.at])
    occurs = np.searchsorted(counted.keys, found.keys)
    spread = counted.counts[occurs] * (found.last - found.first + 1)
    gain = np.zeros(len(counted.keys), dtype=np.float32)
    told = []
    for k in order:
        gain[places] = looked.value * (looked.weights[:, k] - usual)
        each = gain[occurs] / spread
        begins = np.bincount(found.first, weights=each, minlength=n + 1)
        ends = np.bincount(found.last + 1, weights=each, minlength=n + 1)
        by_word = np.cumsum(begins - ends)[:n].tolist()
        least = max(0.0, max(by_word) * 0.25)
        tells = [s > least and bool(telling_words(w)) for w, s in zip(found.said, by_word, strict=True)]
        told.append(_phrases(found.said, by_word, tells))
    return told


def _phrases(said: Sequence[str], by_word: Sequence[float], tells: Sequence[bool]) -> tuple[str, ...]:
    phrases: dict[str, float] = {}
    start: int | None = None
    for n in range(len(said) + 1):
        inside = n < len(said) and tells[n]
        if inside and start is not None and n - start < MOST_WORDS:
            continue
        if start is not None:
            phrase = " ".join(said[start:n]).casefold()
            phrases[phrase] = max(phrases.get(phrase, 0.0), sum(by_word[start:n]))
        start = n if inside else None
    return tuple(sorted(phrases, key=lambda phrase: -phrases[phrase])[:5])


def quantised(weights: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Weights as whole numbers of a step for each feature. Shape: (n, c) to (n, c) and (n)."""
    step = np.asarray(np.abs(weights).max(axis=1) / 127.0, dtype=np.float32)
    step[step == 0] = 1.0
    return np.rint(weights / step[:, None]).astype(np.int8), step


# --- as a file ---------------------------------------------------------------------------------------------------------


def written(model: LinearModel) -> bytes:
    """The model as bytes: a header in JSON, then its arrays, each beginning at a multiple of 64."""
    arrays: dict[str, NDArray[Any]] = {
        "keys": model.keys,
        "idf": model.idf,
        "weights": model.weights,
        "step": model.step,
        "bias": model.bias,
    }
    head: dict[str, Any] = {
        "classes": model.classes, "scale": model.scale, "prior": model.prior, "sure_from": model.sure_from,
    }  # fmt: skip
    body, places = b"", {}
    for name, array in arrays.items():
        body += b"\0" * (-len(body) % _ALIGN)
        places[name] = {"at": len(body), "dtype": array.dtype.str, "shape": array.shape}
        body += np.ascontiguousarray(array).tobytes()
    said = json.dumps({**head, "arrays": places}, ensure_ascii=False).encode()
    start = _MAGIC + struct.pack("<I", len(said)) + said
    return start + b"\0" * (-len(start) % _ALIGN) + body


def read(data: NDArray[np.uint8]) -> LinearModel:
    """The model in these bytes, without copying them. Raises: ValueError for what is no model."""
    begin = len(_MAGIC) + 4
    if bytes(data[: len(_MAGIC)]) != _MAGIC:
        raise ValueError("no linear model")
    (length,) = struct.unpack("<I", bytes(data[len(_MAGIC) : begin]))
    head = json.loads(bytes(data[begin : begin + length]))
    start = -(-(begin + length) // _ALIGN) * _ALIGN
    arrays = {name: _array(data, start, place) for name, place in head["arrays"].items()}
    return LinearModel(
        tuple(head["classes"]),
        arrays["keys"],
        arrays["idf"],
        arrays["weights"],
        arrays["step"],
        arrays["bias"],
        head["scale"],
        head["prior"],
        head["sure_from"],
    )


def _array(data: NDArray[np.uint8], start: int, place: Mapping[str, Any]) -> NDArray[Any]:
    dtype = np.dtype(place["dtype"])
    size = int(np.prod(place["shape"])) * dtype.itemsize
    part = data[start + place["at"] : start + place["at"] + size]
    array: NDArray[Any] = part.view(dtype).reshape(place["shape"])
    return array
