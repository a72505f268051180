"""A case that only the duty shift may know of runs late: it climbs among those who may know of it, and nobody else hears."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.city import TestCity

from ngomon.cases import queries
from ngomon.cases.learned import decisions
from ngomon.cases.models import Case, Decision
from ngomon.core import clock
from ngomon.core.events import read_log
from ngomon.core.models import Delivery
from ngomon.core.worker import settle
from ngomon.directory import queries as directory
from ngomon.identity.queries import live_keys
from ngomon.messages.models import Message
from ngomon.processes.models import AlarmCall

from .test_exits import DENOUNCES, OTHERS, guide

pytestmark = pytest.mark.django_db(transaction=True)
PAGES = (
    "/desk", "/desk?queue=triage", "/desk?queue=promised", "/desk?late=late", "/desk/bulk", "/desk/handover",
    "/desk/consultations", "/desk/messages", "/desk/parked", "/desk/pictures", "/desk/commitments", "/desk/filter",
    "/desk/filter/counted", "/desk/search?q=hối lộ", "/notices", "/board", "/admin", "/admin/audit",
    "/admin/retention", "/admin/proposals", "/api/v1/cases?view=staff", "/metrics",
)  # fmt: skip


@pytest.fixture
def wound(tmp_path: Path) -> Iterator[Callable[[timedelta], Any]]:
    clock.use_offset_file(tmp_path / "offset")
    yield clock.wind
    clock.use_offset_file(None)


def who_heard(city: TestCity, case_id: UUID) -> set[str]:
    names = {account: name for name, account in city.accounts.items()}
    found = Message.objects.filter(ref_key=str(case_id)).values_list("account_id", flat=True)
    return {names[account] for account in found if account in names}


def climbs(city: TestCity, wound: Callable[[timedelta], Any]) -> None:
    for _ in range(4):
        wound(timedelta(days=5))
        settle()


def no_trace(city: TestCity, number: str, case_id: str) -> None:
    for who in OTHERS:
        browser, looked_at = city.browser(who), 0
        for page in PAGES:
            answer = browser.get(page)
            looked_at += answer.status_code == 200
            if answer.status_code == 200:
                words = (
                    b"".join(answer.streaming_content).decode()
                    if answer.streaming
                    else answer.content.decode()
                )
                # The log of who did what names things by their ids alone; whoever keeps it may see those.
                marks = (
                    (number, "nhận hối lộ") if page.startswith("/admin") else (number, "nhận hối lộ", case_id)
                )
                for mark in marks:
                    assert mark not in words, (who, page, mark)
        assert looked_at > 6, (who, looked_at)


def test_a_denunciation_that_nobody_takes_up_is_told_to_the_duty_shift_alone(city: TestCity, wound) -> None:
    settle()
    ordinary = city.report()
    receipt = city.report(DENOUNCES)
    settle()
    climbs(city, wound)
    told = who_heard(city, ordinary.case_id)
    assert "hanh" in told, "an ordinary one reaches the city's office"
    heard = who_heard(city, receipt.case_id)
    assert "quan" in heard, "the shift lead hears that it is late"
    assert heard <= {"ha", "quan", "lan"}, heard
    no_trace(city, receipt.number, str(receipt.case_id))
    for delivery in Delivery.objects.filter(ref_key=str(receipt.case_id)):
        assert delivery.purpose.startswith(("cases.", "processes."))


def test_what_it_emits_while_it_is_late_reaches_no_stream_of_others(city: TestCity, wound) -> None:
    settle()
    receipt = city.report(DENOUNCES)
    settle()
    climbs(city, wound)
    keys = {who: live_keys(getattr(city, who)) for who in OTHERS}
    log = [r for r in read_log(0, limit=500) if r.event is not None]
    mine = [r for r in log if str(receipt.case_id) in json.dumps(r.event.body())]
    kinds = {r.kind for r in mine}
    assert "processes.task_overdue" in kinds or "processes.escalated" in kinds, kinds
    for recorded in mine:
        for who, held in keys.items():
            heard = [k for k in recorded.audience if all(part in held for part in k.split("&"))]
            assert not heard, (recorded.kind, who, recorded.audience)
        assert "city_office" not in json.dumps(recorded.event.body()), "the log does not send it there either"


def test_one_that_turns_secret_after_it_ran_late_climbs_no_further_and_is_unlearned(
    city: TestCity, wound
) -> None:
    settle()
    receipt = city.report("Địa chính phường làm khó dân, mong thành phố xem lại giúp")
    city.act(city.ha, receipt.case_id, "route", agency=city.agency)
    settle()
    assert Decision.objects.filter(pk=receipt.case_id).exists()
    city.act(city.tam, receipt.case_id, "hand_back", reason="Không thuộc thẩm quyền")
    assert guide(city, receipt.number, "denunciation").status_code == 302
    settle()
    assert Case.objects.get(pk=receipt.case_id).is_secret
    before = Message.objects.filter(ref_key=str(receipt.case_id)).count()
    with_appeal = city.browser("lan").post(f"/cases/{receipt.number}/appeal", {"reason": "Chưa đúng"})
    assert with_appeal.status_code == 302
    settle()
    climbs(city, wound)
    assert Message.objects.filter(ref_key=str(receipt.case_id)).count() > before, "somebody hears"
    late = Message.objects.filter(ref_key=str(receipt.case_id)).order_by("created_at")[before:]
    names = {account: name for name, account in city.accounts.items()}
    assert {names.get(m.account_id, "") for m in late} <= {"ha", "quan", "lan"}
    assert all("làm khó dân" not in decided.text for decided in decisions())
    assert queries.standings(clock.now()) == [] or all(s.overdue == 0 for s in queries.standings(clock.now()))
    for who in ("tam", "binh", "hanh", "nga"):
        assert city.browser(who).get(f"/desk/cases/{receipt.number}").status_code in {403, 404}


def test_an_urgent_one_calls_the_duty_shift_alone_and_everybody_once_it_is_none(
    city: TestCity, wound
) -> None:
    settle()
    instant = next(c.key for c in directory.categories() if c.group == "instant" and not c.photo_required)
    receipt = city.report(DENOUNCES, category=instant)
    assert Case.objects.get(pk=receipt.case_id).is_secret
    for _ in range(6):
        settle()
        wound(timedelta(minutes=20))
    settle()
    called = {names_of(city)[c.account] for c in AlarmCall.objects.all()}
    assert "quan" in called
    assert called <= {"ha", "quan"}, called
    assert who_heard(city, receipt.case_id) <= {"ha", "quan", "lan"}
    assert city.browser("ha").post(f"/desk/cases/{receipt.number}/lift").status_code == 302
    for _ in range(6):
        settle()
        wound(timedelta(minutes=20))
    settle()
    assert {names_of(city)[c.account] for c in AlarmCall.objects.all()} - {"ha", "quan"}, "as any other now"


def names_of(city: TestCity) -> dict[UUID, str]:
    return {account: name for name, account in city.accounts.items()}
