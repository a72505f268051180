"""Where faces and plates may be in photographs, asked of a limited process that lives as long as one batch.

    with Detector() as detector:
        boxes = detector.boxes(jpeg)

Heavy libraries are loaded there alone, never in the web process or the worker.
"""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any

from ngomon.core.errors import Unavailable

TIMEOUT_S = 60


@dataclass(frozen=True, slots=True)
class Box:
    """A part of a picture. Shape: left, top, width, height as shares of its width and height, 0 to 1."""

    kind: str
    left: float
    top: float
    width: float
    height: float


@lru_cache(maxsize=1)
def is_there() -> bool:
    """Whether this installation can look for faces and plates; without, boxes are drawn by hand."""
    return find_spec("cv2") is not None


class Detector:
    """One looking process. Raises: Unavailable where it cannot start or dies over a picture."""

    def __init__(self) -> None:
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", str(Path(__file__).with_name("detect.py"))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={
                    "MALLOC_ARENA_MAX": "2",
                    "OPENBLAS_NUM_THREADS": "1",
                    "OMP_NUM_THREADS": "1",
                    "LC_ALL": "C.UTF-8",
                },
                cwd="/",
            )
        except OSError as error:
            raise Unavailable("core.photo.busy", retry_after_s=60) from error

    def __enter__(self) -> Detector:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        """Stop the process."""
        self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                with suppress(OSError):
                    stream.close()
        self._process.wait()

    def boxes(self, jpeg: bytes) -> list[Box]:
        """What may be a face or a plate in one of our own JPEG files. Raises: Unavailable."""
        timer = threading.Timer(TIMEOUT_S, self._process.kill)
        timer.start()
        try:
            answer = self._ask(jpeg)
        except (OSError, EOFError, struct.error, ValueError) as error:
            raise Unavailable("core.photo.busy", retry_after_s=60) from error
        finally:
            timer.cancel()
        return [Box(str(kind), *(float(v) for v in place)) for kind, *place in answer.get("boxes", [])]

    def _ask(self, jpeg: bytes) -> dict[str, Any]:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(struct.pack(">I", len(jpeg)) + jpeg)
        stdin.flush()
        (length,) = struct.unpack(">I", stdout.read(4))
        found: dict[str, Any] = json.loads(stdout.read(length))
        return found
