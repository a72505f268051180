"""Places on the earth: WGS 84, always longitude first; distances in metres; areas that find the point they hold. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from ngomon.core.errors import Invalid

EARTH_M = 6_371_008.8
"""Mean radius. Source: IUGG, R1."""
METRES_PER_DEGREE = math.pi * EARTH_M / 180


def lon_lat(lon: Any, lat: Any) -> tuple[float, float]:
    """A place as somebody sent it, as numbers. Shape: lon, lat. Raises: Invalid (field `place`)."""
    try:
        x, y = float(lon), float(lat)
    except (TypeError, ValueError, OverflowError):
        raise Invalid.field("place", "core.place.not_a_place") from None
    if not (math.isfinite(x) and math.isfinite(y)):
        raise Invalid.field("place", "core.place.not_a_place")
    if not (-180 <= x <= 180 and -90 <= y <= 90):
        raise Invalid.field("place", "core.place.off_earth")
    return x, y


def distance_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Along the great circle (haversine), good to 0.5 %. Shape: lon, lat. Units: metres."""
    lon1, lat1, lon2, lat2 = map(math.radians, (*a, *b))
    h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_M * math.asin(min(1.0, math.sqrt(h)))


def box_around(place: tuple[float, float], metres: float) -> tuple[float, float, float, float]:
    """A box that holds every point within so many metres: west, south, east, north. Not across the date line."""
    lon, lat = place
    up = metres / METRES_PER_DEGREE * 1.001
    nearest_pole = min(90.0, abs(lat) + up)
    cosine = math.cos(math.radians(nearest_pole))
    aside = 180.0 if cosine < 1e-9 else min(180.0, up / cosine)
    return max(-180.0, lon - aside), max(-90.0, lat - up), min(180.0, lon + aside), min(90.0, lat + up)


def simplified(geometry: BaseGeometry, metres: float) -> BaseGeometry:
    """The shape with fewer points, nowhere further off than so many metres; still valid."""
    made = shapely.simplify(geometry, metres / METRES_PER_DEGREE, preserve_topology=True)
    return made if made.is_valid else shapely.make_valid(made)


class Areas:
    """Polygons by key that find the point they hold, in microseconds."""

    def __init__(self, shapes: Mapping[str, BaseGeometry]) -> None:
        self._keys = list(shapes)
        self._shapes = list(shapes.values())
        for shape in self._shapes:
            shapely.prepare(shape)
        self._tree = shapely.STRtree(self._shapes)

    @classmethod
    def from_geojson(cls, geometries: Mapping[str, str]) -> Areas:
        """From GeoJSON geometries as text. Raises: shapely.errors.GEOSException."""
        return cls({key: shapely.from_geojson(text) for key, text in geometries.items()})

    def holding(self, place: tuple[float, float]) -> list[str]:
        """Keys of all that hold the point, borders included. Shape: lon, lat."""
        found: Iterable[int] = self._tree.query(shapely.Point(place), predicate="intersects")
        return [self._keys[i] for i in found]

    def nearest(self, place: tuple[float, float], within_m: float) -> str | None:
        """The one that holds the point, else the nearest within so many metres (measured along the meridian)."""
        found = self._tree.query_nearest(shapely.Point(place), max_distance=within_m / METRES_PER_DEGREE)
        return self._keys[found[0]] if len(found) else None
