"""One action on many cases, row by row, and saved filters."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from ngomon.core.events import Aggregate
from ngomon.core.ids import uuid7
from ngomon.core.rows import Tracked

from ..bulk_terms import BULK


class Bulk(Aggregate):
    """One action on many cases: a job that the worker carries out in small units, and can undo.

    `filter` is the query that chose the cases at `at`, empty for a selection by hand; the cases themselves are its rows.
    """

    aggregate_kind = BULK
    personal: ClassVar[dict[str, str]] = {"fields": "words an officer wrote"}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    action = models.CharField(max_length=40, default="")
    fields = models.TextField(default="{}")
    filter = models.CharField(max_length=500, default="")
    state = models.CharField(max_length=12)
    by = models.UUIDField()
    hears = models.CharField(max_length=64, default="")
    at = models.DateTimeField()
    n = models.IntegerField(default=0)
    waiting = models.IntegerField(default=0)
    done = models.IntegerField(default=0)
    refused = models.IntegerField(default=0)
    undone = models.IntegerField(default=0)
    kept = models.IntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cases_bulk"
        indexes = [
            models.Index(fields=["by", "-at"], name="cases_bulk_mine"),
            models.Index(fields=["state", "done_at"], name="cases_bulk_state"),
        ]


class BulkRow(Tracked):
    """One case of a bulk: what came of it, and what undoing it needs. No foreign key to the case: retention may remove it.

    `after` is the number of the last event that this bulk told about the case. `undo` holds no words; it is emptied with the
    time for undoing.
    """

    personal: ClassVar[dict[str, str]] = {}

    id = models.BigAutoField(primary_key=True)
    bulk = models.ForeignKey(Bulk, on_delete=models.PROTECT, related_name="rows")
    n = models.IntegerField()
    case = models.UUIDField()
    number = models.CharField(max_length=24)
    given = models.TextField(default="{}")
    result = models.CharField(max_length=8)
    code = models.CharField(max_length=80, default="")
    values = models.TextField(default="{}")
    before = models.IntegerField()
    after = models.IntegerField(default=0)
    undo = models.TextField(default="")

    class Meta:
        db_table = "cases_bulk_row"
        constraints = [models.UniqueConstraint(fields=["bulk", "n"], name="cases_bulk_row_n")]
        indexes = [
            models.Index(fields=["bulk", "result", "n"], name="cases_bulk_row_result"),
            models.Index(fields=["case"], name="cases_bulk_row_case"),
        ]


class SavedFilter(models.Model):
    """A named filter of the desk. `scope`: `own:<account>`, `agency:<key>` or `ioc`, who sees it."""

    personal: ClassVar[dict[str, str]] = {}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    scope = models.CharField(max_length=90)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=500)
    by = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        db_table = "cases_filter"
        constraints = [models.UniqueConstraint(fields=["scope", "name"], name="cases_filter_name")]
