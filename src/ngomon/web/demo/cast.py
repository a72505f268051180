"""The demonstration's people from the pack's spreadsheets: accounts, posts, duty rosters, citizens. Once: a second time changes nothing."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from ngomon.core.actors import Actor
from ngomon.core.units import unit
from ngomon.directory import commands as directory
from ngomon.directory import queries as places
from ngomon.directory.terms import DutySlot
from ngomon.identity import commands as identity
from ngomon.identity.commands.officers import day_start
from ngomon.identity.rules import read_contact
from ngomon.identity.terms import AccountKind

BATCH = 40
Posts = dict[tuple[str, str, str], UUID]
"""The post that somebody holds: by agency, role and e-mail address."""


def _rows(path: Path) -> Iterator[dict[str, str]]:
    if path.exists():
        with path.open(encoding="utf-8", newline="") as lines:
            yield from csv.DictReader(lines)


def _batches(rows: Iterable[Any], size: int = BATCH) -> Iterator[list[Any]]:
    batch: list[Any] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def load_cast(pack: Path, *, actor: Actor, at: datetime) -> dict[str, UUID]:
    """Open the officers' accounts, make their posts, give them and set the rosters; account ids by e-mail address."""
    accounts: dict[str, UUID] = {}
    for people in _batches(_rows(pack / "people.csv")):
        with unit():
            for row in people:
                contacts = [read_contact(text) for text in (row["email"], row["phone"]) if text]
                accounts[row["email"]] = identity.open_account(row["name"], contacts, actor=actor, at=at)
    if places.posts():
        return accounts
    posts: Posts = {}
    for given in _batches(_rows(pack / "posts.csv")):
        with unit():
            for row in given:
                posts[row["agency"], row["role"], row["email"]] = _give_post(
                    accounts[row["email"]], row, actor=actor, at=at
                )
    _set_rosters(pack, posts, actor=actor, at=at)
    return accounts


def _day(words: str) -> date | None:
    return date.fromisoformat(words) if words else None


def _give_post(account: UUID, row: dict[str, str], *, actor: Actor, at: datetime) -> UUID:
    is_of_agency = row["role"].startswith("agency_")
    agency = row["agency"] if is_of_agency else ""
    from_on = _day(row["valid_from"]) or places.local_day(at) - timedelta(days=365)
    to_on = _day(row["valid_to"])
    post = directory.add_post(agency, row["role"], valid_from=from_on, actor=actor, at=at)
    identity.take_post(
        account,
        row["role"],
        agency=agency,
        post=str(post),
        is_main=row["primary"] == "yes",
        from_at=day_start(from_on),
        to_at=day_start(to_on) if to_on else None,
        actor=actor,
        at=at,
    )
    return post


def _set_rosters(pack: Path, posts: Posts, *, actor: Actor, at: datetime) -> None:
    """Who is on duty when, as the pack's roster says; a line whose people hold no such post is left out."""
    slots: dict[str, list[DutySlot]] = {}
    for row in _rows(pack / "roster.csv"):
        agency = row["agency"] if row["post_role"].startswith("agency_") else ""
        post = posts.get((row["agency"], row["post_role"], row["email"]))
        substitute = posts.get((row["agency"], row["post_role"], row["substitute"]))
        if post is not None:
            slot = DutySlot(agency, int(row["weekday"]) - 1, row["shift"], post, substitute)
            slots.setdefault(agency, []).append(slot)
    slots.pop("", None)
    for agency, found in slots.items():
        with unit():
            directory.set_roster(agency, found, actor=actor, at=at)


def load_citizens(pack: Path, *, actor: Actor, at: datetime) -> dict[str, UUID]:
    """Open the citizens' accounts; account ids by their key in the pack."""
    accounts: dict[str, UUID] = {}
    for people in _batches(_rows(pack / "demo" / "citizens.csv")):
        with unit():
            for row in people:
                contacts = [read_contact(text) for text in (row["email"], row["phone"]) if text]
                accounts[row["key"]] = identity.open_account(
                    row["name"],
                    contacts,
                    kind=AccountKind(row["kind"]),
                    language=row["language"],
                    actor=actor,
                    at=at,
                )
    return accounts
