"""Photos before the public sees them: what the machine found, what an editor covers or leaves, the public copy made anew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from ngomon.core import detector, files
from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Conflict, Invalid, NotFound, Refused
from ngomon.core.events import emit
from ngomon.core.images import StoredPhoto
from ngomon.core.models import FileRow
from ngomon.core.rows import save
from ngomon.core.units import command
from ngomon.identity.rules import may

from ..models import Case, Picture, PictureBox
from ..queries import live_audience
from ..rules.boxes import MAX_BOXES, is_inside
from ..terms import CASE, Decided, PictureCovered, Status
from .steps import locked, may_touch


def show(case: Case, role: str) -> None:
    """Make a case's pictures of a role public: those that were looked over and leave nothing to decide."""
    shown = Picture.objects.filter(case=case, role=role).exclude(
        pk__in=PictureBox.objects.filter(picture__case=case, decision="").values("picture_id")
    )
    if detector.is_there():
        shown = shown.filter(looked_at__isnull=False)
    shown.update(is_public=True)
    if role == "before":
        _set_thumbnail(case)


def _set_thumbnail(case: Case) -> None:
    """The picture of a list: of a public case the first that everybody may see."""
    found = Picture.objects.filter(case=case, role="before").order_by("at", "id")
    if case.is_public:
        found = found.filter(is_public=True)
    case.thumbnail = found.values_list("thumbnail", flat=True).first() or ""


def _may_be_public(case: Case, picture: Picture) -> bool:
    if picture.role == "before":
        return case.is_public
    return case.is_public and (case.answered_at is not None or case.status == Status.RECORDED)


@command
def look_over(picture_id: UUID, found: Sequence[detector.Box], *, actor: Actor, at: datetime) -> None:
    """Write down what the machine found in a picture; one with nothing in it may be shown. Once: a second look is dropped."""
    picture = Picture.objects.filter(pk=picture_id).first()
    if picture is None or picture.looked_at is not None:
        return
    case = locked(picture.case_id)
    picture.looked_at = at
    PictureBox.objects.bulk_create(
        PictureBox(
            picture=picture, kind=b.kind, left=b.left, top=b.top, width=b.width, height=b.height, at=at
        )
        for b in found
    )
    if not found and _may_be_public(case, picture):
        picture.is_public = True
    picture.save(update_fields=["looked_at", "is_public"])
    if picture.is_public and picture.role == "before":
        _set_thumbnail(case)
        save(case)
    audit("cases.look_over_picture", case.ref, actor=actor, at=at, detail={"found": len(found)})


def _decidable(picture_id: UUID, actor: Actor) -> tuple[Case, Picture]:
    if not may(actor, "case.redact"):
        raise Refused("cases.error.redact_only")
    picture = Picture.objects.filter(pk=picture_id).first()
    if picture is None:
        raise NotFound("core.file.gone")
    case = locked(picture.case_id)
    may_touch(case, actor)
    return case, picture


@command
def decide_picture(
    picture_id: UUID,
    decided: Sequence[Decided],
    covered: StoredPhoto | None,
    *,
    seen: str,
    actor: Actor,
    at: datetime,
) -> None:
    """An editor says what of a picture is covered and what stays; `covered` is the copy made anew, if anything is covered.

    The copy takes the picture's place everywhere; the first one stays for those who may redact. An earlier copy is erased.
    `seen` is the picture that the editor saw. Raises: Refused; NotFound; Conflict when it was changed meanwhile; Invalid.
    """
    case, picture = _decidable(picture_id, actor)
    if picture.file != seen:
        raise Conflict("cases.changed_meanwhile", number=case.number)
    covers = [box for box in decided if box.decision == "cover"]
    if (
        len(decided) > MAX_BOXES
        or not all(is_inside(box) for box in decided)
        or bool(covers) != bool(covered)
    ):
        raise Invalid.field("boxes", "cases.error.boxes")
    _write_boxes(picture, decided, actor=actor, at=at)
    if covered is not None:
        _replace(case, picture, covered, at=at)
    elif picture.original:
        _put_back(case, picture)
    if _may_be_public(case, picture):
        _same(picture).update(is_public=True)
    _set_thumbnail(case)
    event = PictureCovered(str(case.id), str(picture.id), len(covers), len(decided) - len(covers))
    emit(case, event, actor=actor, at=at, audience=live_audience(case))
    save(case)
    detail = {"picture": str(picture.id), "covered": len(covers), "left": len(decided) - len(covers)}
    audit("cases.decide_picture", case.ref, actor=actor, at=at, detail=detail)


def _write_boxes(picture: Picture, decided: Sequence[Decided], *, actor: Actor, at: datetime) -> None:
    PictureBox.objects.filter(picture=picture).delete()
    PictureBox.objects.bulk_create(
        PictureBox(
            picture=picture,
            kind=box.kind,
            left=box.left,
            top=box.top,
            width=box.width,
            height=box.height,
            by_hand=box.by_hand,
            decision=box.decision,
            decided_by=actor.told_as,
            at=at,
        )
        for box in decided
    )
    picture.looked_at = picture.looked_at or at
    picture.save(update_fields=["looked_at"])


def _same(picture: Picture) -> QuerySet[Picture]:
    return Picture.objects.filter(case_id=picture.case_id, file=picture.file)


def _replace(case: Case, picture: Picture, covered: StoredPhoto, *, at: datetime) -> None:
    """The copy's files take the place of the picture's, in every row that shows the same photo."""
    old = (picture.file, picture.thumbnail)
    first = (picture.original or old[0], picture.original_thumbnail or old[1])
    files.attach(
        [(covered.main, f"case.{picture.role}"), (covered.thumb, f"case.{picture.role}")], case.ref, at=at
    )
    same = Picture.objects.filter(file=old[0])
    same.update(
        file=covered.main.digest,
        thumbnail=covered.thumb.digest,
        original=first[0],
        original_thumbnail=first[1],
        width=covered.width,
        height=covered.height,
    )
    if old != first:
        _erase_copies(case, old)
    picture.file, picture.thumbnail = covered.main.digest, covered.thumb.digest
    picture.original, picture.original_thumbnail = first
    Case.objects.filter(thumbnail=old[1]).exclude(pk=case.pk).update(thumbnail=covered.thumb.digest)


def _put_back(case: Case, picture: Picture) -> None:
    """Nothing is covered any more: the first picture stands in its place again."""
    old = (picture.file, picture.thumbnail)
    Picture.objects.filter(file=old[0]).update(
        file=picture.original, thumbnail=picture.original_thumbnail, original="", original_thumbnail=""
    )
    picture.file, picture.thumbnail = picture.original, picture.original_thumbnail
    picture.original = picture.original_thumbnail = ""
    _erase_copies(case, old)


def _erase_copies(case: Case, digests: Sequence[str]) -> None:
    rows = FileRow.objects.filter(ref_kind=CASE, ref_key=str(case.pk), digest__in=list(digests))
    files.erase(rows.values_list("id", flat=True))
