"""Tables of messages: the inbox, the sendings of each message, preferences."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from ngomon.core.events import Aggregate
from ngomon.core.ids import uuid7
from ngomon.identity.models import Account


class Message(models.Model):
    """Something told to somebody: a template and what fills it, sealed. `account` is empty for a contact without one."""

    personal: ClassVar[dict[str, str]] = {"values": "sealed"}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+")
    template = models.CharField(max_length=80)
    values = models.TextField()
    language = models.CharField(max_length=2, default="vi")
    ref_kind = models.CharField(max_length=40, default="")
    ref_key = models.CharField(max_length=64, default="")
    url = models.CharField(max_length=200, default="")
    is_urgent = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "messages_message"
        indexes = [
            models.Index(fields=["account", "-created_at", "-id"], name="messages_inbox"),
            models.Index(fields=["account"], name="messages_unread", condition=Q(read_at__isnull=True)),
            models.Index(fields=["ref_key", "ref_kind"], name="messages_ref"),
        ]


class Sending(models.Model):
    """One way a message went out: the id of its delivery in core, and the address as it may be shown."""

    personal: ClassVar[dict[str, str]] = {"address": "masked"}

    delivery = models.UUIDField(primary_key=True)
    message = models.ForeignKey(Message, models.CASCADE, related_name="+")
    channel = models.CharField(max_length=20)
    address = models.CharField(max_length=120)

    class Meta:
        db_table = "messages_sending"


class Preference(models.Model):
    """How an account wants to hear from us; without a row, the defaults of `terms.Preference`."""

    personal: ClassVar[dict[str, str]] = {}

    account = models.OneToOneField(Account, models.PROTECT, primary_key=True, related_name="+")
    mail = models.BooleanField(default=True)
    sms = models.BooleanField(default=True)
    quiet_from = models.TimeField()
    quiet_to = models.TimeField()

    class Meta:
        db_table = "messages_preference"


class Call(Aggregate):
    """Somebody called out about a thing, and what they said. `id` is given by whoever calls; `closed_at`: needed no more."""

    aggregate_kind = "call"
    personal: ClassVar[dict[str, str]] = {}

    id = models.UUIDField(primary_key=True, editable=False)
    message = models.ForeignKey(Message, models.CASCADE, related_name="+")
    account = models.ForeignKey(Account, models.PROTECT, related_name="+")
    audience = models.CharField(max_length=300, default="")
    state = models.CharField(max_length=12, default="calling")
    how = models.CharField(max_length=10, default="")
    created_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "messages_call"
        indexes = [
            models.Index(fields=["account", "-created_at"], name="messages_call_account"),
            models.Index(fields=["message"], name="messages_call_message"),
        ]


class VoiceAttempt(models.Model):
    """One try of a voice call, so that the desk sees each; the delivery itself keeps only how many there were."""

    personal: ClassVar[dict[str, str]] = {}

    id = models.BigAutoField(primary_key=True)
    delivery = models.UUIDField()
    at = models.DateTimeField()
    outcome = models.CharField(max_length=12)
    digit = models.CharField(max_length=1, default="")
    seconds = models.SmallIntegerField(default=0)

    class Meta:
        db_table = "messages_attempt"
        indexes = [models.Index(fields=["delivery", "at"], name="messages_attempt_of")]
