"""Small random definitions without faults of their graph, for properties of checking, of the engine and of its interchange."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from ngomon.processes.checking import KNOWN_ROLES
from ngomon.processes.rules import checks
from ngomon.processes.rules.reading import read

ROLES = {
    "ioc": ["ioc_operator", "ioc_lead"],
    "agency": ["agency_clerk", "agency_head"],
    "assignee": ["agency_officer"],
}
FIELDS = {
    "agency": {"kind": "agency", "name": {"vi": "Cơ quan", "en": "Agency"}},
    "until": {"kind": "date", "name": {"vi": "Ngày hẹn", "en": "Promised for"}},
    "days": {"kind": "days", "name": {"vi": "Số ngày", "en": "Days"}},
    "project": {"name": {"vi": "Dự án", "en": "Project"}},
}
LADDER = [
    {"kind": "reminder", "to": "holder", "at": 0.7},
    {"kind": "overdue", "to": "agency_head"},
    {"kind": "escalate", "to": "city_office", "after": {"hours": 8}},
]
NEEDS = {"commit": "until", "extend": "days", "record": "project"}
CONDITIONS = [
    {},
    {"agency_size": ["small"]},
    {"agency_size": ["", "normal"]},
    {"promise": ["yes"]},
    {"waits": ["project"]},
    {"waits": [""]},
    {"source": ["app"]},
]


def name(words: str) -> dict[str, str]:
    return {"vi": f"Việc {words}", "en": f"Work {words}"}


@st.composite
def _action(draw: st.DrawFn, n: int, targets: list[str], roles: list[str], consults: bool) -> dict[str, Any]:
    effect = draw(st.sampled_from(["", "", "", *NEEDS]))
    requires = draw(st.sampled_from([[], [], ["agency"]])) + ([NEEDS[effect]] if effect else [])
    made: dict[str, Any] = {
        "key": f"a{n}",
        "name": name(f"a{n}"),
        "to": draw(st.sampled_from(targets)),
        "roles": roles,
    }
    if requires:
        made["requires"] = requires
    if effect:
        made["effect"] = effect
    if when := draw(st.sampled_from(CONDITIONS)):
        made["when"] = when
    if draw(st.integers(0, 5)) == 0:
        made["leaves_agency"] = True
    if consults and n == 0:
        made["joins"] = True
    return made


@st.composite
def _step(draw: st.DrawFn, key: str, keys: list[str]) -> dict[str, Any]:
    targets = [*keys, "done", "done"]
    made: dict[str, Any] = {"key": key, "name": name(key), "status": "in_progress"}
    made["clock"] = draw(st.sampled_from(["runs", "runs", "pauses", "stops"]))
    if draw(st.integers(0, 4)) == 0:
        made.update(kind="wait", holder="reporter", role="reporter")
        made["clock"] = "pauses" if made["clock"] == "runs" else made["clock"]
        made["lapse"] = {"after": {"days": 1}, "action": "late"}
        late = {
            "key": "late",
            "name": name("late"),
            "to": draw(st.sampled_from(targets)),
            "roles": ["system"],
        }
        made["action"] = [draw(_action(0, targets, ["reporter"], False)), late]
        return made
    holder = draw(st.sampled_from(sorted(ROLES)))
    roles = draw(st.sampled_from([ROLES[holder][:1], ROLES[holder]]))
    consults = draw(st.booleans())
    made.update(
        holder=holder, roles=roles, budget=draw(st.sampled_from([{"hours": 4}, "rest", {"share": 0.2}]))
    )
    made["consults"] = consults
    made["action"] = [draw(_action(n, targets, roles, consults)) for n in range(draw(st.integers(1, 3)))]
    if draw(st.integers(0, 3)) == 0:
        when = draw(st.sampled_from(CONDITIONS[1:]))
        made["variant"] = [{"when": when, "skip_to": draw(st.sampled_from(targets))}]
    return made


@st.composite
def definitions(draw: st.DrawFn, key: str = "test.random") -> dict[str, Any]:
    """The tables of a definition of two to five steps and an end."""
    keys = [f"s{n}" for n in range(draw(st.integers(2, 5)))]
    steps = [draw(_step(each, keys)) for each in keys]
    end = {"key": "done", "name": name("done"), "kind": "end", "status": "closed", "outcome": "done"}
    return {
        "key": key, "group": "timed", "start": "s0", "name": name("random"), "field": FIELDS, "escalation": LADDER,
        "clock": {"max_extensions": draw(st.integers(0, 2)), "max_extension_days": 5}, "step": [*steps, end],
    }  # fmt: skip


def is_well_formed(raw: dict[str, Any]) -> bool:
    """Whether it has no faults of its reading and its graph."""
    made, faults = read(raw)
    return made is not None and not faults and not checks.faults(made, KNOWN_ROLES)
