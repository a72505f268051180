"""An installation under measurement: real processes, a load from outside, and the CPU that each side spent."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.faults.installation import without_limits
from tests.running import ROOT, Running

from bench.load import Request

TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")
CONNECTIONS = 16


def _stat(pid: int) -> tuple[int, float] | None:
    """The parent and the CPU milliseconds of a process; None when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return int(fields[1]), (int(fields[11]) + int(fields[12])) * TICK_MS


def _pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def tree_cpu_ms(root: int) -> float:
    """CPU milliseconds of a process and all below it that live."""
    known = {pid: found for pid in _pids() if (found := _stat(pid))}
    inside, grown = {root}, True
    while grown:
        more = {pid for pid, (parent, _) in known.items() if parent in inside} - inside
        inside |= more
        grown = bool(more)
    return sum(known[pid][1] for pid in inside if pid in known)


def database_cpu_ms(name: str) -> float:
    """CPU milliseconds of PostgreSQL's processes for one database; 0 where there are none."""
    total = 0.0
    for pid in _pids() if name else ():
        try:
            line = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            continue
        if line.startswith(b"postgres:") and name.encode() in line:
            total += (_stat(pid) or (0, 0.0))[1]
    return total


@dataclass
class Measured:
    """One load: what was answered, and CPU milliseconds per request of the server and of its database."""

    n: int
    rate: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    database_ms: float


class Installation(Running):
    """The small city in an installation of its own, without rate limits."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.env["PYTHONPATH"] = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
        self.env["NGOMON_THREADS"] = "8"
        without_limits(self)
        self.city = self.build()

    @property
    def database(self) -> str:
        """Which database it runs on."""
        return "PostgreSQL" if "NGOMON_DATABASE_URL" in self.env else "SQLite"

    def ask(self, module: str, *arguments: str, seconds: float = 3000) -> Any:
        """Run a module inside the installation; the JSON of its last line."""
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            env=self.env, cwd=ROOT, capture_output=True, text=True, timeout=seconds,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def get(self, path: str, headers: dict[str, str]) -> Any:
        """One JSON answer."""
        request = urllib.request.Request(self.url(path), headers=headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())

    def cpu_ms(self, name: str) -> float:
        """CPU milliseconds of a child and all that it started, so far."""
        return tree_cpu_ms(self.children[name].pid)

    def database_ms(self) -> float:
        """CPU milliseconds of the database's own processes so far; 0 for SQLite, which has none."""
        return database_cpu_ms(urlsplit(self.env.get("NGOMON_DATABASE_URL", "")).path.lstrip("/"))

    def load(
        self, requests: Sequence[Request], *, connections: int = CONNECTIONS, ok: Sequence[int] = (200, 201)
    ) -> Measured:
        """Send requests to web and measure; every answer must be good."""
        cpu, database = self.cpu_ms("web"), self.database_ms()
        done = subprocess.run(
            [sys.executable, "-m", "bench.load", str(self.port), str(connections)],
            env=self.env, cwd=ROOT, input=json.dumps(list(requests)), capture_output=True, text=True, timeout=1200,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        assert {int(status) for status in found["statuses"]} <= set(ok), (found["statuses"], found["bad"])
        n = found["n"]
        cpu_ms, database_ms = (self.cpu_ms("web") - cpu) / n, (self.database_ms() - database) / n
        return Measured(n, found["rate"], found["p50_ms"], found["p99_ms"], cpu_ms, database_ms)

    def halt(self, name: str) -> None:
        """End one child gently."""
        child = self.children.pop(name)
        os.killpg(child.pid, signal.SIGTERM)
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


@contextmanager
def installation() -> Iterator[Installation]:
    """A fresh one, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="ngomon-bench.") as folder:
        made = Installation(Path(folder) / "home")
        try:
            yield made
        finally:
            made.stop()
            time.sleep(0.2)
