"""The seal: whoever alters, removes or reorders the past is found out; erasing content breaks no proof."""

from __future__ import annotations

import base64
import copy
import json
import random
from itertools import pairwise

import pytest
from django.db import connection, models
from django.test import Client, override_settings

from ngomon.core import actors, clock, seal
from ngomon.core.commitments import commit, opens
from ngomon.core.engine import engine
from ngomon.core.errors import NotFound
from ngomon.core.events import Aggregate, emit
from ngomon.core.ids import Ref, uuid7
from ngomon.core.merkle import verify_consistency
from ngomon.core.models import Checkpoint, Cursor, EventRow, SealTile
from ngomon.core.terms import Event, event
from ngomon.core.units import OutsideUnit, unit
from ngomon.core.verify import read_key, read_note, sign, verifier_key, verify_proof

pytestmark = pytest.mark.django_db(transaction=True)


@event("test.seal_stepped")
class SealStepped(Event):
    n: int


class Path(Aggregate):
    aggregate_kind = "path"
    id = models.UUIDField(primary_key=True)

    class Meta:
        app_label = "core"
        managed = False


@pytest.fixture(autouse=True)
def home(tmp_path, settings):
    settings.NGOMON_HOME = tmp_path


def step(path: Path, n: int = 1, commitment: str = "") -> None:
    with unit():
        for _ in range(n):
            emit(
                path, SealStepped(path.version), actor=actors.ANONYMOUS, at=clock.now(), commitment=commitment
            )
    engine().sequence()


def sealed(times: int = 1) -> int:
    taken = 0
    for _ in range(times):
        with unit():
            taken += seal.extend(at=clock.now())
    return taken


@pytest.fixture
def paths() -> list[Path]:
    """Three things with 300 events between them, under several checkpoints."""
    made = [Path(id=uuid7()) for _ in range(3)]
    chance = random.Random(7)
    for size in (1, 40, 200, 59):
        for _ in range(3):
            step(made[chance.randrange(3)], size // 3 or 1)
        sealed()
    return made


def findings(**asked) -> tuple[bool, list[str]]:
    lines: list[str] = []
    return seal.verify_log(lines.append, language="en", **asked), lines


def test_sealing_needs_a_unit_and_takes_each_event_once():
    with pytest.raises(OutsideUnit):
        seal.extend(at=clock.now())
    assert sealed() == 0
    step(Path(id=uuid7()), 3)
    assert sealed() == 3
    assert sealed() == 0
    assert [c.size for c in Checkpoint.objects.all()] == [3]


def test_an_untouched_log_is_found_intact(paths):
    is_well, lines = findings()
    assert is_well
    assert "Intact" in lines[0]
    step(paths[0])
    assert "1 new" in findings()[1][0]


def update(sql: str, *values) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        assert cursor.rowcount > 0


def swap(first: int, second: int) -> None:
    for old, new in ((first, -1), (second, first), (-1, second)):
        EventRow.objects.filter(position=old).update(position=new)


def remove(position: int) -> None:
    EventRow.objects.filter(position=position).delete()


def close_gap(position: int) -> None:
    remove(position)
    for p in (
        EventRow.objects.filter(position__gt=position).order_by("position").values_list("position", flat=True)
    ):
        EventRow.objects.filter(position=p).update(position=p - 1)


def slip_in(position: int) -> None:
    rows = EventRow.objects.filter(position__gte=position).order_by("-position")
    for p in list(rows.values_list("position", flat=True)):
        EventRow.objects.filter(position=p).update(position=p + 1)
    EventRow.objects.create(
        position=position,
        kind="test.seal_stepped",
        aggregate_kind="path",
        aggregate_id="forged",
        aggregate_version=1,
        at=clock.now(),
        actor_id="x",
    )


def change(**fields):
    return lambda: EventRow.objects.filter(position=123).update(**fields)


def replace_everything() -> None:
    """The work of somebody with the database but without the key: all signed anew by another key."""
    EventRow.objects.filter(position=5).update(actor_id="innocent")
    Checkpoint.objects.all().delete()
    SealTile.objects.all().delete()
    Cursor.objects.filter(name=seal.CURSOR).delete()
    key = seal._key_path()
    kept = key.read_bytes()
    key.unlink()
    sealed()
    key.write_bytes(kept)
    seal._read_key.cache_clear()


TAMPERINGS = {
    "body": change(body='{"n":999}'),
    "kind": change(kind="test.other"),
    "schema": change(schema=2),
    "actor": change(actor_id="somebody else"),
    "time": change(at="2020-01-01T00:00:00Z"),
    "audience": change(audience='["public"]'),
    "commitment": change(commitment="00" * 32),
    "id": change(id=uuid7()),
    "whose it is": change(aggregate_id="other"),
    "its number": change(aggregate_version=5000),
    "swapped neighbours": lambda: swap(100, 101),
    "swapped far": lambda: swap(3, 250),
    "removed": lambda: remove(150),
    "removed first": lambda: remove(1),
    "removed last": lambda: remove(EventRow.objects.count()),
    "removed and closed up": lambda: close_gap(150),
    "slipped in": lambda: slip_in(200),
    "position taken away": lambda: EventRow.objects.filter(position=120).update(position=None),
    "tile removed": lambda: SealTile.objects.filter(level=0, index=0).delete(),
    "tile changed": lambda: SealTile.objects.filter(level=0, index=1).update(hashes=b"\x01" * 64),
    "upper tile changed": lambda: SealTile.objects.filter(level=1).update(hashes=b"\x01" * 32),
    "tile added": lambda: SealTile.objects.create(level=0, index=9, hashes=b"\x01" * 32),
    "checkpoint changed": lambda: update("UPDATE core_checkpoint SET note = replace(note, '1', '2')"),
    "checkpoint under another size": lambda: Checkpoint.objects.filter(size=3).update(size=4),
    "all signed anew with another key": replace_everything,
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_tampering_is_found(paths, name):
    TAMPERINGS[name]()
    is_well, lines = findings()
    assert not is_well
    assert lines
    assert not any(line.startswith("core.seal") for line in lines)


def test_the_place_of_the_tampering_is_named(paths):
    TAMPERINGS["body"]()
    assert "position 123 " in findings()[1][0]


def test_a_past_signed_anew_with_the_right_key_is_found_by_a_kept_checkpoint(paths):
    kept = Checkpoint.objects.order_by("size")[2].note
    EventRow.objects.filter(position=5).update(actor_id="innocent")
    Checkpoint.objects.all().delete()
    SealTile.objects.all().delete()
    Cursor.objects.filter(name=seal.CURSOR).delete()
    sealed()
    assert findings()[0]
    assert not findings(against=[kept])[0]


def test_a_kept_checkpoint_of_an_intact_log_agrees_and_a_cut_one_does_not(paths):
    kept = seal.latest_checkpoint().note
    assert findings(against=[kept])[0]
    assert not findings(against=["nonsense"])[0]
    assert not findings(key=verifier_key("other", b"\x01" * 32))[0]
    top = EventRow.objects.count()
    Checkpoint.objects.filter(size=top).delete()
    EventRow.objects.filter(position__gt=top - 5).delete()
    assert not findings(against=[kept])[0]


def test_the_history_of_a_thing_is_proven_to_a_stranger(paths):
    export = json.loads(json.dumps(seal.proof_of(Ref("path", str(paths[1].pk)))))
    assert len(export["events"]) == EventRow.objects.filter(aggregate_id=str(paths[1].pk)).count()
    assert verify_proof(export, export["key"]) == []


def test_a_bent_export_is_refused(paths):
    export = json.loads(json.dumps(seal.proof_of(Ref("path", str(paths[1].pk)))))
    key = export["key"]

    def bent(change) -> list[str]:
        other = copy.deepcopy(export)
        change(other)
        return [finding.code.rsplit(".", 1)[1] for finding in verify_proof(other, key)]

    assert "path" in bent(lambda e: e["events"][3]["event"].update(body='{"n":1}'))
    assert "path" in bent(lambda e: e["events"][3].update(commitment="00" * 32))
    assert "gap" in bent(lambda e: e["events"].pop(3))
    assert "gap" in bent(lambda e: e["events"].pop(0))
    assert "gap" in bent(lambda e: e["events"].reverse())
    assert "stranger" in bent(lambda e: e["of"].update(key="other"))
    assert "path" in bent(lambda e: e["events"][0]["path"].pop())
    assert bent(lambda e: e.update(events=[])) == ["empty"]
    assert bent(lambda e: e.update(checkpoint=e["checkpoint"].replace("\n2", "\n1", 1))) == ["signature"]
    assert bent(lambda e: e.update(format="other")) == ["format"]
    assert bent(lambda e: e.pop("checkpoint")) == ["format"]
    assert bent(lambda e: e["events"][0].update(path=["***"])) == ["format"]
    assert bent(lambda e: e.update(checkpoint="x\n\n")) == ["note"]
    assert [f.code for f in verify_proof(export, "nonsense")] == ["core.seal.bad.key"]
    stranger = verifier_key(read_key(key)[0], b"\x07" * 32)
    assert [f.code for f in verify_proof(export, stranger)] == ["core.seal.bad.signature"]


def test_erasing_content_and_salt_leaves_every_proof_valid():
    path, words = Path(id=uuid7()), "Đèn đường kiệt 42 tắt ba đêm"
    salt, commitment = commit(words)
    kept = {"words": words, "salt": salt}
    step(path, commitment=commitment)
    step(path, 5)
    sealed()
    before = seal.proof_of(Ref("path", str(path.pk)))
    assert opens(before["events"][0]["commitment"], kept["salt"], kept["words"])
    kept.clear()
    step(path)
    sealed()
    after = seal.proof_of(Ref("path", str(path.pk)))
    for export in (before, after):
        assert verify_proof(json.loads(json.dumps(export)), export["key"]) == []
    assert findings()[0]
    everything = json.dumps([*EventRow.objects.values_list("body", "commitment")])
    assert words not in everything
    assert salt not in everything


def test_newer_checkpoints_contain_the_older_ones(paths):
    notes = [read_note(c.note, seal.public_key()) for c in Checkpoint.objects.order_by("size")]
    for old, new in pairwise(notes):
        steps = [base64.b64decode(s) for s in seal.consistency(old.size, new.size)]
        assert verify_consistency(old.size, new.size, old.root, new.root, steps)
    with pytest.raises(NotFound):
        seal.consistency(0, 5)
    with pytest.raises(NotFound):
        seal.consistency(1, 10_000)


def test_nothing_sealed_is_said_so():
    for ask in (seal.latest_checkpoint, lambda: seal.proof_of(Ref("path", "1"))):
        with pytest.raises(NotFound):
            ask()


def test_a_gap_stops_the_seal_instead_of_being_signed():
    step(Path(id=uuid7()), 5)
    remove(3)
    with pytest.raises(RuntimeError):
        sealed()


def test_the_key_is_private_and_stays():
    first = seal.public_key()
    assert seal._key_path().stat().st_mode & 0o077 == 0
    assert seal.public_key() == first
    note = sign(read_note(sign_of(5), first), seal.origin(), seal.private_key())
    assert read_note(note, first).size == 5


def sign_of(size: int) -> str:
    step(Path(id=uuid7()), size)
    sealed()
    return seal.latest_checkpoint().note


@override_settings(ROOT_URLCONF="ngomon.core.urls", MIDDLEWARE=["ngomon.core.edge.EdgeMiddleware"])
def test_the_public_words_of_the_seal_are_there_for_everybody(paths):
    client = Client()
    note = client.get("/seal/checkpoint").content.decode()
    key = client.get("/seal/key").content.decode().strip()
    assert read_note(note, key).size == seal.sealed_size()
    steps = client.get(f"/seal/consistency/40/{seal.sealed_size()}").json()["path"]
    assert steps
    assert client.get("/seal/consistency/0/7", headers={"accept": "application/json"}).status_code == 404
