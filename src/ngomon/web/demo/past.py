"""The city's past for the demonstration: written reports brought through the same commands as real ones, each at its hour."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from ngomon.cases import commands, queries
from ngomon.cases.terms import Contact, Filing, Receipt
from ngomon.core.actors import ANONYMOUS, Actor, system
from ngomon.core.errors import CityError
from ngomon.core.images import StoredPhoto, take_photos
from ngomon.core.units import unit
from ngomon.directory import queries as directory
from ngomon.directory.terms import Group
from ngomon.identity.queries import actor_of, holders
from ngomon.messages.terms import Answer
from ngomon.processes import commands as processes
from ngomon.processes.queries import checks_for

from .outing import Outing
from .story import Story


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The reports of a file, one JSON object a line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


Say = Callable[[int, int], None]


@dataclass
class Builder:
    """Brings reports to where their story ends. `folder` is the pack's `demo` folder."""

    folder: Path
    citizens: Mapping[str, UUID]
    now: datetime
    story: Story
    cases: dict[str, UUID] = field(default_factory=dict)
    refused: list[tuple[str, str, tuple[str, ...]]] = field(default_factory=list)
    dice: random.Random = field(default_factory=lambda: random.Random(1802))  # noqa: S311 (a story, not a secret)

    def reports(self) -> list[dict[str, Any]]:
        """All written reports, the oldest first."""
        found = read_rows(self.folder / "reports.jsonl")
        found += [{**row, "days_ago": row["hours_ago"] / 24} for row in self.story.body.get("earlier", [])]
        return sorted(found, key=lambda row: -row["days_ago"])

    def tell(self, row: Mapping[str, Any]) -> Receipt | None:
        """File one report and play its story; None where the directory no longer takes it."""
        at = self._filed_at(row)
        reporter = self._reporter(row)
        try:
            with unit():
                receipt = commands.file_report(self._filing(row), actor=reporter, at=at)
        except CityError as error:
            self.refused.append((row["key"], error.code, tuple(error.fields.values())))
            return None
        self.cases[row["key"]] = receipt.case_id
        if receipt.is_new and row.get("outcome") and not self._is_joined(row, receipt.case_id, at):
            _Story(self, row, receipt, reporter, at).play()
        return receipt

    def _is_joined(self, row: Mapping[str, Any], case_id: UUID, at: datetime) -> bool:
        """The desk saw that it speaks of the same thing as an earlier report whose case is still open."""
        earlier = self.cases.get(row["outcome"].get("joined_to") or "")
        if earlier is None:
            return False
        try:
            with unit():
                commands.merge(case_id, earlier, actor=system("demo"), at=at + timedelta(minutes=25))
        except CityError:
            return False
        return True

    def _filed_at(self, row: Mapping[str, Any]) -> datetime:
        moment = self.now - timedelta(days=row["days_ago"])
        if "hour" not in row:
            return moment
        local = moment.astimezone(ZoneInfo(directory.city().timezone))
        set_back = local.replace(hour=int(row["hour"]), minute=self.dice.randrange(60))
        return min(set_back, self.now - timedelta(minutes=3)).astimezone(moment.tzinfo)

    def _reporter(self, row: Mapping[str, Any]) -> Actor:
        account = self.citizens.get(row.get("reporter") or "")
        return actor_of(account, self.now) if account else ANONYMOUS

    def _filing(self, row: Mapping[str, Any]) -> Filing:
        known = {category.key for category in directory.categories()}
        hint = row.get("category_hint", "")
        return Filing(
            text=row["text"],
            lon=row["lon"],
            lat=row["lat"],
            source=row.get("channel", "page"),
            external_id=f"demo:{row['key']}",
            category=hint if hint in known else "",
            place_words=row.get("place_words", ""),
            language=row.get("language", "vi"),
            contact=Contact(),
            photos=self.photos(row.get("photo")),
        )

    def photos(self, name: str | None) -> tuple[StoredPhoto, ...]:
        """A picture of the demonstration, taken in as any photo is."""
        path = self.folder / "pictures" / f"{name}.webp"
        return (_taken(path),) if name and path.exists() else ()


@cache
def _taken(path: Path) -> StoredPhoto:
    return take_photos([path.read_bytes()])[0]


class _Story:
    """What happens to one case after it was filed, step by step, at plausible working hours."""

    def __init__(
        self, builder: Builder, row: Mapping[str, Any], receipt: Receipt, reporter: Actor, filed_at: datetime
    ) -> None:
        self.builder = builder
        self.row = row
        self.outcome: Mapping[str, Any] = row["outcome"]
        self.case_id = receipt.case_id
        view = queries.staff_case(receipt.number, actor=system("demo"))
        self.line, self.group = view.line, view.group
        self.reporter = reporter
        self.at = filed_at
        self.agency = ""
        self.claim = receipt.claim_code

    def play(self) -> None:
        """Play until the story's end, or until the present is reached."""
        end = self.outcome.get("end", "new")
        try:
            for step in self._steps(end):
                step()
                if self.at >= self.builder.now:
                    return
        except CityError:
            # A story that the city's rules no longer allow stays where it got to: it is a case like any other.
            return

    def _steps(self, end: str) -> Iterator[Callable[[], Any]]:
        if end == "new":
            return
        if self.group == Group.INSTANT:
            yield from self._instant(end)
            return
        if end == "waiting_citizen":
            yield lambda: self._desk(
                "ask", question=self.outcome.get("question") or "Anh, chị cho biết rõ vị trí ạ?"
            )
            return
        if end == "rejected":
            yield lambda: self._desk(
                "reject", reason=self.outcome.get("reject_reason") or "Không xác minh được"
            )
            return
        yield self._route
        yield from self._in_agency(end)
        if end in {"in_agency", "overdue"}:
            return
        yield self._answer
        yield self._approve
        if self.outcome.get("first_answer_poor"):
            yield self._review_twice
        yield lambda: self._by("ioc_editor", None, "publish", hours=3)
        if end != "commitment":
            yield self._rate

    def _instant(self, end: str) -> Iterator[Callable[[], Any]]:
        """Somebody on call takes it within minutes, goes there, ends it; then it is written down and looked at."""
        if end == "rejected":
            yield self._reject_at_once
            return
        self.outing = Outing(self.case_id, self.line.ref, self.builder.dice)
        for answer in (Answer.ACKNOWLEDGED, Answer.EN_ROUTE, Answer.ON_SCENE, Answer.DONE):
            if end in {"in_agency", "waiting_citizen"} and answer == Answer.DONE:
                return
            yield partial(self._say, answer)
        if end == "overdue":
            return
        yield self._answer
        yield lambda: self._by("ioc_editor", None, "publish", hours=3)
        if end != "commitment":
            yield self._rate

    def _say(self, answer: Answer) -> None:
        self.at = self.outing.say(answer, self.at, until=self.builder.now)
        self.line = queries.staff_case(self.line.number, actor=system("demo")).line
        self.agency = self.line.agency

    def _reject_at_once(self) -> None:
        self.at += timedelta(minutes=2)
        reason = self.outcome.get("reject_reason") or "Không xác minh được"
        self._act(system("demo"), "reject", {"reason": reason})
        with unit():
            processes.call_off_of(self.line.ref, "reject", actor=system("demo"), at=self.at)

    def _wait(self, hours: float) -> None:
        """Let working time pass, with some chance in it."""
        share = self.builder.dice.uniform(0.4, 1.3)
        seconds = int(hours * 3600 * share)
        self.at = directory.working_calendar().add_working_time(self.at, seconds)

    def _by(self, role: str, of: str | None, action: str, hours: float, **fields: str) -> None:
        self._wait(hours)
        if self.at >= self.builder.now:
            return
        held = holders(role, of, None, self.at)
        who = self.builder.dice.choice(held).account_id if held else None
        self._act(self._actor(who), action, fields)

    def _actor(self, who: UUID | None) -> Actor:
        return actor_of(who, self.builder.now) if who else system("demo")

    def _act(self, actor: Actor, action: str, fields: dict[str, str], photo: str | None = None) -> None:
        assignee = fields.pop("assignee", "")
        fields |= {f"check_{check.key}": "done" for check in checks_for(self.line.ref, action)}
        with unit():
            self.line = commands.act_on_case(
                self.case_id,
                action,
                fields=fields,
                photos=self.builder.photos(photo),
                agency=fields.get("agency", ""),
                assignee=UUID(assignee) if assignee else None,
                actor=actor,
                at=self.at,
            )

    def _desk(self, action: str, **fields: str) -> None:
        self._by("ioc_operator", None, action, hours=1.5, **fields)

    def _route(self) -> None:
        day = directory.local_day(self.at)
        routing = directory.route_for(self.line.category, self.line.area, day)
        self.agency = routing.agency
        self._desk("route", agency=routing.agency, why=routing.why.get("vi", ""))

    def _in_agency(self, end: str) -> Iterator[Callable[[], Any]]:
        """Intake and assignment, unless the agency's process merges them; a forgotten case stops at one of them."""
        stop_early = end == "in_agency" and self.builder.dice.random() < 0.4
        if self.line.step == "intake":
            if stop_early:
                return
            yield lambda: self._by("agency_clerk", self.agency, "accept", hours=3)
            yield self._assign

    def _assign(self) -> None:
        officers = holders("agency_officer", self.agency, None, self.at)
        chosen = str(self.builder.dice.choice(officers).account_id) if officers else ""
        self._by("agency_head", self.agency, "assign", hours=3, assignee=chosen)

    def _answer(self, *, again: bool = False) -> None:
        days = float(self.outcome.get("handling_days") or 3)
        poor = "" if again else self.outcome.get("first_answer_poor") or ""
        words = poor or self.outcome.get("agency_answer") or "Đã kiểm tra hiện trường và xử lý xong."
        fields = {"answer": words}
        photo = self.outcome.get("after_photo")
        if not photo:
            fields["stated_reason"] = (
                self.outcome.get("stated_reason") or "Việc xử lý không để lại hiện trạng để chụp."
            )
        self._wait(2 if again else max(1.0, (days - 1.5) * 8))
        if self.at >= self.builder.now:
            return
        action = "answer"
        if self.outcome.get("end") == "commitment":
            until = directory.local_day(self.builder.now) + timedelta(
                days=int(self.outcome.get("commit_until_days") or 30)
            )
            action, fields["until"] = "commit", until.isoformat()
        self._act(self._officer(), action, fields, photo)

    def _officer(self) -> Actor:
        who = self.line.holder
        if who is None:
            clerks = holders("agency_clerk", self.agency, None, self.at)
            who = clerks[0].account_id if clerks else None
        return self._actor(who)

    def _approve(self) -> None:
        if self.line.step == "approve":
            self._by("agency_head", self.agency, "approve", hours=2)

    def _review_twice(self) -> None:
        reason = "Câu trả lời chưa nêu rõ đã làm gì, lúc nào, chưa có ảnh. Đề nghị bổ sung."
        self._by("ioc_editor", None, "send_back", hours=2, reason=reason)
        self._answer(again=True)
        self._approve()

    def _rate(self) -> None:
        rating = self.outcome.get("rating")
        if not rating or rating == "null":
            return
        self.at += timedelta(hours=self.builder.dice.uniform(1, 40))
        if self.at >= self.builder.now:
            return
        with unit():
            commands.rate(
                self.case_id,
                rating,
                comment=self.outcome.get("rating_text") or "",
                claim_code=self.claim,
                actor=self.reporter,
                at=self.at,
            )


def build_past(builder: Builder, say: Say) -> int:
    """Bring all written reports in; how many were taken. `say(done, of)` shows progress."""
    rows = builder.reports()
    taken = 0
    for done, row in enumerate(rows, 1):
        taken += builder.tell(row) is not None
        if done % 20 == 0 or done == len(rows):
            say(done, len(rows))
    return taken
