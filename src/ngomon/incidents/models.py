"""Tables of command support: rooms, staff, the log, orders, resources and their use, gathered cases, papers, levels."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from ngomon.core.events import Aggregate
from ngomon.core.ids import uuid7

from .flood_terms import TICKET
from .terms import HANDOVER, INCIDENT, ORDER, RESOURCE, Said


class Room(Aggregate):
    """A command room. `areas` are keys separated by spaces; none means the whole city. `lines` counts its log; at `alarm` (1 to 3)
    the households listed for it are to move.
    """

    aggregate_kind = INCIDENT
    personal: ClassVar[dict[str, str]] = {"title": "what an officer wrote"}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(max_length=24, unique=True)
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=20)
    phase = models.CharField(max_length=20)
    is_exercise = models.BooleanField(default=False)
    areas = models.CharField(max_length=600, default="")
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=64)
    rule = models.CharField(max_length=60, default="")
    why = models.CharField(max_length=400, default="")
    commander = models.UUIDField(null=True)
    report_minutes = models.IntegerField(default=0)
    next_report_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    lines = models.IntegerField(default=0)
    orders = models.IntegerField(default=0)
    reports = models.IntegerField(default=0)
    tickets = models.IntegerField(default=0)
    alarm = models.SmallIntegerField(default=0)

    class Meta:
        db_table = "incidents_room"
        indexes: ClassVar = [models.Index(fields=["phase", "opened_at"], name="incidents_room_phase")]


class Staff(models.Model):
    """Who works in a room, from when until when."""

    personal: ClassVar[dict[str, str]] = {}

    id = models.BigAutoField(primary_key=True)
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="+")
    account = models.UUIDField()
    role = models.CharField(max_length=20)
    from_at = models.DateTimeField()
    to_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "incidents_staff"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["room", "account", "role"],
                name="incidents_staff_once",
                condition=Q(to_at__isnull=True),
            )
        ]


class LogLine(models.Model):
    """A line of a room's log; never changed (see guard.py). `values` fill the text that `words` names in system lines."""

    personal: ClassVar[dict[str, str]] = {"words": "what an officer wrote", "heard_by": "who heard it"}

    id = models.BigAutoField(primary_key=True)
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="+")
    n = models.IntegerField()
    at = models.DateTimeField()
    written_at = models.DateTimeField()
    kind = models.CharField(max_length=20)
    words = models.TextField()
    values = models.TextField(default="{}")
    by = models.CharField(max_length=64)
    heard_by = models.CharField(max_length=200, default="")
    corrects = models.IntegerField(null=True)
    salt = models.CharField(max_length=64)

    class Meta:
        db_table = "incidents_log"
        constraints: ClassVar = [models.UniqueConstraint(fields=["room", "n"], name="incidents_log_n")]


class Order(Aggregate):
    """An order to an agency. Where it stands its process knows. `call_since`: not acknowledged in time, to be telephoned."""

    aggregate_kind = ORDER
    personal: ClassVar[dict[str, str]] = {
        "words": "what an officer wrote",
        "report": "what an officer wrote",
        "heard_by": "who heard it",
    }

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="+")
    n = models.IntegerField()
    agency = models.CharField(max_length=80)
    words = models.TextField()
    said = models.CharField(max_length=12, default=Said.SYSTEM)
    heard_by = models.CharField(max_length=200, default="")
    given_by = models.CharField(max_length=64)
    given_at = models.DateTimeField()
    due_at = models.DateTimeField()
    dispatch = models.CharField(max_length=40, default="")
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.CharField(max_length=200, default="")
    report = models.TextField(default="")
    reported_at = models.DateTimeField(null=True)
    call_since = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "incidents_order"
        constraints: ClassVar = [models.UniqueConstraint(fields=["room", "n"], name="incidents_order_n")]
        indexes: ClassVar = [models.Index(fields=["agency", "given_at"], name="incidents_order_agency")]


class Resource(Aggregate):
    """Something that can be sent or used. Units: `capacity` in persons (forces, boats, shelters) or pieces."""

    aggregate_kind = RESOURCE
    personal: ClassVar[dict[str, str]] = {"phone": "a duty telephone", "note": "what an officer wrote"}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=12)
    name = models.TextField(default="{}")
    agency = models.CharField(max_length=80, default="")
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    place = models.CharField(max_length=200, default="")
    capacity = models.IntegerField(default=0)
    phone = models.CharField(max_length=40, default="")
    is_ready = models.BooleanField(default=True)
    note = models.CharField(max_length=200, default="")

    class Meta:
        db_table = "incidents_resource"


class Use(models.Model):
    """A resource working for a room. The database lets a resource be used once at a time."""

    personal: ClassVar[dict[str, str]] = {"task": "what an officer wrote"}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="+")
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="+")
    task = models.CharField(max_length=200, default="")
    from_at = models.DateTimeField()
    to_at = models.DateTimeField(null=True)
    by = models.CharField(max_length=64)

    class Meta:
        db_table = "incidents_use"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["resource"], name="incidents_use_once", condition=Q(to_at__isnull=True)
            )
        ]
        indexes: ClassVar = [models.Index(fields=["room", "to_at"], name="incidents_use_room")]


class Gathered(models.Model):
    """A case that belongs to an incident; taken out again it keeps its line. A case is in one incident at a time."""

    personal: ClassVar[dict[str, str]] = {"reason": "what an officer wrote"}

    id = models.BigAutoField(primary_key=True)
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="+")
    case = models.UUIDField()
    at = models.DateTimeField()
    by = models.CharField(max_length=64)
    released_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, default="")

    class Meta:
        db_table = "incidents_gathered"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["case"], name="incidents_gathered_once", condition=Q(released_at__isnull=True)
            )
        ]
        indexes: ClassVar = [models.Index(fields=["room", "released_at"], name="incidents_gathered_room")]


class Paper(models.Model):
    """A document of a room. `content` is what it says, frozen when it was asked for; states: asked, made, failed."""

    personal: ClassVar[dict[str, str]] = {"content": "what officers wrote"}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="+")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="+", null=True)
    kind = models.CharField(max_length=12)
    n = models.IntegerField()
    at = models.DateTimeField()
    by = models.CharField(max_length=64)
    state = models.CharField(max_length=8, default="asked")
    content = models.TextField()
    files = models.TextField(default="{}")
    sent_to = models.IntegerField(default=0)

    class Meta:
        db_table = "incidents_paper"
        indexes: ClassVar = [
            models.Index(fields=["room", "at"], name="incidents_paper_room"),
            models.Index(fields=["id"], name="incidents_paper_asked", condition=Q(state="asked")),
        ]


class Level(Aggregate):
    """The last two readings of a river station. Units: metres."""

    aggregate_kind = "station"
    personal: ClassVar[dict[str, str]] = {}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    station = models.CharField(max_length=40, unique=True)
    level_m = models.FloatField()
    observed_at = models.DateTimeField()
    was_m = models.FloatField(null=True)
    by = models.CharField(max_length=64)

    class Meta:
        db_table = "incidents_level"


class Handover(Aggregate):
    """A shift's hand-over sheet (biên bản giao ca): made by the lead who goes, confirmed by both by name, then never changed."""

    aggregate_kind = HANDOVER
    personal: ClassVar[dict[str, str]] = {"note": "what an officer wrote"}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(max_length=24, unique=True)
    made_at = models.DateTimeField()
    giver = models.UUIDField()
    given_at = models.DateTimeField(null=True)
    taker = models.UUIDField(null=True)
    taken_at = models.DateTimeField(null=True)
    note = models.TextField(default="")

    class Meta:
        db_table = "incidents_handover"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["giver"], name="incidents_handover_one", condition=Q(taken_at__isnull=True)
            ),
            # Who confirms takes everything: two people, in this order.
            models.CheckConstraint(
                condition=Q(taken_at__isnull=True)
                | (Q(given_at__isnull=False) & ~Q(taker=models.F("giver"))),
                name="incidents_handover_two",
            ),
        ]


class HandoverItem(models.Model):
    """One open thing on a sheet. `holder`: who has it in the new shift; `settled_at`: it was done before the sheet was taken."""

    personal: ClassVar[dict[str, str]] = {"label": "what an officer wrote"}

    id = models.BigAutoField(primary_key=True)
    sheet = models.ForeignKey(Handover, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12)
    key = models.CharField(max_length=120)
    label = models.CharField(max_length=200)
    url = models.CharField(max_length=200, default="")
    since = models.DateTimeField(null=True)
    holder = models.UUIDField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "incidents_handover_item"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["sheet", "kind", "key"], name="incidents_handover_item_once")
        ]


class Household(models.Model):
    """A household that is to move at an alarm. Who it is stands encrypted; every look is written down."""

    personal: ClassVar[dict[str, str]] = {"sealed": "sealed", "blind": "keyed hash"}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    area = models.CharField(max_length=40)
    hamlet = models.CharField(max_length=80)
    blind = models.CharField(max_length=64)
    alarm = models.SmallIntegerField()
    people = models.SmallIntegerField()
    elderly = models.SmallIntegerField(default=0)
    children = models.SmallIntegerField(default=0)
    disabled = models.SmallIntegerField(default=0)
    sealed = models.TextField(default="")

    class Meta:
        db_table = "incidents_household"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["area", "blind"], name="incidents_household_once")
        ]
        indexes: ClassVar = [models.Index(fields=["area", "hamlet"], name="incidents_household_of")]


class Tick(models.Model):
    """What somebody saw of a household in an incident. The id is made on the phone, so a tick sent twice is one;
    `seen_at`: as of when the list was read off which it was made.
    """

    personal: ClassVar[dict[str, str]] = {"note": "what an officer wrote"}

    id = models.UUIDField(primary_key=True, editable=False)
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="+")
    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10)
    at = models.DateTimeField()
    written_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)
    by = models.CharField(max_length=64)
    note = models.CharField(max_length=200, default="")

    class Meta:
        db_table = "incidents_tick"
        indexes: ClassVar = [models.Index(fields=["room", "household", "at"], name="incidents_tick_of")]


class Ticket(Aggregate):
    """Somebody needs rescue or relief. One house has one ticket of a kind; one team has a ticket."""

    aggregate_kind = TICKET
    personal: ClassVar[dict[str, str]] = {
        "sealed": "sealed",
        "phone_blind": "keyed hash",
        "place": "what somebody said",
        "words": "what somebody said",
    }

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="+")
    n = models.IntegerField()
    kind = models.CharField(max_length=8)
    state = models.CharField(max_length=10, default="open")
    place = models.CharField(max_length=300, default="")
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    people = models.SmallIntegerField(default=0)
    vulnerable = models.SmallIntegerField(default=0)
    words = models.TextField(default="")
    sealed = models.TextField(default="")
    phone_blind = models.CharField(max_length=64, default="")
    reports = models.IntegerField(default=1)
    source = models.CharField(max_length=40)
    opened_at = models.DateTimeField()
    claimed_by = models.UUIDField(null=True)
    team = models.CharField(max_length=80, default="")
    claimed_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=200, default="")

    class Meta:
        db_table = "incidents_ticket"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["room", "n"], name="incidents_ticket_n"),
            models.CheckConstraint(
                condition=~Q(state="claimed") | Q(claimed_by__isnull=False), name="incidents_ticket_held"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["room", "kind", "state"], name="incidents_ticket_open")]


class TicketCall(models.Model):
    """A call that a ticket stands for, by source and key: taken in once, whatever list it comes with again."""

    personal: ClassVar[dict[str, str]] = {"key": "may name a caller"}

    id = models.BigAutoField(primary_key=True)
    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=40)
    key = models.CharField(max_length=120)
    at = models.DateTimeField()

    class Meta:
        db_table = "incidents_ticket_call"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "key"], name="incidents_ticket_call_once")
        ]
