"""Rate limits: counted before the unit, per key, forgotten with their window."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection

from ngomon.core import clock, limits
from ngomon.core.engine import engine
from ngomon.core.errors import TooMany
from ngomon.core.ids import uuid7
from ngomon.core.units import unit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def key() -> str:
    return f"test:{uuid7()}"


def test_uses_within_the_limit_pass_and_the_next_is_told_how_long_to_wait(key):
    at = clock.now()
    for _ in range(3):
        limits.within(key, 3, 60, at=at)
    with pytest.raises(TooMany) as caught:
        limits.within(key, 3, 60, at=at + timedelta(seconds=20))
    assert 40 <= caught.value.retry_after_s <= 42
    limits.within(f"{key}-other", 3, 60, at=at)
    limits.within(key, 3, 60, at=at + timedelta(seconds=61))


def test_a_limit_is_not_asked_inside_a_unit(key):
    with pytest.raises(RuntimeError), unit():
        limits.within(key, 3, 60, at=clock.now())


def test_a_city_sets_its_own_numbers_and_no_address_is_kept(key, settings):
    declared = limits.budget("test.code", limit=5, window_s=60)
    settings.NGOMON_CITY = {"limits": {"test.code": {"limit": 1}}}
    limits.spend(declared, key, at=clock.now())
    with pytest.raises(TooMany):
        limits.spend(declared, key, at=clock.now())
    if engine().name == "postgres":
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM core_rate WHERE key LIKE %s", [f"%{key}%"])
            assert cursor.fetchone()[0] == 0


def test_threads_together_get_no_more_than_the_limit(key):
    passed: list[int] = []
    at = clock.now()

    def use() -> None:
        for _ in range(20):
            try:
                limits.within(key, 37, 60, at=at)
                passed.append(1)
            except TooMany:
                pass
        connection.close()

    threads = [threading.Thread(target=use) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == 37


def test_a_limit_of_nothing_lets_nobody_through(key):
    with pytest.raises(TooMany):
        limits.within(key, 0, 60, at=clock.now())


def test_counts_are_forgotten(key):
    at = clock.now()
    limits.within(key, 1, 60, at=at)
    engine().tidy(at + timedelta(days=3))
    limits.within(key, 1, 10**6, at=at + timedelta(seconds=1))
