"""Personal data: every model says what it holds; exported, erased and kept erased over a restore; masked in one place."""

from __future__ import annotations

from uuid import UUID

import pytest

from ngomon.core import actors, clock, personal
from ngomon.core.ids import uuid7
from ngomon.core.masks import MASKS
from ngomon.core.models import AuditRow, Erasure
from ngomon.core.units import unit

pytestmark = pytest.mark.django_db(transaction=True)
ME = actors.system("test")


@pytest.fixture(autouse=True)
def home(tmp_path, settings):
    settings.NGOMON_HOME = tmp_path


@pytest.fixture
def held(monkeypatch) -> dict[UUID, str]:
    found: dict[UUID, str] = {}

    def export(person_id, *, actor, at):
        return {"name": found[person_id]} if person_id in found else {}

    def erase(person_id, *, actor, at):
        return int(found.pop(person_id, None) is not None)

    monkeypatch.setattr(personal, "holders", {})
    personal.register("test", export, erase)
    return found


def erase(person: UUID) -> dict[str, int]:
    with unit():
        return personal.erase_person(person, purpose="asked", actor=ME, at=clock.now())


ROOMS = ("core", "directory", "identity", "messages", "processes", "cases", "incidents")


def test_every_model_of_rooms_that_hold_persons_says_which_fields_are_personal():
    assert personal.unmarked(ROOMS) == []


def test_rooms_that_hold_persons_can_hand_out_and_erase():
    assert {"identity", "messages", "cases"} <= set(personal.holders)


def test_the_register_names_what_is_held_and_why():
    assert personal.personal_fields()["core.Delivery"]["address"]


def test_a_person_is_exported_and_erased_everywhere_and_both_are_audited(held):
    person = uuid7()
    held[person] = "An"
    with unit():
        told = personal.export_person(person, purpose="asked", actor=ME, at=clock.now())
    assert told == {"test": {"name": "An"}}
    assert erase(person) == {"test": 1}
    assert erase(person) == {"test": 0}
    assert [row.action for row in AuditRow.objects.order_by("seq")] == [
        "personal.exported",
        "personal.erased",
        "personal.erased",
    ]
    assert Erasure.objects.count() == 1
    assert list(personal.noted_erasures()) == [person]
    assert personal._list_path().stat().st_mode & 0o077 == 0


def test_a_restored_backup_erases_again(held):
    early, late = uuid7(), uuid7()
    held |= {early: "An", late: "Bình"}
    erase(early)
    erase(late)
    held[late] = "Bình, from the backup"
    Erasure.objects.filter(person_id=late).delete()
    assert personal.settle_restore() == 1
    assert held == {}
    assert personal.settle_restore() == 0


def test_the_list_is_completed_after_a_crash_and_a_cut_line_is_passed_over(held):
    person = uuid7()
    erase(person)
    path = personal._list_path()
    path.write_text(path.read_text()[:20] + "\n")
    assert personal.noted_erasures() == {}
    assert personal.keep_list() == 1
    assert list(personal.noted_erasures()) == [person]
    assert personal.keep_list() == 0


def test_an_erasure_that_fails_is_not_noted(held):
    person = uuid7()
    with pytest.raises(LookupError), unit():
        personal.erase_person(person, purpose="asked", actor=ME, at=clock.now())
        raise LookupError
    assert personal.noted_erasures() == {}


@pytest.mark.parametrize(
    ("kind", "value", "masked"),
    [
        ("phone", "0912345678", "09•••••678"),
        ("phone", "+84912345678", "09•••••678"),
        ("phone", "0234 3 822 822", "02••••••822"),
        ("phone", "113", "•••"),
        ("email", "nguyen@hue.gov.vn", "ng•••@hue.gov.vn"),
        ("email", "an@x.vn", "a•••@x.vn"),
        ("name", "Nguyễn Văn An", "N. V. An"),
        ("name", "An", "A•••"),
        ("name", "", ""),
        ("number", "046203012345", "•••••••••345"),
        ("number", "12345", "•••••"),
    ],
)
def test_masks(kind, value, masked):
    assert MASKS[kind](value) == masked
