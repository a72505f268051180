"""Core's tables: the event log and its readers' cursors, deliveries, audit."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from ngomon.core.ids import uuid7
from ngomon.core.rows import Tracked


class EventRow(models.Model):
    """One event of the log. `position` is dense and given only to committed rows; readers go by it alone.

    `seq` is the order of writing; `aggregate_version` is unique within its aggregate. `body` is canonical JSON.
    `commitment` binds content that is kept elsewhere and can be erased (see seal).
    """

    personal: ClassVar[dict[str, str]] = {}

    seq = models.BigAutoField(primary_key=True)
    id = models.UUIDField(default=uuid7, editable=False)
    position = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=80)
    schema = models.SmallIntegerField(default=1)
    aggregate_kind = models.CharField(max_length=40)
    aggregate_id = models.CharField(max_length=64)
    aggregate_version = models.IntegerField()
    at = models.DateTimeField()
    actor_id = models.CharField(max_length=64)
    audience = models.TextField(default="[]")
    body = models.TextField(default="{}")
    commitment = models.CharField(max_length=64, default="")

    class Meta:
        db_table = "core_event"
        constraints = [
            models.UniqueConstraint(fields=["id"], name="core_event_id"),
            models.UniqueConstraint(fields=["position"], name="core_event_position"),
            models.UniqueConstraint(
                fields=["aggregate_id", "aggregate_kind", "aggregate_version"], name="core_event_version"
            ),
        ]
        indexes = [
            models.Index(
                fields=["seq"], name="core_event_unplaced", condition=models.Q(position__isnull=True)
            ),
        ]


class Cursor(models.Model):
    """How far a reader of the log has come: everything up to and including `position` is done or parked."""

    personal: ClassVar[dict[str, str]] = {}

    name = models.CharField(primary_key=True, max_length=120)
    position = models.BigIntegerField()
    moved_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "core_cursor"


class Parked(models.Model):
    """An event that one reaction could not handle; later events of its aggregate wait behind it."""

    personal: ClassVar[dict[str, str]] = {"error": "may quote a value"}

    reaction = models.CharField(max_length=120)
    position = models.BigIntegerField()
    aggregate = models.CharField(max_length=110)
    attempts = models.IntegerField(default=0)
    error = models.TextField(default="")
    is_first = models.BooleanField(default=True)
    parked_at = models.DateTimeField()

    class Meta:
        db_table = "core_parked"
        constraints = [
            models.UniqueConstraint(fields=["reaction", "position"], name="core_parked_once"),
        ]
        indexes = [models.Index(fields=["reaction", "aggregate"], name="core_parked_aggregate")]


class Tick(models.Model):
    """When a periodic duty was last done."""

    personal: ClassVar[dict[str, str]] = {}

    name = models.CharField(primary_key=True, max_length=120)
    done_at = models.DateTimeField()

    class Meta:
        db_table = "core_tick"


class DeliveryState(models.TextChoices):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DEAD = "dead"


class Delivery(models.Model):
    """One message on its way out. `id` is the stable id that a repeat after a crash bears again.

    `address` and `content` are encrypted (Fernet) and purged after `purge_at`; what remains says that it was sent.
    """

    personal: ClassVar[dict[str, str]] = {
        "address": "sealed",
        "content": "sealed",
        "error": "may quote an address",
    }

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    channel = models.CharField(max_length=20)
    address = models.TextField()
    content = models.TextField()
    ref_kind = models.CharField(max_length=40, default="")
    ref_key = models.CharField(max_length=64, default="")
    purpose = models.CharField(max_length=60)
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.QUEUED)
    attempts = models.SmallIntegerField(default=0)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    purge_at = models.DateTimeField(null=True)
    error = models.TextField(default="")
    receipt = models.CharField(max_length=200, default="")
    rank = models.SmallIntegerField(default=2)

    class Meta:
        db_table = "core_delivery"
        indexes = [
            models.Index(
                fields=["rank", "due_at"],
                name="core_delivery_due",
                condition=models.Q(state__in=["queued", "sending"]),
            ),
            models.Index(fields=["ref_key", "ref_kind"], name="core_delivery_ref"),
            models.Index(fields=["state", "created_at"], name="core_delivery_state"),
        ]


class AuditRow(models.Model):
    """Who did what to which thing, and who looked at whose personal data for what purpose. Never changed."""

    personal: ClassVar[dict[str, str]] = {}

    seq = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    actor_id = models.CharField(max_length=64)
    action = models.CharField(max_length=80)
    ref_kind = models.CharField(max_length=40)
    ref_key = models.CharField(max_length=64)
    purpose = models.CharField(max_length=200, default="")
    detail = models.TextField(default="{}")

    class Meta:
        db_table = "core_audit"
        indexes = [
            models.Index(fields=["ref_key", "ref_kind"], name="core_audit_ref"),
            models.Index(fields=["actor_id", "at"], name="core_audit_actor"),
        ]


class FileRow(models.Model):
    """One use of a stored file. The bytes lie under their SHA-256 in the data folder; several rows may share them.

    `role` is the room's word for what it is there (photo, thumb, document); `ref` is the thing it belongs to.
    """

    personal: ClassVar[dict[str, str]] = {"digest": "points at bytes that may show a person"}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    digest = models.CharField(max_length=64)
    media_type = models.CharField(max_length=60)
    size = models.BigIntegerField()
    role = models.CharField(max_length=20, default="")
    ref_kind = models.CharField(max_length=40)
    ref_key = models.CharField(max_length=64)
    stored_at = models.DateTimeField()

    class Meta:
        db_table = "core_file"
        indexes = [
            models.Index(fields=["digest"], name="core_file_digest"),
            models.Index(fields=["ref_key", "ref_kind"], name="core_file_ref"),
        ]


class SealTile(models.Model):
    """256 neighbouring hashes of the seal's tree (fewer at its growing edge): level n holds the heights 8n.

    Source: the tile layout of C2SP tlog-tiles.
    """

    personal: ClassVar[dict[str, str]] = {}

    level = models.SmallIntegerField()
    index = models.BigIntegerField()
    hashes = models.BinaryField()

    class Meta:
        db_table = "core_seal_tile"
        constraints = [models.UniqueConstraint(fields=["level", "index"], name="core_seal_tile_once")]


class Checkpoint(models.Model):
    """A signed statement: the log of this size has this root. `note` is the signed text itself."""

    personal: ClassVar[dict[str, str]] = {}

    size = models.BigIntegerField(primary_key=True)
    note = models.TextField()
    signed_at = models.DateTimeField()

    class Meta:
        db_table = "core_checkpoint"


class Erasure(models.Model):
    """A person whose data were erased: the list that a restored backup applies again. The id alone, nothing else."""

    personal: ClassVar[dict[str, str]] = {}

    person_id = models.UUIDField(primary_key=True)
    erased_at = models.DateTimeField()

    class Meta:
        db_table = "core_erasure"


class RetentionHold(models.Model):
    """A thing that is kept although its period is over: under appeal, complaint, in court, part of an incident."""

    personal: ClassVar[dict[str, str]] = {"reason": "sealed", "lift_reason": "sealed"}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    ref_kind = models.CharField(max_length=40)
    ref_key = models.CharField(max_length=64)
    number = models.CharField(max_length=40, default="")
    ground = models.CharField(max_length=20)
    reason = models.TextField()
    set_by = models.CharField(max_length=64)
    set_at = models.DateTimeField()
    lifted_by = models.CharField(max_length=64, default="")
    lifted_at = models.DateTimeField(null=True)
    lift_reason = models.TextField(default="")

    class Meta:
        db_table = "core_retention_hold"
        constraints = [
            models.UniqueConstraint(
                fields=["ref_key", "ref_kind", "ground"],
                name="core_retention_hold_once",
                condition=models.Q(lifted_at__isnull=True),
            )
        ]


class RetentionState(models.TextChoices):
    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    DONE = "done"
    DROPPED = "dropped"


class RetentionRun(Tracked):
    """One destruction: proposed, confirmed by a person, worked off, certified. `certificate` is the signed record.

    It has a history in the log as every aggregate; the base of those cannot be named here, below the log.
    """

    aggregate_kind: ClassVar[str] = "retention"
    personal: ClassVar[dict[str, str]] = {}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    version = models.IntegerField(default=0)
    state = models.CharField(max_length=10, choices=RetentionState.choices, default=RetentionState.PROPOSED)
    is_automatic = models.BooleanField(default=False)
    proposed_by = models.CharField(max_length=64)
    proposed_at = models.DateTimeField()
    confirmed_by = models.CharField(max_length=64, default="")
    confirmed_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    certificate = models.TextField(default="")

    class Meta:
        db_table = "core_retention_run"
        indexes = [
            models.Index(
                fields=["proposed_at"],
                name="core_retention_open",
                condition=models.Q(state__in=["proposed", "confirmed"]),
            )
        ]


class RetentionPart(models.Model):
    """One kind of things in a run: the rule as it was, how far the walk has come, how many were destroyed."""

    personal: ClassVar[dict[str, str]] = {}

    run = models.ForeignKey(RetentionRun, models.PROTECT, related_name="parts")
    place = models.SmallIntegerField()
    what = models.CharField(max_length=40)
    then = models.CharField(max_length=12)
    months = models.IntegerField()
    event = models.CharField(max_length=20)
    source = models.TextField()
    before = models.DateTimeField()
    proposed_n = models.IntegerField(default=0)
    n = models.IntegerField(default=0)
    after = models.CharField(max_length=120, default="")
    is_done = models.BooleanField(default=False)

    class Meta:
        db_table = "core_retention_part"
        constraints = [models.UniqueConstraint(fields=["run", "place"], name="core_retention_part_once")]


class RetentionBatch(models.Model):
    """The hashes of what one unit destroyed, 32 bytes each, in order: from them the root of the certificate."""

    personal: ClassVar[dict[str, str]] = {}

    part = models.ForeignKey(RetentionPart, models.PROTECT, related_name="+")
    first = models.IntegerField()
    hashes = models.BinaryField()

    class Meta:
        db_table = "core_retention_batch"
        constraints = [models.UniqueConstraint(fields=["part", "first"], name="core_retention_batch_once")]
