"""An installation that takes any number of requests: a copy of the pack whose budgets are out of reach."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.running import ROOT, Running

ENOUGH = 1_000_000_000


def without_limits(running: Running, pack: str = "hue") -> None:
    """Give the installation its own copy of the pack, with every declared rate limit raised. Before `build`."""
    packs = running.home / "packs"
    shutil.copytree(ROOT / "packs" / pack, packs / pack, dirs_exist_ok=True)
    running.env["NGOMON_PACKS"] = str(packs)
    names = json.loads(running.run("budgets", module="tests.faults.inside").splitlines()[-1])
    _raise(packs / pack / "city.toml", names)


def _raise(city: Path, names: list[str]) -> None:
    text = city.read_text(encoding="utf-8")
    wanted = [name for name in names if f'[limits."{name}"]' not in text]
    lines = [f'\n[limits."{name}"]\nlimit = {ENOUGH}\nwindow_s = 3600\n' for name in wanted]
    city.write_text(text + "".join(lines), encoding="utf-8")
