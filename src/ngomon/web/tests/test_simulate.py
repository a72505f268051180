"""`ngomon simulate`: the small city's own past, as it is and with what is tried; in words and as JSON."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from tests.city import TestCity

from ngomon.core import clock
from ngomon.core.worker import settle
from ngomon.processes.models import Instance, Task
from ngomon.web.commandline import run

KEY = "field_reports.timed"


def test_a_city_without_a_past_is_told_so(city: TestCity, capsys: pytest.CaptureFixture[str]):
    city.report()
    settle()
    assert run(["simulate", KEY]) == 1
    assert "hồ sơ trong nửa năm qua" in capsys.readouterr().err


def past(city: TestCity, n: int = 32) -> None:
    """Reports that were verified and routed; spread over four weeks afterwards, each kept a quarter of an hour."""
    for i in range(n):
        receipt = city.report(f"Đèn đường số {i} tắt ba đêm")
        city.act(city.ha, receipt.case_id, "route", agency=city.agency)
    now = clock.now()
    for i, instance in enumerate(Instance.objects.filter(definition=KEY).order_by("id")):
        at = now - timedelta(days=28) + timedelta(days=28 * i / n)
        Instance.objects.filter(pk=instance.pk).update(started_at=at)
        Task.objects.filter(instance=instance).update(opened_at=at, done_at=at + timedelta(minutes=15))


def told(capsys: pytest.CaptureFixture[str], *more: str) -> dict:
    capsys.readouterr()
    assert run(["simulate", KEY, "--runs", "4", "--days", "10", "--json", *more]) == 0
    return json.loads(capsys.readouterr().out)


def test_what_if_is_answered_from_the_past_in_words_and_figures(
    city: TestCity, capsys: pytest.CaptureFixture[str]
):
    past(city)
    before = Instance.objects.count(), Task.objects.count()
    plain = told(capsys)
    assert (plain["tried"], plain["based_on"]["matters"]) == (None, 32)
    assert 2 < plain["now"]["arrived"]["mean"] < 30
    pools = {tuple(pool["pool"]): pool["people"] for pool in plain["now"]["pools"]}
    assert pools["agency_officer", city.agency] == 2, "the people are those who hold the post"
    assert plain == told(capsys), "the same seed says the same"
    more = told(capsys, "--officers", f"agency_officer:{city.agency}=+2", "--storm", "3=8")
    assert more["now"] == plain["now"]
    people = {tuple(pool["pool"]): pool["people"] for pool in more["tried"]["pools"]}
    assert people["agency_officer", city.agency] == 4
    assert more["tried"]["arrived"]["mean"] > plain["now"]["arrived"]["mean"]
    short = told(capsys, "--deadline", "1wd")
    assert short["tried"]["overdue_ratio"]["mean"] >= plain["now"]["overdue_ratio"]["mean"]
    assert run(["simulate", KEY, "--runs", "2", "--days", "5", "--deadline", "3wd"]) == 0
    words = capsys.readouterr().out
    for said in ("dự báo theo 32 hồ sơ", "Như hiện nay", "Nếu thay đổi", "Quá hạn:", "Chưa có số liệu"):
        assert said in words
    assert (Instance.objects.count(), Task.objects.count()) == before, "nothing is changed"


@pytest.mark.parametrize(
    "said", [["--deadline", "soon"], ["--officers", "agency_officer=+2"], ["--storm", "3"], ["--runs", "0"]]
)
def test_a_question_that_cannot_be_read_is_told(
    city: TestCity, capsys: pytest.CaptureFixture[str], said: list[str]
):
    assert run(["simulate", KEY, *said]) == 1
    assert "Không hiểu" in capsys.readouterr().err
