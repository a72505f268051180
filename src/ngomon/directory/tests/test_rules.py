"""Working time, validity, routing by specificity, upgrades: decisions without a database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngomon.directory.rules import (
    WorkingCalendar,
    days_in_force,
    is_in_force,
    merge,
    rank_rules,
)
from ngomon.directory.terms import Area, DayDecision, RoutingRule

HUE = ZoneInfo("Asia/Ho_Chi_Minh")
OFFICE = ((450, 690), (810, 1020))
WEEK = (OFFICE,) * 5 + ((), ())
TET_2023 = {date(2023, 1, day) for day in range(20, 27)}
CALENDAR = WorkingCalendar(
    hours=WEEK,
    off_days=frozenset({*TET_2023, date(2026, 1, 1), date(2026, 1, 2), date(2026, 11, 24)}),
    working_days=frozenset({date(2026, 1, 10)}),
    timezone="Asia/Ho_Chi_Minh",
)
BOSTON = WorkingCalendar(
    hours=(((540, 1020),),) * 5 + ((), ()),
    off_days=frozenset({date(2026, 7, 3)}),
    working_days=frozenset(),
    timezone="America/New_York",
)
ROUND_THE_CLOCK = WorkingCalendar(
    hours=(((0, 1440),),) * 7,
    off_days=frozenset({date(2026, 5, 5)}),
    working_days=frozenset(),
    timezone="America/New_York",
)

instants = st.datetimes(datetime(2022, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 (Hypothesis adds the zone)
budgets = st.integers(0, 60 * 24 * 3600)
calendars = st.sampled_from([CALENDAR, BOSTON, ROUND_THE_CLOCK])


def hue(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=HUE)


@pytest.mark.parametrize(
    ("filed", "due"),
    [
        (hue(2022, 1, 17, 8, 39), date(2022, 1, 26)),
        (hue(2023, 1, 21, 10, 0), date(2023, 2, 6)),
    ],
)
def test_seven_working_days_fall_on_the_days_the_public_record_shows(filed, due):
    at = CALENDAR.add_working_days(filed, 7)
    assert at == datetime(due.year, due.month, due.day, 17, 0, tzinfo=HUE)


def test_a_day_off_in_exchange_and_its_working_saturday_are_known():
    assert not CALENDAR.is_working(hue(2026, 1, 2, 9, 0))
    assert CALENDAR.is_working(hue(2026, 1, 10, 9, 0))
    assert CALENDAR.add_working_days(hue(2025, 12, 31, 9, 0), 6) == hue(2026, 1, 10, 17, 0)
    assert not CALENDAR.is_working(hue(2026, 1, 10, 12, 0))
    assert not CALENDAR.is_working(hue(2026, 1, 17, 9, 0))


def test_working_time_runs_over_the_noon_break_and_the_weekend():
    friday = hue(2026, 11, 20, 16, 0)
    assert CALENDAR.add_working_time(friday, 3600) == hue(2026, 11, 20, 17, 0)
    assert CALENDAR.add_working_time(friday, 3600 + 5 * 3600) == hue(2026, 11, 23, 14, 30)
    assert CALENDAR.next_working_start(friday) == friday
    assert CALENDAR.next_working_start(hue(2026, 11, 20, 17, 0)) == hue(2026, 11, 23, 7, 30)


def test_a_week_without_hours_is_refused():
    with pytest.raises(ValueError):
        WorkingCalendar(((),) * 7, frozenset(), frozenset(), "UTC")


@given(calendars, instants, budgets)
def test_what_was_added_is_what_lies_between(calendar, at, seconds):
    due = calendar.add_working_time(at, seconds)
    assert due >= at
    assert calendar.working_seconds(at, due) == seconds


@given(calendars, instants, budgets, budgets)
def test_more_budget_is_never_due_earlier_and_budgets_add_up(calendar, at, one, two):
    first = calendar.add_working_time(at, one)
    both = calendar.add_working_time(at, one + two)
    assert both >= first
    again = calendar.add_working_time(first, two)
    assert calendar.working_seconds(first, both) == two
    assert calendar.working_seconds(again, both) == 0


@given(calendars, instants, instants, instants)
def test_working_time_is_additive_whatever_the_order(calendar, a, b, c):
    between = calendar.working_seconds
    assert between(a, c) == pytest.approx(between(a, b) + between(b, c), abs=1e-6)
    assert between(a, b) == -between(b, a)


@given(calendars, instants, instants, budgets)
def test_a_later_start_is_never_due_earlier(calendar, a, b, seconds):
    a, b = sorted((a, b))
    assert calendar.add_working_time(a, seconds) <= calendar.add_working_time(b, seconds)
    assert calendar.add_working_days(a, seconds % 40) <= calendar.add_working_days(b, seconds % 40)


@given(calendars, instants, st.integers(0, 60))
def test_the_nth_working_day_has_n_working_days_up_to_it_and_ends_with_its_hours(calendar, at, n):
    due = calendar.add_working_days(at, n)
    start, end = calendar.local_day(at), calendar.local_day(due - timedelta(microseconds=1))
    assert calendar.is_working_day(end)
    assert calendar.periods(end)[-1][1] == due
    if n:
        assert calendar.working_days_between(start, end) == n
    assert calendar.add_working_days(at, n + 2) > due


@given(calendars, instants)
def test_the_next_working_start_is_working_and_nothing_was_worked_before_it(calendar, at):
    start = calendar.next_working_start(at)
    assert calendar.is_working(start)
    assert calendar.working_seconds(at, start) == 0


@given(calendars, instants, budgets, st.integers(1, 20 * 24 * 3600))
def test_one_pause_moves_the_end_by_the_working_time_paused(calendar, at, seconds, pause):
    """Pausing for some working time and going on is the same as a budget longer by that time."""
    due = calendar.add_working_time(at, seconds)
    resumed = calendar.add_working_time(at, seconds + pause)
    assert calendar.working_seconds(due, resumed) == pause


def test_daylight_saving_does_not_shorten_an_office_day():
    spring, autumn = date(2026, 3, 9), date(2026, 11, 2)
    for day in (spring, autumn):
        (start, end), *_ = BOSTON.periods(day)
        assert (end - start) == timedelta(hours=8)
    (start, end), *_ = ROUND_THE_CLOCK.periods(date(2026, 3, 8))
    assert end - start == timedelta(hours=23)


dates = st.one_of(st.none(), st.dates(date(2020, 1, 1), date(2030, 1, 1)))


@given(dates, dates, st.dates(date(2019, 1, 1), date(2031, 1, 1)))
def test_validity_is_half_open(starts, ends, on):
    area = Area("a", "ward", {}, valid_from=starts, valid_to=ends)
    assert is_in_force(area, on) == ((starts or date.min) <= on < (ends or date.max))


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.dates(date(2019, 1, 1), date(2031, 1, 1)))
def test_at_a_succession_exactly_one_of_the_two_is_in_force(change, on):
    old, new = Area("a", "ward", {}, valid_to=change), Area("b", "ward", {}, valid_from=change)
    assert is_in_force(old, on) != is_in_force(new, on)


def test_staff_decide_above_the_pack_and_the_pack_above_the_seed():
    on = date(2026, 1, 2)
    seed, pack = DayDecision(on, "working", {}), DayDecision(on, "off", {}, origin="pack")
    staff = DayDecision(on, "working", {}, origin="staff")
    assert days_in_force([staff, pack, seed])[on] is staff
    assert days_in_force([pack, seed])[on] is pack


CATEGORIES = ("pothole", "street")
AREAS = ("101", "46")
rules_strategy = st.lists(
    st.builds(
        RoutingRule,
        id=st.integers(1, 9),
        category=st.sampled_from(["*", "street", "pothole", "lamp"]),
        area=st.sampled_from(["*", "", "46", "kind:ward", "kind:commune", "101", "102"]),
        agency=st.just("x"),
        why=st.just({}),
        valid_from=dates,
        valid_to=dates,
    ),
    max_size=12,
)


@given(rules_strategy, st.dates(date(2019, 1, 1), date(2031, 1, 1)))
def test_the_most_specific_rule_in_force_comes_first(rules, on):
    ranked = rank_rules(rules, CATEGORIES, AREAS, "ward", on)
    category = {"pothole": 0, "street": 1, "*": 2}
    area = {"101": 0, "kind:ward": 1, "46": 2, "*": 3, "": 3}
    expected = [r for r in rules if is_in_force(r, on) and r.category in category and r.area in area]
    expected.sort(key=lambda r: (category[r.category], area[r.area]))
    assert ranked == expected


@given(rules_strategy, st.dates(date(2019, 1, 1), date(2031, 1, 1)))
def test_without_a_place_only_rules_for_everywhere_speak(rules, on):
    assert all(r.area in {"*", ""} for r in rank_rules(rules, CATEGORIES, (), "", on))


values = st.fixed_dictionaries({"kind": st.sampled_from("ab"), "phone": st.sampled_from("abc")})


@given(values, st.one_of(st.none(), values), values)
def test_an_upgrade_follows_the_pack_except_where_staff_edited_what_is_not_managed(live, last, new):
    changes, kept = merge("agencies", live, last, new)
    after = {**live, **changes}
    assert after["kind"] == new["kind"]
    if last is not None and live["phone"] == last["phone"]:
        assert after["phone"] == new["phone"]
    elif live["phone"] != new["phone"]:
        assert after["phone"] == live["phone"]
        assert ("phone" in kept) == (last is None or last["phone"] != new["phone"])
    again, _ = merge("agencies", after, new, new)
    assert not set(again) - {"kind"}
