"""The way out by telephone: says what happened, "bấm 1 để nhận, bấm 2 để từ chối", and takes the key for an answer.

A call that nobody takes is no delivery: it is tried again like any message, under its one stable id, while the one who was
called has not answered by another way. Each try is written down.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog

from ngomon.core import clock
from ngomon.core.actors import system
from ngomon.core.deliveries import Undeliverable
from ngomon.core.errors import CityError
from ngomon.core.texts import text
from ngomon.core.units import unit
from ngomon.messages import sip, speech
from ngomon.messages.commands import answer_call, note_attempt
from ngomon.messages.queries import is_call_open
from ngomon.messages.terms import Answer, How

log = structlog.get_logger("ngomon.voice")
KEYS = {"1": Answer.ACKNOWLEDGED, "2": Answer.DECLINED}
NOT_NEEDED = "not needed"
TIMES = 3
"""How often the message and the keys are said before the line is put down."""
ACTOR = system("messages.voice")


class NotReached(Exception):
    """Nobody took the call, or no key was pressed: it may be tried again."""


class VoiceChannel:
    """See `core.deliveries.Channel`, and `Lined`: each call keeps a line busy."""

    def __init__(self, trunk: sip.Trunk, lines: int = 4) -> None:
        self._trunk = trunk
        self.lines = lines

    def send(self, id: UUID, address: str, content: Mapping[str, Any]) -> str:
        """Call; the digit that was pressed. Raises: Undeliverable (no such number), NotReached, OSError."""
        call = UUID(str(content["call"]))
        if not is_call_open(call):
            return NOT_NEEDED
        try:
            with tempfile.TemporaryDirectory(prefix="ngomon-call.") as made:
                ended = self._call(Path(made), address, call, content)
        except (OSError, subprocess.SubprocessError):
            self._note(id, sip.Ended("failed"))
            raise
        self._note(id, ended)
        log.info("called", id=str(id), outcome=ended.outcome, digit=ended.digit, seconds=ended.seconds)
        if ended.outcome == "wrong":
            raise Undeliverable(ended.said)
        if ended.digit:
            return f"answered {ended.digit}"
        raise NotReached("no key was pressed" if ended.outcome == "answered" else ended.said or ended.outcome)

    def _note(self, id: UUID, ended: sip.Ended) -> None:
        outcome = "no_key" if ended.outcome == "answered" and not ended.digit else ended.outcome
        with unit():
            note_attempt(id, outcome, digit=ended.digit, seconds=ended.seconds, actor=ACTOR, at=clock.now())

    def _call(self, folder: Path, address: str, call: UUID, content: Mapping[str, Any]) -> sip.Ended:
        language = str(content.get("language", "vi"))
        prompt = folder / "prompt.wav"
        said = speech.spoken(str(content["text"]), language)
        menu = speech.spoken(text("messages.voice.menu", language), language)
        once = [speech.silence(0.8), said, speech.silence(0.4), menu, speech.silence(2.5)]
        speech.write(prompt, once * TIMES)

        def on_digit(digit: str) -> Path | None:
            if digit not in KEYS:
                return None
            return _sound(folder, _answer(call, KEYS[digit]), language)

        # What is answered during the call is committed before the thanks are said.
        return sip.call(self._trunk, address, prompt, folder, on_digit)


def _answer(call: UUID, answer: Answer) -> str:
    """Write the answer down; the key of the words that are then said."""
    try:
        with unit():
            answer_call(call, answer, how=How.VOICE, actor=ACTOR, at=clock.now())
    except CityError:
        return "late"
    return "taken" if answer == Answer.ACKNOWLEDGED else "declined"


def _sound(folder: Path, key: str, language: str) -> Path:
    path = folder / f"{key}.wav"
    words = speech.spoken(text(f"messages.voice.{key}", language), language)
    speech.write(path, [speech.silence(0.3), words, speech.silence(0.5)])
    return path
