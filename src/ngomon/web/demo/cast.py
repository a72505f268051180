"""The demonstration's people from the pack's spreadsheets: accounts, posts, citizens. Loading twice changes nothing."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from ngomon.core.actors import Actor
from ngomon.core.units import unit
from ngomon.identity import commands as identity
from ngomon.identity.commands.officers import day_start
from ngomon.identity.rules import read_contact
from ngomon.identity.terms import AccountKind

BATCH = 40


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
    """Open the officers' accounts and give them their posts; account ids by e-mail address."""
    accounts: dict[str, UUID] = {}
    for people in _batches(_rows(pack / "people.csv")):
        with unit():
            for row in people:
                contacts = [read_contact(text) for text in (row["email"], row["phone"]) if text]
                accounts[row["email"]] = identity.open_account(row["name"], contacts, actor=actor, at=at)
    for posts in _batches(_rows(pack / "posts.csv")):
        with unit():
            for row in posts:
                _give_post(accounts[row["email"]], row, actor=actor, at=at)
    return accounts


def _give_post(account: UUID, row: dict[str, str], *, actor: Actor, at: datetime) -> None:
    is_of_agency = row["role"].startswith("agency_")
    identity.take_post(
        account,
        row["role"],
        agency=row["agency"] if is_of_agency else "",
        is_main=row["primary"] == "yes",
        from_at=day_start(date.fromisoformat(row["valid_from"])),
        to_at=day_start(date.fromisoformat(row["valid_to"])) if row["valid_to"] else None,
        actor=actor,
        at=at,
    )


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
