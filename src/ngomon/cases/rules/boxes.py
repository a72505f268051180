"""Parts of pictures that an editor covers: what may be asked for, and a brush's strokes as few boxes. Pure."""

from __future__ import annotations

import json

from ..terms import Decided

MAX_BOXES = 200
KINDS = frozenset({"face", "plate", "other"})
SLACK = 0.001


def is_inside(box: Decided) -> bool:
    """Whether a box lies in its picture and has an area."""
    return (
        box.kind in KINDS
        and box.decision in {"cover", "keep"}
        and 0 <= box.left < 1
        and 0 <= box.top < 1
        and 0 < box.width <= 1 - box.left + SLACK
        and 0 < box.height <= 1 - box.top + SLACK
    )


def read_boxes(written: str) -> list[Decided]:
    """The boxes of a form's field: a list of {kind, left, top, width, height, by_hand, decision}. Raises: ValueError."""
    found = json.loads(written)
    if not isinstance(found, list) or len(found) > MAX_BOXES:
        raise ValueError("not a list of boxes")
    made = []
    for each in found:
        if not isinstance(each, dict):
            raise ValueError("not a box")
        place = [float(each[name]) for name in ("left", "top", "width", "height")]
        left, top = min(1.0, max(0.0, place[0])), min(1.0, max(0.0, place[1]))
        size = min(place[2], 1 - left), min(place[3], 1 - top)
        made.append(
            Decided(str(each["kind"]), left, top, *size, bool(each.get("by_hand")), str(each["decision"]))
        )
    if not all(is_inside(box) for box in made):
        raise ValueError("outside the picture")
    return made
