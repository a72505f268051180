"""A backup from before is put back: whom it brought back is erased again before anybody is served, without a hand."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.running import ROOT, Running


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    made = Running(tmp_path, mail=False)
    yield made
    made.stop()


def doctor(running: Running) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "ngomon", "doctor"], env=running.env, cwd=ROOT, capture_output=True, text=True
    )
    return done.returncode, done.stdout


ASK = (
    "from ngomon.identity.models import Person, Account; from ngomon.core.models import Erasure;"
    "from ngomon.cases.models import Reporter;"
    "a = Account.objects.get(pk='{account}');"
    "print(a.person_id, a.closed_at is not None, bool(a.person and a.person.name), Erasure.objects.count())"
)


def standing(running: Running, account: str) -> list[str]:
    said = running.run("manage", "shell", "-v0", "-c", ASK.format(account=account))
    return said.split()


def test_who_was_erased_since_the_backup_is_erased_again_before_the_first_page(running: Running) -> None:
    lan = running.build()["accounts"]["lan"]
    person, is_closed, has_name, n = standing(running, lan)
    assert (is_closed, has_name, n) == ("False", "True", "0")
    assert "✓ Người đã xóa dữ liệu không có lại" in doctor(running)[1]
    # The list beside the database is newer than the database, as after a restore; one of the persons came after the backup.
    noted = [{"person": key, "at": "2026-11-24T00:00:00+00:00"} for key in (person, str(uuid4()))]
    (running.home / "erasures.jsonl").write_text("".join(json.dumps(row) + "\n" for row in noted))
    (running.home / "erasures.jsonl").chmod(0o600)
    code, said = doctor(running)
    assert code == 1
    assert "✗ Người đã xóa dữ liệu không có lại sau khi phục hồi (2)" in said
    running.start("web")
    assert urllib.request.urlopen(running.url("/"), timeout=10).status == 200
    _, is_closed, has_name, n = standing(running, lan)
    assert (is_closed, has_name, n) == ("True", "False", "2")
    assert "✓ Người đã xóa dữ liệu không có lại" in doctor(running)[1]


def test_where_it_cannot_be_erased_nobody_is_served(running: Running) -> None:
    running.run("init")
    row = {"person": str(uuid4()), "at": "2026-11-24T00:00:00+00:00"}
    (running.home / "erasures.jsonl").write_text(json.dumps(row) + "\n")
    running.env["NGOMON_DATABASE_URL"] = "postgres://nobody@127.0.0.1:9/none"
    loaded = subprocess.run(
        [sys.executable, "-c", "import ngomon.asgi"],
        env=running.env,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert loaded.returncode != 0, "what the server loads does not load"
    worker = subprocess.run([sys.executable, "-m", "ngomon", "worker"], env=running.env, cwd=ROOT, timeout=60)
    assert worker.returncode != 0
