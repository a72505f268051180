"""The simulation agrees with queues of a known formula, and more people, more time or fewer matters never make it worse."""

from __future__ import annotations

import math
from datetime import date, timedelta
from statistics import stdev

import pytest

from ngomon.processes.rules.deadlines import WallClock
from ngomon.processes.rules.outcomes import Difference, band, compare, difference, runs_of, simulate
from ngomon.processes.rules.reading import read
from ngomon.processes.rules.simulation import HOURS, Axis, History, Simulator, StepHistory, WhatIf, with_times
from ngomon.processes.terms import Budget

from .conftest import calendar, timed

MONDAY = date(2026, 11, 23)


def queue_of(agency_role: str = "ioc_operator") -> dict:
    """One step, one queue."""
    done = {
        "key": "done",
        "kind": "end",
        "name": {"vi": "x", "en": "x"},
        "status": "closed",
        "outcome": "done",
    }
    act = {"key": "go", "name": {"vi": "x", "en": "x"}, "to": "done", "tone": "primary"}
    serve = {"key": "serve", "name": {"vi": "x", "en": "x"}, "status": "open", "role": agency_role, "holder": "ioc",
             "budget": {"hours": 8}, "action": [act]}  # fmt: skip
    return {
        "key": "q",
        "group": "timed",
        "start": "serve",
        "name": {"vi": "q", "en": "q"},
        "step": [serve, done],
    }


def exponential(mean_s: float, n: int = 4000) -> tuple[float, ...]:
    """A sample of the exponential distribution by its quantiles."""
    return tuple(-mean_s * math.log(1 - (i + 0.5) / n) for i in range(n))


def erlang_c_wait(rate: float, mean: float, servers: int) -> float:
    """The mean waiting time of M/M/c. Source: A. K. Erlang, 1917."""
    load = rate * mean
    ratio = load / servers
    terms = sum(load**n / math.factorial(n) for n in range(servers))
    last = load**servers / math.factorial(servers) / (1 - ratio)
    return last / (terms + last) * mean / (servers * (1 - ratio))


@pytest.mark.parametrize(("servers", "load"), [(1, 0.5), (1, 0.8), (3, 0.7), (8, 0.85)])
def test_the_mean_wait_is_that_of_erlang(servers, load):
    mean_h = 0.5
    rate = load * servers / mean_h
    history = History(
        (rate,) * HOURS, 1.0, {"serve": StepHistory(exponential(mean_h * 3600), {"go": 1})},
        staff={("ioc_operator", ""): servers}, day_and_night=frozenset({"ioc_operator"}),
    )  # fmt: skip
    made = Simulator(read(queue_of())[0], history, calendar(), MONDAY, days=60, warm_up=10)
    found = [made.run(seed).pools["ioc_operator", ""] for seed in range(16)]
    waits = [each.waited_h for each in found]
    expected = erlang_c_wait(rate, mean_h, servers)
    mean = sum(waits) / len(waits)
    error = math.sqrt(sum((w - mean) ** 2 for w in waits) / (len(waits) - 1) / len(waits))
    assert abs(mean - expected) < max(4 * error, 0.03 * expected), (mean, expected, error)
    loads = [each.load_ratio for each in found]
    assert sum(loads) / len(loads) == pytest.approx(load, rel=0.03)


def test_the_axis_of_working_time_goes_there_and_back():
    office = calendar(off={date(2026, 11, 25)})
    axis = Axis(MONDAY, 14, office)
    nine = 9 * 3600.0
    assert axis.work(nine) == 1.5 * 3600
    assert axis.wall(1.5 * 3600) == nine
    assert axis.work(axis.wall(20 * 3600.0)) == 20 * 3600.0
    wednesday = 2 * 86400.0
    assert axis.work(wednesday) == axis.work(wednesday + 86400), "a day off costs nothing"
    assert Axis(MONDAY, 14, None).work(5.0) == 5.0
    assert WallClock(office).is_working(office.periods(MONDAY)[0][0])


def history(**more) -> History:
    arrivals = [0.0] * HOURS
    for day in range(5):
        for hour in range(8, 17):
            arrivals[day * 24 + hour] = 3.0
    chosen = {
        "verify": {"route": 8, "reject": 2}, "intake": {"accept": 1}, "assign": {"assign": 1}, "handle": {"answer": 9, "ask": 1},
        "approve": {"approve": 1}, "review": {"publish": 1}, "published": {"silence": 7, "rate": 3}, "rejected": {"silence": 1},
        "asked": {"reply": 1},
    }  # fmt: skip
    minutes = {"verify": 12, "intake": 10, "assign": 5, "handle": 60, "approve": 10, "review": 15}
    steps = {
        key: StepHistory(exponential(minutes[key] * 60, 200) if key in minutes else (86400.0,), of)
        for key, of in chosen.items()
    }
    given = {
        "steps": steps, "agencies": {"roads": 3, "phu-bai": 1}, "sizes": {"phu-bai": "small"},
        "staff": {("ioc_operator", ""): 1, ("ioc_editor", ""): 1, ("agency_officer", "roads"): 2},
        "budgets": {Budget.days(7): 1},
    }  # fmt: skip
    return History(tuple(arrivals), 1.0, **{**given, **more})


def outcome(what_if=None, runs=6, **more):
    made = Simulator(
        read(timed())[0], history(**more), calendar(), MONDAY, days=20, warm_up=10, what_if=what_if
    )
    return simulate(made, runs=runs)


def test_field_reports_run_through_and_the_bottleneck_is_named():
    found = outcome()
    assert 400 < found.arrived.mean < 550
    assert found.bottleneck.pool == ("agency_officer", "roads")
    assert found.pools[0].load_ratio.mean > 0.8
    assert set(found.assumed) == {"route", "extension", "redo", "appeal", "guide_appeal"}
    assert all(len(each.queue) == 20 for each in found.pools)


def test_the_same_seed_gives_the_same_and_bands_hold_the_mean():
    assert outcome(runs=2) == outcome(runs=2)
    for each in (outcome().arrived, outcome().median_h, band([1.0]), band([3.0, 1.0, 2.0])):
        assert each.low <= each.mean <= each.high


def test_more_people_shorten_the_queue_and_a_storm_lengthens_it():
    usual = outcome()
    more = outcome(WhatIf(staff={("agency_officer", "*"): 2}))
    storm = outcome(WhatIf(storm={2: 5.0}))
    pool = ("agency_officer", "roads")
    waits = {id(o): next(p for p in o.pools if p.pool == pool).waited_h.mean for o in (usual, more, storm)}
    assert waits[id(more)] < waits[id(usual)] < waits[id(storm)]
    assert more.overdue_ratio.mean <= usual.overdue_ratio.mean <= storm.overdue_ratio.mean
    assert next(p for p in more.pools if p.pool == pool).people == 4


def test_a_shorter_deadline_makes_more_late_and_a_longer_one_fewer():
    ratios = [outcome(WhatIf(budget=Budget.days(n))).overdue_ratio.mean for n in (1, 3, 7, 30)]
    assert ratios == sorted(ratios, reverse=True)
    assert ratios[0] > 0.5
    assert ratios[-1] < 0.05


def test_a_process_without_history_runs_on_what_its_budgets_say():
    made = Simulator(read(timed())[0], History((1.0,) * HOURS, 1.0), calendar(), MONDAY, days=10)
    found = simulate(made, runs=2)
    assert found.arrived.mean > 100
    assert "verify" in found.assumed


def test_nothing_arrives_where_nothing_came():
    made = Simulator(
        read(timed())[0], History((0.0,) * HOURS, 1.0), calendar(), MONDAY + timedelta(days=1), days=3
    )
    found = simulate(made, runs=2)
    assert (found.arrived.mean, found.overdue_ratio.mean, found.pools) == (0, 0, ())
    assert found.bottleneck is None


# --- what many runs say ------------------------------------------------------------------------------------------------


def test_a_change_is_told_from_chance_by_students_interval():
    quantiles = ((1, 6.314), (2, 2.920), (4, 2.132), (9, 1.833), (19, 1.729), (49, 1.677))
    for freedom, known in quantiles:  # Source: any table of Student's distribution at 0.95
        before, after = [0.0] * (freedom + 1), [float(n % 2) for n in range(freedom + 1)]
        found, n = difference(before, after), freedom + 1
        reach = known * stdev(after) / math.sqrt(n)
        assert found.high - found.mean == pytest.approx(reach, rel=0.01)
    assert difference([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]) == Difference(0.0, 0.0, 0.0)
    assert difference([1.0, 1.1, 0.9], [2.0, 2.1, 1.9]).is_noise is False
    assert difference([1.0, 1.1, 0.9], [1.1, 0.9, 1.0]).is_noise


def test_more_people_is_a_real_change_where_people_are_short_and_the_same_people_are_none():
    definition = read(queue_of())[0]
    assert definition is not None
    pool, served = ("ioc_operator", ""), {"serve": StepHistory(exponential(600.0))}
    history = History((5.4,) * HOURS, 1.0, served, staff={pool: 1}, day_and_night=frozenset({"ioc_operator"}))

    def runs(what_if: WhatIf | None) -> list:
        made = Simulator(definition, history, calendar(), MONDAY, days=4, warm_up=4, what_if=what_if)
        return runs_of(made, runs=6, seed=1)

    now = runs(None)
    more = compare(now, runs(WhatIf({pool: 1}))).pools[pool]
    assert (more.is_noise, more.mean < 0) == (False, True)
    assert compare(now, runs(WhatIf({pool: 0}))).pools[pool] == Difference(0.0, 0.0, 0.0)


def test_another_time_of_a_step_changes_what_is_late_and_nothing_else():
    definition = read(queue_of())[0]
    assert definition is not None
    history = History((0.2,) * HOURS, 1.0, staff={("ioc_operator", ""): 2})
    what_if = WhatIf(times={"serve": Budget.hours(0.5)})
    loose = Simulator(definition, history, calendar(), MONDAY, days=10)
    tight = Simulator(definition, history, calendar(), MONDAY, days=10, what_if=what_if)
    now, tried = runs_of(loose, runs=3, seed=1), runs_of(tight, runs=3, seed=1)
    assert [run.hours for run in now] == [run.hours for run in tried], "nobody works faster for it"
    assert [run.overdue for run in now] == [run.overdue for run in tried]
    assert all(a.late_at("serve") < b.late_at("serve") for a, b in zip(now, tried, strict=True))
    assert with_times(definition, {"serve": Budget.days(1)}).steps["serve"].budget.own == Budget.days(1)
