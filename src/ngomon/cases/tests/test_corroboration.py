"""Verification by evidence on the small city: who counts, one key, by itself and back, the sample, a category that stops."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.forms.models import model_to_dict
from django.test.utils import CaptureQueriesContext
from tests.city import TestCity, build_city

from ngomon.cases import commands, corroborating, corroborations
from ngomon.cases import queries as cases
from ngomon.cases.evidence import add_source, remove_source
from ngomon.cases.gathering import lines_by_id
from ngomon.cases.models import AutomaticStop, Case, Corroboration, Reporter, Tally
from ngomon.cases.terms import About, Contact, Evidence, EvidenceKind, Piece, Receipt
from ngomon.core import clock
from ngomon.core.actors import ANONYMOUS, Actor
from ngomon.core.errors import Conflict, Invalid, Refused
from ngomon.core.events import read_log
from ngomon.core.models import AuditRow
from ngomon.core.units import unit
from ngomon.core.worker import settle
from ngomon.messages.models import Message
from ngomon.processes.models import Counter, Instance

LAMP = "Đèn đường trước kiệt 42 Bà Triệu tắt 3 đêm rồi, cột nghiêng ra đường"
AGAIN = "den duong truoc kiet 42 ba trieu tat 3 dem, cot nghieng ra duong"
FIRST_TIMED = "street_light_out"
BY_ITSELF = 'automatic = [{{ category = "{category}", from = "2020-01-01", score = 0.7, people = 2 }}]'


def do(command: Callable[..., Any], *words: Any, actor: Actor, **more: Any) -> Any:
    with unit():
        return command(*words, actor=actor, at=clock.now(), **more)


def found(city: TestCity, receipt: Receipt) -> Evidence:
    (line,) = lines_by_id([receipt.case_id], actor=city.ha)
    return cases.evidence_for(line, actor=city.ha)


def call(city: TestCity, phone: str, text: str = AGAIN) -> Receipt:
    """A call to the hotline, written down by the desk."""
    contact = Contact(name="Người gọi", phone=phone)
    return city.report(text, who=city.ha, source="hotline", on_behalf=True, contact=contact)


def witnesses(city: TestCity, n: int = 3) -> list[Receipt]:
    """Calls from so many telephones."""
    return [call(city, f"09870000{k:02}", f"{AGAIN} {'roi' * (k % 2)}".strip()) for k in range(n)]


# --- who counts ------------------------------------------------------------------------------------------------------


def test_different_people_speak_for_a_case_and_one_person_never_for_himself(city: TestCity) -> None:
    case = city.report(LAMP)
    assert found(city, case).others == 0
    for _ in range(3):
        city.report(AGAIN)  # Lan again, and again
    mine = found(city, case)
    assert (mine.people, mine.score, mine.left_out) == (0, 0.0, 3)
    city.report(AGAIN, who=city.minh)
    one = found(city, case)
    assert one.people == 1
    assert one.score > 0.3
    call(city, "0987111222")
    two = found(city, case)
    assert two.people == 2
    assert two.score > one.score
    assert [key for key, _ in two.reasons] == [
        "cases.evidence.people", "cases.evidence.nearest", "cases.evidence.left_out",
    ]  # fmt: skip


def test_who_calls_after_reporting_by_account_is_one_person(city: TestCity) -> None:
    case = city.report(LAMP)
    call(city, "0900000000")  # Lan's own number
    assert found(city, case).people == 0
    call(city, "0900000001")  # Minh's, who wrote as well
    city.report(AGAIN, who=city.minh)
    assert found(city, case).people == 1


def test_one_household_and_strangers_count_once(city: TestCity) -> None:
    case = city.report(LAMP)
    home = "113.160.1.7"
    city.report(AGAIN, who=replace(city.minh, address=home))
    city.report(AGAIN, who=replace(city.son, address=home))
    assert found(city, case).people == 1, "one network"
    for n in range(3):
        city.report(AGAIN, who=replace(ANONYMOUS, address=f"14.225.0.{n}"))
    assert found(city, case).people == 2, "nobody knows whose: all are one"
    assert not Reporter.objects.filter(kin__contains=home).exists()


def test_an_unknown_reporter_is_not_borne_out_by_unknown_ones(city: TestCity) -> None:
    case = city.report(LAMP, who=ANONYMOUS)
    city.report(AGAIN, who=ANONYMOUS)
    assert found(city, case).people == 0
    city.report(AGAIN, who=city.minh)
    assert found(city, case).people == 1


def test_another_kind_or_place_speaks_for_nothing(city: TestCity) -> None:
    case = city.report(LAMP)
    lon, lat = city.corner
    city.report(AGAIN, who=city.minh, lon=lon, lat=lat + 0.003)
    other = next(
        c.key
        for c in cases.directory.categories()
        if c.group == "timed"
        and not c.photo_required
        and c.parent != cases.directory.category(city.category).parent
    )
    city.report(AGAIN, who=city.son, category=other)
    assert found(city, case).people == 0


def test_reports_gathered_in_a_case_still_speak_for_it(city: TestCity) -> None:
    case, again = city.report(LAMP), city.report(AGAIN, who=city.minh)
    do(commands.merge, again.case_id, case.case_id, actor=city.ha)
    do(commands.follow, case.case_id, actor=city.son)
    told = found(city, case)
    assert told.people == 1, "who follows says nothing"
    assert told.groups[0].first.number == ""


def test_an_officers_look_speaks_but_verifying_by_evidence_does_not_go_round(city: TestCity) -> None:
    case, again = city.report(LAMP), city.report(AGAIN, who=city.minh)
    city.act(city.ha, again.case_id, "accept")
    kinds = {group.first.kind for group in found(city, case).groups}
    assert kinds == {EvidenceKind.REPORT, EvidenceKind.VERIFIED}
    more = call(city, "0987111222")
    do(commands.corroborate, more.case_id, actor=city.ha)
    verified = [g for g in found(city, case).groups if g.first.kind == EvidenceKind.VERIFIED]
    assert [g.first.number for g in verified] == [again.number]


# --- what watches the city ----------------------------------------------------------------------------------------------


@pytest.fixture
def camera() -> Iterator[list[About]]:
    """A source that saw it with two looks of one camera."""
    asked: list[About] = []

    def source(about: About) -> list[Piece]:
        asked.append(about)
        here = {"distance_m": 20.0, "hours": 0.5, "lon": about.lon, "lat": about.lat}
        return [Piece(EvidenceKind.CAMERA, frozenset({"cam-1"}), s, **here) for s in (0.5, 0.9)]  # type: ignore[arg-type]

    add_source("test_cameras", source)
    yield asked
    remove_source("test_cameras")


def test_a_source_of_another_room_speaks_for_a_case(city: TestCity, camera: list[About]) -> None:
    case = city.report(LAMP)
    told = found(city, case)
    assert (told.people, told.others, told.groups[0].n) == (0, 1, 2)
    assert told.codes == "camera:1"
    assert camera[0].category == city.category
    page = city.browser("ha").get(f"/desk/cases/{case.number}").content.decode()
    assert "Camera gần đó" in page
    with pytest.raises(ValueError, match="test_cameras"):
        add_source("test_cameras", lambda _: ())


def test_a_source_never_speaks_as_people(city: TestCity) -> None:
    case = city.report(LAMP)
    add_source("test_liar", lambda _: [Piece(EvidenceKind.REPORT, frozenset({"x"}))])
    try:
        with pytest.raises(ValueError, match="test_liar"):
            found(city, case)
    finally:
        remove_source("test_liar")


# --- one key ------------------------------------------------------------------------------------------------------------


def state() -> dict[str, Any]:
    """What taking back must leave as it was."""
    return {
        "cases": [{**model_to_dict(c), "id": c.pk, "version": 0} for c in Case.objects.order_by("pk")],
        "processes": [
            {**model_to_dict(i), "id": i.pk, "version": 0} for i in Instance.objects.order_by("pk")
        ],
        "tallies": {t.scope: t.n for t in Tally.objects.exclude(n=0)},
        "counters": sorted(
            Counter.objects.exclude(open=0, late=0).values_list("agency", "step", "open", "late")
        ),
    }


def test_the_desk_sees_why_verifies_with_one_key_and_takes_it_back(city: TestCity) -> None:
    case = city.report(LAMP)
    browser, address = city.browser("ha"), f"/desk/cases/{case.number}"
    assert 'data-key="w"' not in browser.get(address).content.decode(), "nobody else speaks for it"
    assert browser.post(f"{address}/corroborate").status_code == 409
    witnesses(city)
    page = browser.get(address).content.decode()
    assert "3 người khác nhau cùng báo" in page
    assert 'data-key="w"' in page
    assert "0987" not in page
    before = state()
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version
    assert browser.post(f"{address}/corroborate", {"version": version[1]}).status_code == 302
    row = Case.objects.get(pk=case.case_id)
    assert (row.step, row.is_public, row.acknowledged_at is not None) == ("route", True, True)
    settle()  # the log is numbered
    page = browser.get(address).content.decode()
    assert "Đã xác minh bằng bằng chứng" in page
    assert "3 người khác cùng báo" in page, "the history says it"
    (noted,) = [r for r in read_log(0, limit=500) if r.kind == "cases.corroborated"]
    assert noted.event is not None
    assert noted.event.body()["codes"] == "report:3"
    assert AuditRow.objects.filter(action="cases.corroborate").count() == 1
    assert browser.post(f"{address}/corroborate").status_code == 409
    back = {"ground": "not_there", "words": "Đã gọi tổ trưởng, đèn sáng"}
    assert browser.post(f"{address}/corroborate/reverse", {"ground": "?"}).status_code == 422
    assert browser.post(f"{address}/corroborate/reverse", back).status_code == 302
    assert state() == before
    settle()
    page = browser.get(address).content.decode()
    assert "Thu hồi xác minh: Kiểm tra không có việc này" in page
    assert "đèn sáng" in page
    assert browser.post(f"{address}/corroborate/reverse", back).status_code == 409
    assert browser.post(f"{address}/corroborate").status_code == 302, "a person may press again"


def test_what_went_on_is_not_taken_back_and_what_came_in_meanwhile_stays(city: TestCity) -> None:
    case = city.report(LAMP)
    witnesses(city)
    do(commands.corroborate, case.case_id, actor=city.ha)
    city.report(LAMP, who=city.minh, follows=case.case_id)
    do(commands.reverse, case.case_id, "other", actor=city.ha)
    row = Case.objects.get(pk=case.case_id)
    assert (row.step, row.reports, row.is_public) == ("verify", 2, False)
    do(commands.corroborate, case.case_id, actor=city.ha)
    city.act(city.ha, case.case_id, "route", agency=city.agency)
    with pytest.raises(Conflict):
        do(commands.reverse, case.case_id, "other", actor=city.ha)


def test_only_the_duty_desk_sees_evidence_and_verifies(city: TestCity) -> None:
    case = city.report(LAMP)
    witnesses(city)
    (line,) = lines_by_id([case.case_id], actor=city.ha)
    for who in (city.tam, city.binh, city.nga, city.minh):
        assert cases.evidence_for(line, actor=who) == Evidence()
        with pytest.raises(Refused):
            do(commands.corroborate, case.case_id, actor=who)
    for who in ("tam", "nga", "minh", ""):
        answer = city.browser(who).get("/desk/corroboration")
        assert answer.status_code in {302, 403}, who


def test_evidence_costs_the_case_page_one_statement(city: TestCity) -> None:
    case = city.report(LAMP)
    city.report(AGAIN, who=city.minh)
    (line,) = lines_by_id([case.case_id], actor=city.ha)
    near = cases.same_as(line.id, actor=city.ha, most=10)
    with CaptureQueriesContext(connection) as spent:
        assert cases.evidence_for(line, actor=city.ha, near=near).people == 1
    assert len(spent) == 1


# --- by itself ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def automatic(transactional_db: None, settings: Any, tmp_path: Path) -> TestCity:
    """The small city, where lamps verify themselves by two people; every one is reviewed."""
    shutil.copytree(settings.NGOMON_PACKS / "hue", tmp_path / "hue")
    told = tmp_path / "hue" / "city.toml"
    body = told.read_text(encoding="utf-8")
    first = next(line for line in body.splitlines() if line.startswith("automatic = []"))
    settings.NGOMON_PACKS = tmp_path
    body = body.replace(first, BY_ITSELF.format(category=FIRST_TIMED))
    told.write_text(body.replace("sample_pct = 20", "sample_pct = 100"), encoding="utf-8")
    made = build_city("hue")
    assert made.category == FIRST_TIMED
    settle()
    return made


def test_enough_people_verify_a_case_by_itself_once_and_a_person_takes_it_back(automatic: TestCity) -> None:
    city = automatic
    case = city.report(LAMP)
    before = Case.objects.get(pk=case.case_id)
    witnesses(city, 2)
    settle()
    row = Case.objects.get(pk=case.case_id)
    assert row.step == "route"
    made = Corroboration.objects.get()  # those that came after wait to be merged
    assert made.case_id == case.case_id
    assert made.by_itself
    assert made.is_sampled
    assert made.people == 2
    browser, address = city.browser("quan"), f"/desk/cases/{case.number}"
    page = browser.get(address).content.decode()
    assert "Đã xác minh tự động" in page
    assert "Xác minh tự động: " in page
    settle()
    assert Corroboration.objects.filter(case=row).count() == 1
    assert browser.post(f"{address}/corroborate/reverse", {"ground": "other_thing"}).status_code == 302
    row = Case.objects.get(pk=case.case_id)
    assert (row.step, row.queue_at, row.is_public) == ("verify", before.queue_at, False)
    witnesses(city, 4)
    settle()
    assert Case.objects.get(pk=case.case_id).step == "verify", "it stays with a person"
    made.refresh_from_db()
    assert (made.verdict, made.ground) == ("wrong", "other_thing")


def test_a_worker_that_is_killed_in_between_verifies_once(
    automatic: TestCity, monkeypatch: pytest.MonkeyPatch
) -> None:
    really, killed = corroborating.corroborate_by_itself, []

    def dies(case_id: UUID, **more: Any) -> bool:
        done = really(case_id, **more)
        if done and not killed:
            killed.append(case_id)
            raise RuntimeError("killed")
        return done

    monkeypatch.setattr(corroborating, "corroborate_by_itself", dies)
    case = automatic.report(LAMP)
    witnesses(automatic, 2)
    settle()
    assert killed == [case.case_id]
    assert Case.objects.get(pk=case.case_id).step == "route"
    assert Corroboration.objects.count() == 1
    told = [r.kind for r in read_log(0, limit=500) if r.kind == "cases.corroborated"]
    assert len(told) == 1


def test_nothing_verifies_itself_where_the_city_did_not_ask_for_it(city: TestCity) -> None:
    settle()
    case = city.report(LAMP)
    witnesses(city, 5)
    settle()
    assert Case.objects.get(pk=case.case_id).step == "verify"
    assert not Corroboration.objects.exists()


def test_danger_the_instant_process_and_secrets_are_never_verified_by_themselves(automatic: TestCity) -> None:
    city = automatic
    lon, lat = city.corner
    people = (city.lan, city.minh, city.son)
    said = f"{LAMP}, có người bị điện giật"
    danger = [city.report(said, who=who, lon=lon, lat=lat + 0.01) for who in people]
    for receipt in danger:
        assert not do(commands.corroborate_by_itself, receipt.case_id, actor=city.ha)
    case = city.report(LAMP)
    witnesses(city)
    for column, value in (("is_secret", True), ("group", "instant"), ("kind", "danger"), ("step", "waiting")):
        was = getattr(Case.objects.get(pk=case.case_id), column)
        Case.objects.filter(pk=case.case_id).update(**{column: value})
        assert not do(commands.corroborate_by_itself, case.case_id, actor=city.ha), column
        Case.objects.filter(pk=case.case_id).update(**{column: was})
    assert do(commands.corroborate_by_itself, case.case_id, actor=city.ha)
    assert not do(commands.corroborate_by_itself, case.case_id, actor=city.ha), "once"


def test_the_sample_is_reviewed_and_a_category_that_is_too_often_wrong_stops(automatic: TestCity) -> None:
    city = automatic
    lon, lat = city.corner
    for n in range(4):
        far = {"lon": lon, "lat": lat + 0.008 * n}
        for k in range(3):
            contact = Contact(phone=f"09870000{n}{k}")
            city.report(AGAIN, who=city.ha, source="hotline", on_behalf=True, contact=contact, **far)
        settle()
    made = list(Corroboration.objects.filter(by_itself=True).order_by("at"))
    assert len(made) >= 4
    browser = city.browser("ha")
    page = browser.get("/desk/corroboration").content.decode()
    assert f"Chờ soát ({len(made)})" in page
    ids = [str(one.id) for one in made]
    assert browser.post(f"/desk/corroboration/{ids[0]}", {"verdict": "?"}).status_code == 422
    assert browser.post(f"/desk/corroboration/{ids[0]}", {"verdict": "right"}).status_code == 302
    assert browser.post(f"/desk/corroboration/{ids[0]}", {"verdict": "wrong"}).status_code == 409
    for one in ids[1:3]:
        assert browser.post(f"/desk/corroboration/{one}", {"verdict": "wrong"}).status_code == 302
    stop = AutomaticStop.objects.get()
    assert (stop.category, stop.looked_at, stop.wrong) == (city.category, 3, 2)
    assert Case.objects.get(pk=made[1].case_id).step == "verify", "wrong ones wait for a person again"
    settle()
    leads = Message.objects.filter(template="cases.message.automatic_stopped")
    assert set(leads.values_list("account_id", flat=True)) == {city.accounts["quan"]}
    page = browser.get("/desk/corroboration").content.decode()
    assert "đã ngừng tự xác minh" in page
    assert "67\u00a0% của 3" in page
    assert "Lê Thu Hà" in page, "who reviewed"
    figures = corroborations.figures(clock.now())[0]
    assert (figures.made, figures.looked_at, figures.wrong, figures.is_on) == (len(made), 3, 2, False)
    fresh = city.report(LAMP, lon=lon, lat=lat + 0.04)
    for k in range(4):
        contact = Contact(phone=f"091111000{k}")
        city.report(
            AGAIN, who=city.ha, source="hotline", on_behalf=True, contact=contact, lon=lon, lat=lat + 0.04
        )
    settle()
    assert Case.objects.get(pk=fresh.case_id).step == "verify", "a person looks from now on"


def test_only_the_sample_is_judged_and_by_words_that_exist(automatic: TestCity) -> None:
    city = automatic
    case = city.report(LAMP)
    witnesses(city, 2)
    settle()
    Corroboration.objects.update(is_sampled=False)
    made = Corroboration.objects.get(case_id=case.case_id)
    for verdict in ("right", "wrong"):
        with pytest.raises(Exception, match="not_found"):
            do(commands.judge, made.id, verdict, actor=city.ha)
    with pytest.raises(Invalid):
        do(commands.reverse, case.case_id, "because", actor=city.ha)
    do(commands.reverse, case.case_id, "other", actor=city.ha)
    assert corroborations.looked_at(city.category, clock.now()) == (1, 1), "who takes one back looked at it"


def test_a_merge_may_be_what_was_missing(automatic: TestCity) -> None:
    city = automatic
    lon, lat = city.corner
    case = city.report(LAMP)
    others: list[UUID] = []
    for k in range(2):
        contact = Contact(phone=f"092222000{k}")
        far = city.report(
            "Trụ điện tối om",
            who=city.ha,
            source="hotline",
            on_behalf=True,
            contact=contact,
            lon=lon,
            lat=lat + 0.002 * (k + 1),
        )
        others.append(far.case_id)
    settle()
    assert Case.objects.get(pk=case.case_id).step == "verify"
    for one in others:
        do(commands.merge, one, case.case_id, actor=city.ha)
    settle()
    assert Case.objects.get(pk=case.case_id).step == "route"
