"""Two persons who were proved to be one become one."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Conflict, Invalid, NotFound
from ngomon.core.events import emit
from ngomon.core.units import command
from ngomon.identity.commands.accounts import forget_after
from ngomon.identity.commands.persons import person_ref
from ngomon.identity.models import Absence, Account, ContactPoint, Delegation, Holding, Person, Session
from ngomon.identity.rules import require
from ngomon.identity.terms import PersonsMerged


@command
def merge_persons(kept_id: UUID, merged_id: UUID, *, actor: Actor, at: datetime) -> None:
    """Make two persons one: contact points, posts and accounts of `merged` become those of `kept`.

    Where both have an account of their own, the merged one is closed and its posts go over; other rooms follow by the event.
    Raises: Refused, Invalid (the same), NotFound, Conflict (two different identity numbers).
    """
    require(actor, "person.merge")
    if kept_id == merged_id:
        raise Invalid.field("merged", "identity.merge.same")
    rows = Person.objects.select_for_update().filter(pk__in=[kept_id, merged_id], merged_into__isnull=True)
    found = {row.pk: row for row in rows.order_by("pk")}
    if len(found) != 2:
        raise NotFound("identity.person.missing")
    kept, merged = found[kept_id], found[merged_id]
    _merge_numbers(kept, merged)
    _move_contacts(kept, merged)
    _merge_accounts(kept, merged, at=at)
    for person in (merged, kept):
        event = PersonsMerged(kept=str(kept_id), merged=str(merged_id))
        emit(person, event, actor=actor, at=at, audience=[f"person:{kept_id}"])
        audit(
            "identity.merge_persons", person_ref(person.pk), actor=actor, at=at, detail={"kept": str(kept_id)}
        )
    merged.merged_into = kept
    merged.save()
    kept.save()


def _merge_numbers(kept: Person, merged: Person) -> None:
    if kept.national_blind and merged.national_blind and kept.national_blind != merged.national_blind:
        raise Conflict("identity.merge.two_numbers")
    if merged.national_blind and not kept.national_blind:
        kept.national_id, kept.national_blind = merged.national_id, merged.national_blind
        kept.identity_verified_at = merged.identity_verified_at
        merged.national_id, merged.national_blind = "", None
        merged.save(update_fields=["national_id", "national_blind"])
    kept.name = kept.name or merged.name


def _move_contacts(kept: Person, merged: Person) -> None:
    """Contact points go over; of the same one twice the verified stays; primary ones of `kept` stay primary."""
    own = {point.blind: point for point in ContactPoint.objects.filter(person=kept)}
    primary = {point.kind for point in own.values() if point.is_primary}
    for point in ContactPoint.objects.filter(person=merged):
        twin = own.get(point.blind)
        if twin is not None:
            if point.verified_at and not twin.verified_at:
                twin_verified = point.verified_at
                point.delete()
                ContactPoint.objects.filter(pk=twin.pk).update(verified_at=twin_verified)
            else:
                point.delete()
            continue
        point.person = kept
        point.is_primary = point.is_primary and point.kind not in primary
        point.save(update_fields=["person", "is_primary"])


def _merge_accounts(kept: Person, merged: Person, *, at: datetime) -> None:
    mine = Account.objects.filter(person=kept).exclude(kind="organisation").first()
    theirs = Account.objects.filter(person=merged).exclude(kind="organisation").first()
    if theirs is not None and mine is not None:
        Holding.objects.filter(account=theirs).update(account=mine)
        Absence.objects.filter(account=theirs).update(account=mine)
        Absence.objects.filter(substitute=theirs).update(substitute=mine)
        Delegation.objects.filter(giver=theirs).update(giver=mine)
        Delegation.objects.filter(receiver=theirs).update(receiver=mine)
        Session.objects.filter(account_id=theirs.pk).delete()
        Account.objects.filter(pk=mine.pk).update(tier=max(mine.tier, theirs.tier))
        Account.objects.filter(pk=theirs.pk).update(closed_at=at)
    elif theirs is not None:
        Account.objects.filter(pk=theirs.pk).update(person=kept)
    Account.objects.filter(person=merged, kind="organisation").update(person=kept)
    forget_after(*(account.pk for account in (mine, theirs) if account is not None))
