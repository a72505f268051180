"""A service is a folder with a `manifest.toml`: read it, check it, install it. Nothing outside the folder is edited.

    services/<key>/manifest.toml     names, icon, owner role, signal kinds, processes, permissions, tiles
    services/<key>/processes/*.toml  process definitions
    services/<key>/categories.csv    categories with deadlines and legal source, if not in the city pack
    services/<key>/texts.toml, rules.py, reactions.py, pages.py, urls.py …  only if needed

A service may also live in an installable package: entry point group `ngomon.services`, value = the package's folder module.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.apps import apps

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Invalid
from ngomon.core.ids import Ref
from ngomon.core.units import command
from ngomon.processes import commands as processes

GROUPS = ("timed", "instant", "command")
_KEY = re.compile(r"^[a-z][a-z0-9_]{2,39}$")
_PERMISSION = re.compile(r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")
_KNOWN = frozenset(
    [
        "key",
        "name",
        "icon",
        "owner_role",
        "groups",
        "signal_kinds",
        "processes",
        "permissions",
        "tiles",
        "indicators",
        "properties",
        "warnings",
    ]
)


@dataclass(frozen=True)
class Manifest:
    """One service as its folder declares it."""

    key: str
    folder: Path
    name: Mapping[str, str]
    icon: str
    owner_role: str
    groups: tuple[str, ...]
    signal_kinds: tuple[str, ...] = ()
    processes: tuple[Path, ...] = ()
    permissions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tiles: tuple[Mapping[str, Any], ...] = ()
    indicators: tuple[Mapping[str, Any], ...] = ()

    @property
    def ref(self) -> Ref:
        """How others point at this service."""
        return Ref("service", self.key, self.name.get("vi", self.key))


def discover() -> dict[str, Manifest]:
    """Every installed service, by key, in order. Raises: Invalid listing everything wrong with any of them."""
    folders = [Path(c.path) for c in apps.get_app_configs() if (Path(c.path) / "manifest.toml").exists()]
    found = [read(folder) for folder in sorted(folders, key=lambda f: f.name)]
    return {manifest.key: manifest for manifest in found}


def read(folder: Path) -> Manifest:
    """The manifest of a folder, checked. Raises: Invalid with one line per fault, each naming the file."""
    path = folder / "manifest.toml"
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise Invalid("services.error.manifest", faults=f"{folder.name}/manifest.toml: {error}") from error
    faults = list(_faults(raw, folder))
    if faults:
        lines = "; ".join(f"{folder.name}/manifest.toml: {fault}" for fault in faults)
        raise Invalid("services.error.manifest", faults=lines)
    return Manifest(
        key=raw["key"],
        folder=folder,
        name=raw["name"],
        icon=raw["icon"],
        owner_role=raw["owner_role"],
        groups=tuple(raw["groups"]),
        signal_kinds=tuple(raw.get("signal_kinds", ())),
        processes=tuple(folder / name for name in raw.get("processes", ())),
        permissions={key: tuple(roles) for key, roles in raw.get("permissions", {}).items()},
        tiles=tuple(raw.get("tiles", ())),
        indicators=tuple(raw.get("indicators", ())),
    )


def _faults(raw: Mapping[str, Any], folder: Path) -> list[str]:
    faults = [
        f"{name} is missing" for name in ("key", "name", "icon", "owner_role", "groups") if name not in raw
    ]
    if faults:
        return faults
    if raw["key"] != folder.name or not _KEY.match(raw["key"]):
        faults.append(f"key = {raw['key']!r} must be the folder's name, small letters, digits and _")
    for language in ("vi", "en"):
        if not raw["name"].get(language):
            faults.append(f"name.{language} is missing")
    faults += [
        f"groups: {group!r} is none of {', '.join(GROUPS)}" for group in raw["groups"] if group not in GROUPS
    ]
    faults += [f"{name} is not known" for name in sorted(set(raw) - _KNOWN)]
    faults += [
        f"processes: {name} is not there"
        for name in raw.get("processes", ())
        if not (folder / name).is_file()
    ]
    for permission in raw.get("permissions", {}):
        if not _PERMISSION.match(permission) or not permission.startswith(f"{raw['key']}."):
            faults.append(f"permissions: {permission!r} must read {raw['key']}.verb")
    return faults


@command
def install_rooms(*, actor: Actor, at: datetime) -> list[str]:
    """Publish the processes that rooms bring themselves, from `<room>/definitions/*.toml`; what was published.

    Raises: Invalid when a definition does not pass its checks.
    """
    published = []
    for config in apps.get_app_configs():
        if config.name.startswith("ngomon."):
            for path in sorted((Path(config.path) / "definitions").glob("*.toml")):
                definition = tomllib.loads(path.read_text(encoding="utf-8"))
                published.append(f"{definition['key']} {processes.publish(definition, actor=actor, at=at)}")
    return published


@command
def install(manifest: Manifest, *, actor: Actor, at: datetime) -> list[str]:
    """Publish the service's process definitions (a new version only where one changed); what was published.

    Raises: Invalid when a definition does not pass its checks.
    """
    published = []
    for path in manifest.processes:
        definition = tomllib.loads(path.read_text(encoding="utf-8"))
        version = processes.publish(definition, actor=actor, at=at)
        published.append(f"{definition['key']} {version}")
    audit("services.install", manifest.ref, actor=actor, at=at, detail={"published": published})
    return published
