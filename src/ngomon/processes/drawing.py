"""A definition's drawing for a page: the boxes and lines of its BPMN diagram, with the same numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from .bpmn_out import DC, DD, DI, MODEL, export, identifier
from .rules.reading import read


@dataclass(frozen=True, slots=True)
class Shape:
    """A box of the drawing. `kind`: the BPMN element's; `step`: the key of the step it stands for, if any."""

    kind: str
    step: str
    x: float
    y: float
    w: float
    h: float

    @property
    def middle(self) -> tuple[float, float]:
        """The centre, for circles and words."""
        return self.x + self.w / 2, self.y + self.h / 2

    @property
    def diamond(self) -> str:
        """The corners of a gateway."""
        (mx, my), right, low = self.middle, self.x + self.w, self.y + self.h
        return f"{mx:g},{self.y:g} {right:g},{my:g} {mx:g},{low:g} {self.x:g},{my:g}"


@dataclass(frozen=True, slots=True)
class Drawing:
    """All that is drawn, and how large it is. `lanes`: by holder."""

    width: float
    height: float
    lanes: Mapping[str, Shape]
    shapes: tuple[Shape, ...]
    lines: tuple[str, ...]


def drawing(raw: Mapping[str, Any]) -> Drawing | None:
    """What a definition looks like; none while there is too little to draw: no steps, no start among them."""
    definition, _ = read(raw)
    if definition is None or definition.start not in definition.steps:
        return None
    root = etree.fromstring(export(raw))
    kinds = {each.get("id"): etree.QName(each).localname for each in root.iter(f"{{{MODEL}}}*")}
    steps = {identifier("step", key): key for key in definition.steps}
    found = {id: _shape(each, kinds[id], steps) for each in _shapes(root) if (id := each.get("bpmnElement"))}
    pool = found.pop("pool")
    ids = {identifier("lane", step.holder): step.holder for step in definition.steps.values() if step.holder}
    lanes = {ids.get(id, id.removeprefix("lane_")): s for id, s in found.items() if s.kind == "lane"}
    lines = tuple(
        " ".join(f"{p.get('x')},{p.get('y')}" for p in edge.iter(f"{{{DD}}}waypoint"))
        for edge in root.iter(f"{{{DI}}}BPMNEdge")
    )
    shapes = tuple(s for s in found.values() if s.kind != "lane")
    return Drawing(pool.x + pool.w + 20, pool.y + pool.h + 40, lanes, shapes, lines)


def _shapes(root: Any) -> list[Any]:
    return list(root.iter(f"{{{DI}}}BPMNShape"))


def _shape(element: Any, kind: str, steps: Mapping[str, str]) -> Shape:
    box = element.find(f"{{{DC}}}Bounds")
    x, y, w, h = (float(box.get(name)) for name in ("x", "y", "width", "height"))
    return Shape(kind, steps.get(element.get("bpmnElement"), ""), x, y, w, h)
