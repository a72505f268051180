"""Tables of processes: versions of definitions, what runs, what was done, consultations, the clock's ledger, counts."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from ngomon.core.events import Aggregate
from ngomon.core.ids import Ref, uuid7

from .terms import DIRECTIVE, FORECAST, OPEN, PROCESS
from .terms.oncall import ALARM


class DefinitionVersion(Aggregate):
    """One version of a definition. Never changed; running instances keep theirs."""

    aggregate_kind = "process_definition"
    personal: ClassVar[dict[str, str]] = {}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.CharField(max_length=60)
    n = models.IntegerField()
    text = models.TextField()
    hash = models.CharField(max_length=64)
    valid_from = models.DateTimeField()
    published_by = models.CharField(max_length=64)

    class Meta:
        db_table = "processes_definition"
        constraints = [models.UniqueConstraint(fields=["key", "n"], name="processes_definition_n")]


class Draft(models.Model):
    """A definition that somebody is writing: one for each key. Its tables may have faults; nothing runs by them.

    `edition` counts the changes, so that of two who change it at once the second is told. `publish_at`: when it goes in
    force by itself; it is not changed any more until then. `remarks`: what the file it was read from held beside it.
    """

    personal: ClassVar[dict[str, str]] = {}

    key = models.CharField(max_length=60, primary_key=True)
    base_n = models.IntegerField(default=0)
    text = models.TextField()
    remarks = models.TextField(default="[]")
    edition = models.IntegerField(default=1)
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=64)
    publish_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "processes_draft"
        indexes = [
            models.Index(
                fields=["publish_at"], name="processes_draft_due", condition=Q(publish_at__isnull=False)
            )
        ]


class Instance(Aggregate):
    """A running or ended process of a thing, together with its open main task: so it always has exactly one, or ended.

    `wake_at` is its timer: the next instant at which something happens without anybody's doing (a rung of the ladder, a
    silence, a promised day). `rung` and `task_rung` count the rungs that were reached, so each is told once.
    `is_stale`: the calendar changed under it and the due times are to be worked out anew.
    """

    aggregate_kind = PROCESS
    personal: ClassVar[dict[str, str]] = {}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    of_kind = models.CharField(max_length=40)
    of_key = models.CharField(max_length=64)
    of_label = models.CharField(max_length=80, default="")
    of_url = models.CharField(max_length=200, default="")
    definition = models.CharField(max_length=60)
    n = models.IntegerField()
    values = models.TextField(default="{}")
    proposed = models.CharField(max_length=80, default="")
    agency = models.CharField(max_length=80, default="")
    budget_unit = models.CharField(max_length=8)
    budget_n = models.FloatField()
    started_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    pause_reason = models.CharField(max_length=60, default="")
    met_at = models.DateTimeField(null=True)
    has_ledger = models.BooleanField(default=False)
    is_late = models.BooleanField(default=False)
    rung = models.SmallIntegerField(default=0)
    commit_on = models.DateField(null=True)
    step = models.CharField(max_length=40)
    status = models.CharField(max_length=20)
    task = models.UUIDField()
    role = models.CharField(max_length=120)
    task_agency = models.CharField(max_length=80, default="")
    assignee = models.UUIDField(null=True)
    last_officer = models.UUIDField(null=True)
    barred = models.UUIDField(null=True)
    task_opened_at = models.DateTimeField()
    task_due_at = models.DateTimeField(null=True)
    task_rung = models.SmallIntegerField(default=0)
    consulting = models.SmallIntegerField(default=0)
    consult_due_at = models.DateTimeField(null=True)
    wake_at = models.DateTimeField(null=True)
    is_stale = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=40, default="")

    class Meta:
        db_table = "processes_instance"
        constraints = [
            models.UniqueConstraint(
                fields=["of_key", "of_kind"],
                name="processes_instance_one",
                condition=Q(ended_at__isnull=True),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["of_key", "of_kind"], name="processes_instance_of"),
            models.Index(
                fields=["wake_at"], name="processes_instance_wake", condition=Q(wake_at__isnull=False)
            ),
            models.Index(
                fields=["task_agency", "role", "task_due_at", "id"],
                name="processes_instance_queue",
                condition=Q(ended_at__isnull=True),
            ),
            models.Index(
                fields=["assignee", "task_due_at", "id"],
                name="processes_instance_mine",
                condition=Q(ended_at__isnull=True) & Q(assignee__isnull=False),
            ),
            models.Index(
                fields=["agency"], name="processes_instance_agency", condition=Q(ended_at__isnull=True)
            ),
        ]


class Task(models.Model):
    """A main task that was done; written when it is."""

    personal: ClassVar[dict[str, str]] = {}

    id = models.UUIDField(primary_key=True, editable=False)
    instance = models.ForeignKey(Instance, on_delete=models.PROTECT, related_name="+")
    step = models.CharField(max_length=40)
    role = models.CharField(max_length=120)
    agency = models.CharField(max_length=80, default="")
    assignee = models.UUIDField(null=True)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField()
    action = models.CharField(max_length=40)
    done_by = models.CharField(max_length=64)

    class Meta:
        db_table = "processes_task"
        indexes = [models.Index(fields=["instance", "opened_at"], name="processes_task_instance")]


class Consultation(models.Model):
    """One agency's part of a consultation; those asked together share `set_id`. The words are with who asked."""

    personal: ClassVar[dict[str, str]] = {}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    instance = models.ForeignKey(Instance, on_delete=models.PROTECT, related_name="+")
    set_id = models.UUIDField()
    agency = models.CharField(max_length=80)
    join = models.CharField(max_length=5)
    question = models.CharField(max_length=64, default="")
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    opinion = models.CharField(max_length=10, default="")
    answer = models.CharField(max_length=64, default="")
    answered_by = models.CharField(max_length=64, default="")

    class Meta:
        db_table = "processes_consultation"
        constraints = [
            models.UniqueConstraint(fields=["set_id", "agency"], name="processes_consultation_one")
        ]
        indexes = [
            models.Index(fields=["instance"], name="processes_consultation_of"),
            models.Index(
                fields=["agency", "due_at", "id"],
                name="processes_consultation_open",
                condition=Q(closed_at__isnull=True),
            ),
        ]


class LedgerEntry(models.Model):
    """A suspension or an extension of an instance's clock. Kinds: suspension, extension."""

    personal: ClassVar[dict[str, str]] = {}

    id = models.BigAutoField(primary_key=True)
    instance = models.ForeignKey(Instance, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10)
    from_at = models.DateTimeField()
    to_at = models.DateTimeField(null=True)
    days = models.SmallIntegerField(default=0)
    reason = models.CharField(max_length=64, default="")
    actor_id = models.CharField(max_length=64, default="")

    class Meta:
        db_table = "processes_ledger"
        indexes = [models.Index(fields=["instance", "from_at"], name="processes_ledger_of")]


class Counter(models.Model):
    """How many instances are open at a step with an agency, and how many ended there; how many of each are or were late.

    Moved in the unit of the step itself; equal to a recount at any time (see `totals`).
    """

    personal: ClassVar[dict[str, str]] = {}

    agency = models.CharField(max_length=80)
    definition = models.CharField(max_length=60)
    step = models.CharField(max_length=40)
    open = models.IntegerField(default=0)
    late = models.IntegerField(default=0)
    ended = models.IntegerField(default=0)
    ended_late = models.IntegerField(default=0)

    class Meta:
        db_table = "processes_counter"
        constraints = [
            models.UniqueConstraint(fields=["agency", "definition", "step"], name="processes_counter_one")
        ]


class Alarm(Aggregate):
    """Something urgent that needs somebody at once, and how its calling stands. See `rules.oncall`.

    `wake_at` is its timer, as an instance's: the next contact is called then. While nobody has it there always is one.
    `reasons` holds codes and words of the city's own lists; what a call says is asked of the room that owns the matter.
    """

    aggregate_kind = ALARM
    personal: ClassVar[dict[str, str]] = {}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    of_kind = models.CharField(max_length=40)
    of_key = models.CharField(max_length=64)
    of_label = models.CharField(max_length=80, default="")
    of_url = models.CharField(max_length=200, default="")
    agency = models.CharField(max_length=80, default="")
    area = models.CharField(max_length=40, default="")
    severity = models.CharField(max_length=10, default="")
    reasons = models.TextField(default="[]")
    audience = models.CharField(max_length=200, default="")
    state = models.CharField(max_length=12)
    holder = models.UUIDField(null=True)
    round = models.SmallIntegerField(default=0)
    waits = models.CharField(max_length=6, default="now")
    ended_rounds = models.SmallIntegerField(default=0)
    wake_at = models.DateTimeField(null=True)
    raised_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    arrived_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=40, default="")

    class Meta:
        db_table = "processes_alarm"
        constraints = [
            models.UniqueConstraint(
                fields=["of_key", "of_kind"], name="processes_alarm_one", condition=Q(ended_at__isnull=True)
            ),
            # While nobody has it, a timer runs: an alarm cannot be forgotten.
            models.CheckConstraint(
                condition=~Q(state="calling") | Q(wake_at__isnull=False), name="processes_alarm_wakes"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["of_key", "of_kind"], name="processes_alarm_of"),
            models.Index(fields=["wake_at"], name="processes_alarm_wake", condition=Q(wake_at__isnull=False)),
            models.Index(
                fields=["raised_at"], name="processes_alarm_open", condition=Q(ended_at__isnull=True)
            ),
            models.Index(
                fields=["ended_at"], name="processes_alarm_ended", condition=Q(ended_at__isnull=False)
            ),
        ]


class AlarmCall(models.Model):
    """One person called for an alarm. The id is that of the call in messages."""

    personal: ClassVar[dict[str, str]] = {}

    id = models.UUIDField(primary_key=True, editable=False)
    alarm = models.ForeignKey(Alarm, on_delete=models.PROTECT, related_name="+")
    n = models.IntegerField()
    account = models.UUIDField()
    rung = models.CharField(max_length=12)
    stands_in_for = models.UUIDField(null=True)
    round = models.SmallIntegerField()
    at = models.DateTimeField()
    outcome = models.CharField(max_length=12, default="")
    outcome_at = models.DateTimeField(null=True)
    how = models.CharField(max_length=10, default="")

    class Meta:
        db_table = "processes_alarm_call"
        constraints = [models.UniqueConstraint(fields=["alarm", "n"], name="processes_alarm_call_n")]


class Number(models.Model):
    """How many things were numbered in a scope (a month of directives, a year of orders)."""

    personal: ClassVar[dict[str, str]] = {}

    scope = models.CharField(primary_key=True, max_length=80)
    n = models.IntegerField(default=0)

    class Meta:
        db_table = "processes_number"


class Directive(Aggregate):
    """A directive on a thing of any room. Where it stands and who has it, its process knows."""

    aggregate_kind = DIRECTIVE
    personal: ClassVar[dict[str, str]] = {"words": "what a leader wrote"}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(max_length=24, unique=True)
    of_kind = models.CharField(max_length=40)
    of_key = models.CharField(max_length=80)
    of_label = models.CharField(max_length=120, default="")
    of_url = models.CharField(max_length=200, default="")
    words = models.TextField()
    given_by = models.CharField(max_length=64)
    given_at = models.DateTimeField()
    due_at = models.DateTimeField()

    class Meta:
        db_table = "processes_directive"
        indexes: ClassVar = [models.Index(fields=["of_key", "of_kind"], name="processes_directive_of")]


class DirectiveWord(models.Model):
    """What was said about a directive, in order."""

    personal: ClassVar[dict[str, str]] = {"words": "what an officer wrote"}

    id = models.BigAutoField(primary_key=True)
    directive = models.ForeignKey(Directive, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    action = models.CharField(max_length=40)
    by = models.CharField(max_length=64)
    words = models.TextField(default="")

    class Meta:
        db_table = "processes_directive_word"
        indexes: ClassVar = [models.Index(fields=["directive", "id"], name="processes_directive_words")]


class Forecast(Aggregate):
    """A simulation that was asked for, what it is of, how far it is, and what it said. `beat_at`: when its computing was last
    heard of; one that fell silent is taken up anew."""

    aggregate_kind = FORECAST
    personal: ClassVar[dict[str, str]] = {}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.CharField(max_length=60)
    n = models.IntegerField()
    text = models.TextField()
    question = models.TextField()
    state = models.CharField(max_length=10)
    done = models.IntegerField(default=0)
    total = models.IntegerField()
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=64)
    beat_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=80, default="")
    values = models.TextField(default="{}")
    result = models.TextField(default="{}")

    @property
    def ref(self) -> Ref:
        """What the audit names it by."""
        return Ref(FORECAST, str(self.id))

    class Meta:
        db_table = "processes_forecast"
        indexes: ClassVar = [
            models.Index(fields=["key", "asked_at"], name="processes_forecast_of"),
            models.Index(
                fields=["asked_at"],
                name="processes_forecast_open",
                condition=Q(state__in=[s.value for s in OPEN]),
            ),
        ]
