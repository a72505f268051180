"""The instant queue at the desk: what is open first, every step by hand, and who may."""

from __future__ import annotations

import pytest
from tests.city import TestCity, build_city
from tests.on_duty import put_on_duty

from ngomon.core import worker
from ngomon.processes.models import Alarm, AlarmCall


@pytest.fixture
def city(transactional_db: None) -> TestCity:
    made = build_city()
    put_on_duty(made)
    worker.settle()
    return made


def fire(city: TestCity) -> Alarm:
    city.report("Cháy nhà ở kiệt 42", category="fire")
    worker.settle()
    return Alarm.objects.get(ended_at__isnull=True)


def test_an_operator_goes_on_by_hand_and_every_step_is_on_the_page(city: TestCity) -> None:
    alarm = fire(city)
    desk = city.browser("ha")
    page = desk.get("/desk/instant").content.decode()
    for words in (
        "Lê Văn Phúc",
        "Đang gọi, chưa ai nhận",
        "data-countdown",
        "Tin nhắn SMS",
        "lĩnh vực phải xử lý ngay",
    ):
        assert words in page
    assert desk.post(f"/desk/instant/{alarm.pk}/next").status_code == 302
    assert desk.post(f"/desk/instant/{alarm.pk}/skip").status_code == 302
    assert AlarmCall.objects.count() == 3
    said = {"account": str(city.accounts["cuong"]), "answer": "acknowledged"}
    assert desk.post(f"/desk/instant/{alarm.pk}/answer", said).status_code == 302
    worker.settle()
    page = desk.get("/desk/instant").content.decode()
    for words in ("Đã có người nhận", "Hoàng Mạnh Cường", "nói qua điện thoại, ghi tay", "bỏ qua"):
        assert words in page
    late = desk.post(f"/desk/instant/{alarm.pk}/next")
    assert late.status_code == 409
    assert "đã có người nhận" in late.content.decode()
    case = desk.get(f"/desk/cases/{alarm.of_label}").content.decode()
    assert "Hoàng Mạnh Cường" in case
    assert desk.post(f"/desk/instant/{alarm.pk}/off", {"reason": "false_alarm"}).status_code == 302
    assert Alarm.objects.get().state == "called_off"
    assert "Đã dừng gọi" in desk.get("/desk/instant").content.decode()


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("answer", {"account": "x", "answer": "acknowledged"}, 422),
        ("answer", {"account": "00000000-0000-0000-0000-000000000001", "answer": "done"}, 422),
        ("answer", {"account": "00000000-0000-0000-0000-000000000001", "answer": "maybe"}, 422),
        ("off", {"reason": "because"}, 422),
        ("off", {}, 422),
    ],
)
def test_bad_input_is_told_and_changes_nothing(
    city: TestCity, path: str, body: dict[str, str], status: int
) -> None:
    alarm = fire(city)
    assert city.browser("ha").post(f"/desk/instant/{alarm.pk}/{path}", body).status_code == status
    assert Alarm.objects.get().state == "calling"


def test_an_agency_sees_its_own_and_steers_nothing_and_citizens_see_none(city: TestCity) -> None:
    alarm = fire(city)
    assert "Lê Văn Phúc" in city.browser("cuong").get("/desk/instant").content.decode()
    assert "Lê Văn Phúc" not in city.browser("tam").get("/desk/instant").content.decode()
    assert city.browser("cuong").post(f"/desk/instant/{alarm.pk}/next").status_code == 403
    assert city.browser("lan").get("/desk/instant").status_code == 403
    unknown = "00000000-0000-0000-0000-000000000001"
    assert city.browser("ha").post(f"/desk/instant/{unknown}/next").status_code == 404
