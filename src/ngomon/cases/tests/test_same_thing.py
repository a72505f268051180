"""Gathering what is the same thing: linked by itself, merged and unmerged, taken out, parts of a case, repeats of one."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.forms.models import model_to_dict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.city import TestCity, build_city

from ngomon.cases import commands, filtering
from ngomon.cases import queries as cases
from ngomon.cases.filtering import Listed, Wanted
from ngomon.cases.models import Apart, Case, Picture, Reporter, Signal, Tally
from ngomon.cases.terms import Receipt
from ngomon.core import clock, worker
from ngomon.core.actors import ANONYMOUS
from ngomon.core.errors import Conflict, Invalid, Refused
from ngomon.core.units import unit
from ngomon.messages.models import Message
from ngomon.processes.models import Counter, Instance

LAMP = "Đèn đường trước kiệt 42 Bà Triệu tắt 3 đêm rồi, cột nghiêng ra đường"
AGAIN = "den duong truoc kiet 42 ba trieu tat 3 dem, cot nghieng lam"


@pytest.fixture
def linking(transactional_db: None, settings: Any, tmp_path: Path) -> TestCity:
    """The small city with automatic links."""
    shutil.copytree(settings.NGOMON_PACKS / "hue", tmp_path / "hue")
    told = tmp_path / "hue" / "city.toml"
    body = told.read_text(encoding="utf-8").replace("automatic = false", "automatic = true")
    told.write_text(body, encoding="utf-8")
    settings.NGOMON_PACKS = tmp_path
    made = build_city("hue")
    worker.settle()
    return made


def now_of(case_id: UUID) -> Case:
    """The case's row now."""
    return Case.objects.get(pk=case_id)


def do(command: Any, *words: Any, actor: Any, **more: Any) -> Any:
    """One command in a unit of its own."""
    with unit():
        return command(*words, actor=actor, at=clock.now(), **more)


def state() -> dict[str, Any]:
    """Everything a round trip must leave as it was: rows but their versions, clocks, queues, counts."""
    return {
        "cases": [{**model_to_dict(c), "id": c.pk, "version": 0} for c in Case.objects.order_by("pk")],
        "signals": list(Signal.objects.order_by("pk").values()),
        "reporters": list(Reporter.objects.order_by("pk").values("pk", "case_id")),
        "processes": [
            {**model_to_dict(i), "id": i.pk, "version": 0} for i in Instance.objects.order_by("pk")
        ],
        "tallies": {t.scope: t.n for t in Tally.objects.exclude(n=0)},
        "counters": sorted(
            Counter.objects.exclude(open=0, late=0).values_list("agency", "step", "open", "late")
        ),
    }


# --- a round trip ------------------------------------------------------------------------------------------------

STAGES = ("new", "asked", "routed", "assigned", "consulted", "promised")


def bring_to(city: TestCity, case_id: UUID, stage: str) -> None:
    """Take a case some steps of its way."""
    if stage == "asked":
        city.act(city.ha, case_id, "ask", question="Xin cho biết số cột đèn?")
    if stage in {"routed", "assigned", "consulted", "promised"}:
        city.act(city.ha, case_id, "route", agency=city.agency, why="Đèn thuộc phường")
    if stage in {"assigned", "consulted", "promised"}:
        city.act(city.tam, case_id, "accept")
        city.act(city.binh, case_id, "assign", assignee=city.accounts["son"])
    if stage == "consulted":
        other = next(
            a for a in sorted(cases.directory.agencies(), key=lambda a: a.key) if a.key != city.agency
        )
        do(commands.consult, case_id, [other.key], "Ý kiến của quý cơ quan?", actor=city.son)


@pytest.mark.parametrize("stage", STAGES[:-1])
def test_merge_then_unmerge_leaves_everything_as_it_was(city: TestCity, stage: str) -> None:
    case = city.report(LAMP)
    other = city.report(AGAIN, who=city.minh)
    do(commands.follow, case.case_id, actor=city.minh)
    bring_to(city, case.case_id, stage)
    before = state()
    do(commands.merge, case.case_id, other.case_id, actor=city.ha)
    merged = now_of(case.case_id)
    assert (merged.status, merged.is_open, merged.merged_into) == ("merged", False, other.case_id)
    assert now_of(other.case_id).reports == 3
    do(commands.unmerge, case.case_id, actor=city.ha)
    assert state() == before


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=5))
def test_any_gatherings_undone_in_reverse_leave_everything_as_it_was(
    city: TestCity, wanted: list[tuple[int, int]]
) -> None:
    ids = [city.report(f"{LAMP} lần {n}").case_id for n in range(4)]
    before, done = state(), []
    for one, into in wanted:
        try:
            do(commands.merge, ids[one], ids[into], actor=city.ha)
            done.append(ids[one])
        except Conflict:
            continue
    total = sum(Case.objects.filter(pk__in=ids).values_list("reports", flat=True))
    assert total == 4
    for one in reversed(done):
        do(commands.unmerge, one, actor=city.ha)
    assert state() == before


def test_a_gathering_in_the_middle_of_a_chain_takes_back_all_that_came_through_it(city: TestCity) -> None:
    a, b, c = (city.report(f"{LAMP} {n}").case_id for n in "abc")
    do(commands.merge, a, b, actor=city.ha)
    do(commands.merge, b, c, actor=city.ha)
    assert now_of(c).reports == 3
    do(commands.unmerge, b, actor=city.ha)
    assert (now_of(b).reports, now_of(c).reports, now_of(a).reports) == (2, 1, 0)
    do(commands.unmerge, a, actor=city.ha)
    assert [now_of(x).reports for x in (a, b, c)] == [1, 1, 1]


def test_while_gathered_nothing_wakes_the_case_and_no_queue_holds_it(city: TestCity) -> None:
    case, other = city.report(LAMP), city.report(AGAIN)
    do(commands.merge, case.case_id, other.case_id, actor=city.ha)
    instance = Instance.objects.get(of_key=str(case.case_id))
    assert (instance.wake_at, instance.outcome) == (None, "merged")
    waiting = filtering.waiting(Listed(("verify",), False, Wanted()), actor=city.ha, at=clock.now())
    assert [line.number for line in waiting.lines] == [other.number]
    with pytest.raises(Conflict):
        city.act(city.ha, case.case_id, "reject", reason="Trùng", code="duplicate")


def test_both_reporters_hear_of_the_surviving_case_and_of_its_answer(city: TestCity) -> None:
    worker.settle()
    case, other = city.report(LAMP, who=city.lan), city.report(AGAIN, who=city.minh)
    do(commands.merge, case.case_id, other.case_id, actor=city.ha)
    worker.settle()
    city.act(city.ha, other.case_id, "route", agency=city.agency, why="Đèn thuộc phường")
    worker.settle()
    told = {(str(m.account_id), m.template) for m in Message.objects.all()}
    for who in ("lan", "minh"):
        assert (str(city.accounts[who]), "cases.message.merged") in told
        assert (str(city.accounts[who]), "cases.message.routed") in told


def test_only_the_duty_desk_gathers(city: TestCity) -> None:
    case, other = city.report(LAMP), city.report(AGAIN)
    for who in (city.lan, city.tam, city.nga, city.dung):
        for command, words in (
            (commands.merge, (case.case_id, other.case_id)),
            (commands.unmerge, (case.case_id,)),
            (commands.split_signal, (Signal.objects.values_list("pk", flat=True)[0],)),
            (commands.keep_apart, (case.case_id, other.case_id)),
            (commands.set_parent, (case.case_id, other.case_id)),
        ):
            with pytest.raises(Refused):
                do(command, *words, actor=who)


# --- linked by itself --------------------------------------------------------------------------------------------


def test_a_report_that_is_surely_the_same_joins_the_open_case_and_its_reporter_is_told(
    linking: TestCity,
) -> None:
    first = linking.report(LAMP)
    worker.settle()
    second = linking.report(AGAIN, who=linking.minh)
    assert (second.number, second.joined, second.linked) == (first.number, True, True)
    assert now_of(first.case_id).reports == 2
    worker.settle()
    told = Message.objects.filter(account_id=linking.accounts["minh"]).values_list("template", flat=True)
    assert list(told) == ["cases.message.linked"]


def test_what_is_not_sure_opens_its_own_case_and_names_the_other(linking: TestCity) -> None:
    first = linking.report(LAMP)
    second = linking.report("Rác đổ đống đầu hẻm bốc mùi hôi thối không ai dọn", who=linking.minh)
    assert second.is_new
    assert not second.linked
    assert all(c.score < 0.8 for c in second.similar)
    assert first.number != second.number


@pytest.mark.parametrize(
    "changes",
    [
        {"on_behalf": True, "source": "hotline"},
        {"source": "desk"},
        {"text": f"{AGAIN}, có người bị điện giật"},
    ],
)
def test_the_desk_and_danger_to_life_are_never_linked_by_themselves(
    linking: TestCity, changes: dict[str, Any]
) -> None:
    linking.report(LAMP)
    who = linking.ha if changes.get("on_behalf") else linking.minh
    assert linking.report(changes.pop("text", AGAIN), who=who, **changes).is_new


def test_automatic_links_wait_until_the_city_wants_them(city: TestCity) -> None:
    city.report(LAMP)
    second = city.report(LAMP, who=city.minh)
    assert second.is_new
    assert second.similar[0].score > 0.8


def test_a_repeat_of_a_linked_report_gives_the_first_receipt(linking: TestCity) -> None:
    first = linking.report(LAMP)
    for _ in range(2):
        again = linking.report(AGAIN, who=linking.minh, external_id="x1")
        assert again.number == first.number
    assert now_of(first.case_id).reports == 2


def test_who_was_linked_says_not_this_one_and_gets_a_case_of_their_own(linking: TestCity) -> None:
    first = linking.report(LAMP)
    second = linking.report(AGAIN, who=linking.minh)
    number = do(commands.say_not_same, second.case_id, actor=linking.minh)
    own = Case.objects.get(number=number)
    assert (own.reports, now_of(first.case_id).reports) == (1, 1)
    assert own.text == AGAIN
    assert cases.is_reporter(own.id, actor=linking.minh)
    assert not cases.is_reporter(first.case_id, actor=linking.minh)
    assert Apart.objects.count() == 1
    with pytest.raises(Refused):
        do(commands.say_not_same, first.case_id, actor=linking.minh)


def test_without_account_the_claim_code_says_not_this_one(linking: TestCity) -> None:
    first = linking.report(LAMP)
    second = linking.report(AGAIN, who=ANONYMOUS, source="api")
    assert second.linked
    with pytest.raises(Refused):
        do(commands.say_not_same, first.case_id, actor=ANONYMOUS, claim_code="AAAAAAAAAA")
    number = do(commands.say_not_same, first.case_id, actor=ANONYMOUS, claim_code=second.claim_code)
    assert number != first.number


def test_whoever_joined_reads_only_their_own_words_until_the_case_is_public(linking: TestCity) -> None:
    first: Receipt = linking.report(LAMP + " Nhà ông Tư ở cuối kiệt")
    linking.report(AGAIN, who=linking.minh)
    seen = cases.reporter_case(first.number, actor=linking.minh)
    assert "ông Tư" not in seen.line.text
    assert seen.line.text == AGAIN
    assert [line.text for line in cases.my_cases(actor=linking.minh)] == [AGAIN]
    linking.act(linking.ha, first.case_id, "route", agency=linking.agency, why="Đèn thuộc phường")
    assert "ông Tư" in cases.reporter_case(first.number, actor=linking.minh).line.text


def test_the_desk_takes_a_linked_report_out_with_its_picture(linking: TestCity) -> None:
    first = linking.report(LAMP)
    linking.report(AGAIN, who=linking.minh)
    signal = Signal.objects.get(text=AGAIN)
    Picture.objects.create(
        case_id=first.case_id, signal_id=signal.pk, role="before", file="f" * 64, thumbnail="e" * 64, width=1,
        height=1, at=clock.now(),
    )  # fmt: skip
    number = do(commands.split_signal, signal.pk, actor=linking.ha)
    own = Case.objects.get(number=number)
    assert own.thumbnail == "e" * 64
    assert Picture.objects.get().case_id == own.id
    with pytest.raises(Conflict):
        do(commands.split_signal, Signal.objects.get(text=LAMP).pk, actor=linking.ha)


# --- not the same ------------------------------------------------------------------------------------------------


def test_cases_kept_apart_are_not_proposed_again(city: TestCity) -> None:
    first, second = city.report(LAMP), city.report(AGAIN)
    assert [c.number for c in cases.same_as(second.case_id, actor=city.ha)] == [first.number]
    do(commands.keep_apart, second.case_id, first.case_id, actor=city.ha)
    do(commands.keep_apart, first.case_id, second.case_id, actor=city.ha)
    assert cases.same_as(second.case_id, actor=city.ha) == []
    assert Apart.objects.count() == 1


# --- parts of a case -----------------------------------------------------------------------------------------------


def test_a_parent_counts_its_open_parts_and_is_not_published_before_them_unless_stated(
    city: TestCity,
) -> None:
    parent, child = city.report(LAMP), city.report("Lòng đường sụt lún cạnh cột đèn")
    do(commands.set_parent, child.case_id, parent.case_id, actor=city.ha)
    assert now_of(parent.case_id).open_children == 1
    bring_to(city, parent.case_id, "assigned")
    city.act(city.son, parent.case_id, "answer", answer="Đã thay bóng và dựng lại cột đèn, mời bà con kiểm tra.",
             stated_reason="Trời tối, ảnh chụp không rõ")  # fmt: skip
    city.act(city.binh, parent.case_id, "approve")
    with pytest.raises(Invalid) as refused:
        city.act(city.nga, parent.case_id, "publish")
    assert "despite_parts" in refused.value.fields
    city.act(city.ha, child.case_id, "reject", reason="Không tìm thấy chỗ sụt lún", code="not_found")
    assert now_of(parent.case_id).open_children == 0
    city.act(city.nga, parent.case_id, "publish")
    assert now_of(parent.case_id).status == "answered"


def test_merging_a_part_counts_as_its_closing_and_unmerging_as_its_opening(city: TestCity) -> None:
    parent, child, other = city.report(LAMP), city.report("Lún đường"), city.report("Lún đường nữa")
    do(commands.set_parent, child.case_id, parent.case_id, actor=city.ha)
    before = state()
    do(commands.merge, child.case_id, other.case_id, actor=city.ha)
    assert now_of(parent.case_id).open_children == 0
    do(commands.unmerge, child.case_id, actor=city.ha)
    assert state() == before


def test_there_is_one_level_of_parts(city: TestCity) -> None:
    a, b, c = (city.report(f"{LAMP} {n}").case_id for n in "abc")
    do(commands.set_parent, b, a, actor=city.ha)
    for child, parent in ((c, b), (a, c), (a, a)):
        with pytest.raises(Conflict):
            do(commands.set_parent, child, parent, actor=city.ha)
    with pytest.raises(Conflict):
        do(commands.merge, a, c, actor=city.ha)
    do(commands.set_parent, b, None, actor=city.ha)
    assert now_of(a).open_children == 0
    do(commands.set_parent, c, a, actor=city.ha)


# --- it came back ----------------------------------------------------------------------------------------------------


def test_a_case_like_one_closed_lately_is_linked_to_the_first_of_them(city: TestCity) -> None:
    worker.settle()
    old = city.report(LAMP)
    Case.objects.filter(pk=old.case_id).update(
        is_open=False, status="answered", closed_at=clock.now() - timedelta(days=20),
        opened_at=clock.now() - timedelta(days=40),
    )  # fmt: skip
    second = city.report(AGAIN, who=city.minh)
    worker.settle()
    assert now_of(second.case_id).recurs_of == old.case_id
    Case.objects.filter(pk=second.case_id).update(is_open=False, status="answered", closed_at=clock.now())
    third = city.report(AGAIN)
    worker.settle()
    assert now_of(third.case_id).recurs_of == old.case_id
    told = cases.family_of(third.case_id)
    assert [line.number for line in told.repeats] == [old.number, second.number, third.number]


def test_what_was_closed_long_ago_or_rejected_is_no_earlier_case(city: TestCity) -> None:
    worker.settle()
    old, wrong = city.report(LAMP), city.report(LAMP)
    long_ago = clock.now() - timedelta(days=91)
    Case.objects.filter(pk=old.case_id).update(is_open=False, status="answered", closed_at=long_ago)
    Case.objects.filter(pk=wrong.case_id).update(is_open=False, status="rejected", closed_at=clock.now())
    new = city.report(AGAIN)
    worker.settle()
    assert now_of(new.case_id).recurs_of is None
