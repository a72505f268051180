"""Files: on disk before the unit, gone when nobody holds them, safe from whoever takes bytes away meanwhile."""

from __future__ import annotations

import os
import time

import pytest

from ngomon.core import clock, files
from ngomon.core.errors import NotFound
from ngomon.core.ids import Ref, uuid7
from ngomon.core.models import FileRow
from ngomon.core.units import OutsideUnit, unit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def home(tmp_path, settings):
    settings.NGOMON_HOME = tmp_path


def kept(data: bytes, ref: Ref | None = None) -> files.File:
    stored = files.put(data, "image/jpeg")
    with unit():
        (id,) = files.attach([(stored, "photo")], ref or Ref("lamp", uuid7().hex), at=clock.now())
    return files.file(id)


def all_bytes() -> list[str]:
    return [p.name for p in files.root().glob("sha256/*/*/*")]


def test_what_was_put_can_be_read_and_is_private():
    kept_file = kept(b"light")
    assert kept_file.read() == b"light"
    assert kept_file.path.stat().st_mode & 0o077 == 0
    assert not list((files.root() / "pending").iterdir())


def test_attaching_needs_a_unit():
    stored = files.put(b"x", "text/plain")
    with pytest.raises(OutsideUnit):
        files.attach([(stored, "photo")], Ref("lamp", "1"), at=clock.now())


def test_the_same_bytes_lie_once_and_go_with_their_last_row():
    first, second = kept(b"same"), kept(b"same")
    assert all_bytes() == [first.digest]
    with unit():
        assert files.erase([first.id]) == 1
    assert second.read() == b"same"
    with unit():
        files.erase([second.id])
    assert all_bytes() == []
    with pytest.raises(NotFound):
        files.file(second.id)
    with pytest.raises(NotFound):
        second.read()


def test_erasing_takes_nothing_from_somebody_who_is_just_storing_the_same():
    first = kept(b"same")
    waiting = files.put(b"same", "image/jpeg")
    with unit():
        files.erase([first.id])
    assert all_bytes() == [first.digest]
    with unit():
        (id,) = files.attach([(waiting, "photo")], Ref("lamp", "2"), at=clock.now())
    assert files.file(id).read() == b"same"


def test_a_unit_that_fails_leaves_an_orphan_that_is_swept_after_the_grace():
    stored = files.put(b"orphan", "image/jpeg")
    with pytest.raises(LookupError), unit():
        files.attach([(stored, "photo")], Ref("lamp", "1"), at=clock.now())
        raise LookupError
    prefix = stored.digest[:2]
    assert files.sweep(prefix) == 0
    old = time.time() - files.GRACE_S - 5
    for path in [*files.root().glob("sha256/*/*/*"), *files.root().glob("pending/*")]:
        os.utime(path, (old, old))
    assert files.sweep(prefix) == 1
    assert all_bytes() == []


def test_the_sweep_leaves_what_a_row_holds_however_old():
    held = kept(b"held")
    os.utime(held.path, (1, 1))
    assert files.sweep(held.digest[:2]) == 0
    assert held.read() == b"held"


def test_an_erasure_that_is_rolled_back_keeps_the_bytes():
    held = kept(b"held")
    with pytest.raises(LookupError), unit():
        files.erase([held.id])
        raise LookupError
    assert files.file(held.id).read() == b"held"


def test_half_written_bytes_of_a_crash_are_written_anew():
    stored = files.put(b"whole", "image/jpeg")
    path = next(files.root().glob("sha256/*/*/*"))
    path.write_bytes(b"wh")
    files.put(b"whole", "image/jpeg")
    assert path.read_bytes() == b"whole"
    assert stored.size == 5


def test_files_of_several_things_cost_one_statement(django_assert_num_queries):
    refs = [Ref("lamp", str(n)) for n in range(3)]
    for ref in refs:
        kept(f"of {ref.key}".encode(), ref)
    with django_assert_num_queries(1):
        found = files.files_of(refs)
    assert {key: len(value) for key, value in found.items()} == {"0": 1, "1": 1, "2": 1}
    assert FileRow.objects.count() == 3
