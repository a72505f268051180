"""Reads of photos before the public sees them: what the machine found, what waits for an editor, who saw the whole."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from ngomon.core.actors import Actor
from ngomon.core.audit import audit_look
from ngomon.core.errors import NotFound, Refused
from ngomon.core.units import command
from ngomon.identity.rules import may

from .models import Picture, PictureBox
from .terms import BoxView, PictureToDecide

_BOX = ("id", "kind", "left", "top", "width", "height", "by_hand", "decision")


def may_decide(actor: Actor) -> bool:
    """Whether the actor may say what of a picture is covered."""
    return may(actor, "case.redact")


def _views(pictures: Iterable[Picture]) -> list[PictureToDecide]:
    found = list(pictures)
    boxes: dict[UUID, list[BoxView]] = {p.pk: [] for p in found}
    rows = PictureBox.objects.filter(picture__in=list(boxes)).order_by("at", "id")
    for picture_id, *box in rows.values_list("picture_id", *_BOX):
        boxes[picture_id].append(BoxView(*box))
    return [
        PictureToDecide(
            id=p.pk,
            number=p.case.number,
            role=p.role,
            file=p.file,
            thumbnail=p.thumbnail,
            whole=p.original or p.file,
            width=p.width,
            height=p.height,
            is_public=p.is_public,
            is_looked_at=p.looked_at is not None,
            boxes=tuple(boxes[p.pk]),
        )
        for p in found
    ]


def _shown_to(actor: Actor) -> QuerySet[Picture]:
    """Pictures of cases that the duty shift alone may know of are not there for other editors."""
    if may(actor, "case.see_secret"):
        return Picture.objects.all()
    return Picture.objects.filter(case__is_secret=False)


def pictures_of(case_id: UUID) -> list[PictureToDecide]:
    """The pictures of a case with what may be covered in them; the caller checked the right to see the case."""
    return _views(Picture.objects.filter(case_id=case_id).select_related("case").order_by("at", "id"))


def picture_to_decide(picture_id: UUID, *, actor: Actor) -> PictureToDecide:
    """One picture for an editor. Raises: Refused, NotFound."""
    if not may_decide(actor):
        raise Refused("cases.error.redact_only")
    found = _views(_shown_to(actor).filter(pk=picture_id).select_related("case"))
    if not found:
        raise NotFound("core.file.gone")
    return found[0]


def pictures_waiting(*, actor: Actor, limit: int = 100) -> list[PictureToDecide]:
    """The pictures with something undecided, oldest first. Raises: Refused."""
    if not may_decide(actor):
        raise Refused("cases.error.redact_only")
    waiting = PictureBox.objects.filter(decision="").values("picture_id")
    found = _shown_to(actor).filter(pk__in=waiting).select_related("case").order_by("at", "id")
    return _views(found[:limit])


def undecided(case_id: UUID) -> int:
    """How many parts of a case's pictures nobody has decided on."""
    return PictureBox.objects.filter(picture__case_id=case_id, decision="").count()


def is_whole_picture(digest: str) -> bool:
    """Whether this is the first version of a picture that was covered."""
    return Picture.objects.filter(Q(original=digest) | Q(original_thumbnail=digest)).exists()


@command
def look_at_whole(digest: str, *, actor: Actor, at: datetime) -> None:
    """Somebody authorised sees a picture as it came in; the look is written down. Raises: Refused, NotFound."""
    if not (may(actor, "case.redact") or may(actor, "case.see_unmasked")):
        raise Refused("cases.error.redact_only")
    whole = Q(original=digest) | Q(original_thumbnail=digest)
    picture = _shown_to(actor).filter(whole).select_related("case").first()
    if picture is None:
        raise NotFound("core.file.gone")
    audit_look([picture.case.ref], actor=actor, at=at, purpose="cases.whole_picture")


def next_unseen(limit: int) -> list[tuple[UUID, str]]:
    """The oldest pictures that the machine has not looked over, with their content hashes."""
    rows = Picture.objects.filter(looked_at__isnull=True).order_by("at", "id")
    return list(rows.values_list("pk", "file")[:limit])
