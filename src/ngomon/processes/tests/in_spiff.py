"""SpiffWorkflow as the reference: one of our definitions, as our own BPMN export tells it, run by somebody else's engine.

For tests and benches only; the product never imports it. Tasks, gateways, flows, conditions, boundary events and their
cancelling are SpiffWorkflow's own. Two things come from outside, because BPMN leaves them open: when a timer ends (working
time is the city's, and the clock is the test's), and the data that conditions ask about.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.parser.event_parsers import BoundaryEventParser
from SpiffWorkflow.bpmn.parser.util import full_tag
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.serializer.config import DEFAULT_CONFIG
from SpiffWorkflow.bpmn.serializer.default.event_definition import TimerConditionalEventDefinitionConverter
from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin
from SpiffWorkflow.bpmn.specs.defaults import BoundaryEvent
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
from SpiffWorkflow.util.task import TaskState

from ngomon.processes.bpmn_out import export, identifier

for _name in ("spiff", "spiff.task", "spiff.workflow"):
    logging.getLogger(_name).setLevel(logging.WARNING)

Due = Callable[[str, datetime], datetime]
"""When a timer ends: its expression (`P5D`, `commit_on`) and the instant at which it began."""


class CityTimer(TimerEventDefinition):
    """A boundary timer by the city's clock and calendar."""

    def has_fired(self, my_task: Any) -> bool:
        """Whether its time has come."""
        city = my_task.workflow.top_workflow.script_engine
        ends = my_task._get_internal_data("event_value")
        if ends is None:
            ends = city.due(self.expression, city.now).isoformat()
            my_task._set_internal_data(event_value=ends)
        if datetime.fromisoformat(ends) <= city.now:
            my_task._set_internal_data(event_fired=True)
        return bool(my_task._get_internal_data("event_fired", False))


class _Boundary(BoundaryEventParser):  # type: ignore[misc]
    def parse_timer_event(self, event: Any) -> CityTimer:
        told = event[0].text
        return CityTimer(self.node.get("id"), told, description=self.get_event_description(event))


class _Parser(BpmnParser):  # type: ignore[misc]
    OVERRIDE_PARSER_CLASSES = {full_tag("boundaryEvent"): (_Boundary, BoundaryEvent)}


class RoundJoin(BoundaryEventJoin):  # type: ignore[misc]
    """The join that SpiffWorkflow puts behind a task with a timer, which settles its own round only.

    In 3.2.0, where a timer leads back to its own task, the join of the round before cancels that of the next, whose timer
    then never ends.
    """

    def _find_tasks(self, my_task: Any) -> list[Any]:
        mine = my_task.find_ancestor(self.split_task)
        return [task for task in super()._find_tasks(my_task) if task.find_ancestor(self.split_task) is mine]


class City(PythonScriptEngine):  # type: ignore[misc]
    """What a run asks of the world: the time, and the data of conditions, before and after what an action changed."""

    def __init__(self, due: Due, now: datetime) -> None:
        super().__init__()
        self.due, self.now = due, now
        self.action = ""
        self.before: Mapping[str, str] = {}
        self.after: Mapping[str, str] = {}

    def evaluate(self, task: Any, expression: str, external_context: Any = None) -> Any:
        """A condition: which way out asks how things stood, what is passed over how they stand then."""
        is_choice = task.task_spec.name.startswith("gate_")
        known = _Empty(self.before if is_choice else self.after)
        known["action"] = self.action
        return eval(expression, {"__builtins__": {}}, known)


class _Empty(dict[str, str]):
    """Data in which what is not known is empty, as in definitions."""

    def __missing__(self, key: str) -> str:
        return ""


def spec_of(raw: Mapping[str, Any]) -> Any:
    """A definition's tables, exported and parsed."""
    parser = _Parser()
    parser.add_bpmn_str(export(raw))
    made = parser.get_spec(identifier("process", str(raw["key"])))
    for each in made.task_specs.values():
        if type(each) is BoundaryEventJoin:
            each.__class__ = RoundJoin
    return made


def serializer() -> BpmnWorkflowSerializer:
    """SpiffWorkflow's own, that knows our timer too."""
    ours = {
        CityTimer: TimerConditionalEventDefinitionConverter,
        RoundJoin: DEFAULT_CONFIG[BoundaryEventJoin],
    }
    config = {**DEFAULT_CONFIG, **ours}
    return BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure(config))


class InSpiff:
    """One matter in SpiffWorkflow. Steps and actions go by our keys."""

    def __init__(self, raw: Mapping[str, Any], workflow: BpmnWorkflow, city: City) -> None:
        self.city, self.workflow = city, workflow
        workflow.script_engine = city
        self.keys = {identifier("step", table["key"]): table["key"] for table in raw["step"]}
        self.ends = {identifier("step", t["key"]) for t in raw["step"] if t.get("kind") == "end"}

    @classmethod
    def begun(
        cls, raw: Mapping[str, Any], spec: Any, city: City, values: Mapping[str, str] | None = None
    ) -> InSpiff:
        """A matter at its first step."""
        city.after = values or {}
        made = cls(raw, BpmnWorkflow(spec, script_engine=city), city)
        made.workflow.do_engine_steps()
        return made

    def waiting(self) -> list[str]:
        """The steps that wait for somebody."""
        ready = self.workflow.get_tasks(state=TaskState.READY)
        return sorted(self.keys[t.task_spec.name] for t in ready if t.task_spec.name in self.keys)

    def timers(self) -> list[str]:
        """The steps whose timer runs."""
        found = self.workflow.get_tasks(state=TaskState.WAITING, spec_class=BoundaryEvent)
        return sorted(task.task_spec.name.removeprefix("lapse_") for task in found)

    def timer_ends(self) -> datetime | None:
        """When the timer that runs ends; None where none runs."""
        found = self.workflow.get_tasks(state=TaskState.WAITING, spec_class=BoundaryEvent)
        ends = [datetime.fromisoformat(task._get_internal_data("event_value")) for task in found]
        return min(ends, default=None)

    def ended_at(self) -> list[str]:
        """The ends that were reached; none while it runs."""
        done = self.workflow.get_tasks(state=TaskState.COMPLETED)
        return sorted(self.keys[t.task_spec.name] for t in done if t.task_spec.name in self.ends)

    def may(self, action: str, values: Mapping[str, str]) -> bool:
        """Whether the way out of this action is open at the waiting step."""
        key = self.keys[self._ready().task_spec.name]
        gate = self.workflow.spec.task_specs.get(identifier("gate", key))
        if gate is None:
            return True
        self.city.before, self.city.action = values, action
        stood = type("At", (), {"task_spec": gate})
        return any(self.city.evaluate(stood, condition.args[0]) for condition, _ in gate.cond_task_specs)

    def act(self, action: str, before: Mapping[str, str], after: Mapping[str, str], now: datetime) -> None:
        """Complete the waiting step."""
        self._turn(action, before, after, now)
        self._ready().run()
        self.workflow.do_engine_steps()

    def pass_time(self, before: Mapping[str, str], after: Mapping[str, str], now: datetime) -> None:
        """Let timers end whose time has come."""
        self._turn("", before, after, now)
        self.workflow.refresh_timers()
        self.workflow.do_engine_steps()

    def _turn(self, action: str, before: Mapping[str, str], after: Mapping[str, str], now: datetime) -> None:
        self.city.action, self.city.before, self.city.after = action, before, after
        self.city.now = now.astimezone(UTC)

    def _ready(self) -> Any:
        ready = self.workflow.get_tasks(state=TaskState.READY)
        return next(task for task in ready if task.task_spec.name in self.keys)
