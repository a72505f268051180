"""The small city with a few resources, for the tests of this room."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from tests.city import SYSTEM, TestCity, build_city

from ngomon.core import clock
from ngomon.core.units import unit
from ngomon.core.worker import settle
from ngomon.incidents import commands, guard

RESOURCES = """key,kind,name_vi,name_en,agency,lon,lat,place,capacity,phone
boat-1,boat,Xuồng ST-450 số 1,Boat 1,civil_defence,107.60,16.47,Bến Tòa Khâm,8,0900 001 039
boat-2,boat,Xuồng ST-450 số 2,Boat 2,civil_defence,107.58,16.46,Bến Phú Xuân,8,
shelter-1,shelter,Trường THPT Hai Bà Trưng,Hai Ba Trung school,dept_education,107.59,16.46,14 Lê Lợi,300,
"""


@pytest.fixture
def city(transactional_db: None) -> Iterator[TestCity]:
    """One small named city, built by commands; its log's guard is down while the database is emptied."""
    guard.put_up(connection)
    made = build_city()
    with unit():
        commands.load_resources(RESOURCES, actor=SYSTEM, at=clock.now())
    settle()
    yield made
    guard.take_down(connection)
