"""Who acts with which rights: posts, substitutes, delegation; denied by default."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ngomon.core import clock
from ngomon.core.actors import ANONYMOUS, Actor, Grant
from ngomon.identity.models import Absence, Account, Delegation, Holding, Person
from ngomon.identity.queries import actor_of, forget_grants
from ngomon.identity.rules import may

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


def somebody(name: str = "Nguyễn Thị Hồng", **fields) -> Account:
    at = clock.now()
    person = Person.objects.create(name=name, created_at=at)
    return Account.objects.create(person=person, kind="person", created_at=at, **fields)


def in_post(account: Account, role: str, agency: str = "", area: str = "", *, days=(-1, None)) -> Holding:
    at = clock.now()
    until = None if days[1] is None else at + days[1] * DAY
    return Holding.objects.create(
        account=account, role=role, agency=agency, area=area, valid_from=at + days[0] * DAY, valid_to=until
    )


def roles(account: Account) -> set[tuple[str, str | None]]:
    forget_grants()
    return {(g.role, g.agency) for g in actor_of(account.pk, clock.now()).grants}


def test_a_person_acts_in_all_posts_in_force_and_in_no_other():
    officer = somebody()
    in_post(officer, "agency_head", "ubnd-thuan-hoa")
    in_post(officer, "agency_clerk", "so-xay-dung")
    in_post(officer, "admin", days=(-9, -1))
    in_post(officer, "leader", days=(1, None))
    assert roles(officer) == {("agency_head", "ubnd-thuan-hoa"), ("agency_clerk", "so-xay-dung")}


def test_a_substitute_has_the_posts_of_the_absent_also_through_an_absent_substitute():
    away, second, third = somebody("A"), somebody("B"), somebody("C")
    in_post(away, "agency_head", "x")
    at = clock.now()
    Absence.objects.create(account=away, substitute=second, valid_from=at - DAY, valid_to=at + DAY)
    assert roles(second) == {("agency_head", "x")}
    assert roles(third) == set()
    Absence.objects.create(account=second, substitute=third, valid_from=at - DAY, valid_to=at + DAY)
    assert roles(third) == {("agency_head", "x")}
    Absence.objects.create(account=third, substitute=away, valid_from=at - DAY, valid_to=at + DAY)
    assert roles(away) == {("agency_head", "x")}
    Absence.objects.update(ended_at=at)
    assert roles(second) == roles(third) == set()


def test_a_delegation_gives_own_posts_of_the_giver_and_is_not_passed_on():
    head, deputy, other = somebody("A"), somebody("B"), somebody("C")
    post = in_post(head, "agency_head", "x")
    in_post(head, "agency_officer", "y")
    at = clock.now()
    Delegation.objects.create(
        giver=head, receiver=deputy, holding=post, valid_from=at - DAY, valid_to=at + DAY
    )
    assert roles(deputy) == {("agency_head", "x")}
    Delegation.objects.create(giver=deputy, receiver=other, valid_from=at - DAY, valid_to=at + DAY)
    assert roles(other) == set()
    post.valid_to = at
    post.save()
    assert roles(deputy) == set()


def test_an_actor_costs_two_statements_and_then_none():
    account = somebody()
    in_post(account, "ioc_operator")
    with CaptureQueriesContext(
        connection,
    ) as first:
        actor_of(account.pk, clock.now())
    with CaptureQueriesContext(connection) as second:
        actor_of(account.pk, clock.now())
    assert (len(first), len(second)) == (2, 0)


def test_a_locked_account_acts_as_nobody():
    account = somebody(locked_at=clock.now())
    in_post(account, "admin")
    assert actor_of(account.pk, clock.now()) == ANONYMOUS


def test_rights_are_denied_by_default_and_hold_only_in_scope():
    head = Actor("account", "1", grants=frozenset({Grant("agency_head", "x", "w1")}))
    assert may(head, "roster.change", "x")
    assert not may(head, "roster.change", "y")
    assert not may(head, "admin.see")
    assert not may(head, "no.such.action")
    assert not may(ANONYMOUS, "account.own")
    assert may(head, "account.own")
