"""Photos that come in with a program's request: checked and stored before the unit, the same for every such door."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.files.uploadedfile import UploadedFile

from ngomon.core import images
from ngomon.core.errors import Invalid
from ngomon.core.images import StoredPhoto
from ngomon.directory import queries as directory

WORDS_BYTES = 2 * 1024 * 1024
"""What a request may weigh beside its photos."""


def most_bytes() -> int:
    """What a whole request may weigh."""
    return _most() * directory.city().photos_max_mb * 1024 * 1024 + WORDS_BYTES


def _most() -> int:
    return min(directory.city().photos_max_count, images.MAX_COUNT)


def photos_from(uploads: Sequence[UploadedFile[Any]], field: str = "photos") -> tuple[StoredPhoto, ...]:
    """The photos of a request, on disk; all of them or none. Outside units. Raises: Invalid naming the field, Unavailable."""
    if len(uploads) > _most():
        raise Invalid.field(field, "cases.error.photos_too_many", max=_most())
    most_mb = directory.city().photos_max_mb
    if any((upload.size or 0) > most_mb * 1024 * 1024 for upload in uploads):
        raise Invalid.field(field, "core.photo.too_big", most=most_mb)
    try:
        read = [images.read_photo(upload.read()) for upload in uploads]
    except Invalid as error:
        code = error.fields.get("photo", error.code)
        raise Invalid(code, fields={field: code}, **error.values) from error
    return tuple(images.store_photo(photo) for photo in read)
