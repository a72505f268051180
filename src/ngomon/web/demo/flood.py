"""The demonstration's command room: heavy rain on the Perfume River, orders on their way, boats out, a log two hours old."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from ngomon.cases import queries as cases
from ngomon.core.actors import Actor, system
from ngomon.core.errors import CityError
from ngomon.core.units import unit
from ngomon.directory import queries as directory
from ngomon.identity.queries import actor_of, holders
from ngomon.incidents import commands
from ngomon.incidents import queries as incidents

TITLE = "Mưa lớn, lũ trên sông Hương và sông Bồ"
CATEGORIES = ("flood_rescue", "street_flooding", "storm_damage", "drain_blocked")
BEGAN = timedelta(hours=2)


def _anybody(role: str, now: datetime) -> Actor:
    found = holders(role, None, None, now)
    return actor_of(found[0].account_id, now) if found else system("demo")


def build_room(now: datetime) -> str:
    """Open the room as it stands after two hours; its number. Nothing where one stands or the pack has no resources."""
    if incidents.rooms_living() or not incidents.resources():
        return ""
    try:
        return _Told(now).number
    except CityError:
        return ""


class _Told:
    """What happened in the room, in order, each thing in its own unit at its minute."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.leader, self.lead = _anybody("leader", now), _anybody("ioc_lead", now)
        self.operator = _anybody("ioc_operator", now)
        start = now - BEGAN
        for station, level, minutes in (("kim_long", 2.31, 0), ("phu_oc", 3.12, 5), ("kim_long", 2.56, 100)):
            at = start + timedelta(minutes=minutes)
            self._do(commands.note_level, station, level, observed_at=at, who=self.operator, minutes=minutes)
        self.number: str = self._do(commands.open_room, TITLE, kind="flood", who=self.leader, minutes=6)
        self._gather()
        for n, phase in enumerate(("command_post", "picture", "orders")):
            self._do(commands.go_to_phase, self.number, phase, who=self.lead, minutes=8 + 6 * n)
        self._send()
        self._order()
        words = "Hội ý 15 phút: ưu tiên người già, trẻ nhỏ ở các kiệt ven sông Như Ý; điện lực cắt điện vùng ngập trên 0,5 m."
        self._do(commands.write_log, self.number, words, kind="briefing", who=self.lead, minutes=70)
        self._do(commands.ask_report, self.number, who=self.lead, minutes=112)

    def _do(
        self, command: Callable[..., Any], *given: object, who: Actor, minutes: float, **more: object
    ) -> Any:
        with unit():
            return command(*given, actor=who, at=self.now - BEGAN + timedelta(minutes=minutes), **more)

    def _gather(self) -> None:
        """The flood's cases of the city's past that are still open."""
        found: list[UUID] = []
        for category in CATEGORIES:
            page = cases.all_cases(actor=self.operator, size=200, category=category)
            found += [line.id for line in page.lines if line.closed_at is None]
        if found:
            self._do(commands.gather_cases, self.number, found, who=self.operator, minutes=10)

    def _send(self) -> None:
        tasks = {
            "boat_st450_1": "Đưa dân kiệt 42 Bà Triệu ra",
            "boat_ward_vy_da": "Tuần dọc sông Như Ý",
            "force_rescue_police": "Trực cứu nạn tại Đập Đá",
            "shelter_ward_vy_da": "Đón 60 người của Vỹ Dạ",
        }
        for line in incidents.resources():
            if line.key in tasks:
                task = tasks[line.key]
                self._do(
                    commands.assign_resource, self.number, line.id, task=task, who=self.operator, minutes=30
                )

    def _order(self) -> None:
        today = directory.local_day(self.now)
        known = {a.key for a in directory.agencies(today)}
        for agency, words, minutes, action, report in (
            ("military_command", "Điều 1 trung đội hỗ trợ sơ tán phường Vỹ Dạ.", 24, "report", "Đã đưa 38 người đến nhà sinh hoạt cộng đồng."),
            ("pc_hue", "Cắt điện các tuyến ngập trên 0,5 m, báo danh sách khu vực.", 40, "acknowledge", ""),
            ("dept_education", "Mở Trường THPT Hai Bà Trưng làm điểm sơ tán.", 117, "", ""),
        ):  # fmt: skip
            if agency not in known:
                continue
            due = self.now + timedelta(hours=2)
            given: dict[str, Any] = {"agency": agency, "due_at": due, "who": self.lead, "minutes": minutes}
            order = self._do(commands.give_order, self.number, words, **given)
            if action:
                heard: dict[str, Any] = {
                    "heard_by": "Trực ban cơ quan",
                    "who": self.operator,
                    "minutes": minutes + 4,
                }
                self._do(commands.move_order, order, "heard", **heard)
            if report:
                told: dict[str, Any] = {"words": report, "who": self.operator, "minutes": minutes + 50}
                self._do(commands.move_order, order, "heard_report", **told)
