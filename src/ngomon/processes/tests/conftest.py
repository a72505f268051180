"""A small city for the tests of processes: five agencies, working hours as in Huế, and people who hold posts."""

from __future__ import annotations

import tomllib
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from ngomon.core.actors import Actor, Grant, system
from ngomon.core.ids import Ref, uuid7
from ngomon.core.units import unit
from ngomon.directory import queries as directory
from ngomon.directory.rules import WorkingCalendar
from ngomon.directory.terms import Agency
from ngomon.identity import queries as identity
from ngomon.identity.terms import Holder
from ngomon.processes import commands, queries
from ngomon.processes.terms import Budget

HUE = ZoneInfo("Asia/Ho_Chi_Minh")
SYSTEM = system("test")
OFFICE = ((450, 690), (810, 1020))  # 07:30-11:30, 13:30-17:00
WEEK = (OFFICE,) * 5 + ((), ())
TIMED = Path(__file__).parents[2] / "services/field_reports/processes/timed.toml"


def hue(text: str) -> datetime:
    """An instant by the clock on the wall in Huế."""
    return datetime.fromisoformat(text).replace(tzinfo=HUE).astimezone(UTC)


NOW = hue("2026-11-23 08:00")  # a Monday


def calendar(off=(), working=()) -> WorkingCalendar:
    return WorkingCalendar(WEEK, frozenset(off), frozenset(working), "Asia/Ho_Chi_Minh")


def account(n: int) -> UUID:
    return UUID(int=n)


def person(role: str, agency: str | None = None, n: int = 0) -> Actor:
    """Somebody who holds one post; the same role, agency and number are the same person."""
    key = account(hash((role, agency, n)) & 0xFFFF_FFFF_FFFF)
    return Actor("account", str(key), key, key, frozenset({Grant(role, agency)}), tier=1)


OPERATOR, EDITOR, LEAD = person("ioc_operator"), person("ioc_editor"), person("ioc_lead")
ADMIN, REPORTER = person("admin"), Actor("account", "reporter", account(7), account(7))


class City:
    """What the tests may change: agencies, the calendar, and who holds which post."""

    def __init__(self) -> None:
        self.calendar = calendar()
        self.agencies: dict[str, Agency] = {}
        self.posts: list[Actor] = [OPERATOR, EDITOR, LEAD, person("city_office")]
        for key, size in (
            ("roads", "normal"),
            ("water", "normal"),
            ("phu-bai", "small"),
            ("empty", "normal"),
        ):
            self.agencies[key] = Agency(key, {"vi": key, "en": key}, {}, "department", size=size)
        for agency in ("roads", "water", "phu-bai"):
            self.posts += [
                self.clerk(agency),
                self.head(agency),
                self.officer(agency),
                self.officer(agency, 2),
            ]

    def clerk(self, agency: str = "roads") -> Actor:
        return person("agency_clerk", agency)

    def head(self, agency: str = "roads") -> Actor:
        return person("agency_head", agency)

    def officer(self, agency: str = "roads", n: int = 1) -> Actor:
        return person("agency_officer", agency, n)

    def holders(self, role, agency, area, at) -> list[Holder]:
        found = []
        for actor in self.posts:
            for grant in actor.grants:
                if (role is None or grant.role == role) and (agency is None or grant.agency == agency):
                    found.append(Holder(actor.account_id, "", grant.role, grant.agency))
        return found

    def snapshot(self) -> SimpleNamespace:
        return SimpleNamespace(calendar=self.calendar, agencies=self.agencies, edition=0)


@pytest.fixture
def city(monkeypatch):
    made = City()
    monkeypatch.setattr(directory, "current", made.snapshot)
    monkeypatch.setattr(identity, "holders", made.holders)
    queries.forget()
    yield made
    queries.forget()


def timed() -> dict:
    """The tables of the field reports' definition, to be changed at will."""
    return deepcopy(tomllib.loads(TIMED.read_text(encoding="utf-8")))


@pytest.fixture
def published(city):
    with unit():
        commands.publish(timed(), actor=SYSTEM, at=NOW)
    return city


class Matter:
    """A thing with a process, moved by short sentences; the clock is the test's."""

    def __init__(self, city: City, *, days: int = 7, at: datetime = NOW, agency: str = "roads") -> None:
        self.city, self.at = city, at
        self.ref = Ref("thing", str(uuid7()), "PA-2611-0001")
        self.agency = agency
        with unit():
            self.moved = commands.start(
                "field_reports.timed",
                self.ref,
                budget=Budget.days(days),
                agency=agency,
                actor=REPORTER,
                at=at,
            )

    def act(self, action: str, actor: Actor = SYSTEM, *, after: timedelta = timedelta(), **more):
        self.at += after
        with unit():
            self.moved = commands.act(self.ref, action, actor=actor, at=self.at, **more)
        return self.moved

    def wake(self, at: datetime | None = None) -> int:
        self.at = at or self.at
        with unit():
            return commands.wake(actor=SYSTEM, at=self.at)

    def to_officer(self, n: int = 1):
        """Verified, routed, accepted, assigned."""
        self.act("route", OPERATOR, agency=self.agency)
        if self.moved.step == "intake":
            self.act("accept", self.city.clerk(self.agency))
            self.act(
                "assign", self.city.head(self.agency), assignee=self.city.officer(self.agency, n).account_id
            )
        return self.moved

    def answer(self, n: int = 1):
        return self.act(
            "answer", self.city.officer(self.agency, n), fields={"answer": "Đã thay bóng đèn mới."}
        )

    def to_published(self):
        self.to_officer()
        self.answer()
        if self.moved.step == "approve":
            self.act("approve", self.city.head(self.agency))
        return self.act("publish", EDITOR)


@pytest.fixture
def matter(published):
    return Matter(published)
