"""What the checks find is what the engine does: no way of the engine leaves the markings that were walked, what is sound can
always be brought to an end, and what is not can be followed to where nobody can do anything."""

from __future__ import annotations

import random
import tomllib
from datetime import timedelta

import orjson
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ngomon.core.errors import CityError
from ngomon.core.ids import Ref, uuid7
from ngomon.core.units import unit
from ngomon.processes import commands, queries, rows
from ngomon.processes.checking import faults_of
from ngomon.processes.models import DefinitionVersion, Instance
from ngomon.processes.rules import soundness, steps
from ngomon.processes.rules.reading import read
from ngomon.processes.rules.soundness import Marking
from ngomon.processes.terms import Budget, Definition, Move
from ngomon.processes.wording import fault_lines

from .conftest import LEAD, NOW, OPERATOR, REPORTER, SYSTEM, TIMED, City, person, timed
from .random_definitions import definitions, is_well_formed
from .test_definitions import action, step

pytestmark = pytest.mark.django_db(transaction=True)

AGENCY = {"normal": "roads", "small": "phu-bai"}
UNIT_SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much]


class Walk:
    """One process of a definition that need not be sound, moved on the real engine by the moves of a walk."""

    def __init__(self, city: City, raw: dict, values: dict[str, str]) -> None:
        DefinitionVersion.objects.filter(key=raw["key"]).delete()
        Instance.objects.update(wake_at=None)
        DefinitionVersion.objects.create(
            key=raw["key"],
            n=1,
            text=orjson.dumps(raw).decode(),
            hash="x",
            valid_from=NOW,
            published_by="test",
        )
        queries.forget()
        self.city, self.at, self.values = city, NOW, values
        self.ref = Ref("thing", str(uuid7()), "PA-1")
        self.known = queries.definition(raw["key"])
        with unit():
            commands.start(raw["key"], self.ref, budget=Budget.days(5), actor=REPORTER, at=NOW, values=values)

    @property
    def instance(self) -> Instance:
        found = rows.latest(self.ref)
        assert found is not None
        return found

    def marking(self, fixed: tuple[tuple[str, str], ...]) -> Marking:
        """Where the engine's row stands, as a marking."""
        row = self.instance
        data = orjson.loads(row.values)
        given = queries.LedgerEntry.objects.filter(
            instance_id=row.pk, kind="extension", from_at__gte=row.started_at
        ).count()
        return Marking(
            row.step, bool(row.agency), data.get("agency_size", ""), data.get("promise") == "yes",
            data.get("waits") == "project", given, min(row.consulting, soundness.MOST_OPINIONS), fixed,
        )  # fmt: skip

    def actors(self) -> list:
        row = self.instance
        here = [person("agency_clerk", row.agency), self.city.head(row.agency), self.city.officer(row.agency)]
        return [OPERATOR, LEAD, person("ioc_editor"), *(here if row.agency else [])]

    def take(self, name: str, size: str = "") -> None:
        """An action by whoever may; for an unsound one nobody may. Raises: CityError."""
        self.at += timedelta(minutes=7)
        row, chosen = self.instance, self.known.steps[self.instance.step].action(name)
        assert chosen is not None
        day = (self.at + timedelta(days=9)).date().isoformat()
        given = {"until": day, "days": "1", "project": "Đường mới"}
        wants = "agency" in chosen.requires or size
        same = row.agency or "roads"
        chosen_agency = AGENCY[size] if size else same if "agency" in chosen.requires else None
        here = queries.situation(row)
        is_reporter = "reporter" in chosen.roles
        actor = (
            REPORTER
            if is_reporter
            else next((a for a in self.actors() if steps.may_act(a, chosen, here)), OPERATOR)
        )
        with unit():
            commands.act(
                self.ref, name, actor=actor, at=self.at, is_reporter=is_reporter,
                fields={k: v for k, v in given.items() if k in chosen.requires},
                agency=chosen_agency if wants else None,
            )  # fmt: skip

    def follow(self, move: Move) -> None:
        """Do what a move says. Raises: CityError."""
        if move.kind == "act":
            self.take(move.action, move.agency_size)
        elif move.kind == "lapse":
            self.wait(5)
        else:
            self.at += timedelta(minutes=7)
            with unit():
                if move.kind == "ask":
                    commands.consult(
                        self.ref, self._not_asked(), due=Budget.days(1), actor=SYSTEM, at=self.at
                    )
                else:
                    commands.answer_consultation(
                        self.ref, agency=self._asked()[0], opinion="agrees", actor=SYSTEM, at=self.at
                    )

    def wait(self, days: int) -> None:
        """Let days go by, with the engine's timer."""
        self.at += timedelta(days=days)
        with unit():
            commands.wake(actor=SYSTEM, at=self.at)

    def _asked(self) -> list[str]:
        return [c.agency for c in queries.consultations(self.ref) if c.answered_at is None and not c.opinion]

    def _not_asked(self) -> list[str]:
        return [a for a in ("water", "empty", "roads") if a not in {*self._asked(), self.instance.agency}][:1]


def fixed_of(definition: Definition, values: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """The markings' fixed values for what the owner passed."""
    named = [dict(m.fixed) for m in soundness.starts(definition)]
    return next(tuple(sorted(f.items())) for f in named if all(values.get(k, "") == v for k, v in f.items()))


@given(definitions(), st.sampled_from([{}, {"source": "app"}]), st.integers(0, 2**32))
@settings(max_examples=40, deadline=None, suppress_health_check=UNIT_SLOW)
def test_the_engine_never_leaves_the_markings_that_were_walked_and_sound_means_it_can_end(
    city, raw, values, seed
):
    assume(is_well_formed(raw))
    definition = read(raw)[0]
    space = soundness.explore(definition)
    assert space.is_whole
    known = {marking: n for n, marking in enumerate(space.markings)}
    fixed = fixed_of(definition, values)
    walk, chance = Walk(city, raw, values), random.Random(seed)
    for _ in range(12):
        here = walk.marking(fixed)
        assert here in known, here
        out = [move for _, move in space.ways[known[here]]]
        if not out:
            break
        walk.follow(chance.choice(out))
        assert walk.marking(fixed) in {space.markings[to] for to, _ in space.ways[known[here]]}, here
    if not any(not fault.is_advice for fault in soundness.faults(definition)):
        _bring_to_an_end(walk, space, known, fixed, definition)


def _bring_to_an_end(walk, space, known, fixed, definition):
    """From wherever it stands, the engine goes to an end without the reporter."""
    ends = [n for n, m in enumerate(space.markings) if soundness.is_over(definition, m)]
    distance = dict.fromkeys(ends, 0)
    while True:
        more = {
            n: 1 + min(distance[to] for to, move in out if to in distance)
            for n, out in enumerate(space.ways)
            if n not in distance and any(to in distance for to, _ in out)
        }
        if not more:
            break
        distance.update(more)
    for _ in range(len(space.markings) + 1):
        here = known[walk.marking(fixed)]
        if distance[here] == 0:
            break
        walk.follow(
            min(((distance[to], n, move) for n, (to, move) in enumerate(space.ways[here]) if to in distance))[
                2
            ]
        )
    assert walk.instance.ended_at is not None


@given(definitions())
@settings(max_examples=40, deadline=None, suppress_health_check=UNIT_SLOW)
def test_a_counter_example_can_be_followed_to_where_the_engine_is_stuck(city, raw):
    assume(is_well_formed(raw))
    definition = read(raw)[0]
    faults = [
        f
        for f in soundness.faults(definition)
        if not f.is_advice and f.key.endswith(("stuck", "no_end_from"))
    ]
    assume(faults)
    fault = faults[0]
    space = soundness.explore(definition)
    well = soundness.reaching(
        space, [n for n, m in enumerate(space.markings) if soundness.is_over(definition, m)]
    )
    # Walks that begin with other values may make the same moves: the marking is the one that has no way to an end.
    stuck = [n for n, m in enumerate(space.markings) if n not in well and m.step == fault.values["step"]]
    n = next(n for n in stuck if space.path(n) == fault.path)
    first = n
    while (came := space.found_by[first]) is not None:
        first = came[0]
    fixed = space.markings[first].fixed
    walk = Walk(city, raw, {k: v for k, v in fixed if v and v != soundness.OTHER})
    for move in fault.path:
        walk.follow(move)
    assert walk.instance.step == space.markings[n].step
    chance = random.Random(1)
    for _ in range(15):
        open_ = list(definition.steps[walk.instance.step].actions)
        chance.shuffle(open_)
        for each in open_:
            try:
                walk.take(each.key)
                break
            except CityError:
                continue
        walk.wait(5)
        assert walk.instance.ended_at is None
        if fault.key.endswith("stuck"):
            assert walk.instance.step == space.markings[n].step


# --- single findings, as an author reads them ---------------------------------------------------------------------------


def _lines(raw: dict, language: str) -> list[str]:
    return fault_lines([f for f in faults_of(raw) if not f.is_advice], language, read(raw)[0])


def test_an_agency_that_was_never_named_leaves_the_step_without_anybody():
    raw = timed()
    action(raw, "verify", "accept")["to"] = "intake"
    assert _lines(raw, "vi")[0] == (
        "Cơ quan tiếp nhận: Có thể kẹt ở bước “Cơ quan tiếp nhận”: không ai làm gì được nữa. Đường đi: "
        "Tiếp nhận, xác minh – Xác minh, chờ phân phối → dừng ở “Cơ quan tiếp nhận”"
    )
    assert (
        "nobody can do anything. The way there: Receive and verify – Verify, route later"
        in _lines(raw, "en")[0]
    )


def test_a_task_that_only_the_reporter_can_do_may_never_end():
    raw = timed()
    published = step(raw, "published")
    published.update(kind="task", budget={"days": 3}, clock="runs")
    published.pop("lapse")
    next(a for a in published["action"] if a["key"] == "silence")["roles"] = ["reporter"]
    assert "never answers, it can never end" in _lines(raw, "en")[0]


def test_a_loop_without_a_way_out_is_found_behind_a_condition():
    raw = timed()
    recorded = step(raw, "recorded")
    recorded["action"] = [a for a in recorded["action"] if a["key"] == "review"]
    handle = {**action(raw, "redo", "assign"), "key": "on", "when": {"promise": ["yes"]}}
    recorded["action"].append({k: v for k, v in handle.items() if k != "requires"})
    assert "processes.fault.no_end_from" in {f.key for f in faults_of(raw)}


def test_what_never_happens_is_advice_and_may_be_published(city):
    raw = timed()
    step(raw, "extension")["variant"] = [
        {"when": {"agency_size": ["", "normal", "small"]}, "skip_to": "handle"}
    ]
    found = faults_of(raw)
    assert {f.key for f in found if f.is_advice} == {"processes.fault.never_reached"}
    with unit():
        assert commands.publish(raw, actor=SYSTEM, at=NOW) == 1


def test_too_many_markings_are_said_not_guessed():
    definition = read(timed())[0]
    assert [f.key for f in soundness.faults(definition, most=50)] == ["processes.fault.too_many_markings"]


def test_the_instant_process_is_walked_through_the_answers_of_those_who_are_called():
    raw = tomllib.loads((TIMED.parent / "instant.toml").read_text(encoding="utf-8"))
    definition = read(raw)[0]
    assert faults_of(raw) == []
    assert {m.step for m in soundness.explore(definition).markings} == set(definition.steps)
