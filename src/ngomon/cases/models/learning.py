"""What officers decided, and the models that learn from it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from ngomon.core.events import Aggregate
from ngomon.core.ids import Ref, uuid7

from ..terms import LEARNED_MODEL
from .case import Case


class Decision(models.Model):
    """What an officer decided about a case, beside what was proposed at that moment: what the proposals learn from.

    `by_model`: the number of the model that proposed, 0 for the rules alone; `chance` as it was stated, 0 to 1.
    """

    personal: ClassVar[dict[str, str]] = {}

    case = models.OneToOneField(Case, on_delete=models.PROTECT, primary_key=True, related_name="+")
    proposed = models.CharField(max_length=60, default="")
    by_model = models.IntegerField(default=0)
    chance = models.FloatField(default=0)
    was_sure = models.BooleanField(default=False)
    category = models.CharField(max_length=60)
    area = models.CharField(max_length=20, default="")
    agency_by_table = models.CharField(max_length=60, default="")
    agency = models.CharField(max_length=60, default="")
    decided_at = models.DateTimeField()

    class Meta:
        db_table = "cases_decision"
        indexes = [
            models.Index(fields=["decided_at"], name="cases_decision_at"),
            models.Index(fields=["category", "decided_at"], name="cases_decision_category"),
        ]


class LearnedModel(Aggregate):
    """A model that was asked for, trained, and perhaps put to use. Its weights are a file of core's under `digest`."""

    aggregate_kind = LEARNED_MODEL
    personal: ClassVar[dict[str, str]] = {}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=20)
    number = models.IntegerField()
    state = models.CharField(max_length=10)
    asked_at = models.DateTimeField()
    trained_at = models.DateTimeField(null=True)
    live_at = models.DateTimeField(null=True)
    rows = models.IntegerField(default=0)
    digest = models.CharField(max_length=64, default="")
    figures = models.JSONField(default=dict)
    reason = models.CharField(max_length=300, default="")
    by = models.CharField(max_length=64, default="")

    class Meta:
        db_table = "cases_model"
        constraints = [
            models.UniqueConstraint(fields=["kind", "number"], name="cases_model_number"),
            models.UniqueConstraint(
                fields=["kind"], name="cases_model_live", condition=models.Q(state="live")
            ),
        ]

    @property
    def ref(self) -> Ref:
        """How the audit log and core's files point at this model."""
        return Ref(LEARNED_MODEL, str(self.id), str(self.number))
