"""The packs in the repository: each loads, routes every category everywhere, and is quick."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

import pytest

from ngomon.core.units import unit
from ngomon.directory import commands, queries, snapshot
from ngomon.directory.terms import AreaKind

from .conftest import AT, SYSTEM

pytestmark = pytest.mark.django_db(transaction=True)
ON = date(2026, 11, 24)
PACKS = Path(__file__).resolve().parents[4] / "packs"


@pytest.fixture(params=sorted(p.parent.name for p in PACKS.glob("*/city.toml")))
def loaded(request):
    snapshot.forget()
    start = time.process_time()
    with unit():
        commands.load_pack(PACKS / request.param, actor=SYSTEM, at=AT)
    yield request.param, time.process_time() - start
    snapshot.forget()


def test_a_pack_loads_in_seconds_and_once(loaded):
    key, cpu_s = loaded
    assert cpu_s < 5
    with unit():
        again = commands.load_pack(PACKS / key, actor=SYSTEM, at=AT)
    assert again.is_empty
    assert queries.edition() == 1


def test_every_category_is_somebodys_matter_everywhere(loaded):
    areas = [a for a in queries.areas(on=ON) if a.kind in {AreaKind.WARD, AreaKind.COMMUNE}]
    for category in queries.categories(ON):
        for area in areas:
            found = queries.route_for(category.key, area.key, ON)
            assert found.rule, (category.key, area.key)
            assert "{" not in found.why["vi"] + found.why.get("en", "")
            assert queries.successor_of(found.agency, ON) is not None


def test_each_label_lies_in_its_own_area_and_places_lie_in_theirs(loaded):
    for area in queries.areas(on=ON):
        if queries.shape_of(area.key) and area.label:
            assert queries.area_at(*area.label, ON) == area
    places = snapshot.current().places.values()
    wrong = [p.key for p in places if p.area and queries.area_at(p.lon, p.lat, ON).key != p.area]
    assert wrong == []


def test_each_layer_of_the_map_is_there(loaded):
    key, _ = loaded
    for layer in queries.map_layers():
        assert (PACKS / key / layer.file).is_file(), layer.key


def test_hue_has_what_the_city_has():
    snapshot.forget()
    with unit():
        commands.load_pack(PACKS / "hue", actor=SYSTEM, at=AT)
    kinds = [a.kind for a in queries.areas(on=ON)]
    assert (kinds.count("ward"), kinds.count("commune")) == (21, 19)
    former = [a for a in queries.areas() if a.kind == AreaKind.FORMER_WARD]
    assert len(former) == 133
    assert all(queries.former_units(a.name["vi"])[0].successors for a in former)
    assert len(queries.agencies(on=ON)) >= 70
    assert len(queries.categories(ON)) >= 60
    calendar = queries.working_calendar()
    assert not calendar.is_working_day(date(2026, 1, 2))
    assert calendar.is_working_day(date(2026, 1, 10))
    assert queries.unconfirmed_years(AT) == [2027]
    snapshot.forget()
