"""What a definition may not be, each with its reason in words; versions; running instances keep theirs."""

from __future__ import annotations

import pytest

from ngomon.core.errors import Invalid, NotFound, Refused
from ngomon.core.units import unit
from ngomon.processes import commands, queries
from ngomon.processes.checking import faults_of
from ngomon.processes.rules.reading import read
from ngomon.processes.wording import fault_lines

from .conftest import ADMIN, NOW, OPERATOR, SYSTEM, Matter, timed

pytestmark = pytest.mark.django_db(transaction=True)


def step(raw, key):
    return next(s for s in raw["step"] if s["key"] == key)


def action(raw, key, name):
    return next(a for a in step(raw, key)["action"] if a["key"] == name)


def _unreachable(raw):
    for a in step(raw, "handle")["action"]:
        a["to"] = "approve" if a["to"] == "extension" else a["to"]


def _no_way_to_end(raw):
    lonely = {**step(raw, "appeal"), "key": "lonely"}
    lonely["action"] = [{**lonely["action"][0], "to": "lonely"}]
    raw["step"].append(lonely)
    action(raw, "verify", "accept")["to"] = "lonely"


def _circle(raw):
    step(raw, "handle")["variant"].append({"when": {"agency_size": ["small"]}, "skip_to": "intake"})


FAULTS = {
    "unreachable": _unreachable,
    "no_exit": lambda raw: step(raw, "extension").update(action=[]),
    "no_way_to_end": _no_way_to_end,
    "no_end": lambda raw: raw.update(step=[s for s in raw["step"] if s.get("kind") != "end"]),
    "no_role": lambda raw: step(raw, "assign").pop("role"),
    "action_without_role": lambda raw: action(raw, "verify", "ask").update(roles=[]),
    "no_deadline": lambda raw: step(raw, "approve").pop("budget"),
    "wait_without_lapse": lambda raw: step(raw, "waiting").pop("lapse"),
    "unknown_role": lambda raw: step(raw, "review").update(role="ioc_wizard"),
    "unknown_step": lambda raw: action(raw, "verify", "accept").update(to="nowhere"),
    "unknown_field": lambda raw: action(raw, "verify", "reject").update(requires=["colour"]),
    "unknown_action": lambda raw: step(raw, "waiting")["lapse"].update(action="vanish"),
    "unknown_condition": lambda raw: action(raw, "handle", "return").update(when={"moon": ["full"]}),
    "unknown_holder": lambda raw: step(raw, "review").update(holder="nobody"),
    "unknown_kind": lambda raw: step(raw, "review").update(kind="dance"),
    "unknown_group": lambda raw: raw.update(group="sometime"),
    "unknown_word": lambda raw: step(raw, "review").update(colour="red"),
    "word_missing": lambda raw: action(raw, "verify", "ask").pop("to"),
    "name_missing": lambda raw: step(raw, "review").update(name={"vi": "Thẩm định"}),
    "duplicate": lambda raw: raw["step"].append(step(raw, "review")),
    "bad_budget": lambda raw: step(raw, "review").update(budget={"weeks": 1}),
    "empty_variant": lambda raw: step(raw, "intake").update(variant=[{"when": {}}]),
    "skip_circle": _circle,
    "no_status": lambda raw: step(raw, "review").pop("status"),
    "no_holder": lambda raw: step(raw, "review").pop("holder"),
    "reporter_mixed": lambda raw: step(raw, "published").update(holder="ioc"),
    "clock_runs_on": lambda raw: step(raw, "waiting").pop("clock"),
    "end_with_exit": lambda raw: step(raw, "closed").update(action=[action(raw, "verify", "ask")]),
    "end_without_outcome": lambda raw: step(raw, "closed").pop("outcome"),
    "join_without_consultation": lambda raw: step(raw, "handle").pop("consults"),
    "consultation_without_join": lambda raw: step(raw, "approve").update(consults=True),
    "effect_without_field": lambda raw: action(raw, "handle", "commit").update(requires=["answer"]),
    "ladder_gap": lambda raw: raw.update(escalation=raw["escalation"][:2]),
    "not_a_table": lambda raw: raw.update(clock="soon"),
    "not_a_list": lambda raw: raw.update(escalation={}),
}


def test_the_definition_of_field_reports_is_sound():
    assert fault_lines(faults_of(timed()), "vi") == []


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_an_unsound_definition_is_refused_with_the_reason_in_both_languages(fault, city):
    raw = timed()
    FAULTS[fault](raw)
    with pytest.raises(Invalid) as caught, unit():
        commands.publish(raw, actor=SYSTEM, at=NOW)
    found = {each.key for each in caught.value.values["faults"]}
    assert f"processes.fault.{fault}" in found
    for language in ("vi", "en"):
        lines = fault_lines(caught.value.values["faults"], language, read(raw)[0])
        assert all("processes." not in line and "{" not in line for line in lines), lines
        assert "\n".join(lines) == caught.value.values[language]


def test_all_faults_are_listed_at_once(city):
    raw = timed()
    for name in ("no_deadline", "unknown_role", "no_exit"):
        FAULTS[name](raw)
    keys = {fault.key.rpartition(".")[2] for fault in faults_of(raw)}
    assert {"no_deadline", "unknown_role", "no_exit"} <= keys


@pytest.mark.parametrize("raw", [{}, {"key": "x"}, {"step": 3}, {"step": [3]}, {"field": []}, {"start": "a"}])
def test_rubbish_is_faulty_and_never_breaks(raw):
    assert read(raw)[1] or faults_of(raw)


def test_publishing_the_same_again_changes_nothing_and_a_change_makes_a_version(city):
    with unit():
        first = commands.publish(timed(), actor=SYSTEM, at=NOW)
    with unit():
        assert commands.publish(timed(), actor=ADMIN, at=NOW) == first == 1
    raw = timed()
    raw["notes"] = "changed"
    with unit():
        assert commands.publish(raw, actor=ADMIN, at=NOW) == 2
    assert [n for n, _, _ in queries.versions("field_reports.timed")] == [2, 1]
    assert queries.definition("field_reports.timed").notes == "changed"
    assert queries.definition("field_reports.timed", 1).notes != "changed"
    with pytest.raises(NotFound):
        queries.definition("nothing")
    with pytest.raises(Refused), unit():
        commands.publish(timed(), actor=OPERATOR, at=NOW)


def test_running_instances_keep_their_version(published):
    old = Matter(published)
    raw = timed()
    action(raw, "verify", "accept")["key"] = "take"
    with unit():
        commands.publish(raw, actor=ADMIN, at=NOW)
    new = Matter(published)
    assert "accept" in [a.key for a in queries.actions_for(old.ref, OPERATOR)]
    assert "take" in [a.key for a in queries.actions_for(new.ref, OPERATOR)]
    assert old.act("accept", OPERATOR).step == new.act("take", OPERATOR).step == "route"


def test_a_publication_that_is_rolled_back_leaves_no_trace_in_memory(city):
    with pytest.raises(ZeroDivisionError), unit():
        commands.publish(timed(), actor=SYSTEM, at=NOW)
        queries.definition("field_reports.timed")
        raise ZeroDivisionError
    with pytest.raises(NotFound):
        queries.definition("field_reports.timed")
