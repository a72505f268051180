"""Pictures of a case, what they look like to the search for the same thing, and parts of them to cover."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from ngomon.core.ids import uuid7

from .case import Case


class Picture(models.Model):
    """A photo of a case, before or after. The files are core's; only stripped copies exist.

    `off_m`: how far from the case the camera said it stood, where it said so; where that was is not kept.
    """

    personal: ClassVar[dict[str, str]] = {
        "file": "points at bytes that may show a person",
        "thumbnail": "points at bytes that may show a person",
        "original": "points at bytes that show a person",
        "original_thumbnail": "points at bytes that show a person",
    }

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="pictures")
    signal_id = models.UUIDField(null=True)
    entry_id = models.UUIDField(null=True)
    role = models.CharField(max_length=10)
    file = models.CharField(max_length=64)
    thumbnail = models.CharField(max_length=64)
    width = models.IntegerField()
    height = models.IntegerField()
    is_public = models.BooleanField(default=False)
    look = models.CharField(max_length=16, default="")
    at = models.DateTimeField()
    looked_at = models.DateTimeField(null=True)
    off_m = models.IntegerField(null=True)
    original = models.CharField(max_length=64, default="")
    original_thumbnail = models.CharField(max_length=64, default="")

    class Meta:
        db_table = "cases_picture"
        indexes = [
            models.Index(fields=["at"], name="cases_picture_new", condition=models.Q(looked_at__isnull=True)),
            models.Index(
                fields=["original"], name="cases_picture_original", condition=~models.Q(original="")
            ),
            models.Index(
                fields=["original_thumbnail"],
                name="cases_picture_original_t",
                condition=~models.Q(original_thumbnail=""),
            ),
            models.Index(fields=["case", "at"], name="cases_picture_case"),
            models.Index(fields=["file"], name="cases_picture_file"),
            models.Index(fields=["thumbnail"], name="cases_picture_thumb"),
        ]


class Look(models.Model):
    """A picture's hash by its four quarters, so that pictures alike in 61 of 64 bits are found by an index."""

    personal: ClassVar[dict[str, str]] = {}

    picture = models.ForeignKey(Picture, on_delete=models.CASCADE, related_name="+")
    quarter = models.IntegerField()

    class Meta:
        db_table = "cases_look"
        indexes = [models.Index(fields=["quarter"], name="cases_look_quarter")]


class PictureBox(models.Model):
    """A part of a picture that may show a face or a plate, found or drawn; an editor decides. A place only, never a template."""

    personal: ClassVar[dict[str, str]] = {}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    picture = models.ForeignKey(Picture, on_delete=models.CASCADE, related_name="boxes")
    kind = models.CharField(max_length=10)
    left = models.FloatField()
    top = models.FloatField()
    width = models.FloatField()
    height = models.FloatField()
    by_hand = models.BooleanField(default=False)
    decision = models.CharField(max_length=8, default="")
    decided_by = models.CharField(max_length=64, default="")
    at = models.DateTimeField()

    class Meta:
        db_table = "cases_picture_box"
        indexes = [
            models.Index(fields=["at"], name="cases_box_open", condition=models.Q(decision="")),
        ]
