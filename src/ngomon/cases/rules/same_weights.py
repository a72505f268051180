"""How much each sign counts for two reports being of the same thing. Data: written down here, learned elsewhere.

Learned by `ngomon evaluate duplicates … --learn-before 2018` (logistic regression with a ridge of 1, see
`cases.same_learning`) from the pairs that Boston's staff named in 2016 and 2017: 15,700 cases around 1,552 reports, of
which 1,700 were the same thing. The first half of 2018 was held out. Four are stated, not learned, for want of examples:
`picture` (those files hold none), `numbers` (learned 0.4 where plates were taken out of the texts and poles have no
number), the half weight of a category of the same parent, and the double weight of numbers among the words.

The thresholds of an automatic link (`SURE`) were chosen on the same two years for 0.98 of the links of named duplicates
to join the named group, then made stricter by reading links that nobody named (docs/evaluation): reports of several
cars by one person at one corner are alike in everything but their words.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Threshold:
    """What an automatic link needs: the score, its share of all that speaks for any case around, words in common (the
    rare ones count most, 0 to 1), and nearness. Units: `metres`."""

    score: float
    share: float
    overlap: float
    metres: float

    def is_met(self, *, score: float, share: float, overlap: float, metres: float) -> bool:
        """Whether this is sure enough."""
        return (
            score >= self.score and share >= self.share and overlap >= self.overlap and metres <= self.metres
        )


FEATURES = (
    "metres", "soon", "months", "category", "overlap", "shared", "one_silent", "both_silent", "same_answers",
    "other_answers", "place_words", "numbers", "picture",
)  # fmt: skip
WEIGHTS = (-2.343, -0.076, -1.408, 2.578, 0.719, 0.545, 1.195, 0.633, 0.980, -1.520, 1.679, 1.0, 3.0)
INTERCEPT = -1.472
PICTURE_NEAR = 6
"""Bits of 64 by which hashes of the same photo may differ after being sent twice, re-sized or compressed."""
LIKELY = 0.5
SHOWN_FROM = 0.02
SURE = Threshold(score=0.80, share=0.95, overlap=0.40, metres=25.0)
