"""Officers from the city's spreadsheet or pack: an account, verified contacts, the post."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.utils import timezone

from ngomon.core.actors import Actor
from ngomon.core.units import command
from ngomon.directory import queries as directory
from ngomon.directory.terms import OfficerRow
from ngomon.identity.commands.accounts import open_account
from ngomon.identity.commands.posts import take_post
from ngomon.identity.rules import read_contact, require


def day_start(on: date) -> datetime:
    """The instant at which a local day of the city begins."""
    return datetime.combine(on, time.min, timezone.get_default_timezone())


@command
def take_up_officers(officers: Iterable[OfficerRow], *, actor: Actor, at: datetime) -> dict[str, UUID]:
    """Give each officer an account and the post of the row; account ids by e-mail address.

    Once: an address that already has an account keeps it, and a post already held is not held twice. Who stands in for
    somebody (`substitute_for`) holds the post as a further one. Raises: Refused, Invalid.
    """
    require(actor, "post.give")
    made: dict[str, UUID] = {}
    everywhere = {area.key for area in directory.areas(kind="city")}
    for row in officers:
        contacts = [read_contact(text) for text in (row.email, row.phone) if text]
        account = open_account(row.name, contacts, actor=actor, at=at)
        made[row.email] = account
        take_post(
            account,
            row.role,
            agency=row.agency if row.role.startswith("agency_") else "",
            area="" if row.area in everywhere else row.area,
            post=str(row.post),
            title=row.title,
            is_main=row.is_primary and not row.substitute_for,
            from_at=day_start(row.valid_from) if row.valid_from else at - timedelta(seconds=1),
            to_at=day_start(row.valid_to) if row.valid_to else None,
            actor=actor,
            at=at,
        )
    return made
