"""A definition as BPMN 2.0 with its drawing, for the tools of others.

A task or wait becomes a user task, its actions the flows out of an exclusive gateway, a lapse a boundary timer, passing over
an exclusive gateway before the task, an end an end event; lanes say where a step lies. What BPMN has no word for (roles,
fields, budgets in working time, the ladder) is kept word for word in extension elements, so that reading it back loses
nothing. Source: OMG BPMN 2.0.2 (formal/2013-12-09), clauses 8, 10, 12.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from lxml import etree

from ngomon.core.texts import text

from .rules.layout import Layout, laid_out
from .rules.reading import read
from .terms import Definition

MODEL = "http://www.omg.org/spec/BPMN/20100524/MODEL"
DI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DD = "http://www.omg.org/spec/DD/20100524/DI"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
OURS = "urn:ngomon:bpmn:1"
_NAMES: dict[Any, str] = {None: MODEL, "bpmndi": DI, "dc": DC, "di": DD, "xsi": XSI, "ngomon": OURS}

CELL_W, CELL_H, LEFT, TOP = 340, 130, 90, 40
TASK_W, TASK_H, GATE, EVENT = 130, 80, 50, 36


@dataclass
class _Node:
    """An element of the drawing: its box and what flows in and out."""

    element: Any
    x: float
    y: float
    w: float
    h: float
    incoming: list[str] = field(default_factory=list)
    outgoing: list[str] = field(default_factory=list)


def identifier(kind: str, key: str) -> str:
    """An XML id for a key."""
    return f"{kind}_{re.sub(r'[^A-Za-z0-9_.-]', '_', key)}"


def export(raw: Mapping[str, Any]) -> bytes:
    """The tables of a definition as a BPMN 2.0 file. Raises: ValueError for tables that are no definition at all."""
    definition, _ = read(raw)
    if definition is None:
        raise ValueError("there is no definition to draw")
    return _Writer(raw, definition).written()


class _Writer:
    def __init__(self, raw: Mapping[str, Any], definition: Definition) -> None:
        self.raw, self.definition = raw, definition
        self.tables: Mapping[str, Mapping[str, Any]] = {str(t["key"]): t for t in raw["step"]}
        self.layout: Layout = laid_out(definition)
        self.root = etree.Element(_q("definitions"), nsmap=_NAMES)
        self.root.set("id", identifier("definitions", definition.key))
        self.root.set("targetNamespace", OURS)
        self.root.set("exporter", "Ngọ Môn")
        self.nodes: dict[str, _Node] = {}
        self.flows: list[tuple[str, str, str]] = []
        self.boundary: dict[str, str] = {}
        self.process: Any = None

    def written(self) -> bytes:
        """All of it."""
        self._collaboration()
        self._head()
        self._lanes()
        self._start()
        for key in self.tables:
            self._step(key)
        self._flow("start", self._door(self.definition.start))
        for key in self.tables:
            self._ways(key)
        self._links()
        self._diagram()
        made: bytes = etree.tostring(self.root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
        return made

    # --- the model ------------------------------------------------------------------------------------------------

    def _collaboration(self) -> None:
        made = etree.SubElement(self.root, _q("collaboration"), id="collaboration")
        name = self.definition.name.get("vi", self.definition.key)
        process = identifier("process", self.definition.key)
        etree.SubElement(made, _q("participant"), id="pool", name=name, processRef=process)

    def _head(self) -> None:
        made = etree.SubElement(self.root, _q("process"), id=identifier("process", self.definition.key))
        made.set("name", self.definition.name.get("vi", self.definition.key))
        made.set("isExecutable", "true")
        _keep(made, {k: v for k, v in self.raw.items() if k not in {"step", "start"}})
        self.process = made

    def _lanes(self) -> None:
        lanes = etree.SubElement(self.process, _q("laneSet"), id="lanes")
        for lane in self.layout.lanes:
            name = text(f"processes.holder.{lane}", "vi")
            etree.SubElement(lanes, _q("lane"), id=identifier("lane", lane), name=name)

    def _lane(self, lane: str, node: str) -> None:
        found = self.process.find(f".//{_q('lane')}[@id='{identifier('lane', lane)}']")
        etree.SubElement(found, _q("flowNodeRef")).text = node

    def _add(self, kind: str, id: str, lane: str, box: tuple[float, float, float, float], **more: str) -> Any:
        made = etree.SubElement(self.process, _q(kind), {"id": id, **more})
        self.nodes[id] = _Node(made, *box)
        self._lane(lane, id)
        return made

    def _corner(self, key: str) -> tuple[float, float]:
        cell = self.layout.cells[key]
        above = list(self.layout.lanes).index(cell.lane)
        rows = sum(list(self.layout.lanes.values())[:above]) + cell.slot
        return LEFT + 110 + cell.layer * CELL_W, TOP + rows * CELL_H + 20

    def _start(self) -> None:
        x, y = self._corner(self.definition.start)
        lane = self.layout.cells[self.definition.start].lane
        self._add("startEvent", "start", lane, (x - 65, y + 22, EVENT, EVENT))

    def _door(self, key: str) -> str:
        """Where flows to a step arrive: at the gateway that may pass it over, else at itself."""
        skips = any(v.skip_to for v in self.definition.steps[key].variants)
        return identifier("skip" if skips else "step", key)

    def _step(self, key: str) -> None:
        step, table = self.definition.steps[key], self.tables[key]
        x, y = self._corner(key)
        lane, id = self.layout.cells[key].lane, identifier("step", key)
        if any(v.skip_to for v in step.variants):
            self._add("exclusiveGateway", identifier("skip", key), lane, (x, y + 15, GATE, GATE))
        is_end = step.kind == "end"
        box = (x + 72, y + 22, EVENT, EVENT) if is_end else (x + 72, y, TASK_W, TASK_H)
        name = step.name.get("vi", key)
        made = self._add("endEvent" if is_end else "userTask", id, lane, box, name=name)
        _keep(made, {k: v for k, v in table.items() if k != "action"})
        if step.kind != "end" and not self._goes_straight(key):
            self._add("exclusiveGateway", identifier("gate", key), lane, (x + 222, y + 15, GATE, GATE))
        if step.lapse and step.action(step.lapse.action):
            self._timer(key, x, y)

    def _timer(self, key: str, x: float, y: float) -> None:
        lapse = self.definition.steps[key].lapse
        assert lapse is not None
        id, task = identifier("lapse", key), identifier("step", key)
        box = (x + 72 + TASK_W - 54, y + TASK_H - 18, EVENT, EVENT)
        made = self._add("boundaryEvent", id, self.layout.cells[key].lane, box, attachedToRef=task)
        timer = etree.SubElement(made, _q("timerEventDefinition"), id=identifier("timer", key))
        kind, value = (
            ("timeDate", "commit_on") if lapse.after is None else ("timeDuration", _duration(lapse.after))
        )
        told = etree.SubElement(timer, _q(kind))
        told.set(f"{{{XSI}}}type", "tFormalExpression")
        told.text = value
        self.boundary[id] = task

    def _by_hand(self, key: str) -> list[Mapping[str, Any]]:
        """A step's actions but the one that only time takes."""
        step = self.definition.steps[key]
        only_time = [
            a.key
            for a in step.actions
            if step.lapse and a.key == step.lapse.action and a.roles == ("system",)
        ]
        return [a for a in self.tables[key].get("action", []) if a["key"] not in only_time]

    def _goes_straight(self, key: str) -> bool:
        """Whether there is one way out, always open: nothing is chosen then."""
        by_hand = self._by_hand(key)
        return len(by_hand) == 1 and not by_hand[0].get("when")

    def _ways(self, key: str) -> None:
        step, task = self.definition.steps[key], identifier("step", key)
        for n, variant in enumerate(self.tables[key].get("variant", [])):
            if variant.get("skip_to") in self.tables:
                made = self._flow(
                    identifier("skip", key), self._door(variant["skip_to"]), said=condition(variant["when"])
                )
                made.set(f"{{{OURS}}}variant", str(n))
        if self._door(key) != task:
            default = self._flow(identifier("skip", key), task)
            self.nodes[identifier("skip", key)].element.set("default", default.get("id"))
        by_hand = self._by_hand(key)
        source = task if self._goes_straight(key) else identifier("gate", key)
        if source != task and step.kind != "end":
            self._flow(task, source)
        for action in self.tables[key].get("action", []):
            if action in by_hand:
                self._action(source, action, is_chosen=source != task)
            if step.lapse and action["key"] == step.lapse.action:
                self._lapse(key, action, is_kept=action not in by_hand)

    def _action(self, source: str, action: Mapping[str, Any], *, is_chosen: bool) -> None:
        if action.get("to") not in self.tables:
            return
        said = " and ".join(
            [f"action == {str(action['key'])!r}", *filter(None, [condition(action.get("when", {}))])]
        )
        name = dict(action.get("name") or {}).get("vi", str(action["key"]))
        made = self._flow(source, self._door(action["to"]), name=name, said=said if is_chosen else "")
        _keep(made, {k: v for k, v in action.items() if k != "to"}, first=True)

    def _lapse(self, key: str, action: Mapping[str, Any], *, is_kept: bool) -> None:
        if action.get("to") not in self.tables:
            return
        made = self._flow(
            identifier("lapse", key), self._door(action["to"]), name=dict(action["name"]).get("vi", "")
        )
        if is_kept:
            _keep(made, {k: v for k, v in action.items() if k != "to"}, first=True)
        else:
            made.set(f"{{{OURS}}}of", str(action["key"]))

    def _flow(self, source: str, target: str, *, name: str = "", said: str = "") -> Any:
        id = f"flow_{len(self.flows) + 1}"
        made = etree.SubElement(self.process, _q("sequenceFlow"), id=id, sourceRef=source, targetRef=target)
        if name:
            made.set("name", name)
        if said:
            told = etree.SubElement(made, _q("conditionExpression"))
            told.set(f"{{{XSI}}}type", "tFormalExpression")
            told.text = said
        self.flows.append((id, source, target))
        self.nodes[source].outgoing.append(id)
        self.nodes[target].incoming.append(id)
        return made

    def _links(self) -> None:
        """Name the flows at their nodes, where the schema wants them."""
        for node in self.nodes.values():
            at = 1 if node.element.find(_q("extensionElements")) is not None else 0
            for kind, ids in (("incoming", node.incoming), ("outgoing", node.outgoing)):
                for id in ids:
                    made = etree.Element(_q(kind))
                    made.text = id
                    node.element.insert(at, made)
                    at += 1

    # --- the drawing ----------------------------------------------------------------------------------------------

    def _diagram(self) -> None:
        diagram = etree.SubElement(self.root, f"{{{DI}}}BPMNDiagram", id="diagram")
        plane = etree.SubElement(diagram, f"{{{DI}}}BPMNPlane", id="plane", bpmnElement="collaboration")
        width = 200 + self.layout.layers * CELL_W
        rows = sum(self.layout.lanes.values())
        _shape(plane, "pool", (LEFT - 60, TOP, width, rows * CELL_H), isHorizontal="true")
        y = TOP
        for lane, cells in self.layout.lanes.items():
            box = (LEFT - 30, y, width - 30, cells * CELL_H)
            _shape(plane, identifier("lane", lane), box, isHorizontal="true")
            y += cells * CELL_H
        for id, node in self.nodes.items():
            more = {"isMarkerVisible": "true"} if node.element.tag == _q("exclusiveGateway") else {}
            _shape(plane, id, (node.x, node.y, node.w, node.h), **more)
        for n, (id, source, target) in enumerate(self.flows):
            points = self._route(source, target, n)
            made = etree.SubElement(plane, f"{{{DI}}}BPMNEdge", id=f"{id}_di", bpmnElement=id)
            for px, py in points:
                etree.SubElement(made, f"{{{DD}}}waypoint", x=f"{px:g}", y=f"{py:g}")

    def _route(self, source: str, target: str, n: int) -> Sequence[tuple[float, float]]:
        """Right angles: forward between the columns, backward below the row."""
        a, b = self.nodes[source], self.nodes[target]
        ay, by = a.y + a.h / 2, b.y + b.h / 2
        if source in self.boundary:
            x, y = a.x + a.w / 2, a.y + a.h + 8 + (n % 4) * 3
            side = b.x - 14 - (n % 5) * 4
            return [(x, a.y + a.h), (x, y), (side, y), (side, by), (b.x, by)]
        if b.x > a.x + a.w:
            side = b.x - 14 - (n % 5) * 4
            if b.x - a.x > CELL_W * 1.2:
                # A long way goes above the row, not through what stands in it.
                out, high = a.x + a.w + 8 + (n % 4) * 3, a.y + a.h / 2 - 48 - (n % 4) * 3
                return [(a.x + a.w, ay), (out, ay), (out, high), (side, high), (side, by), (b.x, by)]
            same = abs(ay - by) < 1
            return (
                [(a.x + a.w, ay), (b.x, by)] if same else [(a.x + a.w, ay), (side, ay), (side, by), (b.x, by)]
            )
        out, low = a.x + a.w / 2, max(a.y + a.h, b.y + b.h) + 10 + (n % 5) * 4
        return [(out, a.y + a.h), (out, low), (b.x + b.w / 2 - 8, low), (b.x + b.w / 2 - 8, b.y + b.h)]


def _q(name: str) -> str:
    return f"{{{MODEL}}}{name}"


def _keep(element: Any, tables: Mapping[str, Any], *, first: bool = False) -> None:
    """Keep tables word for word in an element's extension."""
    extension = etree.Element(_q("extensionElements"))
    etree.SubElement(extension, f"{{{OURS}}}tables").text = orjson.dumps(
        tables, option=orjson.OPT_SORT_KEYS
    ).decode()
    element.insert(0, extension) if first else element.append(extension)


def _shape(plane: Any, id: str, box: tuple[float, float, float, float], **more: str) -> None:
    made = etree.SubElement(plane, f"{{{DI}}}BPMNShape", {"id": f"{id}_di", "bpmnElement": id, **more})
    names = ("x", "y", "width", "height")
    etree.SubElement(made, f"{{{DC}}}Bounds", {n: f"{v:g}" for n, v in zip(names, box, strict=True)})


def condition(when: Mapping[str, Any]) -> str:
    """A condition as an expression that most tools read: name in [values]."""
    return " and ".join(f"{name} in {_several(wanted)!r}" for name, wanted in when.items())


def _several(wanted: Any) -> list[str]:
    return [wanted] if isinstance(wanted, str) else [str(each) for each in wanted]


def _duration(after: Any) -> str:
    """ISO 8601; that days are working days the extension says."""
    n = f"{after.n:g}"
    return {"days": f"P{n}D", "hours": f"PT{n}H", "minutes": f"PT{n}M"}[after.unit]
