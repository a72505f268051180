"""A river above its alarm speaks for water in the street near it, and for nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.city import TestCity

from ngomon.cases import evidence, gathering
from ngomon.cases.terms import Evidence, EvidenceKind, Receipt
from ngomon.core import clock
from ngomon.core.units import unit
from ngomon.incidents import commands, queries

pytestmark = pytest.mark.django_db(transaction=True)


def note(city: TestCity, level_m: float, ago: timedelta = timedelta()) -> None:
    """Kim Long's level as the shift lead reads it."""
    now = clock.now()
    with unit():
        commands.note_level("kim_long", level_m, observed_at=now - ago, actor=city.quan, at=now)


def flooded(city: TestCity, **more: Any) -> Receipt:
    """Water in a street three kilometres from Kim Long."""
    station = next(s for s in queries.stations() if s.key == "kim_long")
    where = {"lon": station.lon + 0.02, "lat": station.lat}
    return city.report("Nước ngập nửa bánh xe", category="street_flooding", **{**where, **more})


def told(city: TestCity, receipt: Receipt) -> Evidence:
    (line,) = gathering.lines_by_id([receipt.case_id], actor=city.ha)
    return evidence.evidence_for(line, actor=city.ha)


def test_a_river_above_its_alarm_speaks_for_a_flooded_street_near_it(city: TestCity) -> None:
    case, lamp = flooded(city), city.report()
    assert told(city, case).others == 0
    scores = []
    for level_m in (0.5, 1.2, 2.4, 3.9):
        note(city, level_m)
        scores.append(told(city, case).score)
    assert scores[0] == 0 < scores[1] < scores[2] < scores[3] < 0.8, "one river is never all"
    found = told(city, case)
    assert [group.first.kind for group in found.groups] == [EvidenceKind.LEVEL]
    assert found.people == 0, "a river is nobody"
    page = city.browser("ha").get(f"/desk/cases/{case.number}").content.decode()
    assert "Sông Hương tại Kim Long trên báo động 3" in page
    assert told(city, lamp).others == 0, "a lamp is not borne out by water"
    far = flooded(city, lon=city.corner[0] + 0.09)
    assert told(city, far).others == 0


def test_an_old_reading_says_nothing(city: TestCity) -> None:
    case = flooded(city)
    note(city, 3.9, timedelta(hours=7))
    assert told(city, case).others == 0
