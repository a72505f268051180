"""What the `ngomon` command can do. One function per subcommand; its docstring is its help."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from uuid import UUID

from django.conf import settings
from django.core.management import call_command, execute_from_command_line
from django.db import connection
from django.utils import translation

from ngomon.cases.queries import has_model
from ngomon.core import actors, certificates, clock, doctor, personal, retention_runs, seal, worker
from ngomon.core.errors import CityError, Conflict
from ngomon.core.text import in_language
from ngomon.core.texts import text
from ngomon.core.units import unit
from ngomon.core.verify import Untrue
from ngomon.core.verify import verify_proof as check_proof
from ngomon.directory import commands as directory
from ngomon.directory import queries as places
from ngomon.directory.terms import InvalidData
from ngomon.directory.vocabulary import check_wording
from ngomon.identity import commands as identity
from ngomon.identity.commands import make_client
from ngomon.identity.rules import read_contact
from ngomon.identity.terms import SCOPES, Role
from ngomon.incidents.commands import load_resources
from ngomon.services import manifest
from ngomon.services.scaffold import write_skeleton
from ngomon.web import evaluation, replay, simulation, supervisor
from ngomon.web.demo.cast import load_cast, load_citizens
from ngomon.web.demo.flood import build_room
from ngomon.web.demo.past import Builder, build_past
from ngomon.web.demo.story import load_story

Command = Callable[[argparse.Namespace], int]
_commands: dict[str, tuple[Command, Callable[[argparse.ArgumentParser], None]]] = {}


def subcommand(
    name: str, arguments: Callable[[argparse.ArgumentParser], None] = lambda _: None
) -> Callable[[Command], Command]:
    """Register a subcommand under a name, with a function that declares its arguments."""

    def register(function: Command) -> Command:
        _commands[name] = (function, arguments)
        return function

    return register


def run(argv: list[str]) -> int:
    """Parse and run; the exit code."""
    if argv and argv[0] == "manage":
        execute_from_command_line(["ngomon manage", *argv[1:]])
        return 0
    parser = argparse.ArgumentParser(prog="ngomon", description="Ngọ Môn, an operating system for a city")
    chosen = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (function, arguments) in sorted(_commands.items()):
        arguments(chosen.add_parser(name, help=(function.__doc__ or "").split("\n")[0]))
    for name, early in supervisor.COMMANDS.items():
        chosen.add_parser(name, help=(early.__doc__ or "").split("\n")[0])
    options = parser.parse_args(argv)
    try:
        return _commands[options.command][0](options)
    except CityError as error:
        sys.stderr.write("\n".join([text(error.code, **error.values), *_field_lines(error)]) + "\n")
        return 1


def _field_lines(error: CityError) -> list[str]:
    """What is wrong, line by line: a pack's file and line, or a field."""
    if isinstance(error, InvalidData):
        language = translation.get_language() or "vi"
        return [places.problem_in_words(problem, language) for problem in error.problems]
    if "\n" in text(error.code, **error.values):
        return []
    return [f"{name}: {text(code, **error.values)}" for name, code in error.fields.items()]


@subcommand("init")
def init(_: argparse.Namespace) -> int:
    """Make or upgrade the database, load the city pack, install the services; safe to repeat."""
    call_command("migrate", verbosity=0)
    with unit():
        directory.load_pack(
            settings.NGOMON_PACKS / settings.NGOMON_PACK, actor=actors.system("init"), at=clock.now()
        )
    with unit():
        manifest.install_rooms(actor=actors.system("init"), at=clock.now())
    for found in manifest.discover().values():
        with unit():
            manifest.install(found, actor=actors.system("init"), at=clock.now())
    resources = settings.NGOMON_PACKS / settings.NGOMON_PACK / "resources.csv"
    if resources.exists():
        with unit():
            table = resources.read_text(encoding="utf-8-sig")
            load_resources(table, actor=actors.system("init"), at=clock.now())
    return 0


@subcommand("worker")
def work(_: argparse.Namespace) -> int:
    """Number events, run reactions, send messages, do duties, until told to stop."""
    stop = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    personal.settle_restore()
    worker.run(stop)
    return 0


@subcommand("doctor")
def look_over(_: argparse.Namespace) -> int:
    """Look the installation over: each line says what is well or what to do; 1 where something is bad."""
    results = doctor.examine()
    sys.stdout.write("\n".join(doctor.lines(results)) + "\n")
    return 0 if all(result.state != "bad" for result in results) else 1


def _verify(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--against", type=Path, action="append", default=[], help="a checkpoint somebody kept"
    )
    parser.add_argument("--key", help="the verifier key that is trusted (ours where none is given)")
    parser.add_argument(
        "--proof", type=Path, help="check the proof of one history that somebody kept; needs --key"
    )
    parser.add_argument(
        "--certificate", type=Path, help="check a certificate of destruction somebody kept; needs --key"
    )


@subcommand("verify", _verify)
def verify(options: argparse.Namespace) -> int:
    """Recompute the seal of the whole log, or check the proof of one history: nothing altered, removed or reordered."""
    if options.proof:
        return _verify_proof(options.proof, options.key or "")
    if options.certificate:
        return _verify_certificate(options.certificate, options.key or "")
    kept = [path.read_text(encoding="utf-8") for path in options.against]
    return 0 if seal.verify_log(_out, against=kept, key=options.key) else 1


def _out(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _verify_proof(path: Path, key: str) -> int:
    """Without database and network; only the key that the caller trusts counts, never the one in the file."""
    if not key:
        _out(text("web.proof.need_key"))
        return 2
    try:
        proof = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        _out(text("web.proof.unreadable"))
        return 2
    found = check_proof(proof, key)
    for finding in found:
        _out(text(finding.code, position=finding.position))
    if not found:
        _out(
            text(
                "web.proof.well", n=len(proof["events"]), thing=f"{proof['of']['kind']} {proof['of']['key']}"
            )
        )
    return 1 if found else 0


def _verify_certificate(path: Path, key: str) -> int:
    """Without database and network, with the key that the caller trusts alone."""
    if not key:
        _out(text("web.proof.need_key"))
        return 2
    try:
        found = certificates.read(path.read_text(encoding="utf-8"), key)
    except (OSError, UnicodeDecodeError):
        _out(text("web.proof.unreadable"))
        return 2
    except Untrue as error:
        _out(text(str(error)))
        return 1
    _out(text("web.certificate.well", n=found["n"], city=found["city"], at=found["done_at"]))
    for part in found["parts"]:
        what = text(f"web.admin.retention.what.{part['what']}")
        _out(f"{part['n']:>8}  {what} · {part['before'][:10]} · {part['source']}")
    return 0


def _retention(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--work", action="store_true", help="work off what a person confirmed, now")


@subcommand("retention", _retention)
def show_retention(options: argparse.Namespace) -> int:
    """What the periods of the city's table end for now, without a change; a person confirms at /admin/retention."""
    now, language = clock.now(), translation.get_language() or "vi"
    if options.work:
        while _work_once():
            pass
    for line in retention_runs.dry_run(places.retention_rules(places.local_day(now)), now):
        found, oldest = line.found, line.found.oldest_at
        _out(
            text(
                "web.command.retention",
                name=in_language(line.rule.name, language),
                n=found.n,
                held=found.held,
                before=line.before.date().isoformat(),
                oldest=oldest.date().isoformat() if oldest else "–",
            )
        )
        if found.first:
            _out("    " + ", ".join(found.first))
    return 0


def _work_once() -> bool:
    with unit():
        return retention_runs.work(actor=actors.system("retention"), at=clock.now())


def _check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--words", action="store_true", help="only the wording; needs no database")


@subcommand("check", _check)
def check(options: argparse.Namespace) -> int:
    """Check the city pack on disk, every service's manifest and every text, without a change; what loading would do."""
    n = check_wording(settings.NGOMON_PACKS / settings.NGOMON_PACK)
    sys.stdout.write(f"texts held against the pack's terms: {n}\n")
    if options.words:
        return 0
    if "directory_city" not in connection.introspection.table_names():
        raise Conflict("web.command.no_database")
    diff = directory.pack_diff(settings.NGOMON_PACKS / settings.NGOMON_PACK, at=clock.now())
    for name in ("added", "changed", "closed", "removed", "kept"):
        sys.stdout.write(f"{name}: {len(getattr(diff, name))}\n")
    for found in manifest.discover().values():
        sys.stdout.write(f"service {found.key}: {found.name.get('vi', '')}\n")
    return 0


def _first_admin(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", help="full name")
    parser.add_argument("contact", help="e-mail address or telephone number that gets the sign-in code")


@subcommand("first-admin", _first_admin)
def first_admin(options: argparse.Namespace) -> int:
    """Open an administrator's account: whoever can run this on the server may. Safe to repeat."""
    actor, now = actors.system("first-admin"), clock.now()
    with unit():
        account = identity.open_account(options.name, [read_contact(options.contact)], actor=actor, at=now)
        identity.take_post(account, Role.ADMIN, from_at=now, actor=actor, at=now)
    sys.stdout.write(f"{settings.NGOMON_BASE_URL}/account/sign-in\n")
    return 0


def _new_service(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("key")
    here = settings.ROOT / "src/ngomon/services"
    parser.add_argument("--in", dest="parent", type=Path, default=here, help="folder of services")


@subcommand("new-service", _new_service)
def new_service(options: argparse.Namespace) -> int:
    """Write the skeleton of a city service."""
    folder = write_skeleton(options.parent, options.key)
    sys.stdout.write(f"{folder}\n")
    return 0


def _demo(parser: argparse.ArgumentParser) -> None:
    supervisor.add_address(parser)
    parser.add_argument("--no-serve", action="store_true", help="make the city and stop")


@subcommand("demo", _demo)
def demo(options: argparse.Namespace) -> int:
    """Make Huế with its cast and past, then serve it on one port, without passwords."""
    began = time.monotonic()
    init(options)
    actor, now = actors.system("demo"), clock.now()
    pack = settings.NGOMON_PACKS / settings.NGOMON_PACK
    _say("people", began)
    load_cast(pack, actor=actor, at=now)
    citizens = load_citizens(pack, actor=actor, at=now)
    if (pack / "demo" / "reports.jsonl").exists():
        builder = Builder(pack / "demo", citizens, now, load_story(pack))
        build_past(builder, lambda done, of: _say(f"reports {done}/{of}", began))
        build_room(now)
    _teach(pack / "evaluation", waits=options.no_serve)
    _say(f"ready: http://{options.host}:{options.port}/demo", began)
    if not options.no_serve:
        where = ["--host", options.host, "--port", str(options.port)]
        os.execv(sys.executable, [sys.executable, "-m", "ngomon", "serve", *where])
    return 0


def _teach(folder: Path, *, waits: bool) -> None:
    """Where the pack holds reports written for measuring, the demonstration's proposals learn from them, in another process.

    It takes about 15 s of a processor; pages are answered meanwhile, and proposals are the rules' until it is done.
    """
    if not (folder / "train.csv").exists() or has_model():
        return
    learn = ["--examples", str(folder / "train.csv"), "--measure", str(folder / "test.csv"), "--live"]
    command = [sys.executable, "-m", "ngomon", "train", "category", *learn]
    started = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    if waits:
        started.wait()


def _say(what: str, began: float) -> None:
    sys.stdout.write(f"[{time.monotonic() - began:5.1f} s] {what}\n")
    sys.stdout.flush()


def _key(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", help="who will use it")
    parser.add_argument("--scope", action="append", required=True, choices=SCOPES)
    parser.add_argument("--agency", default="", help="the agency that the program belongs to")


@subcommand("key", _key)
def key(options: argparse.Namespace) -> int:
    """Make a key for a program that uses the APIs; it is printed this once."""
    actor = actors.system("key")
    with unit():
        _, made = make_client(options.name, options.scope, agency=options.agency, actor=actor, at=clock.now())
    sys.stdout.write(made + "\n")
    return 0


def _replay(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", type=Path, help="CSV (or .csv.gz) with id, category, description, address, lat, lon"
    )
    parser.add_argument("--url", default=settings.NGOMON_BASE_URL)
    parser.add_argument("--key", default="", help="see `ngomon key`; strangers are held to a few an hour")
    parser.add_argument("--limit", type=int)


def _train(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=["category"], help="what the model proposes")
    parser.add_argument("--model", type=UUID, help="the one that was asked for; a new one without")
    parser.add_argument("--examples", type=Path, help="a file of labelled reports to learn from besides")
    parser.add_argument("--measure", type=Path, help="a file of labelled reports that the gate measures on")
    parser.add_argument("--live", action="store_true", help="put it to use where the gate lets it through")


@subcommand("train", _train)
def train(options: argparse.Namespace) -> int:
    """Train a model from officers' decisions and measure it at the gate; prints its state."""
    # Loaded when asked for: it brings large libraries.
    job = importlib.import_module("ngomon.cases.job")
    examples = job.Examples(options.examples, options.measure) if options.examples else None
    _out(job.run(options.model, examples, goes_live=options.live))
    return 0


@subcommand("replay", _replay)
def replay_file(options: argparse.Namespace) -> int:
    """File the rows of a CSV file through the HTTP API of a running server; says what became of each row."""
    counts = {"accepted": 0, "known": 0, "refused": 0}
    try:
        for one in replay.replay(
            replay.Server(options.url, options.key), replay.rows_of(options.file, options.limit)
        ):
            counts[one.state] += 1
            sys.stdout.write(f"{one.state} {one.id} {one.words}\n")
    except (replay.ReplayError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    finally:
        sys.stdout.write(" ".join(f"{state}={n}" for state, n in counts.items()) + "\n")
    return 0


@subcommand("evaluate", evaluation.arguments)
def evaluate(options: argparse.Namespace) -> int:
    """Measure a part of the product on files of the documented columns; prints JSON."""
    return evaluation.run(options)


@subcommand("simulate", simulation.arguments)
def simulate(options: argparse.Namespace) -> int:
    """Predict the next days of a process from the city's own history, as it is and with what is tried; changes nothing."""
    return simulation.run(options)
