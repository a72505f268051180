"""`ngomon serve`: one command, a supervisor with one web and one worker child; a child that dies is started again."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from types import FrameType

import structlog

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


def serve(argv: list[str]) -> int:
    """Run everything on one port: a supervisor with one web and one worker child."""
    parser = argparse.ArgumentParser(prog="ngomon serve", description=serve.__doc__)
    add_address(parser)
    options = parser.parse_args(argv)
    know_own_address(argv)
    where = ["--host", options.host, "--port", str(options.port)]
    return supervise({"web": ["web", *where, "--embedded"], "worker": ["worker"]})


def know_own_address(argv: list[str]) -> None:
    """Links in messages lead to where this serves, unless NGOMON_BASE_URL says otherwise."""
    parser = argparse.ArgumentParser(add_help=False)
    add_address(parser)
    known, _ = parser.parse_known_args(argv)
    os.environ.setdefault("NGOMON_BASE_URL", f"http://{known.host}:{known.port}")


def add_address(parser: argparse.ArgumentParser) -> None:
    """The arguments that say where to listen."""
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--host", default="127.0.0.1")


def web(argv: list[str]) -> int:
    """Answer pages and APIs (WSGI); with --embedded the live stream too, on one port."""
    parser = argparse.ArgumentParser(prog="ngomon web", description=web.__doc__)
    add_address(parser)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--embedded", action="store_true", help="answer /live on the same port")
    options = parser.parse_args(argv)
    target, interface = ("ngomon.asgi:app", "asginl") if options.embedded else ("ngomon.asgi:wsgi", "wsgi")
    return become_server(target, interface, host=options.host, port=options.port, threads=options.threads)


def live(argv: list[str]) -> int:
    """Answer the live stream alone (ASGI), beside `web` behind a proxy."""
    parser = argparse.ArgumentParser(prog="ngomon live", description=live.__doc__)
    add_address(parser)
    options = parser.parse_args(argv)
    return become_server("ngomon.asgi:live", "asginl", host=options.host, port=options.port, threads=1)


def become_server(target: str, interface: str, *, host: str, port: int, threads: int) -> int:
    """Turn this process into the server of one of the application objects of `ngomon.asgi`.

    The process is replaced, so that the server's own parent does not keep a second copy of the application.
    """
    command = [sys.executable, "-m", "granian", "--interface", interface, "--host", host, "--port", str(port)]
    command += ["--workers", "1", "--log-level", "error", "--no-ws", "--backlog", "1024"]
    if interface == "wsgi":
        command += ["--blocking-threads", str(threads)]
    os.environ["NGOMON_THREADS"] = str(threads)
    os.execv(sys.executable, [*command, target])


# Subcommands that only start or watch over others: they run before the application is loaded.
COMMANDS = {"serve": serve, "web": web, "live": live}
