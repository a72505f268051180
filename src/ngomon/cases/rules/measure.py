"""How good proposals are: accuracy, macro-F1, calibration error, and precision where the model is sure. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

BINS = 10
LEAST_SURE = 20
"""A threshold rests on at least so many decisions."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured on decisions that a model had not seen. `coverage`: share of texts where it is sure.

    `calibration_error`: mean gap between stated and true share of hits, in 10 bins of equal numbers; `calibration_noise`: what
    it would be by chance, so few rows being as they are, if every stated chance were true.
    """

    rows: int
    accuracy: float
    macro_f1: float
    calibration_error: float
    calibration_noise: float
    coverage: float
    precision: float
    top3: float

    def rounded(self) -> dict[str, Any]:
        """For people and JSON: four decimals."""
        return {k: round(v, 4) if isinstance(v, float) else v for k, v in asdict(self).items()}


def figures(
    truth: Sequence[str], ranked: Sequence[Sequence[str]], chance: Sequence[float], sure: Sequence[bool]
) -> Figures:
    """From the true categories, the ranked proposals, the stated chance of the first and whether it was sure."""
    first = [keys[0] if keys else "" for keys in ranked]
    hit = np.array([a == b for a, b in zip(truth, first, strict=True)], dtype=bool)
    is_sure = np.array(sure, dtype=bool)
    top3 = [a in keys[:3] for a, keys in zip(truth, ranked, strict=True)]
    n = len(truth)
    return Figures(
        rows=n,
        accuracy=float(hit.mean()) if n else 0.0,
        macro_f1=macro_f1(truth, first),
        calibration_error=calibration_error(np.array(chance), hit),
        calibration_noise=calibration_noise(np.array(chance)),
        coverage=float(is_sure.mean()) if n else 0.0,
        precision=float(hit[is_sure].mean()) if is_sure.any() else 0.0,
        top3=float(np.mean(top3)) if n else 0.0,
    )


def macro_f1(truth: Sequence[str], said: Sequence[str]) -> float:
    """The mean F1 over the categories that occur in either."""
    scores = []
    for key in set(truth) | {s for s in said if s}:
        both = sum(a == b == key for a, b in zip(truth, said, strict=True))
        either = sum(a == key for a in truth) + sum(b == key for b in said)
        scores.append(2 * both / either)
    return sum(scores) / len(scores) if scores else 0.0


def calibration_error(chance: NDArray[np.float64], hit: NDArray[np.bool_], bins: int = BINS) -> float:
    """Expected calibration error over bins of equal numbers."""
    if not len(chance):
        return 0.0
    order = np.argsort(chance, kind="stable")
    gaps = [
        abs(float(chance[part].mean()) - float(hit[part].mean())) * len(part)
        for part in np.array_split(order, bins)
        if len(part)
    ]
    return sum(gaps) / len(chance)


def calibration_noise(chance: NDArray[np.float64], bins: int = BINS) -> float:
    """The calibration error to expect of a perfectly calibrated model on these rows (each bin's gap as a normal one)."""
    if not len(chance):
        return 0.0
    parts = np.array_split(np.sort(chance), bins)
    return float(sum(np.sqrt(2 / np.pi * (part * (1 - part)).sum()) for part in parts) / len(chance))


def sure_threshold(chance: NDArray[np.float64], hit: NDArray[np.bool_], precision: float) -> float:
    """The lowest stated chance from which on at least `precision` of the first proposals are right; above 1: never."""
    order = np.argsort(-chance, kind="stable")
    right = np.cumsum(hit[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero((right >= precision) & (np.arange(1, len(order) + 1) >= LEAST_SURE))
    return float(chance[order[enough[-1]]]) if len(enough) else 1.01
