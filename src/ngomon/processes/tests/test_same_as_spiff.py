"""Our engine and SpiffWorkflow run the same definitions the same way: the shipped ones and random ones.

A definition is exported by our own `bpmn_out` and run in SpiffWorkflow (`in_spiff`), and published and run by the real
commands on the database. Hypothesis draws the schedule: which way out is taken, for which agency, and how time goes by.

Compared after every move: the steps that wait, the ways out that are open, the timers that run, and the end with its
outcome; a schedule that only lets time pass shows that timers end at the same moves. Not compared, because BPMN has no word
for it: who may act, fields, deadlines and the ladder, consultations, and the clock of the whole. What an action changes in the
data that conditions ask about (the agency's size, a promise, a project) is told to SpiffWorkflow by `Facts`, written here anew;
when a timer's working time is over, the calendar says to both.
"""

from __future__ import annotations

import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import ngomon
from ngomon.core.errors import CityError
from ngomon.core.ids import Ref, uuid7
from ngomon.core.units import unit
from ngomon.processes import commands, queries
from ngomon.processes.models import DefinitionVersion, Instance
from ngomon.processes.rules import deadlines
from ngomon.processes.rules.steps import actions_open
from ngomon.processes.terms import ActionDef, Budget

from .conftest import NOW, SYSTEM, calendar
from .in_spiff import City, InSpiff, spec_of
from .random_definitions import definitions, is_well_formed

pytestmark = pytest.mark.django_db(transaction=True)

SRC = Path(ngomon.__file__).parent
SHIPPED = sorted([*SRC.glob("services/*/processes/*.toml"), *SRC.glob("*/definitions/*.toml")])
SIZES = {"roads": "normal", "phu-bai": "small"}
BEFORE, THEN = -1, -2
HOURS = [0, 0, 0, 1, 9, 30, 24 * 30, BEFORE, THEN]
"""How time goes by: some hours, or until the minute before a timer of SpiffWorkflow's ends, or until it does."""
REFUSED = {"processes.error.no_extension_left", "processes.error.clock_stands", "processes.error.fields"}
"""Why our engine may refuse a way that is open: no extension is left, the clock stands, or there is nobody to name."""


def schedules(least: int, most: int) -> st.SearchStrategy[list[tuple[int, str, int]]]:
    """What is done: which of the open ways, by which agency, after how many hours."""
    move = st.tuples(st.integers(0, 11), st.sampled_from(sorted(SIZES)), st.sampled_from(HOURS))
    return st.lists(move, min_size=least, max_size=most)


values = st.sampled_from([{}, {"source": "app"}])
quick = settings(
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much,
    ],
)  # fmt: skip


class Facts:
    """The data that conditions ask about, as SpiffWorkflow's side is told it: nothing of the engine's is read."""

    def __init__(self, raw: dict[str, Any], values: dict[str, str]) -> None:
        self.steps = {table["key"]: table for table in raw["step"]}
        self.values = dict(values)
        self.promised: str = ""
        self.before: dict[str, str] = {}

    def action(self, step: str, key: str) -> dict[str, Any]:
        """The table of an action."""
        return next(a for a in self.steps[step]["action"] if a["key"] == key)

    def taken(self, action: dict[str, Any], agency: str, until: str) -> None:
        """What an action writes."""
        self.before = dict(self.values)
        if "agency" in action.get("requires", []):
            self.values["agency_size"] = SIZES[agency]
        if action.get("effect") == "commit":
            self.values["promise"], self.promised = "yes", until
        if action.get("effect") == "record":
            self.values["waits"] = "project"

    def entered(self, left: str, to: str) -> None:
        """What a step takes back when it is entered: a promise that is over, a project that is no longer waited for."""
        is_work = self.steps[to].get("holder") == "assignee"
        waited = self.steps[left].get("lapse", {}).get("on") == "commitment"
        if self.promised and (is_work or waited):
            self.values["promise"] = self.promised = ""
        if is_work:
            self.values["waits"] = ""


class Both:
    """One matter in both engines."""

    def __init__(self, city: Any, raw: dict[str, Any], values: dict[str, str]) -> None:
        self.people, self.raw, self.at = city, raw, NOW
        self.facts = Facts(raw, values)
        self.key = _published(raw)
        self.theirs = InSpiff.begun(raw, spec_of(raw), City(self._ends, NOW), values)
        self.ref = Ref("thing", str(uuid7()))
        with unit():
            commands.start(
                self.key, self.ref, budget=Budget.days(30), actor=SYSTEM, at=NOW, values=values
            )  # fmt: skip
        self.compare()

    def _ends(self, told: str, began: datetime) -> datetime:
        """When a boundary timer ends: a promised day at the offices' closing, working days and hours, or minutes."""
        if told == "commit_on":
            on = self.facts.promised or calendar().local_day(began).isoformat()
            return calendar().add_working_days(
                datetime.fromisoformat(f"{on}T05:00+00:00") - timedelta(days=1), 1
            )
        in_units = {"D": "days", "H": "hours", "M": "minutes"}[told[-1]]
        return deadlines.budget_end(began, Budget(in_units, float(told.strip("PTDHM"))), calendar())

    @property
    def instance(self) -> Instance:
        """Our row."""
        return Instance.objects.get(of_key=self.ref.key)

    def compare(self) -> None:
        """The same steps, ways out, timers and end."""
        ours = self.instance
        step = queries.step_of(ours)
        if ours.ended_at is not None:
            assert (self.theirs.ended_at(), self.theirs.waiting(), self.theirs.timers()) == (
                [step.key],
                [],
                [],
            )
            assert ours.outcome == self.facts.steps[step.key]["outcome"]
            return
        assert self.theirs.ended_at() == []
        assert self.theirs.waiting() == [task.step for task in queries.open_tasks(self.ref)]
        assert self.theirs.timers() == ([step.key] if step.lapse else [])
        by_hand = {a.key for a in step.actions if a.roles != ("system",)}
        opened = {a.key for a in actions_open(queries.situation(ours))} & by_hand
        assert {a for a in by_hand if self.theirs.may(a, self.facts.values)} == opened

    def act(self, choice: int, agency: str) -> None:
        """Take one of the ways that are open by hand, in both. What our engine refuses for other reasons moves neither."""
        ours = self.instance
        ways = [a for a in actions_open(queries.situation(ours)) if a.roles != ("system",)]
        if ours.ended_at is not None or not ways:
            return
        way, here = ways[choice % len(ways)], ours.step
        until = (self.at + timedelta(days=20)).date().isoformat()
        try:
            with unit():
                commands.act(
                    self.ref, way.key, actor=SYSTEM, at=self.at, fields=self._said(way, until),
                    agency=agency if "agency" in way.requires else None,
                )  # fmt: skip
        except CityError as error:
            if error.code not in REFUSED:
                raise
            return
        self.facts.taken(self.facts.action(here, way.key), agency, until)
        self.theirs.act(way.key, self.facts.before, self.facts.values, self.at)
        self.facts.entered(here, self.instance.step)
        self.compare()

    def _said(self, way: ActionDef, until: str) -> dict[str, Any]:
        known, ours = queries.definition(self.key).fields, self.instance
        said: dict[str, Any] = {}
        for name in way.requires:
            kind = known[name].kind if name in known else "text"
            said[name] = {"days": "2", "date": until}.get(
                kind, next(iter(getattr(known.get(name), "choices", ())), "x")
            )
        said.pop("agency", None)
        if "assignee" in way.requires:
            officers = [self.people.officer(ours.agency, n).account_id for n in (1, 2)] if ours.agency else []
            said["assignee"] = next((o for o in officers if o != ours.barred), "")
        return said

    def wait(self, hours: int) -> None:
        """Let time go by: at its end both do what has become due."""
        ends = self.theirs.timer_ends()
        if hours > 0:
            self.at += timedelta(hours=hours)
        elif ends is not None:
            self.at = max(self.at, ends - timedelta(minutes=1) if hours == BEFORE else ends)
        here = self.instance
        with unit():
            commands.wake(actor=SYSTEM, at=self.at)
        self.facts.before = dict(self.facts.values)
        self.theirs.pass_time(self.facts.before, self.facts.values, self.at)
        if self.instance.task != here.task:
            self.facts.entered(here.step, self.instance.step)
        self.compare()


def _published(raw: dict[str, Any]) -> str:
    """In force under a key of its own, as it stands: also those that no administrator could publish for want of an end."""
    key = f"{raw['key']}.{uuid7().hex[:12]}{uuid7().hex[-6:]}"
    text = orjson.dumps({**raw, "key": key}).decode()
    DefinitionVersion.objects.create(key=key, n=1, text=text, hash="", valid_from=NOW, published_by="test")
    queries.forget()
    return key


def _is_beyond_bpmn(raw: dict[str, Any]) -> bool:
    """Whether it goes in circles where nobody chooses: such definitions have no end, and SpiffWorkflow cannot hold them.

    Steps that pass over to each other (our engine rests after a round), or whose only way leads back to them.
    """
    skips = {t["key"]: {v["skip_to"] for v in t.get("variant", []) if v.get("skip_to")} for t in raw["step"]}
    only = {}
    for table in raw["step"]:
        ways = [a for a in table.get("action", []) if a["roles"] != ["system"]]
        goes_on = len(ways) == 1 and not ways[0].get("when") and not skips[ways[0]["to"]]
        only[table["key"]] = {ways[0]["to"]} if goes_on else set()
    return _has_circle(skips) or _has_circle(only)


def _has_circle(to: dict[str, set[str]]) -> bool:
    reached = to
    for _ in to:
        reached = {key: ways.union(*(reached[way] for way in ways)) for key, ways in reached.items()}
    return any(key in ways for key, ways in reached.items())


def run(city: Any, raw: dict[str, Any], values: dict[str, str], schedule: list[tuple[int, str, int]]) -> None:
    """A schedule in both engines."""
    both = Both(city, raw, values)
    for choice, agency, hours in schedule:
        if hours:
            both.wait(hours)
        both.act(choice, agency)


@pytest.mark.parametrize("path", SHIPPED, ids=[path.stem for path in SHIPPED])
def test_shipped_definitions_go_the_same_ways_in_spiffworkflow(city, path):
    raw = tomllib.loads(path.read_text(encoding="utf-8"))

    @given(schedules(8, 24), values)
    @settings(quick, max_examples=8)
    def as_one(schedule, given_values):
        run(city, raw, given_values, schedule)

    as_one()


@given(definitions(), schedules(3, 14), values)
@settings(quick, max_examples=30)
def test_random_definitions_go_the_same_ways_in_spiffworkflow(city, raw, schedule, given_values):
    assume(is_well_formed(raw) and not _is_beyond_bpmn(raw))
    run(city, raw, given_values, schedule)
