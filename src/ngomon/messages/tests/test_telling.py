"""Telling somebody something: which ways, in which language, when, and how it stands."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngomon.core import clock, texts
from ngomon.core.actors import ANONYMOUS, Actor, Grant, system
from ngomon.core.errors import Refused
from ngomon.core.ids import Ref
from ngomon.core.models import AuditRow, Delivery
from ngomon.core.units import unit
from ngomon.core.worker import send_deliveries
from ngomon.identity import commands as identity
from ngomon.identity.queries import actor_of
from ngomon.identity.rules import read_contact
from ngomon.identity.terms import Contact, ContactKind
from ngomon.messages import commands, queries
from ngomon.messages.models import Message
from ngomon.messages.rules import quiet_until, segments, sms_text, ways, without_tones
from ngomon.messages.terms import Preference, Telling, Way, delivery_id, message_id

pytestmark = pytest.mark.django_db(transaction=True)

HUE = ZoneInfo("Asia/Ho_Chi_Minh")
CASE = Ref("case", str(uuid4()), "PA-2611-0427", "/cases/PA-2611-0427")
STAFF = Actor("account", "staff", grants=frozenset({Grant("ioc_lead")}))
NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 24, 16, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def templates(monkeypatch):
    words = {
        "test.message.received.subject": {"vi": "Đã nhận {number}", "en": "Received {number}"},
        "test.message.received.body": {"vi": "{agency} xử lý trước {due}.", "en": "{agency} by {due}."},
    }
    catalogue = {**texts.catalogue(), **words}
    monkeypatch.setattr(texts, "catalogue", lambda: catalogue)


def citizen(*contacts: str, language: str = "vi"):
    with unit():
        return identity.open_account(
            "Lê Văn An",
            [read_contact(c) for c in contacts],
            language=language,
            actor=system("test"),
            at=clock.now(),
        )


def tell(to, *, at=NOON, **more):
    values = {"number": "PA-2611-0427", "agency": {"vi": "UBND phường", "en": "Ward"}, "due": NOON}
    with unit():
        return commands.tell(
            to, "test.message.received", values, of=CASE, actor=system("test"), at=at, **more
        )


def told():
    return queries.messages_of(CASE, actor=STAFF)


def test_an_account_finds_it_in_its_inbox_and_gets_it_by_mail_in_its_language():
    account = citizen("an@demo.invalid", "0905 123 456", language="en")
    tell(account)
    me = actor_of(account, NOON)
    page = queries.inbox(me)
    assert page.unread == 1
    assert page.items[0].subject == "Received PA-2611-0427"
    assert page.items[0].body == "Ward by Tue 24 Nov 2026, 12:00."
    assert [(t.channel, t.address, t.state) for t in told()] == [("smtp", "a•••@demo.invalid", "queued")]
    send_deliveries()
    assert [(t.state, t.is_tray) for t in told()] == [("sent", True)]


def test_who_has_a_phone_only_gets_one_sms_without_tone_marks():
    tell(citizen("0905123456"))
    send_deliveries()
    [item] = queries.deliveries.posted_to("tray")
    assert item[1] == "+84905123456"
    assert item[2]["text"].startswith("Da nhan PA-2611-0427 http")
    assert len(item[2]["text"]) <= 160


def test_an_urgent_message_goes_by_every_way_and_does_not_wait_for_the_morning():
    account = citizen("an@demo.invalid", "0905123456")
    tell(account, at=NIGHT, is_urgent=True)
    assert {t.channel for t in told()} == {"smtp", "sms"}
    assert all(t.due_at == NIGHT for t in told())


def test_an_sms_at_night_waits_for_the_end_of_quiet_hours_and_mail_does_not():
    tell(citizen("0905123456"), at=NIGHT)
    assert told()[0].due_at.astimezone(HUE).strftime("%d %H:%M") == "25 06:00"
    tell(citizen("b@demo.invalid"), at=NIGHT)
    assert told()[0].due_at == NIGHT or told()[1].due_at == NIGHT


def test_a_bare_contact_is_told_without_inbox():
    tell(Contact(ContactKind.PHONE, "+84905111222"), language="en")
    assert Message.objects.get().account_id is None
    assert told()[0].address == "09•••••222"


def test_a_repeated_reaction_tells_once():
    account, event = citizen("an@demo.invalid"), uuid4()
    once = message_id(event, account, "test.message.received")
    assert tell(account, id=once) == tell(account, id=once) == once
    assert Message.objects.count() == 1
    assert Delivery.objects.filter(channel="smtp").count() == 1


def test_many_are_told_as_each_would_be_and_once():
    readers = [citizen("an@demo.invalid"), citizen("0905123456", language="en"), citizen("b@demo.invalid")]
    with unit():
        midnight = time(0)
        commands.set_preference(
            mail=False, sms=True, quiet_from=midnight, quiet_to=midnight, actor=actor_of(readers[2], NOON), at=NOON
        )  # fmt: skip
    values = {"number": "PA-2611-0427", "agency": {"vi": "UBND phường", "en": "Ward"}, "due": NOON}
    template, seen = "test.message.received", []
    events = [uuid4(), uuid4()]
    for n, say in enumerate(("each", "all", "all")):
        event = events[min(n, 1)]
        ids = [message_id(event, reader, template) for reader in readers]
        with unit():
            if say == "each":
                for reader, id in zip(readers, ids, strict=True):
                    commands.tell(reader, template, values, of=CASE, id=id, actor=system("test"), at=NIGHT)
            else:
                tellings = [
                    Telling(r, template, values, CASE, id) for r, id in zip(readers, ids, strict=True)
                ]
                new = commands.tell_all(tellings, actor=system("test"), at=NIGHT)
                assert new == (3 if n == 1 else 0)
        rows = [Message.objects.get(pk=id) for id in ids]
        ways_out = [
            t for t in told() if t.delivery_id in {delivery_id(id, w) for id in ids for w in ("smtp", "sms")}
        ]
        seen.append(
            (
                [(m.account_id, m.language, m.url, m.is_urgent, m.created_at) for m in rows],
                sorted((t.channel, t.address, t.due_at) for t in ways_out),
            )
        )
    assert seen[0] == seen[1] == seen[2]
    assert len(seen[0][1]) == 2
    assert AuditRow.objects.filter(action="messages.tell").count() == 6


def test_preferences_switch_ways_off_and_move_quiet_hours():
    account = citizen("an@demo.invalid", "0905123456")
    me = actor_of(account, NOON)
    with unit():
        commands.set_preference(mail=False, sms=True, quiet_from=time(0), quiet_to=time(0), actor=me, at=NOON)
    tell(account, at=NIGHT)
    assert [(t.channel, t.due_at) for t in told()] == [("sms", NIGHT)]


def test_reading_marks_only_ones_own_messages():
    mine, other = citizen("an@demo.invalid"), citizen("binh@demo.invalid")
    message = tell(mine)
    with pytest.raises(Exception, match="missing"), unit():
        commands.mark_read(message, actor=actor_of(other, NOON), at=NOON)
    with unit():
        assert commands.mark_read(message, actor=actor_of(mine, NOON), at=NOON) == 1
    assert queries.inbox(actor_of(mine, NOON)).unread == 0
    with pytest.raises(Refused):
        queries.inbox(ANONYMOUS)


def test_an_inbox_pages_by_cursor_without_gap_or_repeat():
    account = citizen("an@demo.invalid")
    for n in range(7):
        tell(account, at=NOON + timedelta(minutes=n // 2))
    me, seen, cursor = actor_of(account, NOON), [], ""
    while True:
        page = queries.inbox(me, after=cursor, limit=3)
        seen += [item.id for item in page.items]
        cursor = page.next
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == 7


def test_agencies_cannot_see_what_was_sent_and_no_words_stand_in_the_clear():
    account = citizen("an@demo.invalid")
    tell(account)
    clerk = Actor("account", "clerk", grants=frozenset({Grant("agency_clerk", "x")}))
    for look in (lambda: queries.messages_of(CASE, actor=clerk), lambda: queries.dead_letters(actor=clerk)):
        with pytest.raises(Refused):
            look()
    raw = repr(list(Message.objects.values())) + repr(list(Delivery.objects.values()))
    raw += repr(list(AuditRow.objects.values()))
    assert "demo.invalid" not in raw.replace("a•••@demo.invalid", "")
    assert "UBND" not in raw


def test_sms_words_are_plain_short_and_keep_the_link():
    assert without_tones("Đường Lê Lợi “ngập” – 0,5 m…") == 'Duong Le Loi "ngap" - 0,5 m...'
    long = sms_text("Phản ánh của bạn đã được tiếp nhận " * 20, "https://hue.example/cases/PA-2611-0427")
    assert len(long) <= 160
    assert long.endswith("... https://hue.example/cases/PA-2611-0427")
    assert segments(long) == 1
    assert segments("ạ" * 71) == 2


@given(st.text(max_size=400))
def test_any_words_become_one_segment(words):
    assert segments(sms_text(words)) == 1


@given(
    st.integers(0, 366 * 24 * 3600).map(lambda s: NOON + timedelta(seconds=s)),
    st.times(),
    st.times(),
)
def test_quiet_hours_end_later_and_outside_themselves(at, start, end):
    start, end = start.replace(second=0, microsecond=0), end.replace(second=0, microsecond=0)
    preference = Preference(quiet_from=start, quiet_to=end)
    until = quiet_until(at, preference, HUE)
    if until is not None:
        assert at < until <= at + timedelta(days=1)
        assert quiet_until(until, preference, HUE) is None


@pytest.mark.parametrize(
    ("have", "preference", "urgent", "expected"),
    [
        (("mail", "phone"), Preference(), False, ["smtp"]),
        (("phone",), Preference(), False, ["sms"]),
        (("mail", "phone"), Preference(mail=False), False, ["sms"]),
        (("mail", "phone"), Preference(mail=False, sms=False), False, []),
        (("mail", "phone"), Preference(mail=False, sms=False), True, ["smtp", "sms"]),
        (("mail", "phone"), Preference(sms=False), True, ["smtp"]),
        ((), Preference(), True, []),
    ],
)
def test_the_ways_taken(have, preference, urgent, expected):
    known = {
        "mail": Contact(ContactKind.EMAIL, "a@b.vn"),
        "phone": Contact(ContactKind.PHONE, "+84905123456"),
    }
    assert [way for way, _ in ways([known[h] for h in have], preference, is_urgent=urgent)] == [
        Way(e) for e in expected
    ]
