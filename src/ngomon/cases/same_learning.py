"""Learning the weights of `rules.same_weights` from named pairs: logistic regression by Newton's method, in plain Python.

Examples: for each named duplicate the cases around it when it came; those of its named group are the same, the others not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from .duplicates import Filed, Named, stream
from .rules.same_weights import WEIGHTS, Threshold

RIDGE = 1.0
ROUNDS = 25


@dataclass(frozen=True, slots=True)
class Example:
    """One case around a named duplicate."""

    features: tuple[float, ...]
    is_same: bool


def examples(
    reports: Sequence[Filed], named: Named, *, before_year: int, links: Threshold | None
) -> list[Example]:
    """What the named duplicates found around them, where the case they refer to is of before that year."""
    found: list[Example] = []
    for look in stream(reports, links=links):
        me = look.report.id
        firsts = named.earlier.get(me, frozenset())
        years = {int(named.slices[first, me][0].split()[1]) for first in firsts}
        if not years or max(years) >= before_year:
            continue
        own = named.group[me]
        for heap, likeness, *_ in look.cases:
            is_same = any(named.group.get(m.id) == own and m.id != me for m in heap.members)
            found.append(Example(likeness.features, is_same))
    return found


def learn(rows: Sequence[Example]) -> tuple[float, list[float]]:
    """Intercept and weights with the smallest ridge-penalised log loss. What never varies keeps the weight it has."""
    moving = [i for i in range(len(WEIGHTS)) if len({row.features[i] for row in rows[:5000]}) > 1]
    xs = [(1.0, *(row.features[i] for i in moving)) for row in rows]
    ys = [1.0 if row.is_same else 0.0 for row in rows]
    beta = [0.0] * (len(moving) + 1)
    for _ in range(ROUNDS):
        step = _newton(xs, ys, beta)
        beta = [b + s for b, s in zip(beta, step, strict=True)]
        if max(abs(s) for s in step) < 1e-6:
            break
    weights = list(WEIGHTS)
    for i, b in zip(moving, beta[1:], strict=True):
        weights[i] = b
    return round(beta[0], 4), [round(w, 4) for w in weights]


def _newton(xs: Sequence[tuple[float, ...]], ys: Sequence[float], beta: Sequence[float]) -> list[float]:
    size = len(beta)
    gradient = [0.0 if i == 0 else -RIDGE * beta[i] for i in range(size)]
    hessian = [[RIDGE if i == j and i else 0.0 for j in range(size)] for i in range(size)]
    for x, y in zip(xs, ys, strict=True):
        logit = sum(b * v for b, v in zip(beta, x, strict=True))
        p = 1.0 / (1.0 + math.exp(-max(-40.0, min(40.0, logit))))
        curve = p * (1.0 - p)
        for i in range(size):
            gradient[i] += (y - p) * x[i]
            row, scaled = hessian[i], curve * x[i]
            for j in range(i + 1):
                row[j] += scaled * x[j]
    for i in range(size):
        for j in range(i):
            hessian[j][i] = hessian[i][j]
    return _solved(hessian, gradient)


def _solved(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Gauss-Jordan with pivoting."""
    size = len(right)
    rows = [[*matrix[i], right[i]] for i in range(size)]
    for i in range(size):
        pivot = max(range(i, size), key=lambda r: abs(rows[r][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        head = rows[i][i]
        rows[i] = [v / head for v in rows[i]]
        for r in range(size):
            if r != i and rows[r][i]:
                factor = rows[r][i]
                rows[r] = [v - factor * w for v, w in zip(rows[r], rows[i], strict=True)]
    return [row[-1] for row in rows]
