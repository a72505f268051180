"""A map as an SVG picture for paper: the pack's layers, and the marks of a room with their letters. No network."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from ngomon.directory import queries as directory

from .terms import Mark

WIDTH, HEIGHT = 680, 420
PAD = 0.15
LEAST = 0.03
"""The smallest stretch a picture shows. Units: degrees."""

STYLES = {
    "area": 'fill="#fbf9fd" stroke="#c9bed6" stroke-width="0.8"',
    "boundary": 'fill="none" stroke="#6d3b9c" stroke-width="1.6"',
    "road": 'fill="none" stroke="#b9a77a" stroke-width="1"',
    "rail": 'fill="none" stroke="#8a8194" stroke-width="1" stroke-dasharray="4 3"',
    "river": 'fill="none" stroke="#2878b5" stroke-width="3" stroke-linecap="round"',
}
COLOURS = {"cases": "#b42318", "resources": "#2e7d4f", "levels": "#2878b5"}
OTHER = "#b98516"


@dataclass(frozen=True)
class Frame:
    """From degrees to the picture: an equirectangular projection true to scale at the middle."""

    west: float
    south: float
    east: float
    north: float

    @property
    def scale(self) -> float:
        """Points of the picture for one degree of latitude."""
        return min(WIDTH / ((self.east - self.west) * self.squeeze), HEIGHT / (self.north - self.south))

    @property
    def squeeze(self) -> float:
        """How much shorter a degree of longitude is here."""
        return math.cos(math.radians((self.south + self.north) / 2))

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        """A place in the picture, from its upper left corner. Shape: (lon, lat)."""
        x = (lon - (self.west + self.east) / 2) * self.squeeze * self.scale + WIDTH / 2
        y = HEIGHT / 2 - (lat - (self.south + self.north) / 2) * self.scale
        return round(x, 1), round(y, 1)


def frame_of(places: Sequence[tuple[float, float]], bounds: tuple[float, float, float, float]) -> Frame:
    """A frame around places; the city's bounds where there are none."""
    if not places:
        return Frame(*bounds)
    lons, lats = [p[0] for p in places], [p[1] for p in places]
    wide = max(LEAST, max(lons) - min(lons)) * (1 + 2 * PAD)
    high = max(LEAST, max(lats) - min(lats)) * (1 + 2 * PAD)
    lon, lat = (max(lons) + min(lons)) / 2, (max(lats) + min(lats)) / 2
    return Frame(lon - wide / 2, lat - high / 2, lon + wide / 2, lat + high / 2)


def _rings(geometry: dict[str, Any]) -> Iterator[list[list[float]]]:
    kind, parts = geometry.get("type"), geometry.get("coordinates", [])
    if kind == "LineString":
        yield parts
    elif kind in {"MultiLineString", "Polygon"}:
        yield from parts
    elif kind == "MultiPolygon":
        for polygon in parts:
            yield from polygon


def _path(ring: Iterable[Sequence[float]], frame: Frame) -> str:
    points = [frame.at(p[0], p[1]) for p in ring]
    return "M" + "L".join(f"{x},{y}" for x, y in points)


def _layer(path: Path, kind: str, frame: Frame) -> Iterator[str]:
    style = STYLES.get(kind)
    if style is None or not path.is_file():
        return
    for feature in json.loads(path.read_text(encoding="utf-8")).get("features", []):
        drawn = " ".join(_path(ring, frame) for ring in _rings(feature.get("geometry") or {}))
        if drawn:
            yield f'<path d="{drawn}" {style}/>'


def map_svg(found: Sequence[Mark], label: str) -> str:
    """The picture: layers of the pack in the pack's order, then marks; cases in red, resources green, stations blue."""
    city, folder = directory.city(), directory.pack_folder()
    frame = frame_of([(mark.lon, mark.lat) for mark in found], city.bounds)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">',
        f"<title>{escape(label)}</title>",
        f'<clipPath id="frame"><rect width="{WIDTH}" height="{HEIGHT}"/></clipPath><g clip-path="url(#frame)">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#f2eef6"/>',
    ]
    order = {"area": 0, "river": 1, "road": 2, "rail": 2, "boundary": 3}
    for layer in sorted(directory.map_layers(), key=lambda each: order.get(each.kind, 9)):
        parts += _layer(folder / layer.file, layer.kind, frame)
    for mark in found:
        x, y = frame.at(mark.lon, mark.lat)
        colour = COLOURS.get(mark.layer, OTHER)
        hollow = 'fill-opacity="0.25"' if mark.state == "done" else ""
        if mark.layer == "levels":
            parts.append(f'<path d="M{x},{y - 8}l8,14h-16z" fill="{colour}" stroke="#fff"/>')
        elif mark.layer == "resources":
            parts.append(
                f'<rect x="{x - 5}" y="{y - 5}" width="10" height="10" fill="{colour}" stroke="#fff"/>'
            )
        else:
            parts.append(f'<circle cx="{x}" cy="{y}" r="5" fill="{colour}" {hollow} stroke="#fff"/>')
    parts.append(f'</g><rect width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="#c9bed6"/></svg>')
    return "".join(parts)
