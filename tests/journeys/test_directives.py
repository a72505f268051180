"""A leader's directive on a case or a number: carried out, reported, sent back, accepted; forgotten by nobody."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from ngomon.core import clock
from ngomon.core.actors import system
from ngomon.core.errors import Conflict, Invalid, NotFound, Refused
from ngomon.core.ids import Ref
from ngomon.core.units import unit
from ngomon.core.worker import settle
from ngomon.directory import queries as directory_queries
from ngomon.identity import commands as identity
from ngomon.messages.models import Message
from ngomon.processes import commands, directives, queries
from ngomon.processes.models import Instance

ME = system("test")
OF = Ref("case", str(uuid4()), "PA-2611-0001", "/desk/cases/PA-2611-0001")


def give(city, who=None, hours=4, **changes):
    now = clock.now()
    given = {"agency": city.agency, "due_at": now + timedelta(hours=hours), **changes}
    with unit():
        return commands.give_directive(
            OF, "Dọn cây đổ, mở đường trước 17 giờ", actor=who or city.dung, at=now, **given
        )


def move(number, action, who, words="", at=None, **more):
    with unit():
        return commands.move_directive(number, action, words=words, actor=who, at=at or clock.now(), **more)


def told(city, name):
    return set(Message.objects.filter(account_id=city.accounts[name]).values_list("template", flat=True))


def test_a_directive_is_carried_out_sent_back_and_accepted_and_each_side_hears(city):
    settle()
    number = give(city)
    settle()
    assert number.startswith("CD-")
    assert "processes.message.directive" in told(city, "binh")
    assert [line.number for line in directives.directives_open(city.binh)] == [number]
    assert move(number, "report", city.tam, "Đã cưa cây, thông đường lúc 14 giờ").step == "review"
    settle()
    assert "processes.message.directive_report" in told(city, "dung")
    due = clock.now() + timedelta(hours=9)
    assert move(number, "return", city.dung, "Chưa dọn cành", due_at=due).step == "do"
    view = directives.directive(number, city.dung)
    assert view.line.due_at == due
    assert abs((queries.where(view.line.ref).due_at - due).total_seconds()) < 1
    move(number, "report", city.son, "Đã dọn cành")
    assert move(number, "accept", city.dung).outcome == "done"
    view = directives.directive(number, city.binh)
    assert [entry.action for entry in view.entries] == ["give", "report", "return", "report", "accept"]
    assert directives.directives_open(city.dung) == []
    with pytest.raises(Conflict):
        move(number, "report", city.tam, "lại")


def test_only_leaders_give_and_settle_and_only_the_agency_reports(city):
    for who in (city.ha, city.binh, city.quan, city.lan):
        with pytest.raises(Refused):
            give(city, who)
    number = give(city)
    with pytest.raises(Refused):
        move(number, "report", city.dung, "x")
    with pytest.raises(Refused):
        move(number, "withdraw", city.binh, "x")
    with pytest.raises(Invalid):
        move(number, "report", city.tam, " ")
    other = next(
        a.key for a in directory_queries.agencies(city.at.date(), "ward_committee") if a.key != city.agency
    )
    elsewhere = give(city, agency=other)
    assert [line.number for line in directives.directives_open(city.tam)] == [number]
    with pytest.raises(NotFound):
        directives.directive(elsewhere, city.tam)


def test_bad_directives_are_refused_with_the_reason(city):
    now = clock.now()
    for changes in ({"due_at": now - timedelta(minutes=1)}, {"agency": "no_such"}, {"agency": ""}):
        with pytest.raises(Invalid):
            give(city, **changes)
    assert not Instance.objects.filter(of_kind="directive").exists()


def test_a_second_click_gives_nothing_twice(city):
    token = uuid4()
    assert give(city, id=token) == give(city, id=token)
    assert Instance.objects.filter(of_kind="directive").count() == 1


def test_nothing_forgets_it_head_then_city_office_are_told_and_a_report_left_lying_too(city):
    settle()
    number = give(city, hours=4)
    start = clock.now()
    for hours in (3, 4.1, 9):
        with unit():
            commands.wake(actor=ME, at=start + timedelta(hours=hours))
    settle()
    assert "processes.message.reminder" in told(city, "tam")
    assert "processes.message.escalated" in told(city, "binh")
    assert "processes.message.escalated" in told(city, "hanh")
    move(number, "report", city.tam, "Xong", at=start + timedelta(hours=10))
    with unit():
        commands.wake(actor=ME, at=start + timedelta(days=14))
    settle()
    assert "processes.message.overdue" in told(city, "dung")


def test_the_pages_from_the_case_to_the_accepted_result(city):
    receipt = city.report()
    leader = city.browser("dung")
    page = leader.get(f"/desk/cases/{receipt.number}").content.decode()
    assert f"/desk/directives/new?kind=case&amp;key={receipt.number}" in page
    assert (
        "/desk/directives/new" not in city.browser("ha").get(f"/desk/cases/{receipt.number}").content.decode()
    )
    asked = f"/desk/directives/new?kind=case&key={receipt.number}"
    assert leader.get(asked).status_code == 200
    wrong = leader.post(asked, {"words": "Xử lý ngay", "agency": city.agency, "due_at": "2020-01-01T08:00"})
    assert wrong.status_code == 422
    assert "Thời hạn phải ở sau lúc này" in wrong.content.decode()
    due = directory_queries.local_day(clock.now()) + timedelta(days=1)
    form = {"words": "Xử lý ngay trong đêm", "agency": city.agency, "due_at": f"{due}T08:00"}
    given = leader.post(asked, form)
    number = given.url.rsplit("/", 1)[1]
    agency = city.browser("tam")
    assert "Xử lý ngay trong đêm" in agency.get("/desk/directives").content.decode()
    agency.post(f"/desk/directives/{number}", {"action": "report", "words": "Đã thay bóng"})
    assert "Đã thay bóng" in leader.get(f"/desk/directives/{number}").content.decode()
    leader.post(f"/desk/directives/{number}", {"action": "accept"})
    assert "Hoàn thành" in agency.get(f"/desk/directives/{number}").content.decode()
    assert number in leader.get(f"/desk/cases/{receipt.number}").content.decode()
    assert city.browser("lan").get("/desk/directives").status_code == 403


def test_a_directive_hangs_on_a_number_of_the_board(city):
    leader = city.browser("dung")
    assert leader.get("/desk/directives/new").status_code == 200
    due = directory_queries.local_day(clock.now()) + timedelta(days=2)
    form = {"words": "Giải quyết hết việc quá hạn", "agency": city.agency, "due_at": f"{due}T17:00"}
    given = leader.post(f"/desk/directives/new?kind=board&key={city.agency}", form)
    assert given.status_code == 302
    assert "quá hạn của" in leader.get(given.url).content.decode()
    assert leader.get("/desk/directives/new?kind=moon&key=1").status_code == 404


def test_a_directive_to_one_post_lies_with_its_holder_and_climbs_as_usual(city):
    settle()
    number = give(city, officer=city.accounts["son"])
    settle()
    assert "processes.message.directive" in told(city, "son")
    assert "processes.message.directive" in told(city, "binh"), "his head hears too"
    assert "processes.message.directive" not in told(city, "thu")
    assert "processes.message.assigned" not in told(city, "son"), "once, in the directive's words"
    line = directives.directive(number, city.dung).line
    assert (line.officer, line.step) == (city.accounts["son"], "do_named")
    assert [task.of.label for task in queries.tasks_of(city.son).tasks] == [number]
    for who in (city.thu, city.tam):
        with pytest.raises(Refused):
            move(number, "report", who, "Xong")
    start = clock.now()
    for hours in (3, 4.1, 9):
        with unit():
            commands.wake(actor=ME, at=start + timedelta(hours=hours))
    settle()
    assert "processes.message.reminder" in told(city, "son")
    assert "processes.message.reminder" not in told(city, "thu")
    assert "processes.message.escalated" in told(city, "binh")
    assert "processes.message.escalated" in told(city, "hanh")
    move(number, "report", city.son, "Đã cưa cây")
    assert move(number, "return", city.dung, "Chưa dọn cành").step == "do_named"
    assert directives.directive(number, city.dung).line.officer == city.accounts["son"], (
        "back to the same post"
    )
    assert move(number, "report", city.binh, "Đã dọn cành").step == "review", "the head may too"
    assert move(number, "accept", city.dung).outcome == "done"


def test_whoever_stands_in_for_the_named_officer_hears_and_carries_it_out(city):
    settle()
    now = clock.now()
    away = {
        "from_at": now - timedelta(hours=1),
        "to_at": now + timedelta(days=3),
        "actor": city.binh,
        "at": now,
    }
    with unit():
        identity.set_absence(city.accounts["son"], substitute_id=city.accounts["thu"], **away)
    number = give(city, officer=city.accounts["son"])
    settle()
    assert "processes.message.directive" in told(city, "thu")
    page = city.browser("thu").get(f"/desk/directives/{number}").content.decode()
    assert "Đặng Hoài Sơn" in page
    assert "Báo cáo kết quả" in page
    assert "Báo cáo kết quả" not in city.browser("tam").get(f"/desk/directives/{number}").content.decode()
    assert move(number, "report", city.thu, "Xong").step == "review"
    with pytest.raises(Invalid):
        give(city, officer=city.accounts["ha"])


def test_the_form_offers_the_posts_of_the_chosen_agency(city):
    leader, receipt = city.browser("dung"), city.report()
    asked = f"/desk/directives/new?kind=case&key={receipt.number}"
    people = leader.get(f"/desk/directives/people?agency={city.agency}").content.decode()
    assert "Đặng Hoài Sơn" in people
    assert "Lê Thu Hà" not in people
    assert city.browser("binh").get("/desk/directives/people").status_code == 403
    looked = leader.post(asked, {"words": "Xử lý ngay", "agency": city.agency, "look": "1"})
    assert looked.status_code == 200
    assert "Đặng Hoài Sơn" in looked.content.decode()
    due = directory_queries.local_day(clock.now()) + timedelta(days=1)
    form = {"words": "Xử lý ngay", "agency": city.agency, "due_at": f"{due}T08:00"}
    assert leader.post(asked, {**form, "officer": "nobody"}).status_code == 422
    given = leader.post(asked, {**form, "officer": str(city.accounts["son"])})
    assert given.status_code == 302
    assert "Đặng Hoài Sơn" in leader.get("/desk/directives").content.decode()
    assert "Đặng Hoài Sơn" in city.browser("son").get(given.url).content.decode()
