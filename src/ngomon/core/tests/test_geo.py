"""Places: checked, measured, found in their areas."""

from __future__ import annotations

import math

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from ngomon.core.errors import Invalid
from ngomon.core.geo import METRES_PER_DEGREE, Areas, box_around, distance_m, lon_lat, simplified

NGO_MON, TRUONG_TIEN = (107.57890, 16.46830), (107.58890, 16.46850)
PLACES = st.tuples(st.floats(-179, 179), st.floats(-85, 85))


@pytest.mark.parametrize(
    ("lon", "lat", "code"),
    [
        ("x", 1, "not_a_place"),
        (None, 1, "not_a_place"),
        (math.nan, 1, "not_a_place"),
        ("inf", 1, "not_a_place"),
        ([], 1, "not_a_place"),
        (181, 1, "off_earth"),
        (16.4, 107.5, "off_earth"),
        (107.5, -90.0001, "off_earth"),
        (10**400, 1, "not_a_place"),
    ],
)
def test_nonsense_is_refused(lon, lat, code):
    with pytest.raises(Invalid) as caught:
        lon_lat(lon, lat)
    assert caught.value.code == f"core.place.{code}"


def test_texts_and_numbers_are_taken():
    assert lon_lat("107.5789", 16.4683) == (107.5789, 16.4683)


def test_known_distances():
    assert distance_m(NGO_MON, TRUONG_TIEN) == pytest.approx(1066, rel=0.01)
    assert distance_m((0, 0), (0, 1)) == pytest.approx(METRES_PER_DEGREE)
    assert distance_m((0, 0), (180, 0)) == pytest.approx(math.pi * 6_371_008.8)


@given(PLACES, PLACES)
def test_distance_is_the_same_both_ways_and_none_to_oneself(a, b):
    assert distance_m(a, b) == pytest.approx(distance_m(b, a))
    assert distance_m(a, a) == 0


@given(PLACES, st.floats(1, 50_000), st.floats(0, 360))
def test_the_box_holds_every_point_within(place, metres, bearing):
    west, south, east, north = box_around(place, metres)
    lon, lat = map(math.radians, place)
    d, way = metres / 6_371_008.8, math.radians(bearing)
    lat2 = math.asin(math.sin(lat) * math.cos(d) + math.cos(lat) * math.sin(d) * math.cos(way))
    lon2 = lon + math.atan2(
        math.sin(way) * math.sin(d) * math.cos(lat), math.cos(d) - math.sin(lat) * math.sin(lat2)
    )
    x, y = math.degrees(lon2), math.degrees(lat2)
    if -180 <= x <= 180:
        assert west <= x <= east
    assert south <= y <= north


def test_areas_find_their_points():
    areas = Areas({"left": shapely.box(0, 0, 1, 1), "right": shapely.box(1, 0, 2, 1)})
    assert areas.holding((0.5, 0.5)) == ["left"]
    assert sorted(areas.holding((1, 0.5))) == ["left", "right"]
    assert areas.holding((3, 3)) == []
    assert areas.nearest((2.001, 0.5), 200) == "right"
    assert areas.nearest((2.1, 0.5), 200) is None
    again = Areas.from_geojson({"a": '{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}'})
    assert again.holding((0.9, 0.5)) == ["a"]


def test_simplified_shapes_have_fewer_points_and_stay_valid():
    circle = shapely.Point(107.5, 16.4).buffer(0.05, quad_segs=200)
    made = simplified(circle, 50)
    assert len(made.exterior.coords) < len(circle.exterior.coords) / 5
    assert made.is_valid
    assert made.hausdorff_distance(circle) * METRES_PER_DEGREE < 60
