"""The house keeps its order where import-linter cannot see: foreign keys, templates, commands, locks, documents."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

import ngomon
from ngomon.core import react
from ngomon.core.models import EventRow

ROOT = Path(ngomon.__file__).parents[2]
SRC = Path(ngomon.__file__).parent
HEIGHT = {
    room: height
    for height, rooms in enumerate(
        [
            ["core"],
            ["ui"],
            ["directory"],
            ["identity"],
            ["messages"],
            ["processes", "sensing", "press"],
            ["documents", "cameras", "warnings"],
            ["cases", "onestop"],
            ["incidents"],
            ["insight"],
            ["services"],
            ["web"],
        ]
    )
    for room in rooms
}


def room_of(module: str) -> str:
    return module.split(".")[1]


OURS = [m for m in apps.get_models() if m.__module__.startswith("ngomon.")]


@pytest.mark.parametrize("model", OURS, ids=lambda m: m._meta.label)
def test_foreign_keys_point_down_protect_and_leave_no_trace_across_rooms(model):
    for field in model._meta.get_fields():
        if not isinstance(field, models.ForeignKey) or not field.related_model.__module__.startswith(
            "ngomon."
        ):
            continue
        mine, theirs = room_of(model.__module__), room_of(field.related_model.__module__)
        assert HEIGHT[mine] >= HEIGHT[theirs], f"{model._meta.label}.{field.name} points up to {theirs}"
        if mine != theirs:
            assert field.remote_field.related_name == "+", f"{model._meta.label}.{field.name} leaves a trace"
            assert field.remote_field.on_delete is models.PROTECT


TEMPLATES = sorted(SRC.rglob("templates/**/*.html"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(SRC)))
def test_templates_use_only_their_own_room_and_lower_ones(path):
    mine = path.relative_to(SRC).parts[0]
    for used in re.findall(r"{%\s*(?:extends|include)\s+[\"']([a-z_]+)/", path.read_text(encoding="utf-8")):
        theirs = used if used in HEIGHT else "services"
        assert HEIGHT[mine] >= HEIGHT[theirs], f"{path} uses a template of {theirs}"


ROOMS_WITH_COMMANDS = sorted(
    path.relative_to(SRC).parts[0]
    for path in [*SRC.glob("*/commands.py"), *SRC.glob("*/commands/__init__.py")]
)


@pytest.mark.parametrize("room", ROOMS_WITH_COMMANDS)
def test_every_write_that_a_room_offers_is_a_command(room):
    module = importlib.import_module(f"ngomon.{room}.commands")
    for label, function in inspect.getmembers(module, inspect.isfunction):
        parameters = inspect.signature(function).parameters
        if label.startswith("_") or not function.__module__.startswith(module.__name__):
            continue
        if "actor" in parameters and "at" in parameters:
            assert getattr(function, "is_command", False), f"{room}.{label} writes without being a command"


def test_lock_files_record_no_download_address():
    for path in [*ROOT.glob("requirements/*.txt"), ROOT / "package-lock.json"]:
        if path.exists():
            text = path.read_text(encoding="utf-8")
            assert not re.search(r'"resolved": *"h', text)
            assert "--index-url" not in text
            assert not re.search(r"^\s*(?:url|--extra-index-url).*://", text, re.M)


def test_every_module_says_what_it_is():
    missing = []
    for found in pkgutil.walk_packages([str(SRC)], "ngomon."):
        if any(part in found.name for part in (".migrations", ".tests")):
            continue
        path = SRC.parent / Path(*found.name.split("."))
        source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        text = source.read_text(encoding="utf-8").strip()
        if text and not text.startswith('"""'):
            missing.append(found.name)
    assert not missing


LINK = re.compile(r"\[[^\]]*\]\((?!https?:|#|mailto:)([^)#\s]+)")


def test_links_in_documents_lead_somewhere():
    broken = []
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("packs/**/*.md")]:
        for target in LINK.findall(path.read_text(encoding="utf-8")):
            if not (path.parent / target).exists():
                broken.append(f"{path.relative_to(ROOT)} -> {target}")
    assert not broken


def test_walks_name_files_that_exist():
    broken = []
    for path in ROOT.glob("docs/walks/*.md"):
        for named in re.findall(
            r"`((?:src|packs|frontend|tests)/[\w./-]+?)(?::[\w.]+)?`", path.read_text(encoding="utf-8")
        ):
            if not (ROOT / named).exists():
                broken.append(f"{path.name}: {named}")
    assert not broken


def test_what_happens_by_itself_has_a_name_that_the_log_can_keep():
    names = [f"system:{name}" for name in (*react.reactions, *react.duties)]
    assert names
    assert not [name for name in names if len(name) > EventRow._meta.get_field("actor_id").max_length]
