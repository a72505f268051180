"""Photographs: good ones come out upright, small and bare; bad ones get a clear answer and harm nobody."""

from __future__ import annotations

import base64
import io
import os
import signal
import struct
import subprocess
import sys
import threading
import zipfile
import zlib
from pathlib import Path

import pytest
from PIL import ExifTags, Image, ImageChops, ImageCms

from ngomon.core import images
from ngomon.core.errors import Invalid, Unavailable
from ngomon.core.texts import text


def picture(width: int = 640, height: int = 480, mode: str = "RGB") -> Image.Image:
    """Bright at the left, red at the top left corner, so that turning shows."""
    image = Image.new("RGB", (width, height), "white")
    image.paste((0, 0, 0), (width // 2, 0, width, height))
    image.paste((220, 20, 20), (0, 0, width // 4, height // 4))
    return image.convert(mode)


def encoded(image: Image.Image, kind: str = "JPEG", **options) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def with_exif(orientation: int = 1, gps: bool = True) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Make] = "SecretPhone"
    if gps:
        exif.get_ifd(ExifTags.IFD.GPSInfo).update(
            {1: "N", 2: (16.0, 28.0, 2.64), 3: "E", 4: (107.0, 34.0, 41.88)}
        )
    return encoded(picture(), exif=exif, comment=b"SecretComment", xmp=b"<x>SecretXmp</x>")


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, rows: bytes, *extra: bytes, depth: int = 8, colour: int = 2) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = (chunk(b"IHDR", head), *extra, chunk(b"IDAT", zlib.compress(rows, 9)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("evil.html", "<script>alert('PAYLOAD')</script>" * 20)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


# The picture of `picture(64, 48)` as HEIC: no encoder of that format stands among our dependencies.
HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAaptZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAA"
    "AA5waXRtAAAAAAACAAAAEGlkYXQAAAAAAEAAMAAAADhpbG9jAQAAAERAAAIAAQAAAAAAAAHOAAEAAAAAAAAAbwACAAEAAAAAAAAA"
    "AQAAAAAAAAAIAAAAOGlpbmYAAAAAAAIAAAAVaW5mZQIAAAEAAQAAaHZjMQAAAAAVaW5mZQIAAAAAAgAAZ3JpZAAAAADVaXBycAAA"
    "ALNpcGNvAAAAc2h2Y0MBA3AAAAAAAAAAAAAe8AD8/fj4AAAPAyAAAQAYQAEMAf//A3AAAAMAkAAAAwAAAwAeugJAIQABACdCAQED"
    "cAAAAwCQAAADAAADAB6gIIEFlurkprmwIAAAAwAgAAADACEiAAEABkQBwXPAiQAAABRpc3BlAAAAAAAAAEAAAABAAAAAFGlzcGUA"
    "AAAAAAAAQAAAADAAAAAQcGl4aQAAAAADCAgIAAAAGmlwbWEAAAAAAAAAAgABAoECAAICA4QAAAAaaXJlZgAAAAAAAAAOZGltZwAC"
    "AAEAAQAAAHdtZGF0AAAAaygBr1jySbtP/mu/+yuQ0MLeZNL91mHTK/Kjsd8+P0bVT9KiriO1tPRHP2SGh+6HsYLIqHD8/xBxaV7k"
    "//92rPNtqqRLhE+yT9V3WS9RdHV1rehJEHsOt9Af6tQjWRWbySEE7u8dsryAzeIo"
)

GOOD = {
    "heic": HEIC,
    "large heic box": HEIC + b"\0\0\0\x10free" + b"\0" * 8,
    "jpeg": encoded(picture()),
    "grey jpeg": encoded(picture(mode="L")),
    "cmyk jpeg": encoded(picture(mode="CMYK")),
    "progressive jpeg": encoded(picture(), progressive=True),
    "png": encoded(picture(), "PNG"),
    "transparent png": encoded(picture(mode="RGBA"), "PNG"),
    "palette png": encoded(picture(mode="P"), "PNG"),
    "black and white png": encoded(picture(mode="1"), "PNG"),
    "16-bit grey png": encoded(
        picture(mode="L").convert("I").point(lambda v: v * 257).convert("I;16"), "PNG"
    ),
    "16-bit colour png": png(40, 30, (b"\x00" + b"\xff\xff\x00\x00\x00\x00" * 40) * 30, depth=16),
    "webp": encoded(picture(), "WEBP"),
    "transparent webp": encoded(picture(mode="RGBA"), "WEBP", lossless=True),
    "long and thin": encoded(picture(8000, 12), "PNG"),
    "one pixel": encoded(picture(1, 1), "PNG"),
    "with a colour profile": encoded(
        picture(), icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    ),
    "with a broken colour profile": encoded(picture(), icc_profile=b"nonsense" * 40),
    "with broken exif": encoded(picture(), exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xff"),
    "jpeg and zip": encoded(picture()) + archive(),
    "jpeg and page": encoded(picture(), comment=b"<html><script>alert('PAYLOAD')</script>"),
    "jpeg and script": encoded(picture(), comment=b"*/=1;alert('PAYLOAD');/*"),
    "png and zip": encoded(picture(), "PNG") + archive(),
    "png with a page in a text chunk": png(
        20, 20, b"\x00" * 61 * 20, chunk(b"tEXt", b"Comment\x00<script>PAYLOAD</script>")
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_photo_comes_out_bare(name):
    photo = images.read_photo(GOOD[name])
    for data in (photo.data, photo.thumb):
        image = opened(data)
        assert image.format == "JPEG"
        assert image.mode == "RGB"
        assert not image.getexif()
        assert not {"icc_profile", "comment", "xmp", "exif"} & set(image.info)
        assert b"PAYLOAD" not in data
        assert b"PK\x03\x04" not in data
    assert max(opened(photo.thumb).size) <= images.THUMB_PX
    assert (photo.width, photo.height) == opened(photo.data).size
    assert max(photo.width, photo.height) <= images.SIDE_PX


SIXTEEN = GOOD["16-bit grey png"]
JPEG = GOOD["jpeg"]
PNG = GOOD["png"]
BAD = {
    "nothing": (b"", "empty"),
    "too many bytes": (b"\xff\xd8\xff" + b"\0" * images.MAX_BYTES, "too_big"),
    "words": (b"hello, this is a photo", "not_a_photo"),
    "page": (b"<html><body>photo.jpg</body></html>", "not_a_photo"),
    "script": (b"GIF89a=1;alert(1)", "not_a_photo"),
    "vector picture": (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "not_a_photo"),
    "xml with entities": (b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x>&a;</x>", "not_a_photo"),
    "gif": (encoded(picture(mode="P"), "GIF"), "not_a_photo"),
    "bmp": (encoded(picture(), "BMP"), "not_a_photo"),
    "tiff": (encoded(picture(), "TIFF"), "not_a_photo"),
    "ico": (encoded(picture(64, 64), "ICO"), "not_a_photo"),
    "avif": (encoded(picture(64, 64), "AVIF"), "not_a_photo"),
    "pdf": (b"%PDF-1.7\n" + b"0" * 100, "not_a_photo"),
    "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n", "not_a_photo"),
    "zip": (archive(), "not_a_photo"),
    "zip before a jpeg": (archive() + JPEG, "not_a_photo"),
    "page before a jpeg": (b"<html>" + JPEG, "not_a_photo"),
    "program": (b"MZ" + b"\0" * 200, "not_a_photo"),
    "video": (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\0" * 100, "not_a_photo"),
    "only a jpeg's head": (b"\xff\xd8\xff\xe0", "unreadable"),
    "jpeg head, then noise": (b"\xff\xd8\xff" + os.urandom(4000), "unreadable"),
    "only a png's head": (PNG[:12], "unreadable"),
    "png with a wrong checksum": (PNG[:20] + b"\xff\xff" + PNG[22:], "unreadable"),
    "webp head, then noise": (b"RIFF\x40\0\0\0WEBP" + os.urandom(80), "unreadable"),
    "heic head, then noise": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + os.urandom(500), "unreadable"),
    "half a jpeg": (JPEG[: len(JPEG) // 2], "damaged"),
    "jpeg cut near its end": (JPEG[: int(len(JPEG) * 0.8)], "damaged"),
    "half a png": (PNG[: len(PNG) // 2], "damaged"),
    "half a heic": (HEIC[:400], "unreadable"),
    "half a webp": (GOOD["webp"][: len(GOOD["webp"]) // 2], "unreadable"),
    "png with noise for pixels": (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 99, 99, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", b"noise" * 90)
        + chunk(b"IEND", b""),
        "damaged",
    ),
    "png without pixels": (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 99, 99, 8, 2, 0, 0, 0))
        + chunk(b"IEND", b""),
        "damaged",
    ),
    "bomb: a billion pixels in a small png": (png(31_000, 31_000, b"\0" * 1000), "too_many_pixels"),
    "bomb: a png wider than anything": (png(2**31 - 1, 1, b"\0"), "too_many_pixels"),
    "bomb: a tall sliver": (png(1, 60_000, b"\0\0\0\0" * 60_000), "too_many_pixels"),
    "bomb: a real one, all zeros": (png(12_000, 12_000, b"\0" * 36_001 * 2000), "too_many_pixels"),
    "bomb: text chunk that swells": (
        png(9, 9, b"\0" * 28 * 9, chunk(b"zTXt", b"a\0\0" + zlib.compress(b"0" * 200_000_000, 9))),
        "unreadable",
    ),
    "jpeg that says it is 65500 wide": (
        JPEG.replace(b"\x01\xe0\x02\x80", b"\xff\xdc\xff\xdc", 1),
        "too_many_pixels",
    ),
    "animated webp": (
        encoded(picture(60, 60), "WEBP", save_all=True, append_images=[Image.new("RGB", (60, 60))]),
        "animated",
    ),
    "animated png": (
        encoded(picture(60, 60), "PNG", save_all=True, append_images=[Image.new("RGB", (60, 60))]),
        "animated",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_photo_gets_a_clear_answer(name):
    data, reason = BAD[name]
    code = f"core.photo.{reason}"
    with pytest.raises(Invalid) as caught:
        images.read_photo(data)
    answers = {code, "core.photo.damaged"} if reason == "unreadable" else {code}
    assert caught.value.code in answers
    assert caught.value.fields == {"photo": caught.value.code}
    for language in ("vi", "en"):
        assert text(caught.value.code, language, **caught.value.values) != caught.value.code


def test_the_table_of_bad_photos_is_long_enough():
    assert len(BAD) >= 30


def test_a_photo_is_turned_upright_and_its_place_is_told_apart():
    photo = images.read_photo(with_exif(orientation=6))
    assert (photo.width, photo.height) == (480, 640)
    red, green, _ = opened(photo.data).getpixel((470, 10))
    assert red > 150 > green
    assert photo.place == (107.578300, 16.467400)
    for secret in (b"Secret", b"GPS", b"Exif"):
        assert secret not in photo.data + photo.thumb


@pytest.mark.parametrize(
    "gps",
    [
        {1: "N", 2: (99.0, 0.0, 0.0), 3: "E", 4: (107.0, 0.0, 0.0)},
        {1: "N"},
        {1: "N", 2: (1.0,), 3: "E", 4: (2.0,)},
    ],
)
def test_a_senseless_place_is_no_place(gps):
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(gps)
    assert images.read_photo(encoded(picture(), exif=exif)).place is None


def test_a_large_photo_is_made_small_and_transparency_becomes_white():
    photo = images.read_photo(encoded(picture(5000, 3000)))
    assert (photo.width, photo.height) == (2048, 1229)
    clear = Image.new("RGBA", (50, 50), (0, 0, 0, 0))
    assert opened(images.read_photo(encoded(clear, "PNG")).data).getpixel((25, 25)) == (255, 255, 255)


def test_sixteen_bits_keep_their_brightness():
    image = opened(images.read_photo(SIXTEEN).data)
    assert image.getpixel((250, 400))[0] > 245
    assert image.getpixel((600, 400))[0] < 10


def test_alike_photos_look_alike():
    def far(a: str, b: str) -> int:
        return (int(a, 16) ^ int(b, 16)).bit_count()

    gradient = Image.radial_gradient("L").convert("RGB")
    base = images.read_photo(encoded(gradient)).look
    assert far(base, images.read_photo(encoded(gradient.resize((900, 900)), quality=40)).look) <= 6
    assert far(base, images.read_photo(encoded(ImageChops.offset(gradient, 128, 40))).look) > 10


def test_the_decoder_can_open_nothing():
    """What the limits leave: no file, no socket, no growing of files."""
    script = (
        f"import sys; sys.path.insert(0, {str(Path(images.__file__).parent)!r})\n"
        "import socket, decode\n"
        "decode.limit()\n"
        "for attempt in (lambda: open('/etc/passwd'), socket.socket, lambda: bytearray(3 << 30)):\n"
        "    try:\n        attempt()\n        print('could')\n"
        "    except (OSError, MemoryError):\n        print('could not')\n"
    )
    done = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout.split("\n")[:3] == ["could not"] * 3, done.stderr


def test_a_decoder_that_dies_is_replaced_and_the_photo_is_read():
    images.read_photo(JPEG)
    for worker in images._pool._free:
        os.kill(worker.process.pid, signal.SIGKILL)
    assert images.read_photo(JPEG).width == 640


def test_a_decoder_is_used_again_and_replaced_after_its_life(monkeypatch):
    pool = images._Pool(1)
    pool.decode(JPEG, 100, 50)
    first = pool._free[0].process.pid
    pool.decode(JPEG, 100, 50)
    assert pool._free[0].process.pid == first
    pool._free[0].left = 1
    pool.decode(JPEG, 100, 50)
    pool.decode(JPEG, 100, 50)
    assert pool._free[0].process.pid != first
    pool._free[0].end()


def test_a_photo_that_takes_too_long_is_refused(monkeypatch):
    monkeypatch.setattr(images, "TIMEOUT_S", 0.001)
    with pytest.raises(Invalid) as caught:
        images._Pool(1).decode(encoded(picture(4000, 4000)), 2048, 480)
    assert caught.value.code == "core.photo.too_hard"


def test_when_all_decoders_are_busy_the_caller_is_told_to_come_back(monkeypatch):
    monkeypatch.setattr(images, "WAIT_S", 0.05)
    pool = images._Pool(1)
    pool._slots.acquire()
    with pytest.raises(Unavailable) as caught:
        pool.decode(JPEG, 100, 50)
    assert caught.value.retry_after_s


def test_many_threads_share_the_pool():
    widths: list[int] = []
    threads = [
        threading.Thread(target=lambda: widths.append(images.read_photo(JPEG).width)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert widths == [640] * 8


def test_too_many_photos_are_refused_before_any_is_stored(tmp_path, settings):
    settings.NGOMON_HOME = tmp_path
    with pytest.raises(Invalid) as caught:
        images.take_photos([JPEG] * 7)
    assert caught.value.code == "core.photo.too_many"
    with pytest.raises(Invalid):
        images.take_photos([JPEG, b"bad"])
    assert not list(tmp_path.glob("files/sha256/*/*/*"))
    (stored,) = images.take_photos([JPEG])
    assert stored.main.digest != stored.thumb.digest
