"""Places said in words: labelled things with a plate, and what was understood of an address with its uncertainty. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Asset:
    """A thing of the city that bears a plate (biển số tài sản): a lamp, a pole, a manhole. Shape: lon, lat in WGS 84."""

    key: str
    kind: str
    plate: str
    name: Mapping[str, str]
    lon: float
    lat: float
    area: str = ""
    source: str = ""


class PartKind(StrEnum):
    """What a part of the words speaks of. Those that begin with `unknown_` were heard but are in no list."""

    HOUSE = "house"
    ALLEY = "alley"
    STREET = "street"
    LANDMARK = "landmark"
    LOCALITY = "locality"
    GROUP = "group"
    ASSET = "asset"
    WARD = "ward"
    FORMER_WARD = "former_ward"
    FORMER_DISTRICT = "former_district"
    UNKNOWN_STREET = "unknown_street"
    UNKNOWN_LOCALITY = "unknown_locality"
    UNKNOWN_WARD = "unknown_ward"
    UNKNOWN_ASSET = "unknown_asset"


@dataclass(frozen=True, slots=True)
class PlacePart:
    """One thing that was said: the words as said, what it is properly called, and its key where it is known.

    `relation`: how the place lies to it, as said ("trước", "gần").
    """

    kind: str
    said: str
    name: Mapping[str, str]
    key: str = ""
    relation: str = ""


@dataclass(frozen=True, slots=True)
class PlaceReading:
    """One way to understand the words: a circle that should hold the place. Units: metres.

    Shape: lon, lat in WGS 84. `area` is the ward or commune of today, empty where the words leave several; `source` is
    `asset` where a plate told the place, else `words`; `sentence` says by language what was understood and how exactly.
    """

    lon: float
    lat: float
    radius_m: int
    area: str
    source: str
    parts: tuple[PlacePart, ...]
    sentence: Mapping[str, str]
    label: Mapping[str, str]

    @property
    def key(self) -> str:
        """Tells this reading from the others of the same words."""
        return f"{self.lon:.6f},{self.lat:.6f},{self.radius_m}"


@dataclass(frozen=True, slots=True)
class Understood:
    """What words say about a place: the readings, best first; what was heard but is unknown; what to do, by language."""

    words: str
    readings: tuple[PlaceReading, ...]
    unknown: tuple[PlacePart, ...]
    advice: Mapping[str, str]

    def sure(self, limit_m: int) -> PlaceReading | None:
        """The only reading, when it is no wider than so many metres and lies in one ward."""
        if len(self.readings) != 1:
            return None
        found = self.readings[0]
        return found if found.area and found.radius_m <= limit_m else None

    def chosen(self, key: str) -> PlaceReading | None:
        """The reading of this key; None when the words no longer have it."""
        return next((reading for reading in self.readings if reading.key == key), None)
