"""Who is told when time runs out: through the inbox, once for each event."""

from __future__ import annotations

import pytest

from ngomon.core.engine import engine
from ngomon.core.worker import open_cursors, run_reactions
from ngomon.processes import reactions

from .conftest import OPERATOR, hue

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def told(monkeypatch):
    found: list[tuple] = []

    def tell_all(tellings, *, actor, at):
        found.extend((t.to, t.template.rpartition(".")[2], t.values["label"], t.id) for t in tellings)

    monkeypatch.setattr(reactions, "tell_all", tell_all)
    open_cursors()
    return found


def react() -> None:
    engine().sequence()
    while run_reactions():
        pass


def test_the_holder_is_reminded_then_the_head_and_the_office_hear(told, matter, published):
    open_cursors()
    matter.act("route", OPERATOR, agency="roads")
    matter.wake(hue("2026-11-25 09:00"))
    react()
    clerk, head = published.clerk().account_id, published.head().account_id
    office = next(p.account_id for p in published.posts if p.holds("city_office"))
    assert {(r, what) for r, what, *_ in told} == {
        (clerk, "reminder"), (clerk, "overdue"), (head, "escalated"), (office, "escalated"),
    }  # fmt: skip
    assert len({id for *_, id in told}) == 4
    assert {label for _, _, label, _ in told} == {"PA-2611-0001"}
    react()
    assert len(told) == 4


def test_an_officer_hears_of_a_task_that_was_given_to_him(told, matter, published):
    matter.to_officer()
    react()
    assert [(r, what) for r, what, *_ in told] == [(published.officer().account_id, "assigned")]
