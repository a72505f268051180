"""An alarm end to end: a report comes in, the worker calls, people answer or do not; the clock is simulated, the rest is real."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.city import TestCity
from tests.on_duty import AGENCY, put_on_duty

from ngomon.cases.models import Case
from ngomon.cases.terms import CaseKind
from ngomon.core import clock, worker
from ngomon.core.actors import system
from ngomon.core.errors import CityError
from ngomon.core.events import read_log
from ngomon.core.models import Delivery
from ngomon.core.units import unit
from ngomon.identity import commands as identity
from ngomon.identity.queries import forget_grants
from ngomon.messages.commands import answer_call
from ngomon.messages.models import Call
from ngomon.messages.queries import inbox
from ngomon.messages.terms import Answer, How
from ngomon.processes import alarms, commands
from ngomon.processes.commands import oncall
from ngomon.processes.models import Alarm, AlarmCall, Instance

SYSTEM = system("test")
NIGHT = datetime(2026, 11, 24, 19, 12, tzinfo=UTC)  # 02:12 in Huế


class Clock:
    """The city's clock in a test: it moves only when the test says so."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def on(self, minutes: float) -> None:
        """Minutes pass, and the worker does what became due, twice as there may be more of it."""
        self.at += timedelta(minutes=minutes)
        worker.settle()


@pytest.fixture
def ticks(monkeypatch: pytest.MonkeyPatch, city: TestCity) -> Clock:
    put_on_duty(city)
    found = Clock(clock.now())
    monkeypatch.setattr(clock, "now", found)
    worker.settle()
    return found


def fire(city: TestCity, text: str = "Cháy nhà ở kiệt 42, khói lớn") -> Case:
    receipt = city.report(text, category="fire")
    worker.settle()
    return Case.objects.get(pk=receipt.case_id)


def called(case: Case) -> list[tuple[str, str]]:
    """Who was called, in order, and what became of it."""
    rows = AlarmCall.objects.filter(alarm__of_key=str(case.pk)).order_by("n")
    return [(str(row.account), row.outcome) for row in rows]


def names(city: TestCity, case: Case) -> list[str]:
    known = {str(account): name for name, account in city.accounts.items()}
    return [known[account] for account, _ in called(case)]


def say(case: Case, city: TestCity, who: str, answer: Answer) -> None:
    call = Call.objects.filter(account=city.accounts[who]).latest("created_at")
    with unit():
        answer_call(call.pk, answer, how=How.PAGE, actor=SYSTEM, at=clock.now())
    worker.settle()


def alarm(case: Case) -> Alarm:
    return Alarm.objects.filter(of_key=str(case.pk)).latest("raised_at")


def test_an_instant_case_calls_the_one_on_duty_at_once_by_several_ways(city: TestCity, ticks: Clock) -> None:
    case = fire(city)
    assert names(city, case) == ["phuc"]
    sent = Delivery.objects.filter(ref_key=str(case.pk), purpose="processes.call")
    assert {d.channel for d in sent} == {"sms", "voice"}
    assert Call.objects.get().account_id == city.accounts["phuc"]
    assert Instance.objects.get(of_key=str(case.pk)).definition == "field_reports.instant"


def test_nobody_acknowledges_then_the_next_the_substitute_the_head_the_lead_the_leader_and_all_anew(
    city: TestCity, ticks: Clock
) -> None:
    case = fire(city)
    for _ in range(5):
        ticks.on(2.1)
    assert names(city, case) == ["phuc", "khanh", "loc", "cuong", "quan", "dung"]
    assert alarm(case).ended_rounds == 0
    ticks.on(2.1)
    assert alarm(case).ended_rounds == 1, "the end of the chain is told"
    shown = alarms.alarms_open(actor=city.ha)
    assert [a.reached_end for a in shown] == [True], "and it stays visibly open"
    ticks.on(10.1)
    assert names(city, case)[6:] == ["phuc"], "the round begins anew"
    assert any(e.kind == "processes.chain_ended" for e in read_log(0, limit=1000))


def test_a_refusal_calls_the_next_at_once(city: TestCity, ticks: Clock) -> None:
    case = fire(city)
    say(case, city, "phuc", Answer.DECLINED)
    assert names(city, case) == ["phuc", "khanh"]


def test_taken_others_are_told_phones_stop_and_the_process_goes_along(city: TestCity, ticks: Clock) -> None:
    case = fire(city)
    ticks.on(2.1)
    say(case, city, "khanh", Answer.ACKNOWLEDGED)
    found = alarm(case)
    assert (found.state, found.holder, found.wake_at) == ("acknowledged", city.accounts["khanh"], None)
    assert Call.objects.get(account=city.accounts["phuc"]).closed_at is not None
    ticks.on(60)
    assert names(city, case) == ["phuc", "khanh"], "nobody else is called"
    case.refresh_from_db()
    assert (case.step, case.status, case.agency) == ("coming", "in_progress", AGENCY)
    assert case.acknowledged_at is not None, "danger leaves the strip"
    say(case, city, "khanh", Answer.EN_ROUTE)
    say(case, city, "khanh", Answer.ON_SCENE)
    case.refresh_from_db()
    assert case.step == "on_scene"
    say(case, city, "khanh", Answer.DONE)
    case.refresh_from_db()
    assert case.step == "handle"
    assert alarm(case).ended_at is not None


def test_a_late_answer_counts_and_who_gives_it_back_has_others_called_again(
    city: TestCity, ticks: Clock
) -> None:
    case = fire(city)
    ticks.on(2.1)
    say(case, city, "phuc", Answer.ACKNOWLEDGED)
    assert alarm(case).holder == city.accounts["phuc"]
    say(case, city, "phuc", Answer.DECLINED)
    assert alarm(case).state == "calling"
    assert names(city, case) == ["phuc", "khanh", "khanh"], (
        "the one who gave it back is not called first again"
    )
    case.refresh_from_db()
    assert case.step == "called"


def test_the_absent_are_not_called_their_substitutes_are(city: TestCity, ticks: Clock) -> None:
    with unit():
        identity.set_absence(
            city.accounts["phuc"], from_at=clock.now() - timedelta(hours=1), to_at=clock.now() + timedelta(days=1),
            substitute_id=city.accounts["cuong"], actor=SYSTEM, at=clock.now(),
        )  # fmt: skip
    forget_grants()
    case = fire(city)
    assert names(city, case) == ["cuong"]
    row = AlarmCall.objects.get()
    assert row.stands_in_for == city.accounts["phuc"]


def test_an_agency_without_roster_or_people_ends_at_the_shift_lead(city: TestCity, ticks: Clock) -> None:
    receipt = city.report("Tụt huyết áp, bất tỉnh", category="medical_emergency")
    worker.settle()
    case = Case.objects.get(pk=receipt.case_id)
    assert names(city, case) == ["quan"]
    ticks.on(2.1)
    assert names(city, case) == ["quan", "dung"]


def test_a_worker_killed_between_deciding_and_committing_leaves_the_timer_where_it_was(
    city: TestCity, ticks: Clock
) -> None:
    case = fire(city)
    ticks.at += timedelta(minutes=2.1)

    class Killed(BaseException):
        pass

    with pytest.raises(Killed), unit():
        commands.wake_alarms(actor=SYSTEM, at=ticks.at)
        raise Killed
    assert names(city, case) == ["phuc"]
    worker.settle()
    assert names(city, case) == ["phuc", "khanh"]
    with unit():
        assert commands.wake_alarms(actor=SYSTEM, at=ticks.at) == 0, "a second worker finds nothing to do"
    ids = list(Delivery.objects.filter(purpose="processes.call").values_list("id", flat=True))
    assert len(ids) == len(set(ids)) == 4


def test_who_is_out_on_another_alarm_is_called_after_the_others_and_the_desk_says_so(
    city: TestCity, ticks: Clock
) -> None:
    first = fire(city)
    say(first, city, "phuc", Answer.EN_ROUTE)
    second = fire(city, "Cháy chợ, nhiều người mắc kẹt")
    assert names(city, second) == ["khanh"], "the substitute is called at once"
    page = city.browser("ha").get("/desk/instant").content.decode()
    assert f"đang trên đường tới {first.number}" in page
    say(first, city, "phuc", Answer.ON_SCENE)
    page = city.browser("ha").get(f"/desk/cases/{second.number}").content.decode()
    assert f"đang ở hiện trường {first.number}" in page
    for _ in range(3):
        ticks.on(2.1)
    assert names(city, second) == ["khanh", "loc", "cuong", "phuc"], "but before the shift lead"
    with unit():
        commands.record_answer(
            alarm(first).pk, city.accounts["phuc"], Answer.DONE, actor=city.ha, at=clock.now()
        )
    worker.settle()
    third = fire(city, "Cháy xe tải trên cầu")
    assert names(city, third) == ["phuc"], "who is done is called in turn again"


def test_a_city_may_have_those_who_are_out_called_in_turn_all_the_same(
    city: TestCity, ticks: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = fire(city)
    say(first, city, "phuc", Answer.ON_SCENE)
    monkeypatch.setattr(alarms.directory, "calls_out_as_ever", lambda: True)
    assert names(city, fire(city, "Cháy chợ, nhiều người mắc kẹt")) == ["phuc"]


def test_an_alarm_whose_turn_fails_silences_no_other_and_is_tried_again(
    city: TestCity, ticks: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = fire(city), fire(city, "Cháy chợ, nhiều người mắc kẹt")
    real = oncall.words_of

    def words_of(kind: str, key: str):
        if key == str(first.pk):
            raise RuntimeError("its words cannot be read")
        return real(kind, key)

    with monkeypatch.context() as patched:
        patched.setattr(oncall, "words_of", words_of)
        ticks.on(2.1)
        assert names(city, first) == ["phuc"]
        assert names(city, second) == ["phuc", "khanh"]
    ticks.on(0.6)
    assert names(city, first) == ["phuc", "khanh"]


def test_found_to_be_no_report_nobody_is_called_any_more(city: TestCity, ticks: Clock) -> None:
    case = fire(city)
    city.act(city.ha, case.pk, "reject", reason="Báo nhầm: người dân đốt vàng mã, đã gọi lại xác nhận")
    worker.settle()
    assert alarm(case).state == "called_off"
    ticks.on(30)
    assert names(city, case) == ["phuc"]


def test_given_to_another_agency_its_people_are_called(city: TestCity, ticks: Clock) -> None:
    case = fire(city)
    city.act(city.ha, case.pk, "route", agency="ambulance_115")
    worker.settle()
    assert alarm(case).agency == "ambulance_115"
    assert names(city, case) == ["phuc", "quan"]


def test_the_operator_calls_the_next_skips_and_writes_down_what_was_told_by_telephone(
    city: TestCity, ticks: Clock
) -> None:
    case = fire(city)
    key = alarm(case).pk
    with unit():
        commands.call_next(key, actor=city.ha, at=clock.now())
    with unit():
        commands.skip(key, actor=city.ha, at=clock.now())
    assert names(city, case) == ["phuc", "khanh", "loc"]
    with unit():
        commands.record_answer(
            key, city.accounts["cuong"], Answer.ACKNOWLEDGED, actor=city.ha, at=clock.now()
        )
    worker.settle()
    assert alarm(case).holder == city.accounts["cuong"]
    assert AlarmCall.objects.get(account=city.accounts["cuong"]).how == "telephone"
    with pytest.raises(CityError), unit():
        commands.call_next(key, actor=city.ha, at=clock.now())
    with pytest.raises(CityError), unit():
        commands.call_off(key, "false_alarm", actor=city.tam, at=clock.now())


def test_what_is_not_urgent_waits_for_the_morning_and_what_is_does_not(
    city: TestCity, ticks: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks.at = NIGHT
    receipt = city.report("Đèn đường trước kiệt 42 tắt 3 đêm rồi")
    opens = datetime(2026, 11, 25, 0, 30, tzinfo=UTC)
    instance = Instance.objects.get(of_key=str(receipt.case_id))
    assert instance.started_at == opens
    assert receipt.taken_up_at == opens
    assert receipt.acknowledged_by_at == opens + timedelta(minutes=30)
    assert not Alarm.objects.exists()
    worker.settle()
    told = inbox(city.lan).items[0]
    assert "sẽ được tiếp nhận lúc 07:30" in told.subject
    page = city.browser("lan").get(f"/reports/sent/{receipt.number}").content.decode()
    assert "Phản ánh sẽ được tiếp nhận lúc 07:30" in page
    case = fire(city)
    assert Instance.objects.get(of_key=str(case.pk)).started_at == NIGHT
    assert names(city, case) == ["phuc"]


def test_danger_told_before_any_form_calls_at_once(city: TestCity, ticks: Clock) -> None:
    receipt = city.report("Có người nhảy cầu", category="", kind=CaseKind.DANGER)
    worker.settle()
    found = Alarm.objects.get(of_key=str(receipt.case_id))
    assert found.severity == "danger"
    assert '"told"' in found.reasons


# --- any order of anything ----------------------------------------------------------------------------------------------


class Chain(RuleBasedStateMachine):
    """People, time, operators and dying workers in any order, against the database."""

    city: TestCity
    fixture: Callable[[], tuple[TestCity, Clock]]

    @initialize()
    def begin(self) -> None:
        self.city, self.ticks = self.fixture()
        self.case = fire(self.city, f"Cháy nhà ở kiệt {self.ticks.at.timestamp()}")
        self.people = ("phuc", "khanh", "loc", "cuong", "quan", "dung")

    @rule(minutes=st.sampled_from([0.5, 2.1, 11.0]))
    def time_passes(self, minutes: float) -> None:
        self.ticks.on(minutes)

    @rule(who=st.integers(0, 5), answer=st.sampled_from(list(Answer)))
    def somebody_says(self, who: int, answer: Answer) -> None:
        account = self.city.accounts[self.people[who]]
        calls = Call.objects.filter(account=account, message__ref_key=str(self.case.pk))
        call = calls.order_by("-created_at").first()
        if call is None:
            return
        try:
            with unit():
                answer_call(call.pk, answer, how=How.PAGE, actor=SYSTEM, at=clock.now())
        except CityError:
            return

    @rule()
    def worker_runs(self) -> None:
        worker.settle()

    @rule()
    def worker_dies(self) -> None:
        self.ticks.at += timedelta(minutes=2.1)
        try:
            with unit():
                commands.wake_alarms(actor=SYSTEM, at=self.ticks.at)
                raise KeyboardInterrupt
        except KeyboardInterrupt:
            pass

    @rule()
    def two_workers(self) -> None:
        self.ticks.at += timedelta(minutes=2.1)
        with unit():
            commands.wake_alarms(actor=SYSTEM, at=self.ticks.at)
        with unit():
            assert commands.wake_alarms(actor=SYSTEM, at=self.ticks.at) == 0

    @precondition(lambda self: hasattr(self, "case"))
    @invariant()
    def never_both_lost(self) -> None:
        found = alarm(self.case)
        calls = list(AlarmCall.objects.filter(alarm=found))
        took = [c for c in calls if c.outcome == "acknowledged"]
        if found.state == "calling":
            assert found.wake_at is not None
            assert (found.holder, found.ended_at) == (None, None)
        elif found.state != "called_off":
            assert found.holder in {c.account for c in took}
        assert len({(c.account, c.round) for c in calls}) == len(calls)

    def teardown(self) -> None:
        if not hasattr(self, "case"):
            return
        worker.settle()
        for _ in range(14):
            self.ticks.on(11)
        found = alarm(self.case)
        assert found.state != "calling" or found.ended_rounds > 0, (
            "taken, or called to the end and still open"
        )


def test_in_any_order_it_is_taken_or_called_to_the_end_and_open(city: TestCity, ticks: Clock) -> None:
    Chain.fixture = lambda self: (city, ticks)
    quick = settings(
        max_examples=8, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(Chain, settings=quick)  # type: ignore[no-untyped-call]
