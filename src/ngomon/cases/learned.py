"""What was decided and what was learned from it: for training, the gate and the page that shows both. Starts training."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, F, Q

from ngomon.directory import queries as directory

from .models import Decision, LearnedModel
from .proposals import learning
from .terms import CATEGORY_MODEL, Correction, ModelShown

MOST = 120_000
"""The newest decisions that training reads: bounds its memory (about 2 GB at this size)."""


TRAINER = "system:cases.training"
"""What the log calls the process that trains."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A report's masked words and what an officer said it is about."""

    text: str
    category: str
    decided_at: datetime


def decisions() -> list[Decided]:
    """What officers decided, oldest first; of reports without words, and of what only the duty shift may

    know, nothing is learned.
    """
    rows = (
        Decision.objects.filter(case__is_secret=False)
        .exclude(case__text="")
        .order_by("-decided_at", "-case_id")
    )
    newest = rows.values_list("case__text", "category", "decided_at")[:MOST]
    return [Decided(*row) for row in newest][::-1]


def is_training_due(at: datetime) -> bool:
    """Whether enough was decided since the last training was asked for, and that is long enough ago."""
    if not directory.edition():
        return False
    limits = learning()
    last = LearnedModel.objects.filter(kind=CATEGORY_MODEL).order_by("-number").first()
    if last is None:
        return Decision.objects.count() >= limits.min_decisions
    if at - last.asked_at < timedelta(days=limits.retrain_days):
        return False
    return Decision.objects.filter(decided_at__gt=last.asked_at).count() >= limits.retrain_after


def start_training(model_id: str) -> None:
    """Begin a process that trains a model which was asked for, and do not wait for it."""
    command = [sys.executable, "-m", "ngomon", "train", "category", "--model", model_id]
    subprocess.Popen(command, start_new_session=True, stdin=subprocess.DEVNULL)


def has_model() -> bool:
    """Whether a model was ever asked for."""
    return LearnedModel.objects.filter(kind=CATEGORY_MODEL).exists()


def models() -> list[ModelShown]:
    """The models of what reports are about, newest first."""
    names = (
        "id", "number", "state", "asked_at", "trained_at", "live_at", "rows", "digest", "figures", "reason", "by",
    )  # fmt: skip
    rows = LearnedModel.objects.filter(kind=CATEGORY_MODEL).order_by("-number")
    return [ModelShown(*row) for row in rows.values_list(*names)[:50]]


def corrections(since: datetime | None = None) -> list[Correction]:
    """How often each category was proposed and another one, or the same, was chosen; most frequent first."""
    rows = Decision.objects.exclude(proposed="")
    if since is not None:
        rows = rows.filter(decided_at__gte=since)
    counted = rows.values_list("proposed", "category").annotate(n=Count("case_id"))
    return sorted((Correction(*row) for row in counted), key=lambda c: (-c.n, c.proposed, c.chosen))


@dataclass(frozen=True, slots=True)
class Service:
    """How a model, or the rules (number 0), did in service: of what it proposed, how much was chosen; and when sure."""

    number: int
    proposed: int
    right: int
    sure: int
    sure_right: int


def in_service() -> Sequence[Service]:
    """By model, newest first. The base: cases that officers decided while it proposed."""
    is_right = Q(proposed=F("category"))
    rows = (
        Decision.objects.exclude(proposed="")
        .values("by_model")
        .annotate(
            n=Count("case_id"),
            right=Count("case_id", filter=is_right),
            sure=Count("case_id", filter=Q(was_sure=True)),
            sure_right=Count("case_id", filter=is_right & Q(was_sure=True)),
        )
    )
    return [
        Service(r["by_model"], r["n"], r["right"], r["sure"], r["sure_right"])
        for r in rows.order_by("-by_model")
    ]
