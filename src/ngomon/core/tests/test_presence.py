"""Who has a thing open is known in every process that shares the database, and forgotten after half a minute."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection

from ngomon.core import actors, clock
from ngomon.core.engine import engine
from ngomon.core.ids import Ref
from ngomon.core.presence import GONE_S, SEEING, WORKING, be_gone, be_here

pytestmark = pytest.mark.django_db(transaction=True)
THING = Ref("case", "0192-presence")


def named(name: str) -> actors.Actor:
    return actors.Actor("account", name)


def elsewhere(call):
    """Run in another thread, so on another connection, as another web process would."""

    def body():
        try:
            call()
        finally:
            connection.close()

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()


def test_others_see_who_is_here_and_what_they_do():
    now = clock.now()
    elsewhere(lambda: be_here(THING, WORKING, actor=named("ha"), at=now))
    elsewhere(lambda: be_here(THING, "anything", actor=named("nga"), at=now))
    assert be_here(THING, SEEING, actor=named("quan"), at=now) == [("ha", WORKING), ("nga", SEEING)]
    assert be_here(Ref("case", "another"), SEEING, actor=named("quan"), at=now) == []


def test_only_a_change_is_told_and_going_is_one():
    now, heard = clock.now(), []
    engine_type = type(engine())
    told = engine_type.whisper
    engine_type.whisper = lambda self, packed: heard.append(packed)
    try:
        for doing in (SEEING, SEEING, WORKING, WORKING, SEEING):
            be_here(THING, doing, actor=named("dao"), at=now, audience=["ioc"])
        assert len(heard) == 3, "came, began to work, stopped"
        be_gone(THING, actor=named("dao"), audience=["ioc"])
        assert len(heard) == 4
    finally:
        engine_type.whisper = told
    assert ("dao", SEEING) not in be_here(THING, SEEING, actor=named("quan"), at=now)


def test_who_was_not_heard_of_for_half_a_minute_is_gone_and_then_forgotten():
    now = clock.now()
    be_here(THING, WORKING, actor=named("ha"), at=now)
    later = now + timedelta(seconds=GONE_S + 1)
    assert ("ha", WORKING) not in be_here(THING, SEEING, actor=named("quan"), at=later)
    engine().tidy(now + timedelta(minutes=6))
    assert engine().who_is_here("case:0192-presence", now) == []
