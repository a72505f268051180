"""Photos of a form: decoded and stored before the unit, and kept over an error as signed references."""

from __future__ import annotations

from uuid import UUID

from django.core import signing
from django.http import HttpRequest

from ngomon.core import clock, files, images
from ngomon.core.errors import Invalid
from ngomon.core.ids import Ref
from ngomon.core.images import StoredPhoto
from ngomon.core.texts import text
from ngomon.directory import queries as directory

# Stored bytes without a row are swept after a day: a reference must not outlive them.
KEPT_S = 20 * 3600
_SALT = "cases.photo"


def reference_of(photo: StoredPhoto) -> str:
    """What a form carries for a photo that is on disk already. Where it was taken is not in it."""
    parts = [(s.digest, s.media_type, s.size, s.marker) for s in (photo.main, photo.thumb)]
    return signing.dumps([*parts, photo.width, photo.height, photo.look], salt=_SALT, compress=True)


def from_reference(reference: str) -> StoredPhoto | None:
    """The photo behind a reference that we gave within the last hours; None for anything else."""
    try:
        main, thumb, width, height, look = signing.loads(reference, salt=_SALT, max_age=KEPT_S)
        return StoredPhoto(files.Stored(*main), files.Stored(*thumb), width, height, None, look)
    except (signing.BadSignature, ValueError, TypeError):
        return None


def most() -> int:
    """How many photos one form takes."""
    return min(directory.city().photos_max_count, images.MAX_COUNT)


def photos_in(
    request: HttpRequest, field: str = "photos", kept: str = "kept"
) -> tuple[list[StoredPhoto], str]:
    """The photos of a POST, kept ones first, and what is wrong with the others in words (empty when nothing is).

    A photo that cannot be read does not lose the good ones. Outside units. Raises: Unavailable.
    """
    references = dict.fromkeys(request.POST.getlist(kept)[:20])
    found = [photo for photo in map(from_reference, references) if photo is not None]
    uploads = request.FILES.getlist(field)
    limit, most_mb = most(), directory.city().photos_max_mb
    if len(found) + len(uploads) > limit:
        return found[:limit], text("cases.error.photos_too_many", max=limit)
    wrong = ""
    for upload in uploads:
        if (upload.size or 0) > most_mb * 1024 * 1024:
            wrong = text("core.photo.too_big", most=most_mb)
            continue
        try:
            found.append(images.store_photo(images.read_photo(upload.read())))
        except Invalid as error:
            wrong = text(error.fields.get("photo", error.code), **error.values)
    return found, wrong


def bytes_of(digest: str, media_type: str = "image/jpeg") -> bytes:
    """The bytes behind a content hash, for a reader whose right was checked. Raises: NotFound."""
    return files.File(UUID(int=0), digest, media_type, 0, "", Ref("", ""), clock.now()).read()
