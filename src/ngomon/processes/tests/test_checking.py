"""Advice from the city's own data: steps that do not fit the whole, roles without holders, shifts without anybody."""

from __future__ import annotations

import pytest

from ngomon.processes.rules import soundness, staffing, timing
from ngomon.processes.rules.reading import read
from ngomon.processes.rules.staffing import SHIFTS, Staff
from ngomon.processes.terms import Budget
from ngomon.processes.wording import fault_lines

from .conftest import timed
from .test_definitions import action, step

DAY_S = 7.5 * 3600
ROLES = ("ioc_operator", "ioc_editor", "ioc_lead")
OFFICERS = {("agency_clerk", "roads"): 1, ("agency_head", "roads"): 1, ("agency_officer", "roads"): 2}


def not_fitting(raw: dict, whole: Budget) -> dict[str, tuple[float, float]]:
    definition = read(raw)[0]
    found = timing.faults(definition, soundness.explore(definition), whole, DAY_S)
    return {f.values["step"]: (f.values["needed_h"], f.values["whole_h"]) for f in found}


@pytest.mark.parametrize(
    ("days", "steps"),
    [(7, {}), (4, {"assign": (37.0, 30.0)}), (3, {"intake", "assign", "approve"}), (1, {"review", "intake"})],
)
def test_a_step_fits_when_the_quickest_walk_over_it_fits_the_whole(days, steps):
    found = not_fitting(timed(), Budget.days(days))
    if isinstance(steps, dict):
        assert found == steps
    else:
        assert steps <= set(found)


def test_shares_of_the_whole_that_add_up_to_more_than_it_are_found():
    raw = timed()
    for key in ("verify", "handle", "review"):
        step(raw, key)["budget"] = {"share": 0.4}
    assert not_fitting(raw, Budget.days(30)).keys() >= {"handle", "review"}
    step(raw, "review")["budget"] = {"share": 0.1}
    assert "review" not in not_fitting(raw, Budget.days(30))


def test_the_way_is_told_in_words():
    definition = read(timed())[0]
    (fault,) = timing.faults(definition, soundness.explore(definition), Budget.days(4), DAY_S)
    (line,) = fault_lines([fault], "vi", definition)
    assert "cần 37 giờ làm việc, mà cả quy trình chỉ có 30 giờ" in line
    assert line.endswith("→ Thẩm định trước khi công khai – Công khai → dừng ở “Đã công khai, chờ đánh giá”")
    assert fault.is_advice


def found(raw: dict, staff: Staff) -> dict[str, dict]:
    return {f.key.rpartition(".")[2]: dict(f.values) for f in staffing.faults(read(raw)[0], staff)}


def test_every_role_needs_a_holder_and_the_barred_officer_a_colleague():
    held = {**OFFICERS, **{(role, ""): 1 for role in ROLES}}
    assert found(timed(), Staff(("roads",), held)) == {}
    del held["ioc_editor", ""], held["agency_head", "roads"]
    held["agency_officer", "roads"] = 1
    assert found(timed(), Staff(("roads",), held)) == {
        "nobody_in_agency": {"role": "agency_head", "agencies": ("roads",)},
        "one_officer": {"agencies": ("roads",)},
        "nobody_holds": {"role": "ioc_editor"},
    }
    assert "nobody_holds" in found(timed(), Staff(("roads",), {**held, ("ioc_operator", ""): 0}))


def test_a_step_timed_by_the_clock_on_the_wall_needs_every_shift():
    raw = timed()
    step(raw, "verify")["budget"] = {"minutes": 10}
    held = {**OFFICERS, **{(role, ""): 1 for role in ROLES}}
    assert "no_roster" in found(raw, Staff(("roads",), held))
    week = {shift: frozenset({"ioc_operator"}) for shift in SHIFTS}
    assert found(raw, Staff(("roads",), held, {"": week})) == {}
    del week[5, "night"]
    staff = Staff(("roads",), held, {"": week})
    assert found(raw, staff)["shift_empty"] == {
        "step": "verify",
        "agencies": ("",),
        "shifts": ((5, "night"),),
    }
    assert found(timed(), staff) == {}, "working time needs the office days' shifts alone"
    del week[0, "day"]
    assert "shift_empty" in found(timed(), Staff(("roads",), held, {"": week}))


def test_a_role_that_may_be_stood_in_for_at_its_step_is_not_missing():
    raw = timed()
    step(raw, "review")["roles"] = ["ioc_editor", "ioc_lead"]
    step(raw, "review").pop("role")
    action(raw, "review", "publish")["roles"] = ["ioc_lead"]
    held = {**OFFICERS, ("ioc_operator", ""): 1, ("ioc_lead", ""): 1}
    assert found(raw, Staff(("roads",), held)) == {}
