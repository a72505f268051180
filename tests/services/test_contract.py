"""The contract that every service keeps, and a 21st service that comes and goes without an edit outside its folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import ngomon
from ngomon.core import actors, clock
from ngomon.core.errors import Conflict, Invalid
from ngomon.core.units import unit
from ngomon.processes import queries as processes
from ngomon.services import manifest
from ngomon.services.scaffold import write_skeleton
from ngomon.ui.icons import svg

ROOT = Path(ngomon.__file__).parents[2]
SERVICES = manifest.discover()


@pytest.mark.parametrize("service", SERVICES.values(), ids=lambda m: m.key)
class TestContract:
    def test_it_has_a_folder_a_name_in_both_languages_and_an_icon(self, service):
        assert service.folder.name == service.key
        assert service.name["vi"]
        assert service.name["en"]
        assert "<path" in str(svg(service.icon, 20)) or "<circle" in str(svg(service.icon, 20))

    def test_its_processes_belong_to_its_groups_and_bear_its_key(self, service):
        for path in service.processes:
            definition = tomllib.loads(path.read_text(encoding="utf-8"))
            assert definition["key"].split(".")[0] == service.key
            assert definition["group"] in service.groups

    def test_it_imports_no_other_service(self, service):
        for source in service.folder.rglob("*.py"):
            text = source.read_text(encoding="utf-8")
            assert all(f"ngomon.services.{other}" not in text for other in SERVICES if other != service.key)

    @pytest.mark.django_db(transaction=True)
    def test_it_installs_and_installing_again_publishes_nothing_new(self, service):
        for _ in range(2):
            with unit():
                manifest.install(service, actor=actors.system("test"), at=clock.now())
        for path in service.processes:
            key = tomllib.loads(path.read_text(encoding="utf-8"))["key"]
            assert [n for n, *_ in processes.versions(key)] == [1]


def test_faults_of_a_manifest_are_named_all_at_once(tmp_path):
    folder = write_skeleton(tmp_path, "pigeon_watch")
    text = (
        (folder / "manifest.toml")
        .read_text()
        .replace('"timed"]', '"slow"]')
        .replace("timed.toml", "gone.toml")
    )
    (folder / "manifest.toml").write_text(text.replace("icon =", "colour = 'red'\nicon ="))
    with pytest.raises(Invalid) as refused:
        manifest.read(folder)
    faults = refused.value.values["faults"]
    assert "'slow'" in faults
    assert "gone.toml" in faults
    assert "colour" in faults


def test_a_skeleton_is_written_once(tmp_path):
    write_skeleton(tmp_path, "pigeon_watch")
    with pytest.raises(Conflict):
        write_skeleton(tmp_path, "pigeon_watch")
    with pytest.raises(Invalid):
        write_skeleton(tmp_path, "Pigeon Watch")


ALIVE = """
import json, django
django.setup()
from ngomon.services import manifest
from ngomon.processes import queries
found = manifest.discover()
print(json.dumps({"services": sorted(found), "definitions": [d.key for d in queries.definitions()]}))
"""


def test_a_21st_service_is_added_runs_and_is_removed_without_an_edit_outside_its_folder(tmp_path):
    more = tmp_path / "services"
    more.mkdir()
    env = {**os.environ, "NGOMON_HOME": str(tmp_path / "home"), "DJANGO_SETTINGS_MODULE": "ngomon.settings"}
    env.pop("NGOMON_DATABASE_URL", None)

    def run(*command: str) -> str:
        done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    run(sys.executable, "-m", "ngomon", "new-service", "pigeon_watch", "--in", str(more))
    env["NGOMON_SERVICES"] = str(more)
    (more / "pigeon_watch" / "reactions.py").write_text(
        "from ngomon.cases.terms import CaseOpened\nfrom ngomon.core.react import on\n\n\n"
        "@on(CaseOpened)\ndef when_case_opened_look(recorded, event, *, actor, at):\n    pass\n"
    )
    run(sys.executable, "-m", "ngomon", "init")
    alive = json.loads(run(sys.executable, "-c", ALIVE))
    assert "pigeon_watch" in alive["services"]
    assert "pigeon_watch.timed" in alive["definitions"]
    reactions = "import django; django.setup(); from ngomon.core.react import reactions; print(*reactions)"
    assert "pigeon_watch.when_case_opened_look" in run(sys.executable, "-c", reactions)

    del env["NGOMON_SERVICES"]
    run(sys.executable, "-m", "ngomon", "init")
    assert "pigeon_watch" not in json.loads(run(sys.executable, "-c", ALIVE))["services"]
