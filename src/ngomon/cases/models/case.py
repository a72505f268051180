"""The case, one row of which answers every list; the signals in it, who sent them (sealed), and what was written."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from ngomon.core.events import Aggregate
from ngomon.core.ids import Ref, uuid7

from ..terms import CASE


class Case(Aggregate):
    """What the city does about something. Denormalised so that a list reads this table alone.

    `parent`: the case it is a part of; `recurs_of`: the first case of the same thing that came back; `look`: the hash of
    the thumbnail's picture; `urgency`: what an officer said, empty while the words speak for themselves.
    """

    aggregate_kind = CASE
    personal: ClassVar[dict[str, str]] = {
        "text": "masked words of a report",
        "place": "words of a report",
    }

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(max_length=24)
    tail = models.CharField(max_length=8)
    text = models.TextField(default="")
    category = models.CharField(max_length=60)
    area = models.CharField(max_length=20, default="")
    agency = models.CharField(max_length=60, default="")
    holder = models.UUIDField(null=True)
    group = models.CharField(max_length=10, default="timed")
    step = models.CharField(max_length=40, default="")
    status = models.CharField(max_length=12)
    is_open = models.BooleanField(default=True)
    is_public = models.BooleanField(default=False)
    place = models.CharField(max_length=300, default="")
    lon = models.FloatField()
    lat = models.FloatField()
    place_radius_m = models.IntegerField(null=True)
    place_source = models.CharField(max_length=8, default="")
    cell = models.BigIntegerField()
    opened_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    queue_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    was_late = models.BooleanField(default=False)
    outcome = models.CharField(max_length=40, default="")
    rating = models.CharField(max_length=12, default="")
    thumbnail = models.CharField(max_length=64, default="")
    reports = models.IntegerField(default=1)
    reopened = models.SmallIntegerField(default=0)
    commit_until_on = models.DateField(null=True)
    merged_into = models.UUIDField(null=True)
    kind = models.CharField(max_length=10, default="report")
    exit = models.CharField(max_length=30, default="")
    is_secret = models.BooleanField(default=False)
    parent = models.UUIDField(null=True)
    open_children = models.SmallIntegerField(default=0)
    recurs_of = models.UUIDField(null=True)
    look = models.CharField(max_length=16, default="")
    urgency = models.CharField(max_length=8, default="")

    class Meta:
        db_table = "cases_case"
        constraints = [models.UniqueConstraint(fields=["number"], name="cases_case_number")]
        indexes = [
            models.Index(fields=["tail"], name="cases_case_tail"),
            models.Index(
                fields=["cell", "opened_at"], name="cases_case_near", condition=models.Q(is_open=True)
            ),
            models.Index(fields=["-opened_at", "-id"], name="cases_case_newest"),
            models.Index(
                fields=["-opened_at", "-id"], name="cases_case_public", condition=models.Q(is_public=True)
            ),
            models.Index(
                fields=["step", "queue_at", "id"], name="cases_case_queue", condition=models.Q(is_open=True)
            ),
            models.Index(
                fields=["agency", "step", "queue_at", "id"],
                name="cases_case_agency",
                condition=models.Q(is_open=True),
            ),
            models.Index(
                fields=["holder", "queue_at", "id"],
                name="cases_case_holder",
                condition=models.Q(is_open=True),
            ),
            models.Index(
                fields=["due_at", "agency"],
                name="cases_case_late",
                condition=models.Q(is_open=True, is_public=True),
            ),
            models.Index(
                fields=["answered_at"],
                name="cases_case_answered",
                condition=models.Q(is_public=True, answered_at__isnull=False),
            ),
            models.Index(
                fields=["closed_at", "id"],
                name="cases_case_closed",
                condition=models.Q(closed_at__isnull=False),
            ),
            models.Index(
                fields=["merged_into"],
                name="cases_case_merged",
                condition=models.Q(merged_into__isnull=False),
            ),
            models.Index(
                fields=["opened_at"],
                name="cases_case_danger",
                condition=models.Q(kind="danger", is_open=True),
            ),
            models.Index(
                fields=["-answered_at", "-id"],
                name="cases_case_question",
                condition=models.Q(kind="question", answered_at__isnull=False),
            ),
            models.Index(
                fields=["cell", "closed_at"],
                name="cases_case_was_near",
                condition=models.Q(is_open=False, merged_into__isnull=True),
            ),
            models.Index(
                fields=["parent"], name="cases_case_parent", condition=models.Q(parent__isnull=False)
            ),
            models.Index(
                fields=["recurs_of"], name="cases_case_recurs", condition=models.Q(recurs_of__isnull=False)
            ),
        ]

    @property
    def ref(self) -> Ref:
        """How other rooms point at this case."""
        return Ref(CASE, str(self.id), self.number, f"/cases/{self.number}")


class Signal(models.Model):
    """One report as it came in, word for word. (source, external_id) makes a repeat find it again.

    `opened`: the case it was filed in, which takes it back when a gathering is undone. `joined`: how it came into a case
    that was there already (a word of `Joined`), empty where it opened its own.
    """

    personal: ClassVar[dict[str, str]] = {
        "text": "what somebody said",
        "attributes": "what somebody said",
        "external_id": "may name a program's user",
    }

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="signals")
    opened = models.UUIDField()
    source = models.CharField(max_length=20)
    external_id = models.CharField(max_length=120)
    text = models.TextField(default="")
    language = models.CharField(max_length=5, default="vi")
    category = models.CharField(max_length=60, default="")
    attributes = models.TextField(default="{}")
    lon = models.FloatField()
    lat = models.FloatField()
    received_at = models.DateTimeField()
    salt = models.CharField(max_length=64, default="")
    joined = models.CharField(max_length=8, default="")

    class Meta:
        db_table = "cases_signal"
        constraints = [models.UniqueConstraint(fields=["external_id", "source"], name="cases_signal_once")]


class Reporter(models.Model):
    """Who sent a signal, encrypted; found again only by keyed hashes. Read through `queries.reporter_of` alone.

    `kin`: keyed hashes of person, contact and network, by which two reports are told to be of one household (see `kinship`).
    Source: QĐ 30/2022/QĐ-UBND: handling agencies do not see who reported.
    """

    personal: ClassVar[dict[str, str]] = {
        "sealed": "sealed",
        "account_blind": "keyed hash",
        "claim_blind": "keyed hash",
        "kin": "keyed hash",
    }

    signal = models.OneToOneField(Signal, on_delete=models.PROTECT, primary_key=True, related_name="+")
    case_id = models.UUIDField()
    sealed = models.TextField(default="")
    account_blind = models.CharField(max_length=64, default="")
    claim_blind = models.CharField(max_length=64, default="")
    kin = models.CharField(max_length=220, default="")
    is_follower = models.BooleanField(default=False)
    at = models.DateTimeField()

    class Meta:
        db_table = "cases_reporter"
        indexes = [
            models.Index(
                fields=["account_blind", "-at"],
                name="cases_reporter_mine",
                condition=~models.Q(account_blind=""),
            ),
            models.Index(
                fields=["claim_blind"], name="cases_reporter_claim", condition=~models.Q(claim_blind="")
            ),
            models.Index(fields=["case_id"], name="cases_reporter_case"),
        ]


class Entry(models.Model):
    """Something written into a case: an answer, a reason, a question. Events name it; the words are only here."""

    personal: ClassVar[dict[str, str]] = {
        "text": "what somebody wrote",
        "actor_id": "keyed hash where a reporter wrote",
    }

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=12)
    audience = models.CharField(max_length=10)
    text = models.TextField(default="")
    code = models.CharField(max_length=60, default="")
    agency = models.CharField(max_length=60, default="")
    actor_id = models.CharField(max_length=64)
    at = models.DateTimeField()
    salt = models.CharField(max_length=64, default="")
    is_current = models.BooleanField(default=True)

    class Meta:
        db_table = "cases_entry"
        indexes = [
            models.Index(fields=["case", "at"], name="cases_entry_case"),
            models.Index(
                fields=["actor_id", "at"], name="cases_entry_answers", condition=models.Q(kind="answer")
            ),
        ]


class Apart(models.Model):
    """Somebody said that two cases are not the same thing; they are not proposed to each other again."""

    personal: ClassVar[dict[str, str]] = {}

    first = models.UUIDField()
    second = models.UUIDField()
    by = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        db_table = "cases_apart"
        constraints = [models.UniqueConstraint(fields=["first", "second"], name="cases_apart_once")]
        indexes = [models.Index(fields=["second"], name="cases_apart_second")]


class Tally(models.Model):
    """Counts kept with the rows they count, so that a total costs one look-up. Equal to a recount (tested)."""

    personal: ClassVar[dict[str, str]] = {}

    scope = models.CharField(primary_key=True, max_length=160)
    n = models.BigIntegerField(default=0)

    class Meta:
        db_table = "cases_tally"
