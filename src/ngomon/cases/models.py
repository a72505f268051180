"""Tables of cases: the case (one row answers every list), signals, who reported (sealed), what was written, pictures, counts."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from ngomon.core.events import Aggregate
from ngomon.core.ids import Ref, uuid7
from ngomon.core.rows import Tracked

from .bulk_terms import BULK
from .terms import CASE, LEARNED_MODEL


class Case(Aggregate):
    """What the city does about something. Denormalised so that a list reads this table alone.

    `parent`: the case it is a part of; `recurs_of`: the first case of the same thing that came back; `look`: the hash of
    the thumbnail's picture.
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

    Source: QĐ 30/2022/QĐ-UBND: handling agencies do not see who reported.
    """

    personal: ClassVar[dict[str, str]] = {
        "sealed": "sealed",
        "account_blind": "keyed hash",
        "claim_blind": "keyed hash",
    }

    signal = models.OneToOneField(Signal, on_delete=models.PROTECT, primary_key=True, related_name="+")
    case_id = models.UUIDField()
    sealed = models.TextField(default="")
    account_blind = models.CharField(max_length=64, default="")
    claim_blind = models.CharField(max_length=64, default="")
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
        indexes = [models.Index(fields=["case", "at"], name="cases_entry_case")]


class Picture(models.Model):
    """A photo of a case, before or after. The files are core's; only stripped copies exist."""

    personal: ClassVar[dict[str, str]] = {
        "file": "points at bytes that may show a person",
        "thumbnail": "points at bytes that may show a person",
        "original": "points at bytes that show a person",
        "original_thumbnail": "points at bytes that show a person",
    }

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="pictures")
    signal_id = models.UUIDField(null=True)
    entry_id = models.UUIDField(null=True)
    role = models.CharField(max_length=10)
    file = models.CharField(max_length=64)
    thumbnail = models.CharField(max_length=64)
    width = models.IntegerField()
    height = models.IntegerField()
    is_public = models.BooleanField(default=False)
    look = models.CharField(max_length=16, default="")
    at = models.DateTimeField()
    looked_at = models.DateTimeField(null=True)
    original = models.CharField(max_length=64, default="")
    original_thumbnail = models.CharField(max_length=64, default="")

    class Meta:
        db_table = "cases_picture"
        indexes = [
            models.Index(fields=["at"], name="cases_picture_new", condition=models.Q(looked_at__isnull=True)),
            models.Index(
                fields=["original"], name="cases_picture_original", condition=~models.Q(original="")
            ),
            models.Index(
                fields=["original_thumbnail"],
                name="cases_picture_original_t",
                condition=~models.Q(original_thumbnail=""),
            ),
            models.Index(fields=["case", "at"], name="cases_picture_case"),
            models.Index(fields=["file"], name="cases_picture_file"),
            models.Index(fields=["thumbnail"], name="cases_picture_thumb"),
        ]


class Look(models.Model):
    """A picture's hash by its four quarters, so that pictures alike in 61 of 64 bits are found by an index."""

    personal: ClassVar[dict[str, str]] = {}

    picture = models.ForeignKey(Picture, on_delete=models.CASCADE, related_name="+")
    quarter = models.IntegerField()

    class Meta:
        db_table = "cases_look"
        indexes = [models.Index(fields=["quarter"], name="cases_look_quarter")]


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


class Statement(models.Model):
    """What an agency says in public about why it is late; the newest words only."""

    personal: ClassVar[dict[str, str]] = {}

    agency = models.CharField(primary_key=True, max_length=60)
    text = models.CharField(max_length=300)
    by = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        db_table = "cases_statement"


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


class PictureBox(models.Model):
    """A part of a picture that may show a face or a plate, found or drawn; an editor decides. A place only, never a template."""

    personal: ClassVar[dict[str, str]] = {}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    picture = models.ForeignKey(Picture, on_delete=models.CASCADE, related_name="boxes")
    kind = models.CharField(max_length=10)
    left = models.FloatField()
    top = models.FloatField()
    width = models.FloatField()
    height = models.FloatField()
    by_hand = models.BooleanField(default=False)
    decision = models.CharField(max_length=8, default="")
    decided_by = models.CharField(max_length=64, default="")
    at = models.DateTimeField()

    class Meta:
        db_table = "cases_picture_box"
        indexes = [
            models.Index(fields=["at"], name="cases_box_open", condition=models.Q(decision="")),
        ]


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
