"""Verifications by evidence: what each rested on, what taking it back needs, what a person found who looked."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from ngomon.core.ids import uuid7

from .case import Case


class Corroboration(models.Model):
    """One verification by evidence. `codes`: kinds and numbers of the evidence, never whose.

    `was`: the case and its process before, without words; `task`: the step's task that it led to, by which is seen whether
    anything was done since. `by_itself`: true or, where a person pressed the key, null, so that each case verifies itself
    once at most.
    """

    personal: ClassVar[dict[str, str]] = {}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    category = models.CharField(max_length=60)
    score = models.FloatField()
    people = models.IntegerField()
    codes = models.CharField(max_length=200)
    by_itself = models.BooleanField(null=True)
    by = models.CharField(max_length=64)
    at = models.DateTimeField()
    was = models.TextField()
    task = models.CharField(max_length=36)
    is_sampled = models.BooleanField(default=False)
    verdict = models.CharField(max_length=8, default="")
    judged_by = models.CharField(max_length=64, default="")
    judged_at = models.DateTimeField(null=True)
    ground = models.CharField(max_length=20, default="")
    reversed_by = models.CharField(max_length=64, default="")
    reversed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cases_corroboration"
        constraints = [models.UniqueConstraint(fields=["case", "by_itself"], name="cases_corroboration_once")]
        indexes = [
            models.Index(
                fields=["-at"],
                name="cases_corroboration_review",
                condition=models.Q(by_itself=True, is_sampled=True),
            ),
            models.Index(
                fields=["category", "at"], name="cases_corroboration_auto", condition=models.Q(by_itself=True)
            ),
        ]


class AutomaticStop(models.Model):
    """A category stopped verifying by itself: how many were looked at and how many of those were wrong."""

    personal: ClassVar[dict[str, str]] = {}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    category = models.CharField(max_length=60)
    at = models.DateTimeField()
    looked_at = models.IntegerField()
    wrong = models.IntegerField()

    class Meta:
        db_table = "cases_automatic_stop"
        indexes = [models.Index(fields=["category", "-at"], name="cases_automatic_stop_last")]
