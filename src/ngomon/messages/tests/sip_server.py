"""A real SIP server on this machine (kamailio: registrar and proxy that asks for the password), and a telephone (baresip)."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from ngomon.messages.sip import MODULES, Control, _free_port, running

os.environ["PATH"] += ":/usr/sbin"
MISSING = [name for name in ("kamailio", "baresip", "espeak-ng") if shutil.which(name) is None]
PASSWORD = "secret"

_SERVER = """\
debug=1
log_stderror=yes
children=1
auto_aliases=no
disable_tcp=yes
listen=udp:127.0.0.1:{port}
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "auth.so"
modparam("usrloc", "db_mode", 0)
request_route {{
  if (is_method("REGISTER")) {{
    if (!pv_www_authenticate("$td", "{password}", "0")) {{ www_challenge("$td", "1"); exit; }}
    save("location");
    exit;
  }}
  if (is_method("CANCEL")) {{ if (t_check_trans()) {{ t_relay(); }} exit; }}
  if (has_totag()) {{ loose_route(); t_relay(); exit; }}
  if (!is_method("INVITE")) {{ sl_send_reply("405", "Method Not Allowed"); exit; }}
  if (!pv_proxy_authenticate("$fd", "{password}", "0")) {{ proxy_challenge("$fd", "1"); exit; }}
  consume_credentials();
  record_route();
  if (!lookup("location")) {{ sl_send_reply("404", "Not Found"); exit; }}
  t_relay();
}}
"""

_PHONE = """\
poll_method epoll
sip_listen 127.0.0.1:0
ctrl_tcp_listen 127.0.0.1:{control}
audio_player aubridge,sink
audio_source aufile,{silence}
audio_alert aubridge,alert
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
ring_aufile none
callwaiting_aufile none
ringback_aufile none
snd_path {folder}
module_path {modules}
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
"""


@contextmanager
def sip_server(folder: Path) -> Iterator[int]:
    """The server; its port."""
    port = _free_port()
    config = folder / "kamailio.cfg"
    config.write_text("#!KAMAILIO\n" + _SERVER.format(port=port, password=PASSWORD))
    with (folder / "kamailio.log").open("wb") as words:
        command = ["kamailio", "-f", str(config), "-DD", "-E", "-P", str(folder / "pid"), "-Y", str(folder)]
        server = subprocess.Popen(command, stdout=words, stderr=words)
        try:
            time.sleep(1.5)
            assert server.poll() is None, (folder / "kamailio.log").read_text()
            yield port
        finally:
            server.terminate()
            server.wait(10)


class Phone:
    """A telephone that is registered under a number. It picks up and presses a key, is busy, or lets it ring."""

    def __init__(self, folder: Path, control: Control) -> None:
        self.folder, self._control = folder, control
        self.rang = 0

    def behave(self, press: str = "", after_s: float = 2.0, *, rejects: bool = False) -> None:
        """In a thread: do that with the next call."""
        threading.Thread(target=self._behave, args=(press, after_s, rejects), daemon=True).start()

    def _behave(self, press: str, after_s: float, rejects: bool) -> None:
        for happened in self._control.heard(time.monotonic() + 40):
            kind = happened.get("type")
            if kind == "CALL_INCOMING":
                self.rang += 1
                self._control.tell("hangup" if rejects else "accept")
            elif kind == "CALL_ESTABLISHED" and press:
                time.sleep(after_s)
                self._control.tell("sndcode", press)
            elif kind == "CALL_CLOSED":
                return

    def heard_s(self) -> float:
        """How long there was speech on the line. Units: seconds."""
        files = sorted(self.folder.glob("dump-*-dec.wav"))
        total = 0.0
        for file in files:
            with wave.open(str(file)) as sound:
                samples = np.frombuffer(sound.readframes(sound.getnframes()), np.int16).astype(float)
                step = sound.getframerate() // 50
            frames = samples[: len(samples) // step * step].reshape(-1, step)
            total += float((np.sqrt((frames**2).mean(axis=1)) > 300).sum()) / 50
        return total


@contextmanager
def phone(folder: Path, port: int, number: str) -> Iterator[Phone]:
    """A telephone that answers to a number in E.164."""
    folder.mkdir()
    control = _free_port()
    silence = folder / "silence.wav"
    with wave.open(str(silence), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\0\0" * 8000 * 60)
    words = _PHONE.format(control=control, silence=silence, folder=folder, modules=MODULES)
    (folder / "config").write_text(words)
    (folder / "contacts").write_text("")
    account = f"<sip:{number}@127.0.0.1:{port};transport=udp>;auth_user={number};auth_pass={PASSWORD}"
    (folder / "accounts").write_text(f"{account};regint=300;answermode=manual;audio_codecs=pcma\n")
    with running(folder, control) as line:
        until = time.monotonic() + 8
        for happened in line.heard(until):
            if happened.get("type") == "REGISTER_OK" or time.monotonic() > until - 5:
                break
        yield Phone(folder, line)
