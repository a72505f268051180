"""`ngomon serve`: one command, a supervisor with one web and one worker child; a child that dies is started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from types import FrameType

import structlog
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

log = structlog.get_logger("ngomon.serve")


def _start(name: str, arguments: list[str]) -> subprocess.Popen[bytes]:
    log.info("child starts", child=name)
    return subprocess.Popen([sys.executable, "-m", "ngomon", *arguments], start_new_session=False)


def supervise(children: dict[str, list[str]]) -> int:
    """Keep these children running until told to stop; then end them gently, after 10 s by force."""
    stopping = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    running = {name: _start(name, arguments) for name, arguments in children.items()}
    while not stopping:
        for name, child in list(running.items()):
            if child.poll() is not None and not stopping:
                log.error("child ended", child=name, code=child.returncode)
                time.sleep(0.5)
                running[name] = _start(name, children[name])
        time.sleep(0.2)
    _end(list(running.values()))
    return 0


def _end(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        child.terminate()
    until = time.monotonic() + 10
    for child in children:
        try:
            child.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()


def serve_application(target: str, interface: str, *, host: str, port: int, threads: int) -> None:
    """Run one of the application objects of `ngomon.asgi` under granian, in this process's child."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ngomon.settings")
    Granian(
        target,
        address=host,
        port=port,
        interface=Interfaces(interface),
        workers=1,
        blocking_threads=threads if interface == "wsgi" else None,
        log_level=LogLevels.error,
        websockets=False,
        backlog=1024,
    ).serve()
