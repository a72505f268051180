"""A command room by its commands and pages: opened by a leader or a rule, orders, resources, log, documents, end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ngomon.core import clock
from ngomon.core.actors import system
from ngomon.core.errors import Conflict, Invalid, NotFound, Refused
from ngomon.core.units import unit
from ngomon.core.worker import settle
from ngomon.directory import queries as places
from ngomon.incidents import commands, queries
from ngomon.incidents.models import Gathered, LogLine, Resource, Use
from ngomon.incidents.papers import as_docx, as_html
from ngomon.incidents.reactions import report_on_the_beat
from ngomon.messages.models import Message
from ngomon.processes import commands as processes
from ngomon.processes.models import AlarmCall

ME = system("test")


def do(command, *given, who, at=None, **more):
    with unit():
        return command(*given, actor=who, at=at or clock.now(), **more)


def opened(city, **more):
    return do(commands.open_room, "Lũ sông Hương", kind="flood", who=city.dung, **more)


def ordered(city, room, **more):
    given = {"agency": city.agency, "due_at": clock.now() + timedelta(hours=3), "who": city.dung, **more}
    return do(commands.give_order, room, "Đưa 2 xuồng về kiệt 42", **given)


def boat(key="boat-1"):
    return Resource.objects.get(key=key).pk


def lines(city, number):
    return queries.log(queries.room(number, actor=city.dung).id)


def told(city, name):
    return set(Message.objects.filter(account_id=city.accounts[name]).values_list("template", flat=True))


def sos(city, n, words="Nước lên tới mái, mắc kẹt, cần thuyền"):
    return [
        city.report(
            f"{words}, nhà số {i}", who=city.ha, category="flood_rescue", source="hotline", on_behalf=True
        )
        for i in range(n)
    ]


def test_who_may_open_a_room_and_who_may_see_it(city):
    for who in (city.ha, city.nga, city.binh, city.lan, city.vy):
        with pytest.raises(Refused):
            opened(type("C", (), {"dung": who})())
    number = opened(city)
    assert number.startswith("SV-")
    for name in ("ha", "nga", "quan", "hanh", "dung", "vy"):
        assert city.browser(name).get(f"/ioc/rooms/{number}").status_code == 200
    for name in ("binh", "son", "lan"):
        assert city.browser(name).get(f"/ioc/rooms/{number}").status_code == 403


def test_an_order_is_acknowledged_reported_and_accepted_and_the_log_tells_it(city):
    number = opened(city)
    settle()
    order = ordered(city, number)
    settle()
    assert "incidents.message.order" in told(city, "tam")
    desk = city.browser("tam")
    assert "Đưa 2 xuồng về kiệt 42" in desk.get("/desk/orders").content.decode()
    assert desk.post(f"/desk/orders/{order}", {"action": "acknowledge"}).status_code == 302
    assert desk.post(f"/desk/orders/{order}", {"action": "acknowledge"}).status_code == 409
    assert desk.post(f"/desk/orders/{order}", {"action": "report", "words": ""}).status_code == 422
    desk.post(f"/desk/orders/{order}", {"action": "report", "words": "Đã đưa 5 người ra"})
    post = city.browser("quan")
    post.post(f"/ioc/rooms/{number}/move", {"order": str(order), "action": "return", "words": "Còn nhà 46"})
    do(commands.move_order, order, "report", words="Xong nhà 46", who=city.son)
    post.post(f"/ioc/rooms/{number}/move", {"order": str(order), "action": "accept"})
    line = queries.order(order, actor=city.dung)
    assert (line.outcome, line.report) == ("done", "Xong nhà 46")
    assert not line.is_open
    said = [each.words for each in lines(city, number) if each.kind == "order"]
    keys = ["order.system", "did.acknowledge", "did.report", "did.return", "did.report", "did.accept"]
    assert said == [f"incidents.log.{key}" for key in keys]
    page = post.get(f"/ioc/rooms/{number}?tab=log").content.decode()
    assert "Còn nhà 46" in page


def test_an_order_that_nobody_acknowledges_is_telephoned_and_climbs_to_the_leader(city):
    number = opened(city)
    settle()
    order = ordered(city, number)
    start = clock.now()
    for minutes in (6, 11, 16, 26):
        do(processes.wake, who=ME, at=start + timedelta(minutes=minutes))
        settle()
    line = queries.order(order, actor=city.dung)
    assert line.call_since is not None
    assert [each.words for each in lines(city, number)].count("incidents.log.call") == 1
    for name in ("binh", "quan", "dung"):
        assert "processes.message.escalated" in told(city, name), name
    page = city.browser("ha").get(f"/ioc/rooms/{number}?tab=orders").content.decode()
    assert "gọi " in page
    assert places.agency(city.agency).phone in page
    assert processes.has_alarm(line.ref)
    heard = {"order": str(order), "action": "heard", "heard_by": "Ông Bình, Chủ tịch phường"}
    assert city.browser("ha").post(f"/ioc/rooms/{number}/move", heard).status_code == 302
    line = queries.order(order, actor=city.dung)
    assert (line.call_since, line.acknowledged_by, line.step) == (None, heard["heard_by"], "carry_out")
    assert not processes.has_alarm(line.ref)


def test_whoever_is_called_out_for_an_order_acknowledges_it_and_an_exercise_calls_nobody(city):
    settle()
    for is_exercise in (False, True):
        order = ordered(city, opened(city, is_exercise=is_exercise))
        do(processes.wake, who=ME, at=clock.now() + timedelta(minutes=11))
        settle()
        ref = queries.order(order, actor=city.dung).ref
        assert queries.order(order, actor=city.dung).call_since is not None
        assert processes.has_alarm(ref) != is_exercise
        calls = AlarmCall.objects.filter(alarm__of_key=str(order))
        assert calls.exists() != is_exercise
        if not is_exercise:
            call = calls.order_by("n").first()
            do(processes.take_answer, call.pk, "acknowledged", "page", who=ME)
            settle()
            line = queries.order(order, actor=city.dung)
            assert (line.step, line.acknowledged_by, line.call_since) == (
                "carry_out",
                str(call.account),
                None,
            )
            assert not processes.has_alarm(ref)


def test_an_order_by_radio_is_written_down_afterwards_with_who_heard_it(city):
    number = opened(city)
    earlier = clock.now() - timedelta(minutes=20)
    with pytest.raises(Invalid):
        ordered(city, number, said="radio", said_at=earlier)
    order = ordered(city, number, said="radio", heard_by="Đội trưởng Sơn", said_at=earlier)
    line = queries.order(order, actor=city.dung)
    assert (line.step, line.acknowledged_at, line.heard_by) == ("carry_out", earlier, "Đội trưởng Sơn")
    written = next(each for each in lines(city, number) if each.words == "incidents.log.order.radio")
    assert written.at == earlier
    assert written.written_at > earlier
    assert written.heard_by == "Đội trưởng Sơn"


def test_bad_orders_are_refused_and_leave_nothing(city):
    number, now = opened(city), clock.now()
    for wrong in (
        {"agency": "no_such"},
        {"due_at": now - timedelta(minutes=1)},
        {"said": "pigeon"},
        {"said": "phone", "heard_by": "A", "said_at": now + timedelta(hours=1)},
    ):
        with pytest.raises(Invalid):
            ordered(city, number, **wrong)
    with pytest.raises(NotFound):
        ordered(city, "SV-0000-000")
    for who in (city.nga, city.binh, city.vy):
        with pytest.raises(Refused):
            ordered(city, number, who=who)
    assert queries.orders_of(queries.room(number, actor=city.dung).id) == []


def test_an_agency_sees_and_moves_only_its_own_orders(city):
    number = opened(city)
    other = next(a.key for a in places.agencies(city.at.date(), "ward_committee") if a.key != city.agency)
    foreign = ordered(city, number, agency=other)
    assert city.browser("tam").get(f"/desk/orders/{foreign}").status_code == 404
    with pytest.raises(Refused):
        do(commands.move_order, foreign, "acknowledge", who=city.tam)
    own = ordered(city, number)
    with pytest.raises(Refused):
        do(commands.move_order, own, "accept", who=city.tam)


def test_no_door_changes_or_removes_a_line_of_the_log(city):
    number = opened(city)
    do(commands.write_log, number, "Nước ở Đập Đá 0,6 m", who=city.ha)
    for statement in (
        "UPDATE incidents_log SET words = 'khác'",
        "UPDATE incidents_log SET at = written_at WHERE n = 1",
        "DELETE FROM incidents_log",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    with pytest.raises(DatabaseError), transaction.atomic():
        LogLine.objects.all().delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        LogLine.objects.update(words="khác")
    assert [line.n for line in lines(city, number)] == [1, 2]
    post = city.browser("quan")
    form = {"words": "Đúng là 0,8 m", "corrects": "2"}
    assert post.post(f"/ioc/rooms/{number}/log", form).status_code == 302
    assert post.post(f"/ioc/rooms/{number}/log", {**form, "corrects": "99"}).status_code == 422
    assert (
        post.post(f"/ioc/rooms/{number}/log", {"words": "x", "happened_at": "2099-01-01T00:00"}).status_code
        == 422
    )
    page = post.get(f"/ioc/rooms/{number}?tab=log").content.decode()
    assert "(Đính chính dòng 2)" in page


def test_a_note_cannot_pass_for_a_line_of_the_system(city):
    number = opened(city)
    do(commands.write_log, number, "incidents.log.ended", who=city.ha)
    page = city.browser("ha").get(f"/ioc/rooms/{number}?tab=log").content.decode()
    assert "incidents.log.ended" in page


def test_ten_calls_for_rescue_in_one_area_ask_for_a_room_and_later_ones_join_it(city):
    cases = sos(city, 9)
    settle()
    assert queries.rooms(actor=city.dung) == []
    cases += sos(city, 2, "Ngập tới cổ, xin xuồng cứu hộ")
    settle()
    room = queries.rooms(actor=city.dung)[0]
    assert (room.phase, room.rule, room.areas) == ("proposed", "sos_many", (city.area,))
    assert "tin báo ở" in room.why
    assert "incidents.message.proposed" in told(city, "dung")
    cases += sos(city, 1, "Trong lúc chờ quyết định, nước lên cửa sổ, mắc kẹt")
    settle()
    for who in ("ha", "nga"):
        answer = city.browser(who).post(f"/ioc/rooms/{room.number}/decide", {"decision": "open"})
        assert answer.status_code == 403
    leader = city.browser("dung")
    assert leader.post(f"/ioc/rooms/{room.number}/decide", {"decision": "not"}).status_code == 422
    leader.post(f"/ioc/rooms/{room.number}/decide", {"decision": "open"})
    settle()
    assert queries.room(room.number, actor=city.dung).phase == "activated"
    late = sos(city, 1, "Thêm một nhà kẹt")[0]
    settle()
    held = {line.id for line in queries.cases_of(room.id, actor=city.ha)}
    assert late.case_id in held
    assert held == {case.case_id for case in [*cases, late]}
    assert len(queries.rooms(actor=city.dung)) == 1


def test_a_room_that_was_declined_lets_its_cases_go_and_says_why(city):
    sos(city, 11)
    settle()
    room = queries.rooms(actor=city.dung)[0]
    reason = {"decision": "not", "reason": "Tin trùng nhau, đã cử xuồng"}
    city.browser("quan").post(f"/ioc/rooms/{room.number}/decide", reason)
    assert not Gathered.objects.filter(released_at__isnull=True).exists()
    page = city.browser("ha").get(f"/ioc/rooms/{room.number}?tab=log").content.decode()
    assert reason["reason"] in page


def test_water_above_alarm_three_opens_a_room_once_for_each_rise(city):
    start = clock.now() - timedelta(hours=5)
    found = []
    for n, level in enumerate((2.1, 3.4, 3.52, 4.0, 3.6)):
        at = start + timedelta(hours=n)
        found += do(commands.note_level, "kim_long", level, observed_at=at, who=city.ha)
    assert len(found) == 1
    room = queries.room(found[0], actor=city.dung)
    assert (room.phase, room.rule) == ("activated", "river_alarm_3")
    assert do(commands.note_level, "kim_long", 9.0, observed_at=start, who=city.ha) == []
    form = {"station": "phu_oc", "level_m": "4,6"}
    answer = city.browser("ha").post(f"/ioc/rooms/{room.number}/level", form)
    assert answer.status_code == 302
    page = city.browser("ha").get(f"/ioc/rooms/{room.number}").content.decode()
    assert "4,60 m, trên báo động 3 là 0,10 m" in page
    assert (
        city.browser("ha").post(f"/ioc/rooms/{room.number}/level", {**form, "level_m": "x"}).status_code
        == 422
    )


def test_cases_are_gathered_and_released_and_belong_to_one_incident(city):
    first, second = opened(city), opened(city)
    case = city.report()
    do(commands.gather_cases, first, [case.case_id], who=city.ha)
    assert do(commands.gather_cases, first, [case.case_id], who=city.ha) == 0
    with pytest.raises(Conflict):
        do(commands.gather_cases, second, [case.case_id], who=city.ha)
    desk = city.browser("ha")
    assert case.number in desk.get(f"/ioc/rooms/{first}").content.decode()
    assert (
        desk.post(f"/ioc/rooms/{first}/release", {"case": str(case.case_id), "reason": ""}).status_code == 422
    )
    desk.post(f"/ioc/rooms/{first}/release", {"case": str(case.case_id), "reason": "không do lũ"})
    with pytest.raises(Conflict):
        do(commands.release_case, first, case.case_id, reason="x", who=city.ha)
    assert desk.post(f"/ioc/rooms/{second}/gather", {"numbers": case.number}).status_code == 302
    do(commands.release_case, second, case.case_id, reason="trả lại", who=city.ha)
    assert do(commands.gather_cases, first, [case.case_id], who=city.ha) == 1
    assert desk.post(f"/ioc/rooms/{first}/gather", {"numbers": "PA-0000-0000"}).status_code == 404


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.sampled_from(["send", "home"]), st.integers(0, 1), st.integers(0, 2)), max_size=12)
)
def test_whatever_is_sent_where_no_resource_works_in_two_places(city, steps):
    rooms = getattr(city, "_rooms", None) or [opened(city), opened(city)]
    city.__dict__["_rooms"] = rooms
    Use.objects.filter(to_at__isnull=True).update(to_at=clock.now())
    keys = ["boat-1", "boat-2", "shelter-1"]
    held: dict[str, int] = {}
    for what, room, n in steps:
        key = keys[n]
        try:
            if what == "send":
                do(commands.assign_resource, rooms[room], boat(key), who=city.ha)
                assert held.setdefault(key, room) == room
            else:
                do(commands.release_resource, boat(key), who=city.ha)
                assert held.pop(key, None) is not None
        except Conflict:
            assert (key in held and held[key] != room) if what == "send" else key not in held
    standing = {line.key: line.room_number for line in queries.resources() if line.room}
    assert standing == {key: rooms[room] for key, room in held.items()}


def test_two_who_send_the_same_boat_at_once_are_held_apart_by_the_database(city):
    first, second = opened(city), opened(city)
    do(commands.assign_resource, first, boat(), task="Chở dân", who=city.ha)
    with pytest.raises(Conflict):
        do(commands.assign_resource, second, boat(), who=city.ha)
    room = queries.room(second, actor=city.ha)
    with pytest.raises(DatabaseError), transaction.atomic():
        Use.objects.create(resource_id=boat(), room_id=room.id, from_at=clock.now(), by="x")
    with pytest.raises(Conflict):
        do(commands.set_ready, boat(), False, note="hỏng máy", who=city.ha)
    do(commands.set_ready, boat("boat-2"), False, note="hỏng máy", who=city.ha)
    with pytest.raises(Conflict):
        do(commands.assign_resource, first, boat("boat-2"), who=city.ha)
    page = city.browser("ha").get(f"/ioc/rooms/{first}?tab=resources").content.decode()
    assert "chưa sẵn sàng: hỏng máy" in page


@pytest.mark.parametrize(
    "table", ["", "a,b\n1,2", "key,kind,name_vi\nx,ship,Tàu", "key,kind,name_vi,lon,lat\nx,boat,Xuồng,999,16"]
)
def test_a_bad_list_of_resources_is_refused_whole(city, table):
    before = Resource.objects.count()
    with pytest.raises(Invalid):
        do(commands.load_resources, f"{table}\n", who=city.quan)
    assert Resource.objects.count() == before


def test_a_situation_report_is_made_in_two_languages_and_sent(city):
    number = opened(city)
    case = city.report("Ngập nhà, cần cứu hộ", who=city.ha, source="hotline", on_behalf=True)
    do(commands.gather_cases, number, [case.case_id], who=city.ha)
    ordered(city, number)
    do(commands.assign_resource, number, boat(), task="Cứu dân", who=city.ha)
    settle()
    post = city.browser("quan")
    assert post.post(f"/ioc/rooms/{number}/report").status_code == 302
    settle()
    paper = queries.papers_of(queries.room(number, actor=city.dung).id)[0]
    assert (paper.state, set(paper.files)) == ("made", {"vi", "en"})
    assert paper.sent_to >= 3
    assert "incidents.message.report" in told(city, "dung")
    for language in ("vi", "en"):
        answer = post.get(f"/ioc/rooms/{number}/papers/{paper.id}.pdf", {"language": language})
        assert answer["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF")
    assert "DIỄN TẬP" not in as_html(paper, "vi")
    assert "<svg" in as_html(paper, "vi")
    assert "Báo cáo nhanh" in as_html(paper, "vi")
    assert "Situation report" in as_html(paper, "en")
    assert city.browser("tam").get(f"/ioc/rooms/{number}/papers/{paper.id}.pdf").status_code == 403
    assert post.get(f"/ioc/rooms/{number}/papers/{paper.id}.docx").status_code == 404


def test_reports_leave_by_themselves_on_their_beat(city):
    number = opened(city)
    do(commands.set_report_beat, number, 60, who=city.quan)
    for minutes in (30, 61, 61, 121):
        do(report_on_the_beat, who=ME, at=clock.now() + timedelta(minutes=minutes))
    assert len(queries.papers_of(queries.room(number, actor=city.dung).id)) == 2


def test_a_formal_order_leaves_as_pdf_and_docx_under_its_number(city):
    number = opened(city)
    order = ordered(city, number)
    post = city.browser("quan")
    form = {"order": str(order), "number": "12/CĐ-UBND"}
    assert city.browser("ha").post(f"/ioc/rooms/{number}/dispatch", form).status_code == 403
    assert post.post(f"/ioc/rooms/{number}/dispatch", form).status_code == 302
    assert post.post(f"/ioc/rooms/{number}/dispatch", {**form, "number": "13"}).status_code == 409
    settle()
    paper = queries.papers_of(queries.room(number, actor=city.dung).id)[0]
    answer = post.get(f"/ioc/rooms/{number}/papers/{paper.id}.docx")
    assert answer.content.startswith(b"PK")
    assert "cong-dien" in answer["Content-Disposition"]
    assert "12/CĐ-UBND" in as_html(paper, "vi")
    assert len(as_docx(paper)) > 10_000


def test_a_room_ends_without_open_orders_and_its_story_is_written_from_the_log(city):
    number = opened(city)
    order = ordered(city, number)
    do(commands.assign_resource, number, boat(), who=city.ha)
    post = city.browser("dung")
    assert post.post(f"/ioc/rooms/{number}/after").status_code == 409
    assert post.post(f"/ioc/rooms/{number}/end").status_code == 409
    do(commands.move_order, order, "withdraw", words="Không cần nữa", who=city.dung)
    assert post.post(f"/ioc/rooms/{number}/end").status_code == 302
    assert not Use.objects.filter(to_at__isnull=True).exists()
    with pytest.raises(Conflict):
        ordered(city, number)
    assert post.post(f"/ioc/rooms/{number}/close").status_code == 409
    do(commands.write_log, number, "Cần thêm xuồng ở bờ Nam", kind="lesson", who=city.quan)
    post.post(f"/ioc/rooms/{number}/after")
    settle()
    paper = queries.papers_of(queries.room(number, actor=city.dung).id)[0]
    assert paper.kind == "after"
    told_in = as_html(paper, "vi")
    for words in ("Cần thêm xuồng ở bờ Nam", "Đưa 2 xuồng về kiệt 42", "Không cần nữa"):
        assert words in told_in
    assert post.post(f"/ioc/rooms/{number}/close").status_code == 302
    with pytest.raises(Conflict):
        do(commands.write_log, number, "muộn", who=city.quan)


def test_an_exercise_says_so_everywhere_and_reaches_no_siren(city):
    number = opened(city, is_exercise=True)
    assert number.startswith("DT-")
    order = ordered(city, number)
    do(commands.ask_report, number, who=city.quan)
    settle()
    room = queries.room(number, actor=city.dung)
    for channel in ("siren", "speaker", "led", "public_warning", "voice", "anything_new"):
        with pytest.raises(Refused):
            queries.require_channel(room.id, channel)
    queries.require_channel(queries.room(opened(city), actor=city.dung).id, "siren")
    for address in (f"/ioc/rooms/{number}", "/ioc/rooms"):
        assert "DIỄN TẬP" in city.browser("ha").get(address).content.decode().upper()
    assert "DIỄN TẬP" in city.browser("tam").get(f"/desk/orders/{order}").content.decode()
    paper = queries.papers_of(room.id)[0]
    assert "DIỄN TẬP" in as_html(paper, "en")
    for name in ("tam", "dung"):
        page = city.browser(name).get("/notices").content.decode()
        assert "[DIỄN TẬP]" in page, name
        named = [part for part in page.split("<") if number in part and "href=" not in part]
        assert named
        assert all("[DIỄN TẬP]" in part for part in named), name


def test_bad_rooms_are_refused_with_the_reason(city):
    leader = city.browser("dung")
    assert leader.post("/ioc/rooms/new", {"title": " ", "kind": "flood"}).status_code == 422
    assert leader.post("/ioc/rooms/new", {"title": "Lũ", "kind": "war"}).status_code == 422
    assert (
        leader.post("/ioc/rooms/new", {"title": "Lũ", "kind": "flood", "areas": ["nowhere"]}).status_code
        == 404
    )
    assert leader.get("/ioc/rooms/SV-0000-000").status_code == 404
    number = opened(city)
    for form in ({"phase": "ended"}, {"phase": "moon"}, {"phase": "activated"}, {}):
        assert leader.post(f"/ioc/rooms/{number}/phase", form).status_code == 409
    assert leader.post(f"/ioc/rooms/{number}/phase", {"phase": "orders"}).status_code == 302
    assert leader.post(f"/ioc/rooms/{number}/moon").status_code == 404
    seat = {"account": str(city.accounts["quan"]), "role": "commander"}
    assert leader.post(f"/ioc/rooms/{number}/seat", seat).status_code == 302
    assert queries.room(number, actor=city.dung).commander == city.accounts["quan"]
    assert leader.post(f"/ioc/rooms/{number}/seat", {**seat, "role": "king"}).status_code == 422
    assert leader.post(f"/ioc/rooms/{number}/seat", {"account": "x", "role": "staff"}).status_code == 422
