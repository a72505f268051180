"""Calls over a real SIP server on this machine: spoken, keys taken for answers, tried again, never after an answer."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from tests.city import TestCity, build_city

from ngomon.core import clock, deliveries, worker
from ngomon.core.actors import system
from ngomon.core.ids import Ref
from ngomon.core.models import Delivery
from ngomon.core.units import unit
from ngomon.messages import queries, sip, speech
from ngomon.messages.commands import answer_call, call_out, resend
from ngomon.messages.models import Call, VoiceAttempt
from ngomon.messages.terms import Answer, How
from ngomon.messages.voice import VoiceChannel

from .sip_server import MISSING, PASSWORD, phone, sip_server

SYSTEM = system("test")
NUMBER = "+84900000003"  # Nga's, in the test city
VALUES = {
    "number": "PA-2611-0001",
    "category": {"vi": "Cháy", "en": "Fire"},
    "where": "kiệt 42 Bà Triệu, Phường Thuận Hóa",
    "what": "Khói lớn",
}
needs_telephony = pytest.mark.skipif(
    bool(MISSING) and not (os.environ.get("CI") or os.environ.get("NGOMON_CI")),
    reason=f"not installed: {', '.join(MISSING)}",
)


@pytest.fixture
def city(transactional_db: None) -> TestCity:
    return build_city()


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[int]:
    """The SIP server, and our line to it as the way `voice`."""
    before = deliveries.channels["voice"]
    with sip_server(tmp_path) as port:
        url = f"sip:hueioc:{PASSWORD}@127.0.0.1:{port}"
        deliveries.register_channel(
            "voice", VoiceChannel(sip.Trunk.from_url(url, listen="127.0.0.1:0"), lines=2)
        )
        yield port
    deliveries.register_channel("voice", before)


def call(city: TestCity) -> UUID:
    with unit():
        return call_out(
            Ref("case", "1", "PA-2611-0001"), city.accounts["nga"], "processes.call", VALUES,
            ways=(("voice", 0),), id=uuid4(), actor=SYSTEM, at=clock.now(),
        )  # fmt: skip


def attempts() -> list[tuple[str, str]]:
    return list(VoiceAttempt.objects.order_by("id").values_list("outcome", "digit"))


@needs_telephony
@pytest.mark.parametrize(("key", "state"), [("1", "acknowledged"), ("2", "declined")])
def test_a_key_in_a_spoken_call_is_the_answer(
    city: TestCity, exchange: int, tmp_path: Path, key: str, state: str
) -> None:
    called = call(city)
    with phone(tmp_path / "phone", exchange, NUMBER) as telephone:
        telephone.behave(press=key, after_s=3.0)
        assert worker.send_deliveries("voice") == 1
        heard = telephone.heard_s()
    row = Call.objects.get(pk=called)
    assert (row.state, row.how) == (state, "voice")
    assert Delivery.objects.get(channel="voice").receipt == f"answered {key}"
    assert attempts() == [("answered", key)]
    assert heard > 2.0, "it was spoken"


@needs_telephony
def test_busy_is_tried_again_under_the_same_id_and_each_try_is_seen(
    city: TestCity, exchange: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call(city)
    with phone(tmp_path / "phone", exchange, NUMBER) as telephone:
        telephone.behave(rejects=True)
        worker.send_deliveries("voice")
        first = Delivery.objects.get(channel="voice")
        assert (first.state, first.attempts) == ("queued", 1)
        later = clock.now() + timedelta(seconds=10)
        monkeypatch.setattr(clock, "now", lambda: later)
        telephone.behave(press="1")
        worker.send_deliveries("voice")
    again = Delivery.objects.get(channel="voice")
    assert (again.pk, again.state) == (first.pk, "sent")
    assert [outcome for outcome, _ in attempts()][1:] == ["answered"]
    assert attempts()[0][0] in {"busy", "refused"}
    seen = queries.attempts_of(Ref("case", "1"))
    assert [a.outcome for a in seen[first.pk]] == [outcome for outcome, _ in attempts()]


@needs_telephony
def test_a_number_that_nobody_has_is_dead_and_a_person_may_send_it_again(
    city: TestCity, exchange: int
) -> None:
    call(city)
    worker.send_deliveries("voice")
    dead = Delivery.objects.get(channel="voice")
    assert dead.state == "dead"
    assert "404" in dead.error
    assert attempts() == [("wrong", "")]
    with unit():
        resend(dead.pk, actor=city.ha, at=clock.now())
    assert Delivery.objects.get(pk=dead.pk).state == "queued"


@needs_telephony
def test_a_phone_does_not_ring_for_what_was_answered_otherwise(city: TestCity, exchange: int) -> None:
    called = call(city)
    with unit():
        claimed = deliveries.claim(clock.now(), channel="voice")  # a worker has it in its hands
    with unit():
        answer_call(called, Answer.ACKNOWLEDGED, how=How.PAGE, actor=SYSTEM, at=clock.now())
    assert deliveries.send(claimed[0]) == "not needed"
    assert attempts() == []


def test_a_bad_line_says_what_is_wrong() -> None:
    for url in ("", "sip:host", "http://u:p@h", "sip:u:p w@h", "sip:u<x>:p@h", "sip:u:p@h;transport=smoke"):
        with pytest.raises(ValueError, match="NGOMON_SIP_URL"):
            sip.Trunk.from_url(url)
    trunk = sip.Trunk.from_url("sip:ioc:p%40ss@sip.hue.invalid:5061;transport=tls", prefix="0")
    assert (trunk.user, trunk.password, trunk.domain, trunk.transport) == (
        "ioc", "p@ss", "sip.hue.invalid:5061", "tls",
    )  # fmt: skip
    assert trunk.dialled("+84905123456") == "0905123456"
    with pytest.raises(ValueError, match="x"):
        trunk.dialled("x;transport=tcp")


@pytest.mark.parametrize(
    ("said", "outcome"),
    [("486 Busy Here", "busy"), ("603 Decline", "refused"), ("404 Not Found", "wrong"), ("480 Gone", "no_answer"),
     ("Connection timed out", "no_answer"), ("503 Service Unavailable", "failed"), ("", "failed")],
)  # fmt: skip
def test_what_the_other_side_says_is_understood(said: str, outcome: str) -> None:
    assert sip.outcome_of(said) == outcome


@needs_telephony
def test_speech_fits_the_line() -> None:
    made = speech.spoken("Bấm 1 để nhận.", "vi")
    assert 0.5 < len(made) / speech.RATE < 5
    assert abs(made).max() <= 32_000
