"""The scripted story of the demonstration, from the pack's `demo/story.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from ngomon.core import clock
from ngomon.directory import queries as directory
from ngomon.identity.queries import account_of_person, person_by_contact
from ngomon.identity.rules import read_contact


@dataclass(frozen=True)
class Story:
    """Whose phone it is, what happened, and who handles it."""

    citizen: str
    text: str
    lon: float
    lat: float
    category: str
    agency: str
    body: Mapping[str, Any]

    def account_of(self, email: str) -> UUID | None:
        """The account behind an address of the cast."""
        person = person_by_contact(read_contact(email)) if email else None
        return account_of_person(person) if person else None


@cache
def load_story(pack: Path) -> Story:
    """The story; a pack without one tells of nothing but still demonstrates."""
    path = pack / "demo" / "story.toml"
    body = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    report = body.get("report", {})
    lon, lat = directory.city().center
    lon, lat = float(report.get("lon", lon)), float(report.get("lat", lat))
    category = str(report.get("category", ""))
    day = directory.local_day(clock.now())
    area = directory.area_at(lon, lat, day)
    agency = directory.route_for(category, area.key if area else None, day).agency if category else ""
    return Story(str(body.get("citizen", "")), str(report.get("text", "")), lon, lat, category, agency, body)
