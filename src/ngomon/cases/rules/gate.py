"""Whether a trained model may go live, and what the city set for learning. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from .measure import Figures

HELD_BACK_SHARE = 0.2
"""The newest share of the decisions, by time, that a candidate never sees: the gate measures on them."""


@dataclass(frozen=True, slots=True)
class Learning:
    """What `[proposals]` in the city's settings says.

    `margin`: how much accuracy and macro-F1 may fall below what is in use. `min_share_pct`: how many of the newest like
    cases must have gone to another agency before it is proposed, and `min_times` at least.
    """

    min_decisions: int = 300
    retrain_after: int = 200
    retrain_days: int = 7
    margin: float = 0.01
    max_calibration_error: float = 0.08
    precision: float = 0.9
    goes_live: str = "by_person"
    min_times: int = 5
    min_share_pct: int = 80

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Learning:
        """From the city's settings; what they do not say, or say in another kind, keeps its default."""
        usual = cls()

        def number(name: str) -> Any:
            value, default = settings.get(name), getattr(usual, name)
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            return type(default)(value) if is_number else default

        names = [field.name for field in fields(cls) if field.name != "goes_live"]
        goes_live = "by_itself" if settings.get("goes_live") == "by_itself" else usual.goes_live
        return cls(**{name: number(name) for name in names}, goes_live=goes_live)


@dataclass(frozen=True, slots=True)
class Finding:
    """One question of the gate: a text key's ending, the two numbers that were compared, and whether it is passed."""

    code: str
    value: float
    limit: float
    passed: bool


def held_back(n: int) -> int:
    """How many of n decisions, the newest, serve the gate."""
    return max(1, round(n * HELD_BACK_SHARE)) if n > 1 else 0


def examine(candidate: Figures, in_use: Mapping[str, Figures], limits: Learning) -> list[Finding]:
    """The gate's questions, all measured on the same held-back decisions: it is passed when every one is.

    The calibration error may be as large as the limit and what chance alone makes of so few rows together.

    `in_use`: the live model and the rules, whichever there are.
    """
    allowed = limits.max_calibration_error + candidate.calibration_noise
    gap = candidate.calibration_error
    found = [Finding("calibration", gap, allowed, gap <= allowed)]
    for name, theirs in in_use.items():
        for measure in ("accuracy", "macro_f1"):
            value, least = getattr(candidate, measure), getattr(theirs, measure) - limits.margin
            found.append(Finding(f"{measure}_{name}", value, least, value >= least))
    return found


def is_passed(findings: list[Finding]) -> bool:
    """Whether the model may go live."""
    return bool(findings) and all(finding.passed for finding in findings)
