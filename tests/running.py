"""A running Ngọ Môn for tests, benches and faults: its own data folder and database, real processes, a local mail server."""

from __future__ import annotations

import email
import email.policy
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from aiosmtpd.controller import Controller

ROOT = Path(__file__).resolve().parents[1]


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Mailbox:
    """Keeps what a local SMTP server accepted: (receiver, letter)."""

    def __init__(self) -> None:
        self.received: list[tuple[str, EmailMessage]] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 (aiosmtpd's name)
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.received += [(receiver, letter) for receiver in envelope.rcpt_tos]
        return "250 OK"

    def to(self, address: str) -> list[EmailMessage]:
        return [letter for receiver, letter in self.received if receiver == address]


class Running:
    """One installation. `database` is sqlite or the URL of a PostgreSQL server that may make databases."""

    def __init__(self, home: Path, *, pack: str = "hue", demo: bool = False, mail: bool = True) -> None:
        self.home = home
        self.port = free_port()
        self.mailbox = Mailbox()
        self.mail = Controller(self.mailbox, hostname="127.0.0.1", port=free_port()) if mail else None
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        home.mkdir(parents=True, exist_ok=True)
        self.env = {
            **os.environ,
            "NGOMON_HOME": str(home),
            "NGOMON_PACK": pack,
            "NGOMON_BASE_URL": self.url(),
        }
        self.env.pop("DJANGO_SETTINGS_MODULE", None)
        if demo:
            self.env["NGOMON_DEMO"] = "1"
        if self.mail:
            self.mail.start()
            self.env["NGOMON_SMTP_URL"] = f"smtp://127.0.0.1:{self.mail.port}"
        base = os.environ.get("NGOMON_DATABASE_URL", "")
        if base.startswith("postgres"):
            self.env["NGOMON_DATABASE_URL"] = self._new_database(base)

    @staticmethod
    def _new_database(base: str) -> str:
        name = f"run_{secrets.token_hex(6)}"
        with psycopg.connect(base.replace("postgres://", "postgresql://", 1), autocommit=True) as server:
            server.execute(f'CREATE DATABASE "{name}"')
        return urlunsplit(urlsplit(base)._replace(path=f"/{name}"))

    def url(self, path: str = "") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def run(self, *arguments: str, module: str = "ngomon") -> str:
        """Run a command to its end; its output."""
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            env=self.env,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def build(self) -> dict[str, Any]:
        """The small named city; account ids by name, and its agency."""
        self.run("init")
        return json.loads(self.run(module="tests.city").splitlines()[-1])

    def start(self, *names: str, threads: int = 8) -> None:
        """Start web and worker (or only those named; `worker-2` is one more) and wait until pages are answered."""
        where = ["--host", "127.0.0.1", "--port", str(self.port)]
        known = {
            "web": ["web", *where, "--embedded", "--threads", str(threads)],
            "worker": ["worker"],
            "worker-2": ["worker"],
        }
        for name in names or ("web", "worker"):
            log = (self.home / f"{name}.log").open("ab")
            command = [sys.executable, "-m", "ngomon", *known[name]]
            self.children[name] = subprocess.Popen(
                command, env=self.env, cwd=ROOT, stdout=log, stderr=log, start_new_session=True
            )
        if "web" in self.children:
            self.wait()

    def wait(self, seconds: float = 30) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                urllib.request.urlopen(self.url("/map/layers.json"), timeout=2).read()
            except (OSError, urllib.error.URLError):
                time.sleep(0.05)
            else:
                return
        raise AssertionError("web did not answer: " + (self.home / "web.log").read_text()[-2000:])

    def kill(self, name: str) -> None:
        """kill -9 of a child and all that it started."""
        child = self.children.pop(name)
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()

    def stop(self) -> None:
        for child in self.children.values():
            try:
                os.killpg(child.pid, signal.SIGTERM)
            except ProcessLookupError:
                continue
        for child in self.children.values():
            try:
                child.wait(8)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        self.children.clear()
        if self.mail:
            self.mail.stop()
