"""The board of deadlines counts by counters: they equal a recount of the cases, also where the migration counted."""

from __future__ import annotations

import importlib
from datetime import timedelta

import pytest
from django.apps import apps

from ngomon.cases import commands, queries
from ngomon.cases.models import Case, Tally
from ngomon.core import clock
from ngomon.core.units import unit
from tests.journeys.test_report_story import answered

migration = importlib.import_module("ngomon.cases.migrations.0003_board")


def by_hand(at):
    """The same figures from the cases themselves."""
    found = {}
    for case in Case.objects.filter(is_public=True).exclude(agency=""):
        row = found.setdefault(
            case.agency, dict.fromkeys(("open", "overdue", "closed", "on_time", "satisfied", "rated"), 0)
        )
        row["open"] += case.is_open
        row["overdue"] += bool(case.is_open and case.due_at and case.due_at < at)
        row["closed"] += case.answered_at is not None
        row["on_time"] += case.answered_at is not None and not case.was_late
        row["rated"] += bool(case.rating)
        row["satisfied"] += case.rating in ("satisfied", "acceptable")
    return found


def told(at):
    names = ("open", "overdue", "closed", "on_time", "satisfied", "rated")
    return {s.agency: {name: getattr(s, name) for name in names} for s in queries.standings(at)}


def rate(city, receipt, rating, comment=""):
    with unit():
        commands.rate(receipt.case_id, rating, comment=comment, actor=city.lan, at=clock.now())


@pytest.fixture
def several(city):
    """Cases at several ends: content, not content and open again, open, refused."""
    good, bad, waiting, refused = (city.report(external_id=f"b-{n}", source="api") for n in range(4))
    answered(city, good.case_id)
    rate(city, good, "satisfied")
    answered(city, bad.case_id)
    rate(city, bad, "dissatisfied", "Vẫn tối")
    city.act(city.ha, waiting.case_id, "route", agency=city.agency, why="Đường của phường")
    city.act(city.ha, refused.case_id, "reject", reason="Không tìm thấy nơi này")
    return city


def test_the_board_equals_a_recount(several):
    now = clock.now()
    assert told(now) == by_hand(now)
    (row,) = told(now).values()
    assert row == {"open": 2, "overdue": 0, "closed": 2, "on_time": 2, "satisfied": 1, "rated": row["rated"]}
    later = now + timedelta(days=60)
    assert told(later) == by_hand(later)
    assert next(iter(told(later).values()))["overdue"] == 2


def test_the_migration_counts_what_is_there(several):
    before = {t.scope: t.n for t in Tally.objects.filter(scope__startswith="board:") if t.n}
    Tally.objects.filter(scope__startswith="board:").delete()
    migration.count(apps, None)
    assert {t.scope: t.n for t in Tally.objects.filter(scope__startswith="board:")} == before
