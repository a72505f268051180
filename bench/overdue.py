"""Many cases that all run out of time at one moment, arranged as badly as can be, for the bench of escalation and its faults.

Half of them lie with one agency; others with agencies whose head's post is empty, whose head is away with and without a
substitute or locked out, with an officer who left, with an agency that is merged before the moment comes, and with
nobody yet. Some have one due time to the microsecond; of others the one that came last is due first. All but the mould of
each kind are stamped (`bench.loading`). Run inside an installation: `python -m bench.overdue N`.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ngomon.settings")
    django.setup()

from django.db import connection

from bench.loading import Loader, Staff, make, samples
from bench.rows import Stamp, watched
from ngomon.cases.models import Case
from ngomon.core import clock
from ngomon.core.actors import Actor, system
from ngomon.core.models import Cursor
from ngomon.core.seal import CURSOR as SEAL
from ngomon.core.units import unit
from ngomon.core.worker import settle
from ngomon.directory import commands as offices
from ngomon.directory import queries as directory
from ngomon.identity import commands as people
from ngomon.identity.models import Holding
from ngomon.identity.queries import forget_grants
from ngomon.identity.terms import Contact, ContactKind
from ngomon.messages import commands as messages
from ngomon.processes import commands as processes
from ngomon.processes import queries
from ngomon.processes.commands import moving
from ngomon.processes.models import Instance
from ngomon.processes.rules import deadlines

LOADER = system("loader")
MARK = 123_457
"""The microsecond by which a stamp knows the moments that move with it."""
NEWEST_FIRST = timedelta(milliseconds=-1)
AWAY = timedelta(days=60)


@dataclass(frozen=True)
class Kind:
    """One kind of forgotten case: where it stands, with whom, its share in twenty, and how due times follow each other."""

    name: str
    stage: str
    share: int
    step: timedelta = timedelta()


KINDS = (
    Kind("nobody_yet", "received", 2),
    Kind("nobody_yet_newest_first", "received", 2, NEWEST_FIRST),
    Kind("half", "routed", 4),
    Kind("half_newest_first", "routed", 4, NEWEST_FIRST),
    Kind("given", "handled", 1),
    Kind("left", "handled", 1),
    Kind("headless", "routed", 2, NEWEST_FIRST),
    Kind("away", "routed", 1),
    Kind("stood_in", "routed", 1),
    Kind("locked", "routed", 1),
    Kind("merged", "routed", 1, NEWEST_FIRST),
)


class Desks:
    """The agencies and people of the adversarial city."""

    def __init__(self, staff: Staff, at: datetime) -> None:
        self.here, self.at = staff.agency, at
        wards = [a for a in directory.agencies(at.date(), "ward_committee") if a.size != "small"]
        others = iter(a.key for a in wards if a.key != self.here)
        self.agency = {name: next(others) for name in ("headless", "away", "stood_in", "locked", "merged")}
        held = {row.role: row.account_id for row in Holding.objects.order_by("-id")}
        self.officer, self.admin = held["agency_officer"], held["admin"]
        self.left = self._officer("left", "agency_officer", self.here)
        self.heads = {
            name: self._officer(name, "agency_head", self.agency[name])
            for name in ("away", "stood_in", "locked")
        }
        self.substitute = self._officer("substitute", "", "")

    def _officer(self, name: str, role: str, agency: str) -> UUID:
        contact = Contact(ContactKind.EMAIL, f"{name}@demo.invalid")
        with unit():
            account = people.open_account(name, [contact], actor=LOADER, at=self.at)
            if role:
                since = self.at - timedelta(days=300)
                people.take_post(account, role, agency=agency, from_at=since, actor=LOADER, at=self.at)
        return account

    def agency_of(self, kind: Kind) -> str:
        """Who has a case of this kind."""
        return self.agency.get(kind.name, self.here)

    def officer_of(self, kind: Kind) -> UUID:
        """Who handles it, where somebody does."""
        return self.left if kind.name == "left" else self.officer

    def leave(self, at: datetime) -> None:
        """People go and an agency ends, after their cases came in and before anybody looked at them."""
        with unit():
            post = Holding.objects.get(account_id=self.left)
            people.leave_post(post.pk, actor=LOADER, at=at)
            people.lock_account(self.left, "other", actor=LOADER, at=at)
            people.lock_account(self.heads["locked"], "other", actor=LOADER, at=at)
            for name, instead in (("away", None), ("stood_in", self.substitute)):
                people.set_absence(
                    self.heads[name], from_at=at - AWAY, to_at=at + AWAY, substitute_id=instead, actor=LOADER, at=at
                )  # fmt: skip
        with unit():
            offices.close_agency(self.agency["merged"], self.here, at.date(), actor=LOADER, at=at)
        with unit():
            offices.settle_successions(at.date(), actor=LOADER, at=at)
        forget_grants()


def close_of_day(at: datetime) -> datetime:
    """The end of a working day, half an hour away at least: every kind of budget can end then."""
    calendar = directory.working_calendar()
    end = moving.end_of_day(calendar.local_day(at + timedelta(minutes=30)), calendar)
    return (
        end
        if end > at + timedelta(minutes=30)
        else moving.end_of_day(calendar.local_day(at) + timedelta(days=1), calendar)
    )


def opened_for(instance: Instance, due: datetime) -> datetime:
    """When a case like this one must have come so that its step is due then; the latest such second."""
    calendar, step = directory.working_calendar(), queries.step_of(instance)

    def ends(at: datetime) -> datetime:
        instance.started_at = at
        instance.due_at = deadlines.due_at(at, queries.budget_of(instance), (), calendar)
        found = moving.task_due(instance, step, at)
        assert found is not None
        return found

    early, late = due - timedelta(days=120), due
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) // 2
        early, late = (middle, late) if ends(middle) <= due else (early, middle)
    found = early.replace(microsecond=0)
    assert abs(ends(found) - due) < timedelta(seconds=2), (found, ends(found), due)
    return found - timedelta(seconds=1) + timedelta(microseconds=MARK)


class _As(Staff):
    """The staff as they are, but for one agency and one officer."""

    def __init__(self, staff: Staff, agency: str, officer: UUID) -> None:
        self._actors, self.agency, self.officer = staff._actors, agency, officer


def _instance(number: str) -> Instance:
    case = Case.objects.get(number=number)
    return Instance.objects.get(of_kind="case", of_key=str(case.pk), ended_at__isnull=True)


def load(n: int) -> dict[str, Any]:
    """So many cases, due at the moment that is answered, their reminders told; people are gone and an agency is merged."""
    now = clock.now()
    due = close_of_day(now)
    staff = Staff(now)
    desks = Desks(staff, now)
    sample, made = samples(1, now)[0], []
    for kind in KINDS:
        as_kind = _As(staff, desks.agency_of(kind), desks.officer_of(kind))
        like = replace(sample, stage=kind.stage)
        probe = _instance(make(replace(like, at=due + timedelta(days=1)), as_kind))
        one = replace(like, at=opened_for(probe, due))
        with watched() as written:
            number = make(one, as_kind)
            with unit():
                processes.wake(actor=LOADER, at=due - timedelta(seconds=100 + n // 500))
        made.append((kind, one, Stamp(written, number, at=one.at)))
    settle()
    sealed = Cursor.objects.values_list("position", flat=True).get(name=SEAL)
    for kind, one, mould in made:
        Loader([(one, mould)], step=kind.step).load(n * kind.share // 20 - 1)
    # The loader moves all readers to the end; the tree can pass over nothing.
    Cursor.objects.filter(name=SEAL).update(position=sealed)
    desks.leave(clock.now())
    settle()
    if n > LETTERS:
        _quiet(desks)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return _told(desks, due)


LETTERS = 10_000
"""Beyond so many cases those who have thousands of them look into their inbox, and no letter goes out for each."""


def _quiet(desks: Desks) -> None:
    midnight = datetime.min.time()
    for account in {*Holding.objects.values_list("account_id", flat=True), desks.substitute}:
        reader = Actor(kind="account", id=str(account), account_id=account)
        with unit():
            messages.set_preference(
                mail=False, sms=False, quiet_from=midnight, quiet_to=midnight, actor=reader, at=clock.now()
            )


def _told(desks: Desks, due: datetime) -> dict[str, Any]:
    """When they are due, and who has to hear: by agency and step the escalation's role and agency."""
    above = {f"{desks.here}:{step}": ["agency_head", desks.here] for step in ("intake", "handle")}
    above[":verify"] = ["ioc_lead", ""]
    for name in ("headless", "away", "locked"):
        above[f"{desks.agency[name]}:intake"] = ["city_office", ""]
    above[f"{desks.agency['stood_in']}:intake"] = ["agency_head", desks.agency["stood_in"]]
    return {
        "due": due.isoformat(),
        "above": above,
        "stood_in": [desks.agency["stood_in"], str(desks.substitute)],
        "left": str(desks.left),
        "cases": Case.objects.count(),
    }


def main() -> None:
    """Load as many as named; who has to hear, and how long it took."""
    began = time.monotonic()
    told = load(int(sys.argv[1]))
    sys.stdout.write(json.dumps({**told, "took_s": round(time.monotonic() - began, 1)}) + "\n")


if __name__ == "__main__":
    main()
