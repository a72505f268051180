"""The words of identity: roles, kinds of accounts, tiers of verification, and what happens to accounts and posts.

Person (cá nhân), organisation (tổ chức) and visitor (khách, người nước ngoài) are kinds of accounts. Bodies of events
hold ids and codes only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from uuid import UUID

from ngomon.core.terms import Event, event


class Role(StrEnum):
    """What a post entitles to. IOC roles are city-wide; agency roles hold within one agency (and area, if given)."""

    IOC_OPERATOR = "ioc_operator"
    IOC_EDITOR = "ioc_editor"
    IOC_LEAD = "ioc_lead"
    CITY_OFFICE = "city_office"
    LEADER = "leader"
    AGENCY_CLERK = "agency_clerk"
    AGENCY_HEAD = "agency_head"
    AGENCY_OFFICER = "agency_officer"
    ADMIN = "admin"
    PRIVACY_OFFICER = "privacy_officer"


IOC_ROLES = frozenset({Role.IOC_OPERATOR, Role.IOC_EDITOR, Role.IOC_LEAD})
AGENCY_ROLES = frozenset({Role.AGENCY_CLERK, Role.AGENCY_HEAD, Role.AGENCY_OFFICER})


class AccountKind(StrEnum):
    """Whom an account stands for."""

    PERSON = "person"
    ORGANISATION = "organisation"
    VISITOR = "visitor"


class ContactKind(StrEnum):
    """A way to reach somebody."""

    PHONE = "phone"
    EMAIL = "email"


class Tier(IntEnum):
    """How far we know who it is (mức độ xác thực): nothing, a contact point answered, identity proved."""

    UNVERIFIED = 0
    CONTACT = 1
    IDENTITY = 2


class CodePurpose(StrEnum):
    """What a one-time code is for."""

    SIGN_IN = "sign_in"
    ADD_CONTACT = "add_contact"


class Requirement(StrEnum):
    """What the city asks of who files, by channel and category (a pack's sign-in policy)."""

    ACCOUNT = "account"
    VERIFIED_PHONE = "verified_phone"
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class Contact:
    """A phone number in E.164 or an e-mail address in lower case."""

    kind: ContactKind
    value: str


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who may act in a post now. `stands_in_for` is the absent holder, where this is the substitute."""

    account_id: UUID
    name: str
    role: str = ""
    agency: str | None = None
    area: str | None = None
    stands_in_for: UUID | None = None


@dataclass(frozen=True, slots=True)
class ContactPoint:
    """A person's contact point as shown to who may see it."""

    id: UUID
    kind: str
    value: str
    is_verified: bool
    is_primary: bool


@dataclass(frozen=True, slots=True)
class SessionShown:
    """One place where an account is signed in."""

    handle: str
    started_at: datetime
    seen_at: datetime
    device: str
    is_phone: bool
    address: str
    is_this: bool


@dataclass(frozen=True, slots=True)
class AccountShown:
    """An account as its owner and administrators see it."""

    id: UUID
    person_id: UUID
    kind: str
    name: str
    organisation: str
    language: str
    tier: int
    has_password: bool
    locked_at: datetime | None
    locked_reason: str


@dataclass(frozen=True, slots=True)
class SignInAnswer:
    """What came of a code or password: `outcome` is right, wrong, spent (ask for a new code) or locked."""

    outcome: str
    account_id: UUID | None = None
    is_new: bool = False
    tries_left: int = 0


@dataclass(frozen=True, slots=True)
class FilingRule:
    """What the city asks of somebody who files on this channel for this category, and whether the actor meets it."""

    requires: Requirement
    is_met: bool


@dataclass(frozen=True, slots=True)
class HoldingShown:
    """A post somebody holds, with its dates."""

    id: UUID
    account_id: UUID
    role: str
    agency: str
    area: str
    title: dict[str, str]
    is_main: bool
    valid_from: datetime
    valid_to: datetime | None
    post: str = ""


@dataclass(frozen=True, slots=True)
class Officer:
    """Somebody who holds posts, with all of them (several: kiêm nhiệm)."""

    account_id: UUID
    name: str
    holdings: tuple[HoldingShown, ...]


@dataclass(frozen=True, slots=True)
class DelegationShown:
    """A delegation in force or to come. Without `holding` it is of all the giver's posts."""

    id: UUID
    giver_id: UUID
    receiver_id: UUID
    holding_id: UUID | None
    document: str
    valid_from: datetime
    valid_to: datetime


@dataclass(frozen=True, slots=True)
class AbsenceShown:
    """An absence in force or to come, and who stands in meanwhile."""

    id: UUID
    account_id: UUID
    substitute_id: UUID | None
    valid_from: datetime
    valid_to: datetime


@dataclass(frozen=True, slots=True)
class LockedShown:
    """A locked account as administrators see it."""

    account_id: UUID
    name: str
    reason: str
    note: str
    locked_at: datetime
    locked_by: str


@dataclass(frozen=True, slots=True)
class AppealShown:
    """An appeal against a lock, as its decider reads it."""

    id: UUID
    account_id: UUID
    reason: str
    text: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ClientShown:
    """An API client as administrators see it; of the key only its beginning is known."""

    id: UUID
    name: str
    agency: str
    hint: str
    scopes: tuple[str, ...]
    created_at: datetime
    revoked_at: datetime | None


SCOPES = ("open311.read", "open311.write", "cases.read", "cases.write", "messages.write", "tickets.write")
"""What an API client may be allowed."""

LOCK_REASONS = ("false_reports", "abuse", "stolen", "request", "other")
"""Why an account may be locked; the words stand in the catalogue."""


@event("identity.account_opened")
class AccountOpened(Event):
    """Somebody proved a contact point that nobody had, or staff opened an account for an officer."""

    account: str
    account_kind: str


@event("identity.signed_in")
class SignedIn(Event):
    """A code or password was right."""

    account: str
    way: str


@event("identity.account_locked")
class AccountLocked(Event):
    """Staff locked an account; the reason is a code, its words stay in the row."""

    account: str
    reason: str


@event("identity.account_unlocked")
class AccountUnlocked(Event):
    """A lock was lifted, by itself or on appeal."""

    account: str


@event("identity.account_closed")
class AccountClosed(Event):
    """An account was closed for good: its person asked to be erased."""

    account: str


@event("identity.lock_appealed")
class LockAppealed(Event):
    """The owner of a locked account asked for another look (khiếu nại)."""

    account: str
    appeal: str


@event("identity.appeal_decided")
class AppealDecided(Event):
    """Somebody other than who locked decided the appeal."""

    account: str
    appeal: str
    is_lifted: bool


@event("identity.post_taken")
class PostTaken(Event):
    """An account holds a post from an instant on (bổ nhiệm, phân công; several at once: kiêm nhiệm)."""

    account: str
    holding: str
    role: str
    agency: str
    area: str


@event("identity.post_left")
class PostLeft(Event):
    """An account no longer holds a post."""

    account: str
    holding: str
    role: str
    agency: str


@event("identity.delegation_given")
class DelegationGiven(Event):
    """A holder empowers somebody for a stated time (ủy quyền). Not to be passed on."""

    giver: str
    receiver: str
    delegation: str


@event("identity.delegation_ended")
class DelegationEnded(Event):
    """A delegation was taken back before its date."""

    giver: str
    receiver: str
    delegation: str


@event("identity.absence_set")
class AbsenceSet(Event):
    """A holder is away for a stated time, with or without a substitute."""

    account: str
    absence: str
    substitute: str


@event("identity.absence_ended")
class AbsenceEnded(Event):
    """A holder is back early, or the absence was called off."""

    account: str
    absence: str


@event("identity.contact_verified")
class ContactVerified(Event):
    """A contact point answered a code."""

    person: str
    contact: str
    contact_kind: str


@event("identity.identity_verified")
class IdentityVerified(Event):
    """A person's identity was proved (mức độ 2): at a counter or by the national login."""

    person: str
    way: str


@event("identity.persons_merged")
class PersonsMerged(Event):
    """Two persons were proved to be one; what pointed at `merged` is to point at `kept`."""

    kept: str
    merged: str


@event("identity.client_made")
class ClientMade(Event):
    """A program may use our doors under a key of its own."""

    client: str


@event("identity.client_revoked")
class ClientRevoked(Event):
    """A program's key no longer opens anything."""

    client: str
