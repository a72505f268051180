"""Words as sound: Debian's espeak-ng, as a process of its own, made into what a telephone line carries (8 kHz, 16 bit)."""

from __future__ import annotations

import io
import subprocess
import wave
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 8000
ESPEAK = "espeak-ng"
TIMEOUT_S = 20
# Slow enough to be understood by somebody who was asleep. Units: words per minute.
SPEED = "135"
VOICES = {"vi": "vi", "en": "en-gb"}
LOUD = 28_000

Samples = NDArray[np.float64]


def spoken(words: str, language: str) -> Samples:
    """The samples of a text. Raises: OSError, subprocess.SubprocessError where espeak-ng is missing or fails."""
    command = [ESPEAK, "-v", VOICES.get(language, "vi"), "-s", SPEED, "--stdin", "--stdout"]
    made = subprocess.run(command, input=words.encode(), capture_output=True, timeout=TIMEOUT_S, check=True)
    with wave.open(io.BytesIO(_whole(made.stdout))) as sound:
        rate = sound.getframerate()
        samples = np.frombuffer(sound.readframes(sound.getnframes()), np.int16).astype(np.float64)
    return _at_rate(samples, rate)


def _whole(raw: bytes) -> bytes:
    """espeak-ng writes the header before it knows the length: put the real one in. Source: RIFF WAVE, bytes 4 and 40."""
    data = len(raw) - 44
    return raw[:4] + (36 + data).to_bytes(4, "little") + raw[8:40] + data.to_bytes(4, "little") + raw[44:]


def _at_rate(samples: Samples, rate: int) -> Samples:
    """The same sound at the line's rate; what the line cannot carry is cut off before, so that it does not fold back."""
    if not len(samples):
        return samples
    n = int(len(samples) * RATE / rate)
    spectrum = np.fft.rfft(samples)[: n // 2 + 1]
    made: Samples = np.fft.irfft(spectrum, n) * (n / len(samples))
    top = float(np.abs(made).max(initial=1.0))
    return made * min(LOUD / top, 4.0)


def silence(seconds: float) -> Samples:
    """Nothing to hear for so long."""
    return np.zeros(int(seconds * RATE))


def write(path: Path, parts: Iterable[Samples]) -> float:
    """Write parts one after the other into a file of sound; how long it is. Units: seconds."""
    whole = np.concatenate(list(parts))
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(np.clip(whole, -32_000, 32_000).astype("<i2").tobytes())
    return len(whole) / RATE
