"""Who is on duty in tests: two officers, a substitute and the head of the fire police, day and night, built by commands."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from uuid import UUID

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ngomon.settings")
    django.setup()

from ngomon.core import clock
from ngomon.core.units import unit
from ngomon.directory import commands as directory
from ngomon.directory import queries as places
from ngomon.directory.terms import DutySlot, Shift
from ngomon.identity import commands as identity
from ngomon.identity.queries import forget_grants
from ngomon.identity.terms import Contact, ContactKind
from tests.city import SYSTEM, TestCity

AGENCY = "fire_police"
SINCE = datetime(2025, 7, 1, tzinfo=UTC)
PEOPLE = (
    ("phuc", "Lê Văn Phúc", "agency_officer"),
    ("khanh", "Trần Quốc Khánh", "agency_officer"),
    ("loc", "Nguyễn Hữu Lộc", "agency_officer"),
    ("cuong", "Hoàng Mạnh Cường", "agency_head"),
)
"""Phúc is on duty, then Khánh; Lộc is Phúc's substitute; Cường is the head."""


def put_on_duty(city: TestCity | None = None) -> dict[str, UUID]:
    """Open the accounts, give the posts, set the roster; account ids by name."""
    at = clock.now()
    accounts: dict[str, UUID] = {}
    posts: dict[str, UUID] = {}
    with unit():
        for n, (key, name, role) in enumerate(PEOPLE):
            contacts = [
                Contact(ContactKind.EMAIL, f"{key}@demo.invalid"),
                Contact(ContactKind.PHONE, f"+8490001{n:04d}"),
            ]
            accounts[key] = identity.open_account(name, contacts, actor=SYSTEM, at=at)
            post = directory.add_post(AGENCY, role, valid_from=SINCE.date(), actor=SYSTEM, at=at)
            posts[key] = post
            identity.take_post(
                accounts[key], role, agency=AGENCY, post=str(post), from_at=SINCE, actor=SYSTEM,
                at=at - timedelta(seconds=1),
            )  # fmt: skip
    slots = [
        DutySlot(AGENCY, day, shift, posts[who], posts[instead] if instead else None)
        for day in range(7)
        for shift in Shift
        for who, instead in (("phuc", "loc"), ("khanh", None))
    ]
    with unit():
        directory.set_roster(AGENCY, slots, actor=SYSTEM, at=at)
    places.forget()
    forget_grants()
    if city is not None:
        city.accounts.update(accounts)
    return accounts


if __name__ == "__main__":
    put_on_duty()
