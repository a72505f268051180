"""Posts, delegation, absence, officers from a list, persons who are one, clients, what filing asks."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ngomon.core import clock
from ngomon.core.actors import ANONYMOUS, Actor, Grant, system
from ngomon.core.errors import Conflict, Invalid, NotFound, Refused
from ngomon.core.models import AuditRow
from ngomon.core.units import unit
from ngomon.directory.terms import OfficerRow
from ngomon.identity import commands, queries
from ngomon.identity.models import Account, ContactPoint, Holding, Person
from ngomon.identity.queries import actor_of, actor_of_client, holders
from ngomon.identity.rules import is_tax_code, may, read_contact, requirement_for
from ngomon.identity.terms import Requirement, Tier

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = system("test")
DAY = timedelta(days=1)


def do(command, *args, actor=ROOT, at=None, **more):
    with unit():
        return command(*args, actor=actor, at=at or clock.now(), **more)


def officer(name, mail, role="agency_officer", agency="ubnd-x", **more):
    account = do(commands.open_account, name, [read_contact(mail)])
    do(commands.take_post, account, role, agency=agency, from_at=clock.now() - DAY, **more)
    return account


def names(role, agency="ubnd-x"):
    return [h.name for h in holders(role, agency, None, clock.now())]


def test_posts_are_taken_once_and_left():
    account = officer("Hà", "ha@demo.invalid", "agency_head")
    do(commands.take_post, account, "agency_head", agency="ubnd-x", from_at=clock.now())
    [held] = queries.holdings_of(account, clock.now())
    assert may(actor_of(account, clock.now()), "roster.change", "ubnd-x")
    do(commands.leave_post, held.id)
    do(commands.leave_post, held.id)
    assert not actor_of(account, clock.now()).grants


@pytest.mark.parametrize(
    ("role", "agency", "field"),
    [("mayor", "", "role"), ("agency_head", "", "agency"), ("ioc_lead", "ubnd-x", "agency")],
)
def test_a_post_that_makes_no_sense_is_refused(role, agency, field):
    account = do(commands.open_account, "Hà", [read_contact("ha@demo.invalid")])
    with pytest.raises(Invalid) as refused:
        do(commands.take_post, account, role, agency=agency, from_at=clock.now())
    assert field in refused.value.fields


def test_only_administrators_give_posts():
    account = do(commands.open_account, "Hà", [read_contact("ha@demo.invalid")])
    head = Actor("account", "h", grants=frozenset({Grant("agency_head", "ubnd-x")}))
    with pytest.raises(Refused):
        do(commands.take_post, account, "agency_officer", agency="ubnd-x", from_at=clock.now(), actor=head)


def test_holders_are_the_present_ones_with_substitutes_in_place_of_the_absent():
    head = officer("Hà", "ha@demo.invalid", "agency_head")
    deputy = officer("Dũng", "dung@demo.invalid", "agency_head", is_main=False)
    other = officer("Lan", "lan@demo.invalid", "agency_clerk")
    assert names("agency_head") == ["Hà", "Dũng"]
    me = actor_of(head, clock.now())
    away = do(
        commands.set_absence,
        head,
        from_at=clock.now() - DAY,
        to_at=clock.now() + DAY,
        substitute_id=other,
        actor=me,
    )
    assert names("agency_head") == ["Dũng", "Lan"]
    assert holders("agency_head", "ubnd-x", None, clock.now())[1].stands_in_for == head
    do(commands.end_absence, away, actor=me)
    do(commands.lock_account, head, "stolen")
    assert names("agency_head") == ["Dũng"]
    do(commands.set_absence, deputy, from_at=clock.now() - DAY, to_at=clock.now() + DAY)
    assert names("agency_head") == ["Dũng"], "a post is never without anybody"


def test_holders_cost_at_most_three_statements():
    head, other = officer("Hà", "a@demo.invalid", "agency_head"), officer("Lan", "b@demo.invalid")
    do(commands.set_absence, head, from_at=clock.now() - DAY, to_at=clock.now() + DAY, substitute_id=other)
    with CaptureQueriesContext(connection) as made:
        holders("agency_head", "ubnd-x", None, clock.now())
    assert len(made) == 3


def test_a_head_sets_absences_in_the_own_agency_only():
    account, head = officer("Lan", "lan@demo.invalid"), officer("Hà", "ha@demo.invalid", "agency_head")
    stranger = officer("Mai", "mai@demo.invalid", "agency_head", "ubnd-y")
    span = {"from_at": clock.now(), "to_at": clock.now() + DAY}
    with pytest.raises(Refused):
        do(commands.set_absence, account, **span, actor=actor_of(stranger, clock.now()))
    do(commands.set_absence, account, **span, actor=actor_of(head, clock.now()))
    with pytest.raises(Conflict, match="overlap"):
        do(commands.set_absence, account, **span, actor=actor_of(account, clock.now()))


def test_a_delegation_is_given_by_the_holder_for_a_time_and_taken_back():
    head, deputy = officer("Hà", "ha@demo.invalid", "agency_head"), officer("Lan", "lan@demo.invalid")
    me, span = actor_of(head, clock.now()), {"from_at": clock.now(), "to_at": clock.now() + DAY}
    with pytest.raises(Refused):
        do(commands.delegate, head, deputy, **span, actor=actor_of(deputy, clock.now()))
    with pytest.raises(Invalid):
        do(commands.delegate, head, head, **span, actor=me)
    given = do(commands.delegate, head, deputy, **span, document="12/QĐ-UBND", actor=me)
    assert actor_of(deputy, clock.now()).holds("agency_head", agency="ubnd-x")
    do(commands.end_delegation, given, actor=me)
    assert not actor_of(deputy, clock.now()).holds("agency_head", agency="ubnd-x")
    nobody = do(commands.open_account, "X", [read_contact("x@demo.invalid")])
    with pytest.raises(Conflict, match="nothing"):
        do(commands.delegate, nobody, deputy, **span)


def test_posts_follow_an_agency_to_its_successor_once():
    account = officer("Hà", "ha@demo.invalid", "agency_head")
    assert do(commands.move_posts, "ubnd-x", "ubnd-z") == 1
    assert do(commands.move_posts, "ubnd-x", "ubnd-z") == 0
    assert actor_of(account, clock.now()).agencies() == {"ubnd-z"}


def row(mail, role="agency_clerk", **more):
    given = {
        "line": 2,
        "email": mail,
        "phone": "",
        "name": "Trần Thị Mai",
        "given_name": "Mai",
        "title": {"vi": "Văn thư", "en": "Clerk"},
        "post": uuid4(),
        "agency": "ubnd-x",
        "role": role,
        "area": "",
        "is_primary": True,
        "substitute_for": "",
        "valid_from": date(2025, 7, 1),
        "valid_to": None,
    }
    return OfficerRow(**{**given, **more})


def test_officers_come_from_a_list_and_a_second_time_changes_nothing():
    rows = [
        row("mai@demo.invalid", phone="0905000111"),
        row("mai@demo.invalid", "agency_officer", is_primary=False),
        row("son@demo.invalid", "ioc_operator", agency="ioc"),
    ]
    made = do(commands.take_up_officers, rows)
    counts = Account.objects.count(), Holding.objects.count(), ContactPoint.objects.count()
    assert counts == (2, 3, 3)
    assert do(commands.take_up_officers, rows) == made
    assert (Account.objects.count(), Holding.objects.count(), ContactPoint.objects.count()) == counts
    assert actor_of(made["son@demo.invalid"], clock.now()).grants == {Grant("ioc_operator")}
    assert [n for _, n in queries.staff_of("ubnd-x", clock.now())] == ["Trần Thị Mai"] * 2


def test_two_persons_proved_to_be_one_become_one():
    kept = do(commands.open_account, "Lê Văn An", [read_contact("an@demo.invalid")])
    merged = officer("An", "0905123456", "agency_officer")
    people = [Account.objects.get(pk=a).person_id for a in (kept, merged)]
    do(commands.verify_identity, people[1], "046012345678", way="counter")
    do(commands.merge_persons, *people)
    assert {c.kind for c in ContactPoint.objects.filter(person_id=people[0])} == {"phone", "email"}
    assert Person.objects.get(pk=people[1]).merged_into_id == people[0]
    actor = actor_of(kept, clock.now())
    assert (actor.tier, actor.agencies()) == (Tier.IDENTITY, {"ubnd-x"})
    assert actor_of(merged, clock.now()) == ANONYMOUS
    assert queries.account_of_person(people[1]) == kept
    with pytest.raises(NotFound):
        do(commands.merge_persons, *people)


def test_two_persons_with_different_numbers_are_not_one():
    people = [do(commands.register_person, name) for name in ("A", "B")]
    do(commands.verify_identity, people[0], "046012345678", way="counter")
    with pytest.raises(Conflict, match="number_taken"):
        do(commands.verify_identity, people[1], "046 012 345 678", way="counter")
    do(commands.verify_identity, people[1], "046012345679", way="counter")
    with pytest.raises(Conflict, match="two_numbers"):
        do(commands.merge_persons, *people)


def test_looking_at_somebodys_contacts_needs_the_right_and_leaves_a_trace():
    person = Account.objects.get(
        pk=do(commands.open_account, "An", [read_contact("an@demo.invalid")])
    ).person_id
    clerk = Actor(
        "account", "c", grants=frozenset({Grant("agency_head", "ubnd-x"), Grant("agency_clerk", "ubnd-x")})
    )
    with pytest.raises(Refused):
        do(queries.contact_points, person, actor=clerk, purpose="curious")
    operator = Actor("account", "o", grants=frozenset({Grant("ioc_operator")}))
    do(queries.contact_points, person, actor=operator, purpose="call back")
    look = AuditRow.objects.get(action="looked")
    assert (look.actor_id, look.ref_key, look.purpose) == ("o", str(person), "call back")


def test_an_api_client_acts_by_its_key_until_revoked():
    client, key = do(commands.make_client, "Cổng 1022", ["open311.write"])
    actor = actor_of_client(key)
    assert actor.holds("scope:open311.write")
    assert actor_of_client(key + "x") is None
    do(commands.revoke_client, client)
    assert actor_of_client(key) is None
    with pytest.raises(Invalid):
        do(commands.make_client, "X", ["everything"])


def test_an_organisation_is_opened_by_its_person():
    account = do(commands.open_account, "An", [read_contact("an@demo.invalid")])
    me = actor_of(account, clock.now())
    for bad in ("123", "0100109107", "01001091069"):
        with pytest.raises(Invalid):
            do(commands.open_organisation, "Công ty", bad, actor=me)
    made = do(commands.open_organisation, "Viettel", "0100109106", actor=me)
    assert queries.name_of(made) == "Viettel"
    assert [a.kind for a in queries.accounts_of_person(me.person_id)] == ["person", "organisation"]


def test_tax_codes_carry_a_check_digit():
    assert all(map(is_tax_code, ("0100109106", "0300588569", "0100109106-001", "0100109106001")))


@pytest.mark.parametrize(
    ("channel", "category", "asked"),
    [
        ("page", "lamp", "verified_phone"),
        ("page", "fire", "anonymous"),
        ("open311", "lamp", "anonymous"),
        ("desk", "lamp", "account"),
    ],
)
def test_the_policy_asks_by_the_most_specific_row(channel, category, asked):
    policy = [
        ("open311", "*", "anonymous"),
        ("page", "*", "verified_phone"),
        ("*", "fire", "anonymous"),
        ("page", "*", "account"),
    ]
    assert requirement_for(channel, category, policy) == Requirement(asked)


def test_filing_is_open_to_who_meets_the_policy(settings):
    settings.NGOMON_CITY = {
        "sign_in": {"policy": [{"channel": "page", "category": "*", "requires": "verified_phone"}]}
    }
    by_mail = actor_of(do(commands.open_account, "A", [read_contact("a@demo.invalid")]), clock.now())
    by_phone = actor_of(do(commands.open_account, "B", [read_contact("0905123456")]), clock.now())
    assert [queries.may_file("page", "lamp", a).is_met for a in (ANONYMOUS, by_mail, by_phone)] == [
        False,
        False,
        True,
    ]
    assert queries.may_file("other", "lamp", by_mail).is_met
    assert not queries.may_file("other", "lamp", ANONYMOUS).is_met
