"""Learning what reports are about from decisions, with scikit-learn. Runs in a process of its own: `ngomon train category`.

Nothing that the web or the worker loads imports this module, so that the libraries it needs take no memory there. It
gives a `LinearModel` and figures; whether the model goes live is decided by the gate (`rules.gate`, `commands.learning`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from sklearn.svm import LinearSVC

from .rules.features import Bag, Floats, Keys, bag
from .rules.linear import LinearModel, mixed, quantised, values_of
from .rules.measure import sure_threshold
from .terms import Proposal

BOOK_WEIGHT = 0.3
"""What one phrase of the word book counts beside one decision."""
FOLDS = 4
MANY = 4000
"""From so many decisions on, the newest fifth serves for calibration; with fewer, four folds do."""
LARGEST = 12_000_000
"""Most weights kept (features times categories), 12 MB: the features with the least weight go first."""

Rules = Callable[[str], Sequence[Proposal]]
Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Lesson:
    """What is learned from. Shape: texts and labels alike, in the order of time; book: (phrase, category)."""

    texts: Sequence[str]
    labels: Sequence[str]
    book: Sequence[tuple[str, str]] = ()
    rules: Rules = lambda _: ()


@dataclass(frozen=True)
class _Prepared:
    classes: tuple[str, ...]
    bags: list[Bag]
    label: NDArray[np.int64]
    book_bags: list[Bag]
    book_label: NDArray[np.int64]
    share: Matrix


@dataclass(frozen=True)
class _Fitted:
    """Weights as they come out of fitting. Shape: keys (n), idf (n), weights (n, c), bias (c)."""

    keys: Keys
    idf: Floats
    weights: Floats
    bias: Floats


def train(lesson: Lesson, *, precision: float = 0.9) -> LinearModel:
    """A calibrated model of these decisions. Raises: ValueError where there are fewer than two categories."""
    ready = _prepared(lesson)
    if len(ready.classes) < 2:
        raise ValueError("nothing to tell apart")
    everything = np.arange(len(ready.bags))
    unseen, margin = _unseen_margins(ready)
    scale, prior, sure_from = 1.0, 1.0, 1.01
    if len(unseen):
        label, share = ready.label[unseen], ready.share[unseen]
        scale, prior = _calibrated(margin, share, label)
        chance = mixed(margin, share, scale, prior)
        sure_from = sure_threshold(chance.max(axis=1), chance.argmax(axis=1) == label, precision)
    fitted = _pruned(_fit(ready, everything))
    weights, step = quantised(fitted.weights)
    return LinearModel(
        ready.classes, fitted.keys, fitted.idf, weights, step, fitted.bias, scale, prior, sure_from
    )


def _prepared(lesson: Lesson) -> _Prepared:
    classes = tuple(sorted({*lesson.labels, *(category for _, category in lesson.book)}))
    place = {key: n for n, key in enumerate(classes)}
    share = np.zeros((len(lesson.texts), len(classes)))
    for n, text in enumerate(lesson.texts):
        for proposal in lesson.rules(text):
            if proposal.key in place:
                share[n, place[proposal.key]] = proposal.score
    return _Prepared(
        classes,
        [bag(text) for text in lesson.texts],
        np.array([place[key] for key in lesson.labels], dtype=np.int64),
        [bag(phrase) for phrase, _ in lesson.book],
        np.array([place[key] for _, key in lesson.book], dtype=np.int64),
        share,
    )


def _unseen_margins(ready: _Prepared) -> tuple[NDArray[np.int64], Floats]:
    """Margins of decisions by weights that have not seen them: the newest fifth, or all of them in folds."""
    n = len(ready.bags)
    if n >= MANY:
        folds = [np.arange(n * 4 // 5, n)]
    else:
        folds = [np.arange(k, n, FOLDS) for k in range(FOLDS if n >= 2 * FOLDS else 0)]
    found = []
    for unseen in folds:
        seen = np.setdiff1d(np.arange(n), unseen)
        model = _fit(ready, seen)
        x = _matrix([ready.bags[i] for i in unseen], model.keys, model.idf)
        found.append(np.asarray(x @ model.weights + model.bias, dtype=np.float32))
    if not folds:
        return np.zeros(0, dtype=np.int64), np.zeros((0, len(ready.classes)), dtype=np.float32)
    return np.concatenate(folds), np.concatenate(found)


def _fit(ready: _Prepared, seen: NDArray[np.int64]) -> _Fitted:
    """Weights from some of the decisions and the word book; a category that none of them names lies far off."""
    bags = [ready.bags[i] for i in seen] + ready.book_bags
    label = np.concatenate([ready.label[seen], ready.book_label])
    weight = np.concatenate([np.ones(len(seen)), np.full(len(ready.book_label), BOOK_WEIGHT)])
    keys, idf = _vocabulary(bags)
    x = _matrix(bags, keys, idf)
    known = np.unique(label)
    each = len(seen) / max(1, len(known))
    fitted = LinearSVC(C=1.0 if each < 500 else 0.1, max_iter=400).fit(x, label, sample_weight=weight)
    weights = np.zeros((len(keys), len(ready.classes)), dtype=np.float32)
    bias = np.full(len(ready.classes), -1.5, dtype=np.float32)
    if len(known) == 2:
        weights[:, known[0]], weights[:, known[1]] = -fitted.coef_[0], fitted.coef_[0]
        bias[known] = (-fitted.intercept_[0], fitted.intercept_[0])
    else:
        weights[:, known] = fitted.coef_.T
        bias[known] = fitted.intercept_
    return _Fitted(keys, idf, weights, bias)


def _vocabulary(bags: Sequence[Bag]) -> tuple[Keys, Floats]:
    """The features that occur often enough to be learned from, and how telling their rarity makes them."""
    every = np.concatenate([found.keys for found in bags])
    every.sort()
    starts = np.flatnonzero(np.concatenate([[True], every[1:] != every[:-1]]))
    times = np.diff(np.append(starts, len(every)))
    enough = times >= (4 if len(bags) > 50_000 else 2)
    keys, times = every[starts[enough]], times[enough]
    return keys, np.asarray(np.log((1 + len(bags)) / (1 + times)) + 1, dtype=np.float32)


def _matrix(bags: Sequence[Bag], keys: Keys, idf: Floats) -> Any:
    places: list[NDArray[np.int32]] = []
    values: list[Floats] = []
    ends = [0]
    for found in bags:
        at, value = values_of(found, keys, idf)
        places.append(at.astype(np.int32))
        values.append(value)
        ends.append(ends[-1] + len(at))
    return csr_matrix(
        (np.concatenate(values), np.concatenate(places), np.array(ends)), shape=(len(bags), len(keys))
    )


def _calibrated(margin: Floats, share: Matrix, label: NDArray[np.int64]) -> tuple[float, float]:
    """Scale and prior under which the decisions are the least surprising (mean log-loss)."""
    each = np.arange(len(label))

    def surprise(logs: NDArray[np.float64]) -> float:
        chance = mixed(margin, share, float(np.exp(logs[0])), float(np.exp(logs[1])))
        return float(-np.log(chance[each, label] + 1e-12).mean())

    found = minimize(surprise, np.log([2.0, 0.3]), method="Nelder-Mead", options={"maxiter": 120}).x
    return float(np.exp(found[0])), float(np.exp(found[1]))


def _pruned(fitted: _Fitted) -> _Fitted:
    """No more weights than `LARGEST`: the features whose greatest weight is least go."""
    most = max(1000, LARGEST // fitted.weights.shape[1])
    if len(fitted.keys) <= most:
        return fitted
    strength = np.abs(fitted.weights).max(axis=1)
    keep = np.sort(np.argpartition(-strength, most)[:most])
    return replace(fitted, keys=fitted.keys[keep], idf=fitted.idf[keep], weights=fitted.weights[keep])
