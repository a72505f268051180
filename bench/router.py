"""What the one embedded port costs: `ngomon web --embedded` (asynchronous router, pages in threads) beside plain WSGI, on a page
that asks nothing of the database, at 16 connections."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.running import ROOT

from bench.installation import Installation, Measured, installation
from bench.results import Found

PATH, N = "/seal/key", 4000


def measure(scale: str) -> list[Found]:
    """Two rows for this database."""
    n = N * (4 if scale == "full" else 1)
    with installation() as running:
        running.start("web")
        embedded = _load(running, n)
        running.halt("web")
        _start_plain(running)
        plain = _load(running, n)
        running.halt("web")
        database = running.database
    rows = []
    for what, load in (("WSGI alone", plain), ("embedded port", embedded)):
        ratio = f"{load.cpu_ms / plain.cpu_ms:.2f} of WSGI's CPU"
        rows.append(
            Found(
                "router",
                what,
                database,
                load.cpu_ms,
                None,
                load.rate,
                ratio,
                beside=[f"p50 {load.p50_ms:.1f} ms"],
            )
        )
    return rows


def _start_plain(running: Installation) -> None:
    """The same server without the router."""
    command = [sys.executable, "-m", "ngomon", "web", "--port", str(running.port), "--threads", "8"]
    log = (running.home / "web.log").open("ab")
    running.children["web"] = subprocess.Popen(
        command, env=dict(os.environ) | running.env, cwd=ROOT, stdout=log, stderr=log, start_new_session=True
    )
    running.wait()


def _load(running: Installation, n: int) -> Measured:
    request = ("GET", PATH, {}, "")
    running.load([request] * (n // 10))
    return running.load([request] * n)
