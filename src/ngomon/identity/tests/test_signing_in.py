"""Codes, passwords, locks and appeals, as commands."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest

from ngomon.core import clock
from ngomon.core.actors import ANONYMOUS, Actor, Grant, system
from ngomon.core.errors import Conflict, Invalid, Refused
from ngomon.core.events import history
from ngomon.core.models import AuditRow, Delivery, EventRow
from ngomon.core.secrets import open_text
from ngomon.core.units import unit
from ngomon.core.worker import settle
from ngomon.identity import commands, queries
from ngomon.identity.models import Account, Code, ContactPoint, Person, Session
from ngomon.identity.queries import actor_of, forget_grants
from ngomon.identity.rules import mask, read_contact
from ngomon.identity.terms import CodePurpose, Tier

pytestmark = pytest.mark.django_db(transaction=True)

PHONE = read_contact("0905 123 456")
MAIL = read_contact("An.Le@Demo.invalid")
ADMIN = Actor("account", "admin", grants=frozenset({Grant("admin")}))
JUDGE = Actor("account", "judge", grants=frozenset({Grant("privacy_officer")}))
ROOT = system("test")


def ask(contact=PHONE, *, purpose=CodePurpose.SIGN_IN, account=None, at=None):
    with unit():
        return commands.send_code(
            contact, purpose=purpose, account_id=account, actor=ANONYMOUS, at=at or clock.now()
        )


def code_in(delivery: Delivery | None = None) -> str:
    row = delivery or Delivery.objects.filter(purpose="identity.code").order_by("-created_at", "-id").first()
    return re.search(r"\d{6}", json.loads(open_text(row.content))["text"])[0]


def prove(code_id, typed, *, at=None):
    with unit():
        return commands.sign_in_by_code(code_id, typed, actor=ANONYMOUS, at=at or clock.now())


def signed_in(contact=PHONE):
    return prove(ask(contact), code_in()).account_id


def test_a_code_opens_an_account_for_a_contact_nobody_has_and_finds_it_again():
    first = prove(ask(), code_in())
    assert (first.outcome, first.is_new) == ("right", True)
    again = prove(ask(), code_in())
    assert (again.outcome, again.is_new, again.account_id) == ("right", False, first.account_id)
    settle()
    kinds = [r.kind for r in history("account", str(first.account_id))]
    assert kinds == ["identity.account_opened", "identity.signed_in", "identity.signed_in"]
    assert actor_of(first.account_id, clock.now()).tier == Tier.CONTACT


def test_a_code_works_once_and_only_the_latest():
    old = ask()
    old_code = code_in()
    new = ask()
    assert prove(old, old_code).outcome == "spent"
    code = code_in()
    assert prove(new, code).outcome == "right"
    assert prove(new, code).outcome == "spent"


def test_five_wrong_tries_spend_a_code_even_for_the_right_one():
    asked = ask()
    right = code_in()
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    answers = [prove(asked, wrong) for _ in range(5)]
    assert [a.tries_left for a in answers] == [4, 3, 2, 1, 0]
    assert [a.outcome for a in answers] == ["wrong"] * 4 + ["spent"]
    assert prove(asked, right).outcome == "spent"


def test_a_code_ends_after_ten_minutes_and_leaves_its_delivery():
    at = clock.now()
    asked = ask(at=at)
    code = code_in()
    assert prove(asked, code, at=at + timedelta(minutes=10)).outcome == "spent"
    Delivery.objects.update(purge_at=at - timedelta(seconds=1))
    settle()
    row = Delivery.objects.get()
    assert (row.content, row.address) == ("", "")


def test_a_code_is_nowhere_in_the_clear():
    asked = ask()
    code = code_in()
    prove(asked, code)
    rows = [
        *Code.objects.values(),
        *EventRow.objects.values(),
        *AuditRow.objects.values(),
        *Delivery.objects.values(),
    ]
    rows += [*ContactPoint.objects.values(), *Person.objects.values()]
    text = repr(rows)
    assert code not in text
    assert "905123456" not in text


def test_a_code_for_another_purpose_does_not_sign_in():
    account = signed_in()
    asked = ask(MAIL, purpose=CodePurpose.ADD_CONTACT, account=account)
    assert prove(asked, code_in()).outcome == "spent"


def test_a_second_contact_is_added_by_its_code_and_signs_in_too():
    account = signed_in()
    me = actor_of(account, clock.now())
    asked = ask(MAIL, purpose=CodePurpose.ADD_CONTACT, account=account)
    with unit():
        assert commands.add_contact_by_code(asked, code_in(), actor=me, at=clock.now()).outcome == "right"
    assert signed_in(MAIL) == account
    points = queries.contact_points(me.person_id, actor=me, purpose="", at=clock.now())
    assert [(p.kind, p.value, p.is_primary) for p in points] == [
        ("email", "an.le@demo.invalid", True),
        ("phone", "0905 123 456", True),
    ]


def test_somebody_elses_contact_cannot_be_taken():
    owner, other = signed_in(MAIL), signed_in(PHONE)
    asked = ask(MAIL, purpose=CodePurpose.ADD_CONTACT, account=other)
    with pytest.raises(Conflict, match="taken"), unit():
        commands.add_contact_by_code(asked, code_in(), actor=actor_of(other, clock.now()), at=clock.now())
    assert signed_in(MAIL) == owner


def test_the_last_contact_that_signs_in_cannot_be_removed():
    me = actor_of(signed_in(), clock.now())
    point = ContactPoint.objects.get()
    with pytest.raises(Conflict, match="last"), unit():
        commands.remove_contact(me.person_id, point.pk, actor=me, at=clock.now())


def test_a_contact_that_nobody_verified_belongs_to_who_proves_it():
    with unit():
        caller = commands.register_person("Bà Lan", [PHONE], actor=ROOT, at=clock.now())
    account = Account.objects.get(pk=signed_in())
    assert account.person_id != caller
    with unit():
        assert commands.register_person("Lan", [PHONE], actor=ROOT, at=clock.now()) == account.person_id


def test_a_password_signs_in_and_a_wrong_or_unknown_one_says_the_same():
    account = signed_in(MAIL)
    me = actor_of(account, clock.now())
    for bad in ("short", "123456789012", "password1234"):
        with pytest.raises(Invalid), unit():
            commands.set_password(account, bad, actor=me, at=clock.now())
    with unit():
        commands.set_password(account, "Cầu Trường Tiền sáu vài", actor=me, at=clock.now())
    assert Account.objects.get(pk=account).password.startswith("argon2$argon2id$")

    def enter(contact, password):
        with unit():
            return commands.sign_in_by_password(contact, password, actor=ANONYMOUS, at=clock.now())

    assert enter(MAIL, "Cầu Trường Tiền sáu vài").account_id == account
    assert enter(MAIL, "wrong").outcome == enter(PHONE, "wrong").outcome == "wrong"


def test_a_locked_account_signs_in_nowhere_appeals_once_and_is_judged_by_another():
    account = signed_in()
    with unit():
        commands.lock_account(account, "false_reports", "12 lần", actor=ADMIN, at=clock.now())
    assert actor_of(account, clock.now()) == ANONYMOUS
    assert queries.is_locked(account, clock.now())
    assert prove(ask(), code_in()).outcome == "locked"
    with unit():
        appeal = commands.appeal_lock(account, "Tôi không làm vậy.", actor=ANONYMOUS, at=clock.now())
    with pytest.raises(Conflict, match="open"), unit():
        commands.appeal_lock(account, "Lần nữa", actor=ANONYMOUS, at=clock.now())
    with unit():
        assert [a.text for a in queries.appeals_open(actor=JUDGE, at=clock.now())] == ["Tôi không làm vậy."]
    with pytest.raises(Refused, match="same_person"), unit():
        commands.decide_appeal(appeal, is_lifted=False, answer="Không", actor=ADMIN, at=clock.now())
    with unit():
        commands.decide_appeal(appeal, is_lifted=True, answer="Đã xem lại.", actor=JUDGE, at=clock.now())
    assert queries.last_appeal(account) == (False, "Đã xem lại.")
    forget_grants()
    assert prove(ask(), code_in()).outcome == "right"


def test_locking_needs_the_right_a_reason_and_somebody_else():
    account = signed_in()
    clerk = Actor("account", "c", grants=frozenset({Grant("agency_head", "x")}))
    for actor, reason, error in ((clerk, "abuse", Refused), (ADMIN, "dislike", Invalid)):
        with pytest.raises(error), unit():
            commands.lock_account(account, reason, actor=actor, at=clock.now())


def test_spent_codes_and_sessions_are_forgotten():
    ask(at=clock.now() - timedelta(days=3))
    ask(MAIL)
    settle()
    assert Code.objects.count() == 1
    assert Session.objects.count() == 0


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("0905 123 456", "+84905123456"),
        ("(0905)-123.456", "+84905123456"),
        ("84905123456", "+84905123456"),
        ("+84 905 123 456", "+84905123456"),
        ("0084905123456", "+84905123456"),
        ("+49 151 12345678", "+4915112345678"),
        ("02343822222", "+842343822222"),
        (" An.Le@Demo.Invalid ", "an.le@demo.invalid"),
    ],
)
def test_contacts_are_read_as_people_write_them(typed, value):
    assert read_contact(typed).value == value


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "",
            "   ",
            "0905",
            "abc",
            "090512345678901234",
            "+0123456789",
            "a@b",
            "@b.vn",
            "a@@b.vn",
            "a b@c.vn",
        ),
        *("a@b.vn\nBcc: x@y.vn", "a@-b.vn", "x" * 65 + "@b.vn", "a@" + "b" * 250 + ".vn", "09051234five"),
        *("<script>@b.vn", "a@b.vn,c@d.vn", "０９０５１２３４５６", "+84 905 12"),
    ],
)
def test_what_is_no_contact_is_refused(typed):
    with pytest.raises(Invalid) as refused:
        read_contact(typed)
    assert "contact" in refused.value.fields


def test_masks_show_enough_to_recognise_and_too_little_to_use():
    assert mask(PHONE) == "09•••••456"
    assert mask(MAIL) == "an•••@demo.invalid"
    assert mask(read_contact("ab@c.vn")) == "a•••@c.vn"
