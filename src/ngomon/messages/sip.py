"""One telephone call over SIP, by Debian's baresip as a process of its own that lives as long as the call.

baresip speaks SIP (RFC 3261 with digest access), G.711 and telephone events (RFC 4733, the keys that are pressed). We write
its folder, tell it what to do and hear what happens over its control port on this machine alone (`ctrl_tcp`: JSON in netstrings).
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import structlog

log = structlog.get_logger("ngomon.sip")
BARESIP = "baresip"
MODULES = "/usr/lib/baresip/modules"
START_S, RING_S, TALK_S = 5.0, 40.0, 90.0
_ADDRESS = re.compile(
    r"sips?:(?P<user>[^:@;]+)(?::(?P<password>[^@;]*))?@(?P<host>[A-Za-z0-9.\-\[\]:]+?)(?P<port>:[0-9]{1,5})?"
    r"(?:;transport=(?P<transport>udp|tcp|tls))?"
)
_NUMBER = re.compile(r"\+[1-9][0-9]{7,14}")
_SAFE = re.compile(r"[^\s<>;\"]+")


@dataclass(frozen=True, slots=True)
class Trunk:
    """The line out: a SIP account. `prefix` says how numbers are dialled: `+` (E.164), `0` (national) or empty (digits)."""

    user: str
    password: str
    host: str
    port: str
    transport: str = "udp"
    prefix: str = "+"
    listen: str = ""

    @classmethod
    def from_url(cls, url: str, *, prefix: str = "+", listen: str = "") -> Trunk:
        """From `sip:user:password@host:port;transport=udp`. Raises: ValueError."""
        found = _ADDRESS.fullmatch(url)
        if found is None:
            raise ValueError("NGOMON_SIP_URL must read sip:user:password@host[:port][;transport=udp|tcp|tls]")
        user, password = unquote(found["user"]), unquote(found["password"] or "")
        if not _SAFE.fullmatch(user) or (password and not _SAFE.fullmatch(password)):
            raise ValueError("NGOMON_SIP_URL: user and password must not hold spaces, quotes, ; < or >")
        return cls(
            user, password, found["host"], found["port"] or "", found["transport"] or "udp", prefix, listen
        )

    @property
    def domain(self) -> str:
        """Host and port of the registrar."""
        return f"{self.host}{self.port}"

    def dialled(self, number: str) -> str:
        """What is dialled for a number in E.164. Raises: ValueError for anything else."""
        if not _NUMBER.fullmatch(number):
            raise ValueError(number)
        if self.prefix == "0" and number.startswith("+84"):
            return "0" + number[3:]
        return number if self.prefix == "+" else number[1:]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a call ended: `answered` with the digit that was pressed (or none), else no_answer, busy, refused, wrong, failed."""

    outcome: str
    digit: str = ""
    seconds: int = 0
    said: str = ""


def outcome_of(said: str) -> str:
    """What the other side's last word means. Source: RFC 3261 §21."""
    code = said[:3]
    if code in {"486", "600"}:
        return "busy"
    if code == "603":
        return "refused"
    if code in {"404", "410", "484", "604"}:
        return "wrong"
    if code in {"408", "480", "487"} or "timed out" in said.casefold():
        return "no_answer"
    return "failed"


_CONFIG = """\
poll_method epoll
{listen}ctrl_tcp_listen 127.0.0.1:{port}
audio_player aubridge,sink
audio_source aufile,{prompt}
audio_alert aubridge,alert
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
ring_aufile none
callwaiting_aufile none
ringback_aufile none
notfound_aufile none
busy_aufile none
error_aufile none
module_path {modules}
module g711.so
module aufile.so
module aubridge.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
"""


def _write_folder(folder: Path, trunk: Trunk, prompt: Path, port: int) -> None:
    listen = f"sip_listen {trunk.listen}\n" if trunk.listen else ""
    words = _CONFIG.format(listen=listen, port=port, prompt=prompt, modules=MODULES)
    (folder / "config").write_text(words)
    (folder / "contacts").write_text("")
    account = (
        f"<sip:{trunk.user}@{trunk.domain};transport={trunk.transport}>;regint=0;auth_user={trunk.user}"
        f";auth_pass={trunk.password};audio_codecs=pcma,pcmu;answermode=manual\n"
    )
    accounts = folder / "accounts"
    accounts.touch(mode=0o600)
    accounts.write_text(account)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


class Control:
    """The control port of one baresip."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._line.settimeout(0.2)
        self._read = b""

    def tell(self, command: str, parameters: str = "") -> None:
        """Say what it shall do."""
        words = json.dumps({"command": command, "params": parameters}).encode()
        self._line.sendall(b"%d:%s," % (len(words), words))

    def heard(self, until: float) -> Iterator[dict[str, Any]]:
        """What happens, until an instant of the monotonic clock, or until baresip is gone."""
        while time.monotonic() < until:
            while (one := self._next()) is not None:
                yield one
            try:
                came = self._line.recv(65_536)
            except TimeoutError:
                yield {}
                continue
            if not came:
                return
            self._read += came

    def _next(self) -> dict[str, Any] | None:
        """One netstring off what was read. Source: D. J. Bernstein, Netstrings (1997)."""
        size, mark, rest = self._read.partition(b":")
        if not mark:
            return None
        n = int(size)
        if len(rest) <= n:
            return None
        self._read = rest[n + 1 :]
        found: dict[str, Any] = json.loads(rest[:n])
        return found


@contextmanager
def running(folder: Path, port: int) -> Iterator[Control]:
    """A baresip over a folder, with its control port; ended at the end. Raises: OSError when it does not come up."""
    with (folder / "log").open("wb") as words:
        child = subprocess.Popen(
            [BARESIP, "-f", str(folder)], stdin=subprocess.DEVNULL, stdout=words, stderr=words
        )
    try:
        with _connect(port, child) as line:
            yield Control(line)
    finally:
        child.terminate()
        try:
            child.wait(3)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _connect(port: int, child: subprocess.Popen[bytes]) -> socket.socket:
    until = time.monotonic() + START_S
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), 1)
        except OSError:
            if time.monotonic() > until or child.poll() is not None:
                raise
            time.sleep(0.05)


def call(
    trunk: Trunk, number: str, prompt: Path, folder: Path, on_digit: Callable[[str], Path | None]
) -> Ended:
    """Call a number, play the prompt, and give each key that is pressed to `on_digit`, which may answer with a sound to play.

    The call ends with the sound, or when the other side hangs up. Raises: OSError where baresip is missing or does not start.
    """
    port = _free_port()
    _write_folder(folder, trunk, prompt, port)
    with running(folder, port) as control:
        control.tell("dial", f"sip:{trunk.dialled(number)}@{trunk.domain};transport={trunk.transport}")
        return _follow(control, on_digit)


def _follow(control: Control, on_digit: Callable[[str], Path | None]) -> Ended:
    began, answered_at, taken = time.monotonic(), 0.0, ""
    hung_up = False
    for happened in control.heard(began + RING_S + TALK_S):
        kind, word = happened.get("type"), str(happened.get("param", ""))
        now = time.monotonic()
        if kind == "CALL_ESTABLISHED":
            answered_at = now
        elif kind == "CALL_DTMF_START" and word and not taken:
            sound = on_digit(word)
            if sound is not None:
                taken = word
                control.tell("ausrc", f"aufile,{sound}")
        elif kind == "CALL_CLOSED":
            seconds = int(now - answered_at) if answered_at else 0
            return Ended("answered" if answered_at else outcome_of(word), taken, seconds, word)
        elif not answered_at and not hung_up and now > began + RING_S:
            control.tell("hangup")
            hung_up = True
            return Ended("no_answer", said="rang")
    return Ended("answered" if answered_at else "failed", taken, said="the line broke")
