"""How people on call are called, and when the desk is closed for what is not urgent: data of a day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from ngomon.directory.oncall import (
    FALLBACK,
    CallLine,
    CallWay,
    ReceptionHours,
    plan_of,
    reception_hours,
    taken_up_at,
)

HUE = ZoneInfo("Asia/Ho_Chi_Minh")
NIGHT = ReceptionHours(date.min, time(0), time(7, 30))
WAYS = [CallWay.INBOX, CallWay.SMS, CallWay.VOICE, CallWay.MAIL]
lines = st.lists(
    st.builds(
        CallLine,
        st.sampled_from(["*", "fire_police", "other"]),
        st.sampled_from(list(CallWay)),
        st.floats(0.1, 60),
    )
)


def test_an_agency_with_ways_of_its_own_has_only_those_and_its_waits_beside_everybodys() -> None:
    own = [CallLine("fire_police", "voice", 0), CallLine("fire_police", "next", 2)]
    plan = plan_of("fire_police", [*FALLBACK, *own])
    assert (plan.ways, plan.next_m, plan.again_m) == ((("voice", 0),), 2, 10)
    assert [way for way, _ in plan_of("hepco", [*FALLBACK, *own]).ways] == ["inbox", "sms", "voice"]


@given(lines)
def test_every_plan_calls_by_some_way_in_order_and_goes_on_some_time(rows: list[CallLine]) -> None:
    plan = plan_of("fire_police", rows)
    assert plan.ways
    assert {way for way, _ in plan.ways} <= set(WAYS)
    assert [after for _, after in plan.ways] == sorted(after for _, after in plan.ways)
    assert plan.next_m > 0
    assert plan.again_m > 0


@given(st.integers(1_577_836_800, 1_900_000_000).map(lambda s: datetime.fromtimestamp(s, UTC)))
def test_at_night_it_is_taken_up_when_the_desk_opens_and_never_earlier_or_a_day_later(at: datetime) -> None:
    opens = taken_up_at(at, [NIGHT], HUE)
    is_night = at.astimezone(HUE).time() < time(7, 30)
    assert (opens is not None) == is_night
    if opens is not None:
        assert timedelta(0) < opens - at <= timedelta(hours=7.5)
        assert opens.astimezone(HUE).time() == time(7, 30)


def test_hours_change_from_a_day_on_also_past_midnight_and_what_cannot_be_read_is_left_out() -> None:
    said = [
        {"valid_from": date(2027, 1, 1), "night_from": "23:00", "night_to": "06:30"},
        {"valid_from": "soon", "night_from": "23:00", "night_to": "06:30"},
        {"night_from": "23:00"},
    ]
    hours = reception_hours(said, NIGHT)
    assert len(hours) == 2
    late = datetime(2027, 1, 5, 23, 30, tzinfo=HUE)
    assert taken_up_at(late, hours, HUE) == datetime(2027, 1, 6, 6, 30, tzinfo=HUE)
    assert taken_up_at(late - timedelta(days=30), hours, HUE) is None
    assert reception_hours("nonsense", NIGHT) == (NIGHT,)
    open_ = ReceptionHours(date.min, time(0), time(0))
    assert taken_up_at(late, [open_], HUE) is None
