"""The directory's tables. Rows that a pack brings keep in `pack` what the pack last said, so that staff edits are known.

`pack` is null for a row the staff made. Names and texts are JSON by language.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from ngomon.core.events import Aggregate
from ngomon.core.ids import uuid7


class City(Aggregate):
    """The one row that says which pack is loaded. `edition` counts every change of the directory: caches go by it."""

    aggregate_kind = "city"
    personal: ClassVar[dict[str, str]] = {}

    id = models.SmallIntegerField(primary_key=True, default=1)
    edition = models.IntegerField(default=0)
    pack_key = models.CharField(max_length=40)
    pack_version = models.CharField(max_length=40)
    body = models.JSONField(default=dict)
    loaded_at = models.DateTimeField()

    class Meta:
        db_table = "directory_city"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="directory_city_one")]


class Area(models.Model):
    """A ward, commune, city, or former unit."""

    personal: ClassVar[dict[str, str]] = {}

    key = models.CharField(primary_key=True, max_length=40)
    kind = models.CharField(max_length=20)
    name = models.JSONField(default=dict)
    parent = models.CharField(max_length=40, default="")
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    successor = models.CharField(max_length=40, default="")
    label_lon = models.FloatField(null=True)
    label_lat = models.FloatField(null=True)
    area_km2 = models.FloatField(null=True)
    pack = models.JSONField(null=True)

    class Meta:
        db_table = "directory_area"


class Shape(models.Model):
    """A polygon: of an area (`fine`), or the city's outline (`boundary`). `geometry` is GeoJSON, lon/lat WGS 84."""

    personal: ClassVar[dict[str, str]] = {}

    key = models.CharField(primary_key=True, max_length=60)
    kind = models.CharField(max_length=10)
    geometry = models.TextField()

    class Meta:
        db_table = "directory_shape"


class Agency(Aggregate):
    """An agency. `succession_told` is set once its successor was announced, so that it is announced once."""

    aggregate_kind = "agency"
    personal: ClassVar[dict[str, str]] = {}

    key = models.CharField(primary_key=True, max_length=60)
    name = models.JSONField(default=dict)
    short = models.JSONField(default=dict)
    kind = models.CharField(max_length=20)
    parent = models.CharField(max_length=60, default="")
    area = models.CharField(max_length=40, default="")
    size = models.CharField(max_length=10, default="normal")
    email = models.CharField(max_length=254, default="")
    phone = models.CharField(max_length=30, default="")
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    successor = models.CharField(max_length=60, default="")
    source = models.TextField(default="")
    legal = models.TextField(default="")
    succession_told = models.BooleanField(default=False)
    pack = models.JSONField(null=True)

    class Meta:
        db_table = "directory_agency"


class Category(models.Model):
    """What reports can be about, a tree."""

    personal: ClassVar[dict[str, str]] = {}

    key = models.CharField(primary_key=True, max_length=60)
    parent = models.CharField(max_length=60, default="")
    order = models.IntegerField(default=0)
    name = models.JSONField(default=dict)
    icon = models.CharField(max_length=60, default="")
    group = models.CharField(max_length=10, default="")
    budget_days = models.IntegerField(null=True)
    budget_minutes = models.IntegerField(null=True)
    legal_source = models.TextField(default="")
    photo_required = models.BooleanField(default=False)
    after_photo = models.CharField(max_length=10, default="optional")
    public_map = models.BooleanField(default=True)
    hint = models.JSONField(default=dict)
    words = models.JSONField(default=list)
    danger_words = models.JSONField(default=list)
    service = models.CharField(max_length=60, default="field_reports")
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    pack = models.JSONField(null=True)

    class Meta:
        db_table = "directory_category"


class RoutingRule(models.Model):
    """Who is responsible for a category in an area. `place` is its line in the pack: among equals the first decides."""

    personal: ClassVar[dict[str, str]] = {}

    category = models.CharField(max_length=60)
    area = models.CharField(max_length=40)
    agency = models.CharField(max_length=60)
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    why = models.JSONField(default=dict)
    source = models.TextField(default="")
    key = models.CharField(max_length=130, unique=True)
    place = models.IntegerField(default=0)
    pack = models.JSONField(null=True)

    class Meta:
        db_table = "directory_routing"


class CalendarDay(models.Model):
    """A day off or worked out of turn. Several origins may speak of one day: staff above pack above seed."""

    personal: ClassVar[dict[str, str]] = {}

    on = models.DateField()
    origin = models.CharField(max_length=5)
    kind = models.CharField(max_length=8)
    name = models.JSONField(default=dict)
    source = models.TextField(default="")
    decided_on = models.DateField(null=True)

    class Meta:
        db_table = "directory_calendar_day"
        constraints = [models.UniqueConstraint(fields=["on", "origin"], name="directory_day_once")]


class CalendarYear(models.Model):
    """A year whose holidays were written into the table once; confirmed when somebody vouches that they are complete."""

    personal: ClassVar[dict[str, str]] = {}

    year = models.SmallIntegerField(primary_key=True)
    seed = models.CharField(max_length=20, default="")
    seeded_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.CharField(max_length=64, default="")

    class Meta:
        db_table = "directory_calendar_year"


class StandardText(models.Model):
    """A text kept ready for an action."""

    personal: ClassVar[dict[str, str]] = {}

    key = models.CharField(primary_key=True, max_length=60)
    action = models.CharField(max_length=40)
    category = models.CharField(max_length=60, default="*")
    text = models.JSONField(default=dict)
    pack = models.JSONField(null=True)

    class Meta:
        db_table = "directory_standard_text"


class Place(models.Model):
    """An entry of the gazetteer."""

    personal: ClassVar[dict[str, str]] = {}

    key = models.CharField(primary_key=True, max_length=80)
    name = models.JSONField(default=dict)
    kind = models.CharField(max_length=40)
    aliases = models.JSONField(default=list)
    lon = models.FloatField()
    lat = models.FloatField()
    area = models.CharField(max_length=40, default="")
    source = models.TextField(default="")
    pack = models.JSONField(null=True)

    class Meta:
        db_table = "directory_place"


class Exit(models.Model):
    """Where a matter belongs that is no report."""

    personal: ClassVar[dict[str, str]] = {}

    key = models.CharField(primary_key=True, max_length=30)
    kind = models.CharField(max_length=10)
    order = models.IntegerField(default=0)
    icon = models.CharField(max_length=60, default="")
    words = models.JSONField(default=list)
    phones = models.JSONField(default=list)
    url = models.TextField(default="")
    law = models.TextField(default="")
    secrecy = models.CharField(max_length=12, default="")
    source = models.TextField(default="")
    name = models.JSONField(default=dict)
    where = models.JSONField(default=dict)
    way = models.JSONField(default=dict)
    within = models.JSONField(default=dict)
    address = models.JSONField(default=dict)
    phone_names = models.JSONField(default=dict)
    pack = models.JSONField(null=True)

    class Meta:
        db_table = "directory_exit"


class Asset(models.Model):
    """A thing of the city that bears a plate."""

    personal: ClassVar[dict[str, str]] = {}

    key = models.CharField(primary_key=True, max_length=80)
    kind = models.CharField(max_length=40)
    plate = models.CharField(max_length=60)
    name = models.JSONField(default=dict)
    lon = models.FloatField()
    lat = models.FloatField()
    area = models.CharField(max_length=40, default="")
    source = models.TextField(default="")
    pack = models.JSONField(null=True)

    class Meta:
        db_table = "directory_asset"


class RetentionRule(models.Model):
    """How long one kind of things is kept, from which event, by which law, and what happens then."""

    personal: ClassVar[dict[str, str]] = {}

    key = models.CharField(primary_key=True, max_length=60)
    what = models.CharField(max_length=40)
    months = models.IntegerField()
    event = models.CharField(max_length=20)
    then = models.CharField(max_length=12)
    automatic = models.BooleanField(default=False)
    source = models.TextField()
    name = models.JSONField(default=dict)
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    pack = models.JSONField(null=True)

    class Meta:
        db_table = "directory_retention"


class CallRule(models.Model):
    """One line of how an agency's people on call are called: a way, after so many minutes. See `terms.oncall`."""

    personal: ClassVar[dict[str, str]] = {}

    key = models.CharField(primary_key=True, max_length=60)
    agency = models.CharField(max_length=60)
    way = models.CharField(max_length=10)
    after_minutes = models.FloatField()
    source = models.TextField(default="")
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    pack = models.JSONField(null=True)

    class Meta:
        db_table = "directory_call_rule"


class Post(models.Model):
    """A position. `agency` is empty for posts of the whole city; `seat` tells apart posts of one role."""

    personal: ClassVar[dict[str, str]] = {}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    agency = models.CharField(max_length=60, default="")
    role = models.CharField(max_length=30)
    area = models.CharField(max_length=40, default="")
    seat = models.CharField(max_length=40, default="1")
    title = models.JSONField(default=dict)
    substitute_of = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)

    class Meta:
        db_table = "directory_post"
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "role", "area", "seat"],
                name="directory_post_seat",
                condition=models.Q(valid_to__isnull=True),
            )
        ]


class RosterSlot(models.Model):
    """One line of a duty roster."""

    personal: ClassVar[dict[str, str]] = {}

    agency = models.CharField(max_length=60)
    weekday = models.SmallIntegerField()
    shift = models.CharField(max_length=5)
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="+")
    substitute = models.ForeignKey(Post, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "directory_roster"
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "weekday", "shift", "post"], name="directory_roster_once"
            )
        ]


class ReadinessMark(models.Model):
    """That somebody of an agency acknowledged the test message."""

    personal: ClassVar[dict[str, str]] = {}

    agency = models.CharField(max_length=60)
    post_role = models.CharField(max_length=30)
    acknowledged_at = models.DateTimeField()
    actor_id = models.CharField(max_length=64)

    class Meta:
        db_table = "directory_readiness"
        constraints = [
            models.UniqueConstraint(fields=["agency", "post_role"], name="directory_readiness_once")
        ]
