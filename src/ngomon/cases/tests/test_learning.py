"""Officers' corrections teach the proposals: kept, counted, learned from, let through by the gate, taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from tests.city import TestCity

from ngomon.cases import job, proposals, queries, reactions
from ngomon.cases.commands import ask_for_training, put_model_live
from ngomon.cases.models import Decision, LearnedModel
from ngomon.cases.rules.gate import Learning
from ngomon.cases.terms import ModelState
from ngomon.core import clock
from ngomon.core.errors import Conflict, Refused
from ngomon.core.units import unit
from ngomon.core.worker import settle

pytestmark = pytest.mark.django_db(transaction=True)

CHARGERS = (
    "Trụ sạc xe điện ở bãi xe {n} không lên nguồn",
    "Cắm xe điện vào trụ sạc số {n} mà máy báo lỗi",
    "Xin sửa giúp trụ sạc xe điện cạnh nhà văn hóa tổ {n}",
    "tru sac xe dien hu man hinh toi om, to {n}",
)
BOATS = (
    "Bến thuyền rồng mất cầu lên xuống ở bến {n}",
    "Thuyền rồng neo lộn xộn kín bến số {n}",
    "Khách lên thuyền rồng phải nhảy, bến {n} hỏng cầu",
    "ben thuyen rong {n} gay cau xuong",
)


@pytest.fixture
def learning(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A city that learns from few decisions; gives the models whose training was begun, and begins none by itself."""
    begun: list[str] = []
    few = Learning(min_decisions=30, retrain_after=10, max_calibration_error=0.5)
    monkeypatch.setattr(proposals, "learning", lambda: few)
    monkeypatch.setattr("ngomon.cases.learned.learning", lambda: few)
    monkeypatch.setattr(reactions, "start_training", begun.append)
    proposals.forget_model()
    yield begun
    proposals.forget_model()


def decided(city: TestCity, rounds: int = 5) -> None:
    """Reports about two things that no rule knows, filed as something else and corrected at the desk by its pages."""
    desk = city.browser("ha")
    for n in range(rounds):
        for category, texts in (("park_damage", CHARGERS), ("river_litter", BOATS)):
            for text in texts:
                number = city.report(text.format(n=n + 2)).number
                answer = desk.post(f"/desk/cases/{number}/category", {"category": category})
                assert answer.status_code == 302
    settle()


def corrected_by_hand(city: TestCity, n: int) -> UUID:
    made = city.report(CHARGERS[0].format(n=n))
    city.browser("ha").post(f"/desk/cases/{made.number}/category", {"category": "park_damage"})
    return made.case_id


def keys(text: str) -> list[str]:
    return [proposal.key for proposal in queries.propose(text)]


def test_corrections_change_the_proposal_after_training_and_gate(city: TestCity, learning: list[str]) -> None:
    asked = "Ở chung cư có cái trụ sạc cho xe điện hỏng rồi"
    assert "park_damage" not in keys(asked)[:1]
    decided(city)
    assert Decision.objects.count() == 40
    admin = city.browser("vy")
    shown = admin.get("/admin/proposals").content.decode()
    assert "Quy tắc từ khóa" in shown
    assert admin.post("/admin/proposals/train").status_code == 302
    settle()
    assert len(learning) == 1
    assert job.run(UUID(learning[0])) == ModelState.CANDIDATE
    model = LearnedModel.objects.get()
    assert model.figures["candidate"]["rows"] == 8, "the newest fifth was never trained on"
    assert model.figures["candidate"]["accuracy"] > model.figures["rules"]["accuracy"]
    assert "park_damage" not in keys(asked)[:1], "a candidate proposes nothing yet"
    before = corrected_by_hand(city, 98)
    assert admin.post(f"/admin/proposals/models/{model.id}/live").status_code == 302
    first = queries.propose(asked)[0]
    assert first.key == "park_damage"
    assert any("sạc" in phrase for phrase in first.because), "explained in the words that were said"
    after = corrected_by_hand(city, 99)
    settle()
    by = dict(Decision.objects.values_list("case_id", "by_model"))
    assert (by[before], by[after]) == (0, 1), "each beside what proposed when it was made"
    page = admin.get("/admin/proposals").content.decode()
    assert "Mô hình số 1" in page
    assert "Quay lại bản trước" in page
    assert admin.post("/admin/proposals/back").status_code == 302
    assert "park_damage" not in keys(asked)[:1], "back to the rules"
    audited = admin.get("/admin/audit?kind=learned_model").content.decode()
    assert "Đưa mô hình vào dùng" in audited


def test_what_the_gate_holds_back_cannot_go_live(
    city: TestCity, learning: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    decided(city)
    strict = replace(proposals.learning(), max_calibration_error=-1.0)
    monkeypatch.setattr(proposals, "learning", lambda: strict)
    assert job.run() == ModelState.REFUSED
    model = LearnedModel.objects.get()
    assert any(not finding["passed"] for finding in model.figures["gate"])
    with unit(), pytest.raises(Conflict):
        put_model_live(model.id, actor=city.vy, at=clock.now())
    page = city.browser("vy").get("/admin/proposals").content.decode()
    assert "Không đạt kiểm tra" in page
    assert "Đưa vào dùng" not in page


def test_training_with_too_few_decisions_says_so(city: TestCity, learning: list[str]) -> None:
    decided(city, rounds=1)
    assert job.run() == ModelState.FAILED
    page = city.browser("vy").get("/admin/proposals").content.decode()
    assert "Mới có 8 quyết định" in page
    assert queries.propose("Đèn đường tắt")[0].key == "street_light_out", "the rules go on"


def test_only_an_administrator_decides_which_model_proposes(city: TestCity, learning: list[str]) -> None:
    for who in ("ha", "quan", "hanh"):
        assert city.browser(who).post("/admin/proposals/train").status_code == 403
        with unit(), pytest.raises(Refused):
            ask_for_training(actor=getattr(city, who), at=clock.now())
    assert city.browser("quan").get("/admin/proposals").status_code == 200
    assert city.browser("lan").get("/admin/proposals").status_code == 403


def test_corrections_are_counted_by_category_and_once_for_a_case(city: TestCity, learning: list[str]) -> None:
    desk = city.browser("ha")
    for n in range(3):
        number = city.report(f"Đèn đường trước kiệt {n} tắt rồi").number
        desk.post(f"/desk/cases/{number}/category", {"category": "garbage_uncollected"})
        desk.post(f"/desk/cases/{number}/category", {"category": "power_outage"})
    kept = city.report("Đèn đường ở kiệt 7 tắt", category="street_light_out")
    city.act(city.ha, kept.case_id, "route", agency=city.agency)
    settle()
    settle()
    found = {(c.proposed, c.chosen): c.n for c in queries.corrections()}
    assert found == {("street_light_out", "power_outage"): 3, ("street_light_out", "street_light_out"): 1}
    page = city.browser("vy").get("/admin/proposals").content.decode()
    assert "Trên 4 vụ việc" in page


def test_a_model_whose_file_is_gone_leaves_the_rules_to_propose(city: TestCity, learning: list[str]) -> None:
    decided(city)
    job.run()
    model = LearnedModel.objects.get()
    with unit():
        put_model_live(model.id, actor=city.vy, at=clock.now())
    assert queries.propose("Trụ sạc xe điện hỏng")[0].key == "park_damage"
    proposals.opened(model)
    path = next(iter(proposals.files.files_of([model.ref])[str(model.id)])).path
    path.unlink()
    proposals.forget_model()
    assert queries.propose("Đèn đường tắt")[0].key == "street_light_out"


def test_the_weekly_duty_asks_once_enough_was_decided(city: TestCity, learning: list[str]) -> None:
    decided(city, rounds=2)
    assert LearnedModel.objects.count() == 0
    decided(city, rounds=3)
    now = clock.now()
    with unit():
        reactions.learn_anew(actor=city.vy, at=now)
        reactions.learn_anew(actor=city.vy, at=now)
    assert LearnedModel.objects.filter(state=ModelState.ASKED).count() == 1


def test_an_interrupted_training_is_given_up_when_the_next_is_asked_for(
    city: TestCity, learning: list[str]
) -> None:
    now = clock.now()
    with unit():
        first = ask_for_training(actor=city.vy, at=now)
    with unit():
        assert ask_for_training(actor=city.vy, at=now + timedelta(hours=1)) == first
    with unit():
        second = ask_for_training(actor=city.vy, at=now + timedelta(hours=3))
    assert second != first
    assert LearnedModel.objects.get(pk=first).state == ModelState.FAILED
    assert job.run(first) == ModelState.FAILED, "what was given up stays so"


def test_what_the_process_does_by_itself_is_no_decision(city: TestCity, learning: list[str]) -> None:
    receipt = city.report("Đèn đường trước kiệt 9 tắt")
    settle()
    assert Decision.objects.count() == 0, "a report alone decides nothing"
    city.act(city.ha, receipt.case_id, "ask", question="Ở đoạn nào?")
    settle()
    assert Decision.objects.count() == 0
