"""What agencies promise, record and say in public."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from ngomon.core.ids import uuid7

from .case import Case, Entry


class Statement(models.Model):
    """What an agency says in public about why it is late; the newest words only."""

    personal: ClassVar[dict[str, str]] = {}

    agency = models.CharField(primary_key=True, max_length=60)
    text = models.CharField(max_length=300)
    by = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        db_table = "cases_statement"


class Promise(models.Model):
    """A date that an agency gave. Moved, it keeps the first one; settled on the day of the answer that was accepted."""

    personal: ClassVar[dict[str, str]] = {}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="promises")
    agency = models.CharField(max_length=60)
    first_on = models.DateField()
    until_on = models.DateField()
    moved = models.SmallIntegerField(default=0)
    made_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    settled_on = models.DateField(null=True)

    class Meta:
        db_table = "cases_promise"
        indexes = [
            models.Index(fields=["until_on", "id"], name="cases_promise_day"),
            models.Index(
                fields=["case"], name="cases_promise_open", condition=models.Q(settled_on__isnull=True)
            ),
        ]


class Project(models.Model):
    """What a recorded case waits for: a project with its reference and the quarter it is expected in ("2027-2")."""

    personal: ClassVar[dict[str, str]] = {}

    case = models.OneToOneField(Case, on_delete=models.PROTECT, primary_key=True, related_name="+")
    agency = models.CharField(max_length=60)
    name = models.CharField(max_length=200)
    reference = models.CharField(max_length=200)
    quarter = models.CharField(max_length=7)
    recorded_at = models.DateTimeField()
    reviewed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cases_project"


class TextUse(models.Model):
    """How often a standard text was chosen, and when last."""

    personal: ClassVar[dict[str, str]] = {}

    key = models.CharField(primary_key=True, max_length=60)
    n = models.IntegerField(default=0)
    used_at = models.DateTimeField()

    class Meta:
        db_table = "cases_text_use"


class Review(models.Model):
    """What an editor decided about the words of a case before its answer is public, and what of the checklist was ticked.

    It counts for the answer it was made for, and for no later one. `done`, `not_applicable`: keys of the checklist; both empty
    while only the words were decided.
    """

    personal: ClassVar[dict[str, str]] = {}

    case = models.OneToOneField(Case, on_delete=models.PROTECT, primary_key=True, related_name="+")
    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, null=True, related_name="+")
    done = models.CharField(max_length=400, default="")
    not_applicable = models.CharField(max_length=400, default="")
    is_checked = models.BooleanField(default=False)
    by = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        db_table = "cases_review"
