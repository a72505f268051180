"""The doctor: well when all is well, and each trouble is named with its remedy in both languages."""

from __future__ import annotations

import pytest
from django.db import OperationalError

from ngomon.core import clock, doctor
from ngomon.core.models import Delivery, EventRow, Parked, Tick
from ngomon.core.texts import catalogue

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def home(tmp_path, settings):
    settings.NGOMON_HOME = tmp_path
    Tick.objects.create(name="core.heartbeat", done_at=clock.now())


def troubles() -> set[str]:
    core = {name: look for name, look in doctor.checks.items() if name.startswith("core.")}
    results = [result for look in core.values() for result in look()]
    return {result.code.rsplit(".", 1)[1] for result in results if result.state != "ok"}


def test_a_healthy_house():
    assert troubles() == set()


def test_each_trouble_is_seen(tmp_path, settings, monkeypatch):
    at = clock.now()
    (tmp_path / "secret_key").write_text("x")
    (tmp_path / "secret_key").chmod(0o644)
    settings.SECRET_KEY = "change-me"
    Delivery.objects.create(channel="x", state="dead", purpose="x", created_at=at, due_at=at)
    Parked.objects.create(reaction="x", position=1, aggregate="x", parked_at=at)
    EventRow.objects.create(
        position=1,
        kind="x",
        aggregate_kind="x",
        aggregate_id="x",
        aggregate_version=1,
        at=at.replace(year=at.year - 1),
        actor_id="x",
    )
    Tick.objects.all().delete()
    monkeypatch.setattr(doctor, "DISK_LEAST_BYTES", 10**18)
    monkeypatch.setattr(doctor, "SQLITE_LEAST", (9, 0, 0))
    expected = {"private", "secret_key", "dead_letters", "parked", "seal", "worker", "disk"}
    assert expected <= troubles()
    assert troubles() - expected <= {"sqlite"}


def test_a_check_that_cannot_run_is_a_bad_result(monkeypatch):
    def fails():
        raise OperationalError("gone")

    monkeypatch.setattr(doctor, "checks", {"test.fails": fails})
    (result,) = doctor.examine()
    assert result.state == "bad"
    assert "test.fails" in doctor.lines([result], "en")[0]


def test_every_check_speaks_both_languages():
    codes = {key.rsplit(".", 1)[0] for key in catalogue() if key.startswith("core.doctor.")}
    for code in codes:
        for language in ("vi", "en"):
            said = doctor.lines([doctor.Result(code, "bad")], language)
            assert len(said) == 2
            assert not any("core.doctor" in line for line in said)
