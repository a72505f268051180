"""The job that looks new photos over for faces and plates, between units, in a process that ends with the batch."""

from __future__ import annotations

from uuid import UUID

import structlog

from ngomon.core import clock, detector, files
from ngomon.core.actors import system
from ngomon.core.errors import NotFound, Unavailable
from ngomon.core.ids import Ref
from ngomon.core.react import between_units
from ngomon.core.units import unit

from .commands.pictures import look_over
from .pictures import next_unseen

log = structlog.get_logger("ngomon.cases")
BATCH = 20
UNREAD = detector.Box("other", 0.0, 0.0, 1.0, 1.0)


@between_units
def look_over_pictures() -> int:
    """Look over the oldest new photos; how many. Nothing where this installation cannot: there boxes are drawn by hand."""
    waiting = next_unseen(BATCH) if detector.is_there() else []
    if not waiting:
        return 0
    done = 0
    with detector.Detector() as looking:
        for picture_id, digest in waiting:
            try:
                found = looking.boxes(_bytes_of(digest))
            except NotFound:
                found = []
            except Unavailable:
                log.warning("picture could not be looked over", picture=str(picture_id))
                found = [UNREAD]
            with unit():
                look_over(picture_id, found, actor=system("look_over_pictures"), at=clock.now())
            done += 1
            if found == [UNREAD]:
                break  # the process died over it; the others get a fresh one
    return done


def _bytes_of(digest: str) -> bytes:
    return files.File(UUID(int=0), digest, "image/jpeg", 0, "", Ref("", ""), clock.now()).read()
