"""Where a room may go, what fires a rule, what an exercise may reach: tables and properties."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngomon.incidents import rules
from ngomon.incidents.terms import STEPS, Channel, Phase, Station, Trigger

PACKS = Path(__file__).parents[4] / "packs"
KIM_LONG = Station("kim_long", {"vi": "Kim Long"}, {"vi": "sông Hương"}, 107.562, 16.456, (1.0, 2.0, 3.5))
AT = datetime(2026, 11, 24, 7, tzinfo=UTC)


@pytest.mark.parametrize("channel", [*Channel, "horn", "tv", ""])
def test_an_exercise_reaches_no_siren_and_nothing_that_the_rule_does_not_know(channel):
    assert not rules.may_reach(channel, is_exercise=True)


@given(st.text(), st.booleans())
def test_only_the_ways_to_its_own_officers_are_open_to_an_exercise(channel, is_exercise):
    assert rules.may_reach(channel, is_exercise=is_exercise) == (
        not is_exercise or channel in {"inbox", "smtp", "sms", "tray"}
    )


@given(st.text(max_size=40))
def test_an_exercise_says_so_once_however_often_it_is_asked(words):
    once = rules.prefix(words, is_exercise=True)
    assert once.startswith("[DIỄN TẬP] ")
    assert rules.prefix(once, is_exercise=True) == once
    assert rules.prefix(words, is_exercise=False) == words


@given(st.lists(st.sampled_from([*Phase]), max_size=30))
def test_whatever_is_tried_an_ended_room_never_works_again(tried):
    phase, was_ended = Phase.PROPOSED, False
    for asked in tried:
        if rules.may_go(phase, asked):
            phase = asked
        was_ended = was_ended or phase in {Phase.ENDED, Phase.CLOSED, Phase.DISMISSED}
        if was_ended:
            assert phase in {Phase.ENDED, Phase.CLOSED, Phase.DISMISSED}


@pytest.mark.parametrize("phase", [p for p in STEPS if p != Phase.CLOSED])
def test_every_phase_has_a_way_to_the_end(phase):
    assert phase == Phase.ENDED or rules.may_go(phase, Phase.ENDED)


@given(st.lists(st.floats(-1, 8), min_size=2, max_size=20))
def test_a_rule_on_water_fires_once_for_each_rise_through_its_alarm(levels):
    trigger = Trigger("r", "level", "flood", {"vi": "lũ"}, alarm=3)
    fired, is_above = 0, False
    for was, now in zip([None, *levels], levels, strict=False):
        rises = now >= 3.5 and not is_above
        assert rules.fires_on_level(trigger, KIM_LONG, was, now) == rises
        fired += rises
        is_above = now >= 3.5


@pytest.mark.parametrize(
    ("level", "said"), [(0.5, (0, -0.5)), (1.0, (1, 0.0)), (2.56, (2, 0.56)), (4.19, (3, 0.69))]
)
def test_a_level_is_told_with_its_distance_from_the_alarm(level, said):
    assert rules.offset(level, KIM_LONG) == said


def test_rules_of_a_pack_that_make_no_sense_are_left_out():
    body = {
        "rule": [
            {"key": "a", "on": "cases", "name": {"vi": "x"}, "categories": ["fire"], "n": 3},
            {"key": "b", "on": "cases", "name": {"vi": "x"}, "n": 3},
            {"key": "c", "on": "level", "name": {"vi": "x"}, "alarm": 9},
            {"key": "d", "on": "moon", "name": {"vi": "x"}},
            {"on": "cases"},
            "nonsense",
        ],
        "station": [{"key": "s", "name": {}, "river": {}, "place": [1], "alarms_m": [1]}, {"key": "t"}],
    }
    assert [t.key for t in rules.triggers_of(body)] == ["a"]
    assert rules.stations_of(body) == ()
    assert rules.triggers_of({"rule": "x"}) == ()


def test_every_rule_and_station_of_the_packs_is_understood():
    for path in PACKS.glob("*/city.toml"):
        body = tomllib.loads(path.read_text(encoding="utf-8")).get("incidents", {})
        assert len(rules.triggers_of(body)) == len(body.get("rule", []))
        assert len(rules.stations_of(body)) == len(body.get("station", []))


@given(st.integers(1, 1440), st.integers(0, 100_000))
def test_the_next_report_lies_ahead_on_the_beat(minutes, passed):
    at = AT + timedelta(minutes=passed)
    due = rules.next_report(AT, minutes, at)
    assert at < due <= at + timedelta(minutes=minutes)
    assert (due - AT) % timedelta(minutes=minutes) == timedelta(0)
