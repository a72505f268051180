"""Runs as a process of its own, with nothing but its standard streams: says where in a photograph faces and plates may be.

It finds places, never persons: no template, no measure of a face leaves or is kept, only boxes as shares of the picture.
One photograph and one answer at a time, each a length, a JSON head and bytes. Ends at the end of its input.
"""

from __future__ import annotations

import io
import json
import resource
import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

MEMORY_BYTES = 1_400 * 1024 * 1024
LIFE_CPU_S = 1_200
SIDE_PX = 800
PLATE_SIDE_PX = 1280
NOT_INSTALLED = 3
# A face is covered with its hair and chin, a plate with its edge.
GROW = {"face": 0.18, "plate": 0.12}

try:
    import cv2
    import numpy
    from PIL import Image
except ImportError:
    sys.exit(NOT_INSTALLED)

CASCADES = Path(cv2.__file__).with_name("data")
Box = tuple[str, float, float, float, float]


def _cascade(name: str) -> Any:
    found = cv2.CascadeClassifier(str(CASCADES / f"haarcascade_{name}.xml"))
    if found.empty():
        sys.exit(NOT_INSTALLED)
    return found


def limit() -> None:
    """Give up everything that looking does not need. Irreversible."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (LIFE_CPU_S, LIFE_CPU_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NPROC, (64, 64))


def _grey(image: Image.Image, side: int) -> Any:
    small = image.copy()
    small.thumbnail((side, side), Image.Resampling.BILINEAR)
    return cv2.equalizeHist(numpy.asarray(small))


def _boxes(cascade: Any, grey: Any, kind: str, *, flipped: bool = False, **how: Any) -> list[Box]:
    height, width = grey.shape
    seen = cv2.flip(grey, 1) if flipped else grey
    found = []
    for x, y, w, h in cascade.detectMultiScale(seen, **how):
        left = width - x - w if flipped else x
        found.append((kind, left / width, y / height, w / width, h / height))
    return found


def find(data: bytes, cascades: dict[str, Any]) -> list[Box]:
    """Where faces and plates may be. Shape: kind, then left, top, width, height as shares of the picture, grown a little."""
    image = Image.open(io.BytesIO(data), formats=("JPEG",)).convert("L")
    grey, fine = _grey(image, SIDE_PX), _grey(image, PLATE_SIDE_PX)
    face: dict[str, Any] = {"scaleFactor": 1.15, "minNeighbors": 4, "minSize": (22, 22)}
    found = _boxes(cascades["front"], grey, "face", **face)
    for flipped in (False, True):
        found += _boxes(
            cascades["side"],
            grey,
            "face",
            flipped=flipped,
            **(face | {"minNeighbors": 5, "scaleFactor": 1.2}),
        )
    found += _boxes(cascades["plate"], fine, "plate", scaleFactor=1.1, minNeighbors=4, minSize=(40, 12))
    return _apart([_grown(box) for box in found])


def _grown(box: Box) -> Box:
    kind, left, top, width, height = box
    more = GROW[kind]
    x, y = max(0.0, left - width * more), max(0.0, top - height * more)
    right, bottom = min(1.0, left + width * (1 + more)), min(1.0, top + height * (1 + more))
    return kind, round(x, 4), round(y, 4), round(right - x, 4), round(bottom - y, 4)


def _apart(found: list[Box]) -> list[Box]:
    """One box where two of a kind cover much the same."""
    kept: list[Box] = []
    for box in sorted(found, key=lambda b: -b[3] * b[4]):
        if not any(box[0] == other[0] and _shared(box, other) > 0.4 for other in kept):
            kept.append(box)
    return kept[:40]


def _shared(a: Box, b: Box) -> float:
    wide = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    high = min(a[2] + a[4], b[2] + b[4]) - max(a[2], b[2])
    return max(0.0, wide) * max(0.0, high) / max(1e-9, min(a[3] * a[4], b[3] * b[4]))


def main() -> None:
    """Answer until the input ends."""
    cv2.setNumThreads(1)
    cascades = {
        "front": _cascade("frontalface_alt2"),
        "side": _cascade("profileface"),
        "plate": _cascade("russian_plate_number"),
    }
    Image.init()
    limit()
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    while head := stdin.read(4):
        (length,) = struct.unpack(">I", head)
        try:
            answer: dict[str, Any] = {"boxes": find(stdin.read(length), cascades)}
        except Exception:
            answer = {"error": "core.photo.unreadable"}
        said = json.dumps(answer).encode()
        stdout.write(struct.pack(">I", len(said)) + said)
        stdout.flush()


if __name__ == "__main__":
    main()
