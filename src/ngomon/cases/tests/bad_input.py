"""What the tables of bad input share: nasty words and files, and what must not have changed after them."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Sum
from PIL import Image

from ngomon.cases.models import Tally

# Tables that a report or an action writes. A refused request leaves every one of them as it was.
KEPT = (
    *("cases.Case", "cases.Signal", "cases.Reporter", "cases.Entry", "cases.Picture", "cases.Tally"),
    *(
        "processes.Instance",
        "processes.Task",
        "core.EventRow",
        "core.AuditRow",
        "core.FileRow",
        "core.Delivery",
    ),
)


def kept() -> dict[str, int]:
    """How many rows there are, and what the counters say."""
    found = {name: apps.get_model(name).objects.count() for name in KEPT}
    return {**found, "tally": Tally.objects.aggregate(n=Sum("n"))["n"] or 0}


@dataclass(frozen=True)
class Row:
    """One bad request and what it must get. `names`: the field, or the code, that the answer names."""

    what: str
    status: int
    names: str
    sent: dict[str, Any]


def picture(kind: str = "JPEG", size: tuple[int, int] = (64, 48)) -> bytes:
    """A small honest picture."""
    file = io.BytesIO()
    Image.new("RGB", size, "teal").save(file, kind)
    return file.getvalue()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_bomb(side: int = 30_000) -> bytes:
    """A few kilobytes that become billions of bytes when decoded."""
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 4_000_000, 9)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def archive() -> bytes:
    """A zip whose one member swells a thousandfold."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a", b"\0" * 5_000_000)
    return file.getvalue()


def bad_pictures() -> Iterable[tuple[str, bytes]]:
    """Files that are no photos, or not whole ones, or bombs."""
    good = picture()
    yield "an empty file", b""
    yield "a zip bomb", archive()
    yield "a zip bomb behind a JPEG's first bytes", good[:20] + archive()
    yield "a PNG of 900 million pixels", png_bomb()
    yield "half a JPEG", good[: len(good) // 2]
    yield "an SVG with a script", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    yield "a page called photo.jpg", b"<!doctype html><script>alert(1)</script>"
    yield (
        "XML that asks for a local file",
        b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
    )
    yield "a program", b"\x7fELF" + b"\0" * 200
    yield "a PDF", b"%PDF-1.7\n%%EOF"
    yield "a GIF", picture("GIF")
    yield "a TIFF", picture("TIFF")
    yield "a JPEG header and a script", b"\xff\xd8\xff\xe0<script>alert(1)</script>" * 5
    yield "a PNG header and nothing", b"\x89PNG\r\n\x1a\n"


# Words that attack something else than the words of a report: each is stored as words, masked and escaped.
HARMLESS = (
    "'; DROP TABLE cases_case; --",
    "<script>alert(1)</script>",
    "{{ settings.SECRET_KEY }}{% debug %}",
    "${jndi:ldap://a/b}",
    "../../../../etc/passwd",
    "=cmd|' /C calc'!A0",
    "\r\nSet-Cookie: a=b",
    "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>&x;",
    "\u202egnp.exe",
    "a\u0000b",
    "𝕳𝖚ế 🏮" * 20,
    "%n%n%n%s",
)
