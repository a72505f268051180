"""Persons and their contact points: known with or without an account, verified, told apart."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Conflict, Invalid, NotFound
from ngomon.core.events import emit
from ngomon.core.ids import Ref
from ngomon.core.secrets import blind, seal_text
from ngomon.core.text import clean
from ngomon.core.units import command, current_unit
from ngomon.identity.models import Account, ContactPoint, Person
from ngomon.identity.queries import forget_grants
from ngomon.identity.rules import is_national_id, require
from ngomon.identity.terms import Contact, ContactVerified, IdentityVerified, Tier


def person_ref(person_id: UUID) -> Ref:
    """How audit points at a person."""
    return Ref("person", str(person_id))


def contact_blind(contact: Contact) -> str:
    """The keyed hash by which a contact point is found."""
    return blind(contact.value, "contact")


def read_name(text: str) -> str:
    """A person's or organisation's name as stored. Raises: Invalid."""
    name = " ".join(clean(text).split())
    if not name:
        raise Invalid.field("name", "identity.name.missing")
    if len(name) > 120:
        raise Invalid.field("name", "identity.name.long")
    return name


def find_owner(contacts: Iterable[Contact]) -> Person | None:
    """The person whom one of these contact points, verified, belongs to."""
    hashes = [contact_blind(contact) for contact in contacts]
    found = (
        ContactPoint.objects.filter(blind__in=hashes, verified_at__isnull=False)
        .select_related("person")
        .first()
    )
    return found.person if found else None


def add_verified(person: Person, contacts: Iterable[Contact], *, at: datetime) -> None:
    """Give a person contact points that are known to be theirs; the first of each kind is the primary one."""
    for contact in contacts:
        has_kind = ContactPoint.objects.filter(person=person, kind=contact.kind, is_primary=True).exists()
        ContactPoint.objects.update_or_create(
            person=person,
            blind=contact_blind(contact),
            defaults={"verified_at": at},
            create_defaults={
                "kind": contact.kind.value,
                "value": seal_text(contact.value),
                "verified_at": at,
                "is_primary": not has_kind,
                "created_at": at,
            },
        )


@command
def register_person(
    name: str, contacts: Iterable[Contact] = (), *, language: str = "vi", actor: Actor, at: datetime
) -> UUID:
    """Note a person who has no account: a caller of the hotline, somebody at a counter. Contacts stay unverified.

    Once: a contact that somebody verified gives back that person. Raises: Refused, Invalid.
    """
    require(actor, "person.register")
    asked = list(contacts)
    known = find_owner(asked)
    if known is not None:
        return known.pk
    person = Person.objects.create(name=read_name(name), language=language, created_at=at)
    for n, contact in enumerate(asked):
        ContactPoint.objects.create(
            person=person,
            kind=contact.kind.value,
            value=seal_text(contact.value),
            blind=contact_blind(contact),
            is_primary=n == 0 or contact.kind != asked[0].kind,
            created_at=at,
        )
    audit("identity.register_person", person_ref(person.pk), actor=actor, at=at)
    return person.pk


@command
def verify_contact(person: Person, contact: Contact, *, actor: Actor, at: datetime) -> None:
    """A contact point answered its code: it is this person's. Raises: Conflict when it is somebody else's."""
    owner = find_owner([contact])
    if owner is not None and owner.pk != person.pk:
        raise Conflict("identity.contact.taken")
    add_verified(person, [contact], at=at)
    point = ContactPoint.objects.get(person=person, blind=contact_blind(contact))
    emit(
        person,
        ContactVerified(person=str(person.pk), contact=str(point.pk), contact_kind=contact.kind.value),
        actor=actor,
        at=at,
        audience=[f"person:{person.pk}"],
    )
    person.save(update_fields=["version"])
    Account.objects.filter(person=person, tier=Tier.UNVERIFIED).exclude(kind="organisation").update(
        tier=Tier.CONTACT
    )
    audit(
        "identity.verify_contact",
        person_ref(person.pk),
        actor=actor,
        at=at,
        detail={"contact": str(point.pk)},
    )


@command
def remove_contact(person_id: UUID, contact_id: UUID, *, actor: Actor, at: datetime) -> None:
    """Forget a contact point. Raises: Refused, NotFound, Conflict for the last one that signs in."""
    point = _own_point(person_id, contact_id, actor)
    others = ContactPoint.objects.filter(person_id=person_id, verified_at__isnull=False).exclude(
        pk=contact_id
    )
    if point.verified_at is not None and not others.exists():
        raise Conflict("identity.contact.last")
    point.delete()
    if point.is_primary:
        heir = others.filter(kind=point.kind).order_by("created_at").first()
        if heir is not None:
            heir.is_primary = True
            heir.save(update_fields=["is_primary"])
    audit(
        "identity.remove_contact",
        person_ref(person_id),
        actor=actor,
        at=at,
        detail={"contact": str(contact_id)},
    )


@command
def make_primary(person_id: UUID, contact_id: UUID, *, actor: Actor, at: datetime) -> None:
    """Say which phone number or e-mail address messages go to. Raises: Refused, NotFound, Conflict (not verified)."""
    point = _own_point(person_id, contact_id, actor)
    if point.verified_at is None:
        raise Conflict("identity.contact.unverified")
    ContactPoint.objects.filter(person_id=person_id, kind=point.kind).update(is_primary=False)
    ContactPoint.objects.filter(pk=contact_id).update(is_primary=True)
    audit(
        "identity.make_primary",
        person_ref(person_id),
        actor=actor,
        at=at,
        detail={"contact": str(contact_id)},
    )


def _own_point(person_id: UUID, contact_id: UUID, actor: Actor) -> ContactPoint:
    if actor.person_id != person_id:
        require(actor, "person.merge")
    point = ContactPoint.objects.select_for_update().filter(pk=contact_id, person_id=person_id).first()
    if point is None:
        raise NotFound("identity.contact.missing")
    return point


@command
def verify_identity(person_id: UUID, national_id: str, *, way: str, actor: Actor, at: datetime) -> None:
    """Note that a person's identity was proved (mức độ xác thực 2): seen at a counter, or told by the national login.

    Raises: Refused, Invalid, NotFound, Conflict: another person has this number (then the two are one: merge them).
    """
    require(actor, "person.verify")
    number = clean(national_id).replace(" ", "")
    if not is_national_id(number):
        raise Invalid.field("national_id", "identity.person.bad_number")
    person = Person.objects.select_for_update().filter(pk=person_id, merged_into__isnull=True).first()
    if person is None:
        raise NotFound("identity.person.missing")
    hashed = blind(number, "national_id")
    if Person.objects.filter(national_blind=hashed).exclude(pk=person_id).exists():
        raise Conflict("identity.person.number_taken")
    person.national_id, person.national_blind, person.identity_verified_at = seal_text(number), hashed, at
    emit(
        person,
        IdentityVerified(person=str(person_id), way=way),
        actor=actor,
        at=at,
        audience=[f"person:{person_id}"],
    )
    person.save(update_fields=["national_id", "national_blind", "identity_verified_at", "version"])
    accounts = Account.objects.filter(person=person)
    accounts.update(tier=Tier.IDENTITY)
    audit("identity.verify_identity", person_ref(person_id), actor=actor, at=at, detail={"way": way})
    ids = list(accounts.values_list("pk", flat=True))
    current_unit().after.append(lambda: forget_grants(*ids))
