"""Runs as a process of its own, with nothing but its standard streams: decodes photographs that strangers sent.

No package of ours is imported here, no environment is passed, no file or socket can be opened once the limits stand.
One request and one answer at a time, each a length, a JSON head and bytes; ends by itself when idle or at end of input.
"""

from __future__ import annotations

import io
import json
import resource
import select
import struct
import sys
from contextlib import suppress
from typing import Any

import pi_heif
from PIL import ExifTags, Image, ImageCms, ImageFile, ImageOps, MpoImagePlugin

IDLE_S = 90
MEMORY_BYTES = 1_400 * 1024 * 1024
JOB_CPU_S = 12
LIFE_CPU_S = 1_200
# Loaded while files may still be opened.
LATE = (MpoImagePlugin,)
FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
MAX_SIDE = 32_000
MAX_PIXELS = 64_000_000
# JPEG can be decoded at a fraction of its size, so the large sensors of phones are fine there.
MAX_PIXELS_JPEG = 210_000_000
SRGB = ImageCms.createProfile("sRGB")


class Bad(Exception):
    """The photo cannot be taken; the argument is the reason's code."""


def limit() -> None:
    """Give up everything that decoding does not need. Irreversible."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (LIFE_CPU_S, LIFE_CPU_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NPROC, (64, 64))


def _spend_cpu() -> None:
    """Grant this job its seconds: the kernel ends the process that takes more."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(used.ru_utime + used.ru_stime)
    resource.setrlimit(resource.RLIMIT_CPU, (min(LIFE_CPU_S, spent + JOB_CPU_S), LIFE_CPU_S))


def _open(data: bytes) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError:
        raise Bad("core.photo.too_many_pixels") from None
    except Exception:
        raise Bad("core.photo.unreadable") from None
    width, height = image.size
    most = MAX_PIXELS_JPEG if image.format in ("JPEG", "MPO") else MAX_PIXELS
    if width > MAX_SIDE or height > MAX_SIDE or width * height > most:
        raise Bad("core.photo.too_many_pixels")
    if image.format in ("PNG", "WEBP") and getattr(image, "n_frames", 1) > 1:
        raise Bad("core.photo.animated")
    return image


def _degrees(parts: Any, sign: str) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    value = degrees + minutes / 60 + seconds / 3600
    return -value if sign.strip().upper() in ("S", "W") else value


def place(image: Image.Image) -> tuple[float, float] | None:
    """Where the camera says it was. Shape: lon, lat."""
    try:
        gps = image.getexif().get_ifd(ExifTags.IFD.GPSInfo)
        lat = _degrees(gps[2], str(gps[1]))
        lon = _degrees(gps[4], str(gps[3]))
    except Exception:
        return None
    if not (-90 <= lat <= 90 and -180 <= lon <= 180) or (lat == 0 and lon == 0):
        return None
    return round(lon, 6), round(lat, 6)


def _plain_colours(image: Image.Image) -> Image.Image:
    """8-bit RGB in sRGB, transparency on white."""
    if image.mode in ("I;16", "I;16B", "I;16L", "I;16N", "I"):
        image = image.convert("I").point(lambda value: value / 257).convert("L")
    elif image.mode == "F":
        image = image.convert("L")
    profile = image.info.get("icc_profile")
    if profile and image.mode in ("RGB", "CMYK"):
        with suppress(Exception):
            made = ImageCms.profileToProfile(
                image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), SRGB, outputMode="RGB"
            )
            image = made if made is not None else image
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        paper = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(paper, image)
    return image.convert("RGB")


def _look(image: Image.Image) -> str:
    """What it looks like in 64 bits: alike photos differ in few (difference hash)."""
    small = list(image.convert("L").resize((9, 8), Image.Resampling.BILINEAR).tobytes())
    bits = 0
    for row in range(8):
        for column in range(8):
            bits = bits << 1 | (small[row * 9 + column] > small[row * 9 + column + 1])
    return f"{bits:016x}"


def _encoded(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    # A bare copy: nothing of the source's metadata can ride along.
    bare = Image.frombytes("RGB", image.size, image.tobytes())
    bare.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
    return out.getvalue()


def _covered(image: Image.Image, boxes: list[list[float]]) -> Image.Image:
    """The image with these parts (left, top, width, height as shares) averaged to a few blocks and drawn to one colour.

    What is left of a part are at most 4 x 4 means, each half the mean of the whole: neither a face nor a plate can be
    computed back from them. Source: Hill et al., On the (In)effectiveness of Mosaicing and Blurring (PoPETs 2016).
    """
    for left, top, width, height in boxes:
        edges = (
            left * image.width,
            top * image.height,
            (left + width) * image.width,
            (top + height) * image.height,
        )
        x, y = max(0, int(edges[0])), max(0, int(edges[1]))
        right, bottom = min(image.width, int(edges[2]) + 1), min(image.height, int(edges[3]) + 1)
        if right <= x or bottom <= y:
            continue
        part = image.crop((x, y, right, bottom))
        cells = min(4, part.width), min(4, part.height)
        coarse = part.resize(cells, Image.Resampling.BOX)
        mean = part.resize((1, 1), Image.Resampling.BOX).resize(cells)
        image.paste(Image.blend(coarse, mean, 0.5).resize(part.size, Image.Resampling.NEAREST), (x, y))
    return image


def decode(
    data: bytes, side: int, thumb_side: int, cover: list[list[float]] | None = None
) -> tuple[dict[str, Any], list[bytes]]:
    """A photo made anew from its pixels alone, its thumbnail, and what it told about its place. Raises: Bad."""
    image = _open(data)
    kind = "JPEG" if image.format == "MPO" else str(image.format)
    try:
        image.draft(None, (side, side))
        image.load()
    except MemoryError:
        raise Bad("core.photo.too_many_pixels") from None
    except Exception:
        raise Bad("core.photo.damaged") from None
    where = place(image)
    try:
        image.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
        image = _plain_colours(ImageOps.exif_transpose(image))
        image = _covered(image, cover or [])
        small = image.copy()
        small.thumbnail((thumb_side, thumb_side), Image.Resampling.LANCZOS, reducing_gap=2.0)
        parts = [_encoded(image, 84), _encoded(small, 80)]
    except MemoryError:
        raise Bad("core.photo.too_many_pixels") from None
    except Exception:
        raise Bad("core.photo.unreadable") from None
    head = {"width": image.width, "height": image.height, "kind": kind, "place": where, "look": _look(image)}
    return head, parts


def _read(length: int) -> bytes:
    data = sys.stdin.buffer.read(length)
    if len(data) < length:
        raise EOFError
    return data


def _answer(head: dict[str, Any], parts: list[bytes]) -> None:
    text = json.dumps(head | {"sizes": [len(part) for part in parts]}).encode()
    sys.stdout.buffer.write(struct.pack(">I", len(text)) + text)
    for part in parts:
        sys.stdout.buffer.write(part)
    sys.stdout.buffer.flush()


def _serve_one() -> None:
    (length,) = struct.unpack(">I", _read(4))
    asked = json.loads(_read(length))
    data = _read(asked["size"])
    _spend_cpu()
    try:
        head, parts = decode(data, asked["side"], asked["thumb_side"], asked.get("cover"))
    except Bad as bad:
        head, parts = {"error": str(bad)}, []
    except MemoryError:
        head, parts = {"error": "core.photo.too_many_pixels"}, []
    _answer(head, parts)


def main() -> None:
    """Serve until told to stop, or nobody asks for a while."""
    pi_heif.register_heif_opener(thumbnails=False)
    Image.init()
    # Our own limits stand above; a truncated file is refused, not filled with grey.
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS_JPEG
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    limit()
    while True:
        ready, _, _ = select.select([0], [], [], IDLE_S)
        if not ready:
            return
        try:
            _serve_one()
        except EOFError:
            return


if __name__ == "__main__":
    main()
