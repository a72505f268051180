"""One small named city for tests, built only by commands: the Huế pack, its processes, and a few people with posts.

    city = build_city()                      # in a test with transaction=True, or through the fixture `city`
    with unit():
        receipt = file_report(city.filing("đèn đường tắt 3 đêm"), actor=city.lan, at=city.at)

People: Lan and Minh are citizens; Hà keeps the duty desk, Nga edits, Quân leads the shift; in the committee of phường
Thuận Hóa Tâm is clerk, Sơn officer, Thu officer, Bình head; Hạnh sits in the city's office, Dũng is the leader, Vy
administers.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import django
from django.conf import settings
from django.core.cache import cache
from django.test import Client

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ngomon.settings")
    django.setup()

from ngomon.cases.commands import act_on_case, file_report, hide_words
from ngomon.cases.models import Case
from ngomon.cases.publishable import current_answer, words_undecided
from ngomon.cases.rules.redaction import Hiding
from ngomon.cases.terms import CaseLine, Filing, Receipt
from ngomon.core import clock
from ngomon.core.actors import Actor, system
from ngomon.core.ids import Ref
from ngomon.core.units import unit
from ngomon.directory import commands as directory
from ngomon.directory import queries as places
from ngomon.identity import commands as identity
from ngomon.identity.queries import actor_of, forget_grants
from ngomon.identity.sessions import ACCOUNT_KEY
from ngomon.identity.terms import Contact, ContactKind
from ngomon.processes.queries import checks_for
from ngomon.services.manifest import discover, install, install_rooms

SYSTEM = system("test-city")

# A real corner: đường Bà Triệu, phường Thuận Hóa.
CORNER = (107.6018, 16.4665)

CAST: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    ("lan", "Nguyễn Thị Lan", ()),
    ("minh", "Trần Văn Minh", ()),
    ("ha", "Lê Thu Hà", (("ioc_operator", ""),)),
    ("nga", "Phạm Thị Nga", (("ioc_editor", ""),)),
    ("quan", "Hồ Đắc Quân", (("ioc_lead", ""),)),
    ("tam", "Võ Minh Tâm", (("agency_clerk", "here"),)),
    ("son", "Đặng Hoài Sơn", (("agency_officer", "here"),)),
    ("thu", "Phan Anh Thư", (("agency_officer", "here"),)),
    ("binh", "Tôn Thất Bình", (("agency_head", "here"),)),
    ("hanh", "Bùi Thị Hạnh", (("city_office", ""),)),
    ("dung", "Nguyễn Quốc Dũng", (("leader", ""),)),
    ("vy", "Cao Khánh Vy", (("admin", ""),)),
)


@dataclass
class TestCity:
    """The city and its people. `agency` is the committee of the ward at `corner`."""

    __test__ = False

    at: datetime
    corner: tuple[float, float]
    area: str
    agency: str
    accounts: dict[str, UUID] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Actor:
        """A person of the cast as an actor, with the posts in force: `city.ha`."""
        accounts = self.__dict__.get("accounts", {})
        if name not in accounts:
            raise AttributeError(name)
        return actor_of(accounts[name], clock.now())

    def browser(self, name: str = "") -> Client:
        """A browser signed in as somebody of the cast; nobody without a name."""
        client = Client()
        if name:
            session = client.session
            session[ACCOUNT_KEY] = str(self.accounts[name])
            session.save()
            client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
        return client

    def filing(self, text: str = "Đèn đường trước kiệt 42 tắt 3 đêm rồi", **changes: Any) -> Filing:
        """A report at the corner."""
        lon, lat = self.corner
        return Filing(**{"text": text, "lon": lon, "lat": lat, "category": self.category, **changes})

    @property
    def category(self) -> str:
        """A timed category without special demands that its ward committee or another agency handles."""
        found = next(
            c for c in places.categories() if c.group == "timed" and not c.photo_required and c.public_map
        )
        return found.key

    def report(
        self, text: str = "Đèn đường trước kiệt 42 tắt 3 đêm rồi", who: Actor | None = None, **changes: Any
    ) -> Receipt:
        """File a report as Lan, or as somebody else."""
        with unit():
            return file_report(self.filing(text, **changes), actor=who or self.lan, at=clock.now())

    def act(
        self,
        who: Actor,
        case_id: UUID,
        action: str,
        *,
        agency: str = "",
        assignee: UUID | None = None,
        **fields: str,
    ) -> CaseLine:
        """One action on a case, in a unit of its own."""
        ticks = {f"check_{c.key}": "done" for c in checks_for(Ref("case", str(case_id)), action)}
        if action == "publish":
            self._look_at_words(who, case_id)
        with unit():
            return act_on_case(
                case_id,
                action,
                fields={**ticks, **fields},
                agency=agency,
                assignee=assignee,
                actor=who,
                at=clock.now(),
            )

    def _look_at_words(self, who: Actor, case_id: UUID) -> None:
        """An editor goes on without hiding anything, where the words have to be looked at."""
        answer = current_answer(case_id)
        if answer and words_undecided(Case.objects.get(pk=case_id)):
            seen = Hiding(len(answer.text), ())
            with unit():
                hide_words(case_id, report=None, answer=seen, actor=who, at=clock.now())


def build_city(pack: str = "") -> TestCity:
    """Load the pack, publish the services' processes, open the cast's accounts and give them their posts."""
    cache.clear()
    forget_grants()
    places.forget()
    at = clock.now()
    with unit():
        directory.load_pack(settings.NGOMON_PACKS / (pack or settings.NGOMON_PACK), actor=SYSTEM, at=at)
    places.forget()
    with unit():
        install_rooms(actor=SYSTEM, at=at)
        for manifest in discover().values():
            install(manifest, actor=SYSTEM, at=at)
    area = places.area_at(*CORNER, at.date())
    assert area is not None, "the corner lies in the city"
    agency = next(a.key for a in places.agencies(at.date(), "ward_committee") if a.area == area.key)
    made = TestCity(at, CORNER, area.key, agency)
    with unit():
        for n, (key, name, posts) in enumerate(CAST):
            contacts = [
                Contact(ContactKind.EMAIL, f"{key}@demo.invalid"),
                Contact(ContactKind.PHONE, f"+8490000{n:04d}"),
            ]
            account = identity.open_account(name, contacts, actor=SYSTEM, at=at)
            made.accounts[key] = account
            for role, where in posts:
                identity.take_post(
                    account,
                    role,
                    agency=agency if where == "here" else "",
                    from_at=datetime(2025, 7, 1, tzinfo=UTC),
                    actor=SYSTEM,
                    at=at - timedelta(seconds=1),
                )
    forget_grants()
    return made


def main() -> None:
    """Build the city in the database of the environment and print who is who (for running servers)."""
    city = build_city()
    words = {"accounts": {key: str(account) for key, account in city.accounts.items()}, "agency": city.agency}
    sys.stdout.write(json.dumps({**words, "corner": city.corner}) + "\n")


if __name__ == "__main__":
    main()
