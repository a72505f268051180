"""Identity's tables: persons, accounts, contact points, posts held, delegation, absence, sessions, API clients."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import Q

from ngomon.core.events import Aggregate
from ngomon.core.ids import uuid7
from ngomon.identity.terms import AccountKind, CodePurpose, ContactKind


class Person(Aggregate):
    """A natural person, known with or without an account. `merged_into` is set when two were proved to be one."""

    aggregate_kind = "person"
    personal: ClassVar[dict[str, str]] = {
        "name": "name",
        "national_id": "sealed",
        "national_blind": "keyed hash",
    }

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=120, default="")
    language = models.CharField(max_length=2, default="vi")
    national_id = models.TextField(default="")
    national_blind = models.CharField(max_length=64, null=True, default=None)
    identity_verified_at = models.DateTimeField(null=True)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "identity_person"
        constraints = [models.UniqueConstraint(fields=["national_blind"], name="identity_person_national")]


class AccountManager(BaseUserManager["Account"]):
    """Accounts have no username: their natural key is their id."""

    def get_by_natural_key(self, username: str | None) -> Account:
        return self.get(pk=username or "")


class Account(AbstractBaseUser, Aggregate):
    """A way to sign in, for a person, an organisation or a visitor."""

    aggregate_kind = "account"
    personal: ClassVar[dict[str, str]] = {"organisation_name": "name", "locked_note": "free text"}
    USERNAME_FIELD = "id"
    last_login: ClassVar[None] = None  # type: ignore[misc]

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=[(k.value, k.value) for k in AccountKind])
    organisation_name = models.CharField(max_length=200, default="")
    tax_code = models.CharField(max_length=14, default="")
    language = models.CharField(max_length=2, default="vi")
    tier = models.SmallIntegerField(default=0)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    locked_at = models.DateTimeField(null=True)
    locked_reason = models.CharField(max_length=40, default="")
    locked_note = models.TextField(default="")
    locked_by = models.CharField(max_length=64, default="")

    objects: ClassVar[AccountManager] = AccountManager()

    class Meta:
        db_table = "identity_account"
        constraints = [
            models.UniqueConstraint(
                fields=["person"], name="identity_account_own", condition=~Q(kind="organisation")
            ),
        ]


class ContactPoint(models.Model):
    """A phone number or e-mail address of a person. Only a verified one signs in, and it is one person's alone."""

    personal: ClassVar[dict[str, str]] = {"value": "sealed", "blind": "keyed hash"}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=5, choices=[(k.value, k.value) for k in ContactKind])
    value = models.TextField()
    blind = models.CharField(max_length=64)
    verified_at = models.DateTimeField(null=True)
    is_primary = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "identity_contact"
        constraints = [
            models.UniqueConstraint(
                fields=["blind"], name="identity_contact_verified", condition=Q(verified_at__isnull=False)
            ),
            models.UniqueConstraint(fields=["person", "blind"], name="identity_contact_person"),
        ]
        indexes = [models.Index(fields=["blind"], name="identity_contact_blind")]


class Code(models.Model):
    """A one-time code on its way: its keyed hash only, who it goes to, how many tries were made."""

    personal: ClassVar[dict[str, str]] = {"contact": "sealed", "blind": "keyed hash"}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    purpose = models.CharField(max_length=12, choices=[(p.value, p.value) for p in CodePurpose])
    kind = models.CharField(max_length=5)
    contact = models.TextField()
    blind = models.CharField(max_length=64)
    account = models.ForeignKey(Account, models.CASCADE, null=True, related_name="+")
    hash = models.CharField(max_length=64)
    tries = models.SmallIntegerField(default=0)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "identity_code"
        indexes = [models.Index(fields=["expires_at"], name="identity_code_expiry")]


class Holding(models.Model):
    """An account in a post: role × agency × area, from an instant to another. Empty agency or area: the whole city."""

    personal: ClassVar[dict[str, str]] = {}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey(Account, models.PROTECT, related_name="+")
    post = models.CharField(max_length=64, default="")
    role = models.CharField(max_length=40)
    agency = models.CharField(max_length=80, default="")
    area = models.CharField(max_length=40, default="")
    title = models.JSONField(default=dict)
    is_main = models.BooleanField(default=True)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)

    class Meta:
        db_table = "identity_holding"
        indexes = [
            models.Index(fields=["account"], name="identity_holding_account"),
            models.Index(fields=["agency", "role"], name="identity_holding_agency"),
        ]


class Delegation(models.Model):
    """A holder empowers another for a time (ủy quyền): one post, or all of the giver's own. Never passed on."""

    personal: ClassVar[dict[str, str]] = {}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    giver = models.ForeignKey(Account, models.PROTECT, related_name="+")
    receiver = models.ForeignKey(Account, models.PROTECT, related_name="+")
    holding = models.ForeignKey(Holding, models.PROTECT, null=True, related_name="+")
    document = models.CharField(max_length=120, default="")
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "identity_delegation"
        indexes = [
            models.Index(fields=["receiver", "valid_to"], name="identity_delegation_receiver"),
            models.Index(fields=["giver", "valid_to"], name="identity_delegation_giver"),
        ]


class Absence(models.Model):
    """A holder is away for a time; a substitute has the absent one's posts meanwhile."""

    personal: ClassVar[dict[str, str]] = {}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey(Account, models.PROTECT, related_name="+")
    substitute = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+")
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "identity_absence"
        indexes = [
            models.Index(fields=["substitute", "valid_to"], name="identity_absence_substitute"),
            models.Index(fields=["account", "valid_to"], name="identity_absence_account"),
        ]


class LockAppeal(models.Model):
    """The owner of a locked account asks for another look; decided by somebody other than who locked."""

    personal: ClassVar[dict[str, str]] = {"text": "sealed", "answer": "sealed"}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey(Account, models.PROTECT, related_name="+")
    text = models.TextField()
    created_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=64, default="")
    is_lifted = models.BooleanField(null=True)
    answer = models.TextField(default="")

    class Meta:
        db_table = "identity_appeal"
        constraints = [
            models.UniqueConstraint(
                fields=["account"], name="identity_appeal_open", condition=Q(decided_at__isnull=True)
            ),
        ]


class ApiClient(Aggregate):
    """A program that uses our doors. Its key is shown once; the hash is kept."""

    aggregate_kind = "client"
    personal: ClassVar[dict[str, str]] = {}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=120)
    agency = models.CharField(max_length=80, default="")
    key_hash = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "identity_client"


class Session(AbstractBaseSession):
    """A browser that is signed in (or holds a code on its way), with enough to recognise it in a list."""

    personal: ClassVar[dict[str, str]] = {"address": "network address", "agent": "browser"}

    account_id = models.UUIDField(null=True)
    handle = models.CharField(max_length=16, default="")
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    agent = models.CharField(max_length=200, default="")
    address = models.CharField(max_length=45, default="")

    class Meta:
        db_table = "identity_session"
        indexes = [
            models.Index(fields=["account_id"], name="identity_session_account"),
            models.Index(fields=["expire_date"], name="identity_session_expiry"),
        ]

    @classmethod
    def get_session_store_class(cls) -> Any:
        raise NotImplementedError("sessions are read through ngomon.identity.sessions")


def in_force(at: datetime, prefix: str = "") -> Q:
    """Rows whose validity holds the instant: half open, an open end holds for ever."""
    return Q(**{f"{prefix}valid_from__lte": at}) & (
        Q(**{f"{prefix}valid_to__isnull": True}) | Q(**{f"{prefix}valid_to__gt": at})
    )
