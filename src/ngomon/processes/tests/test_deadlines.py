"""Deadlines: the rows of the public record, and what must hold for every calendar, pause and extension."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ngomon.processes.queries import in_words
from ngomon.processes.rules import deadlines
from ngomon.processes.terms import Budget, Extension, Rung, StepBudget, Suspension

from .conftest import calendar, hue

TET_2023 = [date(2023, 1, d) for d in range(20, 27)]
PLAIN = calendar()
HOURS = 7.5 * 3600

RECORD = [
    ("2022-01-17 08:39", 7, [], "2022-01-26 17:00"),
    ("2023-01-21 10:00", 7, TET_2023, "2023-02-06 17:00"),
    ("2026-11-23 08:00", 7, [], "2026-12-02 17:00"),
    ("2026-11-28 23:59", 1, [], "2026-11-30 17:00"),
]


@pytest.mark.parametrize(("start", "days", "off", "due"), RECORD)
def test_seven_days_fall_as_in_the_public_record(start, days, off, due):
    assert deadlines.due_at(hue(start), Budget.days(days), (), calendar(off)) == hue(due)


def test_the_day_off_and_the_working_saturday_of_2026_count():
    days = calendar(off=[date(2026, 1, 1), date(2026, 1, 2)], working=[date(2026, 1, 10)])
    assert deadlines.due_at(hue("2025-12-31 09:00"), Budget.days(6), (), days) == hue("2026-01-10 17:00")


def test_the_explanation_reads_as_a_person_would_say_it(city):
    start = hue("2022-01-17 08:39")
    ledger = [Suspension(hue("2022-01-18 09:00"), hue("2022-01-19 10:30"), "waiting")]
    why = deadlines.explain(start, Budget.days(7), ledger, PLAIN)
    assert in_words(why, "vi") == (
        "7 ngày làm việc từ 08:39 thứ Hai 17/1/2022; nghỉ thứ Bảy, Chủ nhật; tạm dừng 9 giờ làm việc (chờ người phản ánh"
        " trả lời, từ 09:00 thứ Ba 18/1/2022 đến 10:30 thứ Tư 19/1/2022) → 09:00 thứ Sáu 28/1/2022"
    )
    assert in_words(why, "en") == (
        "7 working days from 08:39 on Monday 17/1/2022; without Saturday, Sunday; stood still for 9 hours of working time"
        " (waiting for the reporter, from 09:00 on Tuesday 18/1/2022 to 10:30 on Wednesday 19/1/2022)"
        " → 09:00 on Friday 28/1/2022"
    )


def test_holidays_and_extensions_are_named(city):
    why = deadlines.explain(
        hue("2023-01-18 08:00"), Budget.days(3), [Extension(hue("2023-01-27 08:00"), 2)], calendar(TET_2023)
    )
    said = in_words(why, "vi")
    assert "nghỉ lễ 20/1, 23/1, 24/1, 25/1, 26/1" in said
    assert "gia hạn thêm 2 ngày làm việc" in said
    paused = deadlines.explain(
        hue("2023-01-18 08:00"), Budget.hours(4), (), PLAIN, paused_from=hue("2023-01-18 09:00")
    )
    assert "đang tạm dừng từ 09:00" in in_words(paused, "vi")


def test_minutes_run_by_the_clock_on_the_wall():
    at = hue("2026-11-29 02:00")  # a Sunday night
    assert deadlines.due_at(at, Budget.minutes(15), (), PLAIN) == at + timedelta(minutes=15)
    rungs = deadlines.rungs_at(
        [Rung("reminder", "holder", 0.7), Rung("overdue", "ioc_lead")],
        at,
        at + timedelta(minutes=10),
        (),
        deadlines.clock_for(Budget.minutes(10), PLAIN),
    )
    assert [t for t, _ in rungs] == [at + timedelta(minutes=7), at + timedelta(minutes=10)]


def test_a_step_has_its_own_time_a_share_or_what_is_left():
    at, whole = hue("2026-11-23 08:00"), Budget.hours(10)
    due = deadlines.due_at(at, whole, (), PLAIN)
    own = deadlines.step_due(at, StepBudget(own=Budget.hours(2)), whole, due, PLAIN)
    share = deadlines.step_due(at, StepBudget(share=0.5), whole, due, PLAIN)
    rest = deadlines.step_due(at, StepBudget(is_rest=True), whole, due, PLAIN)
    late = deadlines.step_due(due + timedelta(days=3), StepBudget(is_rest=True), whole, due, PLAIN)
    assert own == hue("2026-11-23 10:00")
    assert share == hue("2026-11-23 15:00")
    assert rest == due
    assert late > due


# --- for every calendar, start and ledger ---------------------------------------------------------------------------

BASE = hue("2026-03-02 00:00")
minutes = st.integers(0, 60 * 24 * 60).map(lambda n: BASE + timedelta(minutes=n))
calendars = st.builds(
    calendar,
    off=st.frozensets(st.dates(date(2026, 3, 1), date(2026, 7, 1)), max_size=25),
    working=st.frozensets(st.sampled_from([date(2026, 3, 7), date(2026, 3, 15), date(2026, 4, 4)])),
)
budgets = st.one_of(
    st.integers(1, 20).map(Budget.days),
    st.integers(1, 60).map(Budget.hours),
)


@st.composite
def ledgers(draw, most=4):
    """Suspensions that do not overlap, and extensions, in order."""
    points = sorted(draw(st.lists(minutes, min_size=0, max_size=2 * most, unique=True)))
    entries = [Suspension(a, b, "waiting") for a, b in zip(points[::2], points[1::2], strict=False)]
    for at in draw(st.lists(minutes, max_size=2)):
        entries.append(Extension(at, draw(st.integers(1, 5))))
    return entries


def is_office_time(at, days) -> bool:
    return any(a <= at <= b for a, b in days.periods(days.local_day(at)))


@given(minutes, budgets, ledgers(), calendars)
@settings(max_examples=150, deadline=None)
def test_due_times_lie_in_working_time_and_every_pause_or_extension_moves_them_on(
    start, budget, ledger, days
):
    due = deadlines.due_at(start, budget, ledger, days)
    assert is_office_time(due, days)
    assert due > start
    for i in range(len(ledger)):
        fewer = ledger[:i] + ledger[i + 1 :]
        assert deadlines.due_at(start, budget, fewer, days) <= due


@given(minutes, budgets, minutes, st.integers(1, 4000), st.integers(1, 4000), calendars)
@settings(max_examples=150, deadline=None)
def test_two_pauses_that_touch_are_one(start, budget, from_at, first, second, days):
    middle, end = from_at + timedelta(minutes=first), from_at + timedelta(minutes=first + second)
    one = deadlines.due_at(start, budget, [Suspension(from_at, end)], days)
    two = deadlines.due_at(start, budget, [Suspension(from_at, middle), Suspension(middle, end)], days)
    if middle < deadlines.due_at(start, budget, [Suspension(from_at, middle)], days):
        assert one == two
    assert two <= one or from_at >= deadlines.due_at(start, budget, (), days)


@given(minutes, budgets, minutes, st.integers(1, 8000), calendars)
@settings(max_examples=150, deadline=None)
def test_a_pause_gives_back_just_the_working_time_it_took(start, budget, from_at, length, days):
    end = from_at + timedelta(minutes=length)
    plain = deadlines.due_at(start, budget, (), days)
    due = deadlines.due_at(start, budget, [Suspension(from_at, end)], days)
    lost = days.working_seconds(max(from_at, start), max(end, start)) if from_at < plain else 0
    assert days.working_seconds(plain, due) == pytest.approx(lost)


@given(minutes, budgets, ledgers(), calendars, st.randoms())
@settings(max_examples=100, deadline=None)
def test_the_order_in_which_the_ledger_is_read_does_not_matter(start, budget, ledger, days, random):
    shuffled = list(ledger)
    random.shuffle(shuffled)
    again = sorted(shuffled, key=lambda e: isinstance(e, Extension))
    at = [e.at if isinstance(e, Extension) else e.from_at for e in ledger]
    if len(set(at)) == len(at):
        assert deadlines.due_at(start, budget, again, days) == deadlines.due_at(start, budget, ledger, days)


@given(minutes, budgets, ledgers(), calendars)
@settings(max_examples=100, deadline=None)
def test_rungs_come_in_order_between_start_and_due_and_after(start, budget, ledger, days):
    ladder = [
        Rung("reminder", "holder", 0.7),
        Rung("overdue", "agency_head"),
        Rung("escalate", "city_office", after=Budget.hours(8)),
    ]
    due = deadlines.due_at(start, budget, ledger, days)
    times = [at for at, _ in deadlines.rungs_at(ladder, start, due, ledger, days)]
    assert times == sorted(times)
    assert start <= times[0] <= times[1] == due < times[2]
