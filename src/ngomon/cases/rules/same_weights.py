"""How much each sign counts for two reports being of the same thing. Data: written down here, learned elsewhere."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Threshold:
    """What an automatic link needs: the score, and its share of all that speaks for any case around."""

    score: float
    share: float


FEATURES = (
    "near", "metres", "soon", "months", "category", "overlap", "shared", "one_silent", "both_silent",
    "same_answers", "other_answers", "place_words", "numbers", "picture",
)  # fmt: skip
WEIGHTS = (0.004, -2.346, -0.076, -1.408, 2.578, 0.719, 0.545, 1.195, 0.633, 0.980, -1.520, 1.679, 1.0, 3.0)
INTERCEPT = -1.472
PICTURE = 3.0
PICTURE_NEAR = 6
LIKELY = 0.5
SHOWN_FROM = 0.02
SURE = Threshold(score=0.80, share=0.95)
