"""Reads a city pack's folder into typed rows, or says everything that is wrong with it, by file and line. No database.

The format is described in `packs/README.md`.
"""

from __future__ import annotations

import csv
import io
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shapely.geometry import shape as to_shape

from ngomon.directory.city import read_city
from ngomon.directory.pack_checks import check_references
from ngomon.directory.sheet import Problems, Sheet
from ngomon.directory.tables import TABLES, Row, Table
from ngomon.directory.terms import InvalidData

_MAY_MISS = {"calendar", "answers", "places", "assets", "exits", "retention", "oncall"}


@dataclass(slots=True)
class Pack:
    """A pack as read: the city's settings, rows by table and key, polygons by area key."""

    folder: Path
    city: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, dict[str, Row]] = field(default_factory=dict)
    lines: dict[str, dict[str, int]] = field(default_factory=dict)
    shapes: dict[str, str] = field(default_factory=dict)
    boundary: str = ""

    @property
    def key(self) -> str:
        """The pack's key."""
        return str(self.city["key"])

    @property
    def version(self) -> str:
        """The pack's version."""
        return str(self.city["version"])


def read_pack(folder: Path) -> Pack:
    """A pack, read and checked as a whole. Raises: InvalidData with every problem, each with its file and line."""
    problems = Problems()
    pack = Pack(folder)
    pack.city = _read_city(folder, problems)
    languages = tuple(pack.city.get("languages") or ("vi", "en"))
    for name, table in TABLES.items():
        pack.rows[name], pack.lines[name] = _read_table(pack, name, table, languages, problems)
    pack.shapes = _read_shapes(folder, "areas.geojson", problems)
    outline = _read_shapes(folder, str(pack.city.get("boundary") or "boundary.geojson"), problems)
    pack.boundary = next(iter(outline.values()), "")
    if not problems:
        problems += check_references(pack.rows, pack.lines, pack.shapes)
    if problems:
        raise InvalidData("directory.pack.invalid", tuple(problems))
    return pack


def _read_city(folder: Path, problems: Problems) -> dict[str, Any]:
    path = folder / "city.toml"
    if not path.exists():
        problems.add("city.toml", 0, "", "directory.pack.no_file")
        return {}
    try:
        body = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        found = re.search(r"line (\d+)", str(error))
        line = int(found[1]) if found else 0
        problems.add("city.toml", line, "", "directory.pack.bad_toml", reason=str(error))
        return {}
    for setting, code in read_city(body)[1]:
        problems.add("city.toml", _line_of(path, setting), setting, code)
    return body


def _line_of(path: Path, setting: str) -> int:
    """Roughly where a setting stands, for a person to look at: the first line that begins with its last name."""
    name = re.escape(setting.split(".")[-1].split("[")[0])
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if re.match(rf"\s*\[*{name}\b", line):
            return number
    return 1


def _read_table(
    pack: Pack, name: str, table: Table, languages: tuple[str, ...], problems: Problems
) -> tuple[dict[str, Row], dict[str, int]]:
    path = pack.folder / table.file
    if not path.exists():
        if name not in _MAY_MISS:
            problems.add(table.file, 0, "", "directory.pack.no_file")
        return {}, {}
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        problems.add(table.file, line, "", "directory.pack.not_utf8")
        return {}, {}
    return Sheet(table, table.file, languages, problems).read(_lines(content, table.file, problems))


def _lines(content: str, file: str, problems: Problems) -> Iterator[tuple[int, list[str]]]:
    """The records of a CSV file, each with the line it begins on."""
    reader = csv.reader(io.StringIO(content, newline=""), strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        problems.add(file, reader.line_num, "", "directory.pack.bad_csv", reason=str(error))


def _read_shapes(folder: Path, name: str, problems: Problems) -> dict[str, str]:
    """GeoJSON geometries by the property `code`, in one canonical writing."""
    path = folder / name
    if not path.exists():
        problems.add(name, 0, "", "directory.pack.no_file")
        return {}
    try:
        collection = json.loads(path.read_text(encoding="utf-8"))
        features = list(collection.get("features", [collection]))
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        problems.add(name, line, "", "directory.pack.bad_geojson", reason=str(error))
        return {}
    found: dict[str, str] = {}
    for number, feature in enumerate(features, 1):
        properties = feature.get("properties") if isinstance(feature, dict) else None
        code = str(properties.get("code") or "") if isinstance(properties, dict) else ""
        reason = shape_fault(feature)
        if reason:
            problems.add(name, number, "geometry", "directory.pack.bad_shape", value=code, reason=reason)
            continue
        found[code] = json.dumps(feature["geometry"], separators=(",", ":"))
    return found


def shape_fault(feature: Any) -> str:
    """Why a GeoJSON feature is no usable polygon of lon/lat; empty for a good one."""
    try:
        made = to_shape(feature["geometry"])
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    if made.geom_type not in {"Polygon", "MultiPolygon"}:
        return str(made.geom_type)
    if made.is_empty or not made.is_valid:
        return "invalid"
    west, south, east, north = made.bounds
    return "" if west >= -180 and east <= 180 and south >= -90 and north <= 90 else "not lon/lat"
