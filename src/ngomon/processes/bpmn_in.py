"""A BPMN 2.0 file as the tables of a definition, with a remark on every element that is not supported: its id, its line, what
became of it. What our own export kept in extensions comes back word for word, except where the drawing was changed: names,
flows and times of the drawing win.

The XML is read without entities, without network, and refused with a DOCTYPE.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from lxml import etree

from ngomon.core.errors import Invalid
from ngomon.core.text import fold
from ngomon.core.texts import catalogue, text

from .bpmn_out import MODEL, OURS

MOST_BYTES = 2_000_000
TASKS = frozenset({"task", "userTask", "manualTask"})
MACHINE = frozenset({"serviceTask", "sendTask", "receiveTask", "scriptTask", "businessRuleTask"})
STUBS = frozenset({"subProcess", "adHocSubProcess", "transaction", "callActivity"})
GATES = frozenset({"exclusiveGateway", "eventBasedGateway"})
FORKS = frozenset({"parallelGateway", "inclusiveGateway", "complexGateway"})
NODES = TASKS | MACHINE | STUBS | GATES | FORKS | {
    "startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent",
}  # fmt: skip
_PLUMBING = frozenset(
    {
        "definitions", "collaboration", "process", "laneSet", "childLaneSet", "extensionElements", "incoming", "outgoing",
        "flowNodeRef", "conditionExpression", "documentation", "participant", "sequenceFlow", "lane", "text",
    }
)  # fmt: skip
_ISO = re.compile(r"P(?:(?P<d>\d+(?:\.\d+)?)D)?(?:T(?:(?P<h>\d+(?:\.\d+)?)H)?(?:(?P<m>\d+(?:\.\d+)?)M)?)?")
Tables = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Remark:
    """What became of an element that is not supported as it stands. `key`: a text's key, `values` fill it."""

    id: str
    kind: str
    line: int
    name: str
    key: str
    values: Mapping[str, str] = field(default_factory=dict)

    def words(self, language: str) -> str:
        """One line of the report."""
        did = text(self.key, language, **self.values)
        shown = " ".join((self.name or self.id or "–").split())
        return text("processes.bpmn.kept", language, kind=self.kind, name=shown, line=self.line, did=did)


@dataclass(frozen=True, slots=True)
class Imported:
    """The tables that were read (a draft: they may have faults) and the report."""

    tables: Tables
    remarks: tuple[Remark, ...]
    is_ours: bool


def import_bpmn(content: bytes, key: str = "") -> Imported:
    """Read a file; `key` names the definition where the file is not our own. Raises: Invalid."""
    root = _parsed(content)
    processes = [p for p in root.iter(f"{{{MODEL}}}process") if any(_kind(e) in NODES for e in p)]
    if not processes:
        raise Invalid.field("file", "processes.bpmn.no_process")
    chosen = max(processes, key=lambda p: sum(_kind(e) in NODES for e in p))
    return _Reader(root, chosen, key).read([p for p in processes if p is not chosen])


def _parsed(content: bytes) -> Any:
    if len(content) > MOST_BYTES:
        raise Invalid.field("file", "processes.bpmn.too_large", most=MOST_BYTES // 1_000_000)
    if (
        re.search(rb"<!(DOCTYPE|ENTITY)", content)
        or b"<\x00!\x00D" in content
        or b"\x00<\x00!\x00D" in content
    ):
        raise Invalid.field("file", "processes.bpmn.forbidden")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root: Any = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Invalid.field("file", "processes.bpmn.not_xml", why=str(error)[:200]) from error
    if root.getroottree().docinfo.doctype:
        raise Invalid.field("file", "processes.bpmn.forbidden")
    return root


def _kind(element: Any) -> str:
    if not isinstance(element.tag, str) or not element.tag.startswith(f"{{{MODEL}}}"):
        return ""
    return etree.QName(element).localname


def _kept(element: Any) -> Tables | None:
    """The tables that our export kept at an element."""
    found = element.find(f"{{{MODEL}}}extensionElements/{{{OURS}}}tables")
    if found is None:
        return None
    try:
        read = orjson.loads(found.text or "")
    except orjson.JSONDecodeError:
        return None
    return read if isinstance(read, dict) else None


class _Reader:
    def __init__(self, root: Any, process: Any, key: str) -> None:
        self.root, self.process = root, process
        self.remarks: list[Remark] = []
        self.nodes = {e.get("id", ""): e for e in process if _kind(e) in NODES}
        self.out: dict[str, list[Any]] = {}
        self.keys: dict[str, str] = {}
        self.head = _kept(process) or {}
        self.is_ours = bool(self.head)
        self.key = str(self.head.get("key") or key or _slug(process.get("id", "")) or "imported")
        self.roles = _known_roles()

    def read(self, others: list[Any]) -> Imported:
        """Everything."""
        for other in others:
            self.remark(other, "other_process", said=self.process.get("name") or self.process.get("id", ""))
            self._of_parts(other)
        self._flows()
        self._name_nodes()
        lanes = self._lanes()
        steps = [self._step(id, lanes) for id in self.nodes if self._is_step(id)]
        start = self._start()
        self._of_gates()
        self._of_parts(self.process)
        self._of_rest()
        # A process without an end gets none here: the checks say so.
        tables: Tables = {**_blank(self.process, self.key), **self.head}
        tables["name"] = _renamed(tables.get("name"), self.process.get("name"), self.key)
        tables.update(key=self.key, start=start, step=steps)
        return Imported(tables, tuple(sorted(self.remarks, key=lambda r: r.line)), self.is_ours)

    def remark(self, element: Any, did: str, **values: str) -> None:
        """Note what became of an element."""
        kind = _kind(element) or "element"
        made = Remark(
            element.get("id", ""), kind, element.sourceline or 0, element.get("name") or "",
            f"processes.bpmn.{did}", values,
        )  # fmt: skip
        self.remarks.append(made)

    # --- the graph ------------------------------------------------------------------------------------------------

    def _flows(self) -> None:
        for flow in self.process.iter(f"{{{MODEL}}}sequenceFlow"):
            if flow.getparent() is not self.process:
                continue
            if flow.get("sourceRef") in self.nodes and flow.get("targetRef") in self.nodes:
                self.out.setdefault(flow.get("sourceRef"), []).append(flow)
            else:
                self.remark(flow, "dead_flow")

    def _is_step(self, id: str) -> bool:
        kind = _kind(self.nodes[id])
        forks = kind in FORKS and len(self.out.get(id, [])) > 1
        return kind in TASKS | MACHINE | STUBS | {"endEvent", "intermediateCatchEvent"} or forks

    def _name_nodes(self) -> None:
        taken: set[str] = set()
        for id, node in self.nodes.items():
            if not self._is_step(id):
                continue
            kept = _kept(node) or {}
            wanted = str(kept.get("key") or _slug(node.get("name") or "") or _slug(id) or "step")
            self.keys[id] = _free(wanted, taken)

    def _passes_over(self, id: str) -> bool:
        """Whether this is our own gateway before a step that may be passed over."""
        return any(flow.get(f"{{{OURS}}}variant") is not None for flow in self.out.get(id, []))

    def _target(self, id: str, seen: frozenset[str] = frozenset()) -> str:
        """The step where a flow comes to rest: gateways that only join or pass over, and thrown events, are gone through."""
        if id in self.keys or id in seen:
            return self.keys.get(id, "")
        flows = self.out.get(id, [])
        default = self.nodes[id].get("default")
        chosen = next((f for f in flows if f.get("id") == default), flows[0] if flows else None)
        return self._target(chosen.get("targetRef"), seen | {id}) if chosen is not None else ""

    def _choices(self, id: str, seen: frozenset[str] = frozenset()) -> Iterator[tuple[list[Any], str]]:
        """From a step on: each way to the next step, as the flows it takes and the step's key."""
        for flow in self.out.get(id, []):
            to = flow.get("targetRef")
            node = self.nodes[to]
            ways = self.out.get(to, [])
            # A gateway with one way is passed, but our own before an action that is not always open.
            is_asked = len(ways) > 1 or any(_kept(way) is not None for way in ways)
            is_choice = _kind(node) in GATES and is_asked and not self._passes_over(to)
            if to in seen:
                continue
            if to not in self.keys and is_choice:
                for flows, target in self._choices(to, seen | {to}):
                    yield [flow, *flows], target
            elif target := self._target(to, seen):
                yield [flow], target

    # --- steps ----------------------------------------------------------------------------------------------------

    def _step(self, id: str, lanes: Mapping[str, tuple[str, str]]) -> Tables:
        node, kind = self.nodes[id], _kind(self.nodes[id])
        made: Tables = {**(_kept(node) or self._new_step(node, kind, lanes.get(id, ("", ""))))}
        made["key"] = self.keys[id]
        made["name"] = _renamed(made.get("name"), node.get("name"), made["key"])
        if made.get("kind") == "end":
            return made
        self._skips(id, made)
        actions, taken = [], set[str]()
        boundary = [
            b for b in self.nodes.values() if _kind(b) == "boundaryEvent" and b.get("attachedToRef") == id
        ]
        sources = [id, *(b.get("id") for b in boundary if self._is_lapse(b, made))]
        for source in sources:
            for flows, target in self._choices(source):
                action = self._action(flows, target, taken)
                if source != id:
                    self._lapse(made, self.nodes[source], flows, action)
                if action is not None:
                    actions.append(action)
        self._timed_wait(made, actions)
        if actions:
            made["action"] = sorted(actions, key=lambda a: a.pop("_at"))
        return made

    def _timed_wait(self, step: Tables, actions: list[Tables]) -> None:
        """A wait of a stranger's goes on by its first way when its time is over."""
        lapse = step.get("lapse")
        if lapse and lapse.get("action") == "on" and actions and "on" not in {a["key"] for a in actions}:
            lapse["action"] = actions[0]["key"]
            actions[0].setdefault("roles", ["system"])

    def _new_step(self, node: Any, kind: str, lane: tuple[str, str]) -> Tables:
        holder, role = lane
        made: Tables = {"status": "in_progress"}
        if kind == "endEvent":
            if len([c for c in node if _kind(c).endswith("EventDefinition")]):
                self.remark(node, "made_end")
            return {"kind": "end", "status": "closed", "outcome": self.keys[node.get("id")]}
        if kind == "intermediateCatchEvent":
            return self._wait(node)
        if kind in MACHINE:
            self.remark(node, "made_task")
        elif kind in STUBS:
            self.remark(node, "made_stub")
        elif kind in FORKS:
            self.remark(node, "branches_chosen")
        if any("LoopCharacteristics" in _kind(c) for c in node):
            self.remark(node, "loop")
        made.update({"holder": holder} if holder else {}, budget={"days": 1})
        return {**made, **({"role": role} if role else {})}

    def _wait(self, node: Any) -> Tables:
        made: Tables = {
            "kind": "wait",
            "status": "waiting",
            "role": "reporter",
            "holder": "reporter",
            "clock": "pauses",
        }
        timer = node.find(f"{{{MODEL}}}timerEventDefinition")
        after = self._time(node, timer) if timer is not None else None
        if after is None:
            self.remark(node, "made_wait")
            return made
        # A timed wait goes on by itself: its first way is what happens.
        return {**made, "lapse": {"after": after, "action": "on"}}

    def _is_lapse(self, boundary: Any, step: Tables) -> bool:
        timer = boundary.find(f"{{{MODEL}}}timerEventDefinition")
        if timer is None or boundary.get("cancelActivity") == "false":
            self.remark(boundary, "boundary_lost")
            return False
        if "lapse" not in step:
            self.remark(boundary, "boundary_lapse")
        return True

    def _lapse(self, step: Tables, boundary: Any, flows: list[Any], action: Tables | None) -> None:
        """The timer at a step's border: our own says which action, a stranger's makes the step a wait."""
        named = flows[0].get(f"{{{OURS}}}of") or (action or {}).get("key", "")
        timer = boundary.find(f"{{{MODEL}}}timerEventDefinition")
        kept = step.get("lapse")
        if kept and kept.get("on") == "commitment":
            step["lapse"] = {**kept, "action": named}
            return
        after = self._time(boundary, timer)
        if kept and after is None:
            after = kept.get("after")
        step.update(kind="wait", lapse={"after": after or {"days": 1}, "action": named})
        if not kept:
            step.pop("budget", None)
            if action is not None:
                action["roles"] = ["system"]

    def _time(self, element: Any, timer: Any) -> Tables | None:
        told = next((c for c in timer if _kind(c) in {"timeDuration", "timeDate", "timeCycle"}), None)
        said = (told.text or "").strip().strip("\"'") if told is not None else ""
        found = _ISO.fullmatch(said) if told is not None and _kind(told) == "timeDuration" else None
        if found:
            for unit, name in (("d", "days"), ("h", "hours"), ("m", "minutes")):
                if found[unit] and not any(found[u] for u in "dhm" if u != unit):
                    n = float(found[unit])
                    return {name: int(n) if n == int(n) else n}
        self.remark(element, "bad_time", said=said)
        return None

    def _skips(self, id: str, step: Tables) -> None:
        """The flows that pass a step over, where our own gateway stands before it."""
        if not self.is_ours:
            return
        variants = step.get("variant") or []
        for gate, flows in self.out.items():
            if not any(
                f.get("targetRef") == id and f.get("id") == self.nodes[gate].get("default") for f in flows
            ):
                continue
            for flow in flows:
                n = flow.get(f"{{{OURS}}}variant", "")
                if n.isdecimal() and int(n) < len(variants):
                    variants[int(n)] = {**variants[int(n)], "skip_to": self._target(flow.get("targetRef"))}

    def _action(self, flows: list[Any], target: str, taken: set[str]) -> Tables | None:
        last = flows[-1]
        if last.get(f"{{{OURS}}}of"):
            return None
        kept = next((k for f in reversed(flows) if (k := _kept(f)) is not None), None)
        name = " / ".join(dict.fromkeys(n for f in flows if (n := " ".join((f.get("name") or "").split()))))
        if kept is None:
            for flow in flows:
                said = flow.findtext(f"{{{MODEL}}}conditionExpression")
                if said and said.strip():
                    self.remark(flow, "person_decides", said=" ".join(said.split()))
        made: Tables = dict(kept or {})
        key = _free(str(made.get("key") or _slug(name) or f"to_{target}"), taken)
        made.update(key=key, to=target, name=_renamed(made.get("name"), name, self._name_of(target)))
        made["_at"] = min(f.sourceline or 0 for f in flows[-1:])
        return made

    def _name_of(self, key: str) -> str:
        id = next((id for id, each in self.keys.items() if each == key), "")
        return " ".join((self.nodes[id].get("name") or key).split()) if id else key

    # --- what surrounds the steps ---------------------------------------------------------------------------------

    def _start(self) -> str:
        found = [n for n in self.nodes.values() if _kind(n) == "startEvent"]
        for other in found[1:]:
            self.remark(other, "one_start")
        if found and any(_kind(c).endswith("EventDefinition") for c in found[0]):
            self.remark(found[0], "made_plain_start")
        if found and (target := self._target(found[0].get("id"))):
            return target
        entered = {f.get("targetRef") for flows in self.out.values() for f in flows}
        return next(
            (key for id, key in self.keys.items() if id not in entered), next(iter(self.keys.values()), "")
        )

    def _of_gates(self) -> None:
        attached = {b.get("id") for b in self.nodes.values() if _kind(b) == "boundaryEvent"}
        for id, node in self.nodes.items():
            kind = _kind(node)
            if kind == "intermediateThrowEvent" or (kind in FORKS and not self._is_step(id)):
                self.remark(node, "passed_over")
            elif kind == "eventBasedGateway":
                self.remark(node, "person_decides", said=node.get("name") or kind)
            elif id in attached and node.get("attachedToRef") not in self.keys:
                self.remark(node, "boundary_lost")

    def _lanes(self) -> dict[str, tuple[str, str]]:
        """For each node of a lane: the holder and role that the lane's name means."""
        found: dict[str, tuple[str, str]] = {}
        for lane in self.process.iter(f"{{{MODEL}}}lane"):
            meant = self.roles.get(_folded(lane.get("name") or ""))
            is_known = (lane.get("id") or "").removeprefix("lane_") in {
                "ioc",
                "agency",
                "assignee",
                "reporter",
            }
            if meant is None and not is_known:
                self.remark(lane, "lane_unknown")
            for ref in lane.findall(f"{{{MODEL}}}flowNodeRef"):
                if meant is not None:
                    found[(ref.text or "").strip()] = meant
        return found

    def _of_parts(self, process: Any) -> None:
        """Everything in a process that is no node: data, notes, groups; and what is inside of its nodes."""
        told = {remark.id for remark in self.remarks}
        for element in process.iter():
            kind, id = _kind(element), element.get("id") if isinstance(element.tag, str) else None
            inside = element.getparent() is not process
            is_ours = process is self.process and kind in NODES and not inside
            if (
                not kind
                or not id
                or id in told
                or is_ours
                or (kind in _PLUMBING and not (inside and kind == "sequenceFlow"))
            ):
                continue
            if kind.endswith("EventDefinition") and element.getparent().getparent() is process:
                continue
            self.remark(element, "left_out")

    def _of_rest(self) -> None:
        """Everything beside the processes: messages, black boxes, data types."""
        for element in self.root.iter():
            kind = _kind(element)
            outside = not any(_kind(up) == "process" for up in element.iterancestors())
            taken = (
                element.get("processRef") if kind == "participant" else "yes" if kind in _PLUMBING else None
            )
            if kind and element.get("id") and outside and not taken:
                self.remark(element, "left_out")


def _free(wanted: str, taken: set[str]) -> str:
    """A key like the wanted one that nobody has yet; now taken."""
    key, count = wanted[:36], 2
    while key in taken:
        key, count = f"{wanted[:36]}_{count}", count + 1
    taken.add(key)
    return key


def _blank(process: Any, key: str) -> Tables:
    """What a file of others does not say: the group, a ladder, the fields that actions know."""
    return {
        "key": key,
        "group": "timed",
        "name": {},
        "notes": " ".join((process.findtext(f"{{{MODEL}}}documentation") or "").split())[:500],
        "clock": {"max_extensions": 2, "max_extension_days": 10},
        "escalation": [
            {"kind": "reminder", "to": "holder", "at": 0.7},
            {"kind": "overdue", "to": "agency_head"},
            {"kind": "escalate", "to": "city_office", "after": {"hours": 8}},
        ],
        "field": {},
    }


def _renamed(known: Any, said: str | None, fallback: str) -> dict[str, str]:
    """A name in both languages; a drawing speaks one, and wins where it differs."""
    names = dict(known) if isinstance(known, Mapping) else {}
    shown = " ".join((said or "").split())
    if not names:
        return {"vi": shown or fallback, "en": shown or fallback}
    return (
        names if not shown or shown == " ".join(str(names.get("vi", "")).split()) else {**names, "vi": shown}
    )


def _slug(words: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", _folded(words)).strip("_")[:36]


def _folded(words: str) -> str:
    return " ".join(fold(words).split())


def _known_roles() -> dict[str, tuple[str, str]]:
    """Names of holders and roles in both languages, folded: what they mean."""
    found: dict[str, tuple[str, str]] = {}
    for key, entry in catalogue().items():
        kind, _, name = key.rpartition(".")
        if kind == "identity.role":
            holder = {"agency_officer": "assignee"}.get(
                name, "agency" if name.startswith("agency") else "ioc"
            )
            meant = (holder, name)
        elif kind == "processes.holder":
            meant = (name, {"reporter": "reporter", "assignee": "agency_officer"}.get(name, ""))
        else:
            continue
        for language in ("vi", "en"):
            found.setdefault(_folded(str(entry.get(language, ""))), meant)
    return found
