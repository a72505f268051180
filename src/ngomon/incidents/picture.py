"""The common picture: what a room shows on its map, layer by layer.

A layer is a function of a room and an actor that gives marks. Cases, resources and river stations are here; rooms that
watch more (sensors, cameras, vessels) add theirs with `add_layer` when the application starts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from ngomon.core import clock
from ngomon.core.actors import Actor
from ngomon.core.text import in_language
from ngomon.core.texts import text
from ngomon.directory import queries as directory

from . import queries
from .rules import offset
from .terms import Mark, RoomLine

Layer = Callable[[RoomLine, Actor, str], Iterable[Mark]]
_layers: dict[str, Layer] = {}

MOST = 2000


def add_layer(key: str, layer: Layer) -> None:
    """Let another room's things stand on the common picture. Raises: ValueError for a second layer of one name."""
    if _layers.get(key, layer) is not layer:
        raise ValueError(f"two layers are called {key}")
    _layers[key] = layer


def layers() -> tuple[str, ...]:
    """The names of the layers there are."""
    return tuple(_layers)


def marks(room: RoomLine, *, actor: Actor, language: str) -> list[Mark]:
    """Everything that stands on a room's map, as far as the actor may know of it."""
    return [mark for layer in _layers.values() for mark in layer(room, actor, language)][:MOST]


def _cases(room: RoomLine, actor: Actor, language: str) -> Iterator[Mark]:
    now = clock.now()
    for line in queries.cases_of(room.id, actor=actor):
        if not line.area:
            continue
        is_late = line.closed_at is None and line.due_at is not None and line.due_at < now
        state = "done" if line.closed_at else "late" if is_late else "open"
        title = in_language(directory.category(line.category).name, language)
        words = f"{line.number} · {text(f'cases.status.{line.status}', language)}"
        yield Mark(
            "cases", line.number, title, words, line.lon, line.lat, state, f"/desk/cases/{line.number}"
        )


def _resources(room: RoomLine, _: Actor, language: str) -> Iterator[Mark]:
    for line in queries.resources():
        if line.lon is None or line.lat is None or (line.room not in {None, room.id}):
            continue
        here = line.room == room.id
        said = text("incidents.resource.here" if here else "incidents.resource.free", language)
        kind = text(f"incidents.resource.kind.{line.kind}", language)
        words = f"{kind} · {said}"
        state = "selected" if here else "new"
        yield Mark("resources", line.key, in_language(line.name, language), words, line.lon, line.lat, state)


def level_words(station: Any, level_m: float | None, at: datetime | None, language: str) -> str:
    """A water level as bulletins say it: the level, and how far above or below which alarm."""
    if level_m is None or at is None:
        return text("incidents.level.none", language)
    alarm, off = offset(level_m, station)
    key = "incidents.level.above" if alarm else "incidents.level.below"
    number = f"{level_m:.2f}"
    by = f"{abs(off):.2f}"
    if language == "vi":
        number, by = number.replace(".", ","), by.replace(".", ",")
    return text(key, language, level=number, by=by, alarm=alarm or 1)


def _levels(_: RoomLine, __: Actor, language: str) -> Iterator[Mark]:
    for station, level_m, at, alarm in queries.levels():
        title = f"{in_language(station.name, language)} · {in_language(station.river, language)}"
        state = ("done", "new", "soon", "late")[alarm] if level_m is not None else "done"
        words = level_words(station, level_m, at, language)
        yield Mark("levels", station.key, title, words, station.lon, station.lat, state)


add_layer("cases", _cases)
add_layer("resources", _resources)
add_layer("levels", _levels)


def collection(found: Iterable[Mark]) -> dict[str, Any]:
    """Marks as the map reads them: a GeoJSON feature collection."""
    features = []
    for mark in found:
        properties = {
            "id": f"{mark.layer}:{mark.key}",
            "title": mark.title,
            "text": mark.text,
            "state": mark.state,
        }
        if mark.url:
            properties["url"] = mark.url
        place = {"type": "Point", "coordinates": [mark.lon, mark.lat]}
        features.append({"type": "Feature", "geometry": place, "properties": properties})
    return {"type": "FeatureCollection", "features": features}
