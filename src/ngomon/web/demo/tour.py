"""The guided tour: seven steps, each of which sets the scene (who sits at the desk, what the phone and the desk show)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import urlencode
from uuid import UUID

from ngomon.cases import queries as cases
from ngomon.cases.terms import CaseLine
from ngomon.core import clock
from ngomon.core.errors import CityError
from ngomon.identity.queries import actor_of

from .roles import PARTS, Part, account_for
from .story import Story

STEPS = ("start", "report", "route", "handle", "rate", "forgotten", "command")
_DESK_CASE = re.compile(r"^/desk/cases/([A-Za-z0-9-]+)")
_CASE = re.compile(r"^/(?:desk/)?cases/[A-Za-z0-9-]+")
# Who has a case at a step of its process.
_HOLDERS = {
    "intake": "clerk",
    "assign": "head",
    "redo": "head",
    "handle": "officer",
    "extension": "head",
    "asked": "officer",
    "approve": "head",
    "review": "editor",
    "appeal": "lead",
}


@dataclass(frozen=True)
class Scene:
    """What the room shows: the part played, its account, the two addresses."""

    part: Part
    account: UUID | None
    phone: str
    desk: str


def inside(address: str, otherwise: str) -> str:
    """An address of this installation that can be opened again, or the other one: a frame never leaves the house."""
    if not address.startswith("/") or address.startswith(("//", "/\\", "/demo")):
        return otherwise
    case = _CASE.match(address)
    return case[0] if case else address


def part_named(key: str) -> Part:
    """A part by its key; the operator where it is unknown."""
    return next((part for part in PARTS if part.key == key), PARTS[0])


def scene_as(part: Part, story: Story, *, phone: str, desk: str) -> Scene:
    """The same room with another part: the case on the desk stays open for whoever may see it."""
    found = _DESK_CASE.match(desk)
    line = _line(found[1], story) if found and part.start == "/desk" else None
    account = _account(part, story, line)
    opens = line is not None and account is not None and _may_see(line.number, account)
    return Scene(part, account, phone, f"/desk/cases/{line.number}" if line and opens else part.start)


def scene_of(step: str, story: Story) -> Scene:
    """The scene in which a step of the tour plays."""
    line = _told(story)
    here = f"/desk/cases/{line.number}" if line else ""
    followed = f"/cases/{line.number}" if line else "/my/reports"
    report = f"/reports/new?{urlencode({'lon': story.lon, 'lat': story.lat})}"
    holder = _HOLDERS.get(line.step, "operator") if line else "operator"
    key, phone, desk = {
        "start": ("operator", "/", ""),
        "report": ("operator", report, ""),
        "route": ("operator", followed, here),
        "handle": (holder, followed, here),
        "rate": ("lead", followed, here),
        "forgotten": ("lead", "/board", ""),
        "command": ("lead", "/", "/ioc/rooms"),
    }[step]
    scene = scene_as(part_named(key), story, phone=phone, desk=desk)
    return replace(scene, desk=desk) if desk.startswith("/ioc") else scene


def _told(story: Story) -> CaseLine | None:
    """The newest case of the story's citizen about what the story tells."""
    account = story.account_of(story.citizen)
    if account is None:
        return None
    mine = cases.my_cases(actor=actor_of(account, clock.now()))
    return next((line for line in mine if line.category == story.category), None)


def _line(number: str, story: Story) -> CaseLine | None:
    """A case as the centre sees it."""
    operator = account_for(PARTS[0], story.agency)
    try:
        return cases.staff_case(number, actor=actor_of(operator, clock.now())).line if operator else None
    except CityError:
        return None


def _account(part: Part, story: Story, line: CaseLine | None) -> UUID | None:
    """Who plays a part: in the agency that has the case, and the officer who was given it."""
    if line and part.key == "officer" and line.holder and line.step == "handle":
        return UUID(str(line.holder))
    agency = line.agency if line and line.agency else story.agency
    return account_for(part, agency) or account_for(part, story.agency)


def _may_see(number: str, account: UUID) -> bool:
    try:
        cases.staff_case(number, actor=actor_of(account, clock.now()))
    except CityError:
        return False
    return True
