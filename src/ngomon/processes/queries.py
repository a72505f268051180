"""Reads of processes: definitions, where a thing's process stands, who may do what, when it is due and why."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import orjson
from django.db.models import Q

from ngomon.core.actors import Actor
from ngomon.core.errors import Invalid, NotFound
from ngomon.core.ids import Ref
from ngomon.core.texts import has_text, text
from ngomon.core.units import Unit, current_unit, in_unit
from ngomon.directory import queries as directory

from . import rows
from .models import Consultation, Counter, DefinitionVersion, Instance, LedgerEntry, Task
from .rules import deadlines, reading, steps
from .terms import (
    Action,
    Budget,
    Check,
    Clock,
    ConsultedAgency,
    Deadline,
    Definition,
    DoneTask,
    Extension,
    Moved,
    OpenTask,
    StepDef,
    StepKind,
    Suspension,
    TaskPage,
    Why,
)

FRESH_S = 2.0
"""How long the number of a definition's latest version is believed without asking the database."""

_versions: dict[tuple[str, int], Definition] = {}
_latest: dict[str, tuple[float, int]] = {}
_roles: dict[str, tuple[float, tuple[str, ...]]] = {}


_publishing: ContextVar[Unit | None] = ContextVar("processes_publishing", default=None)


def forget() -> None:
    """Read definitions anew next time: after a publication in this process.

    Inside a unit, what it reads is not kept: it may yet be rolled back.
    """
    _versions.clear()
    _latest.clear()
    _roles.clear()
    _publishing.set(current_unit() if in_unit() else None)


def _keeps() -> bool:
    """Whether what is read now may be kept in memory."""
    return not in_unit() or _publishing.get() is not current_unit()


# --- definitions --------------------------------------------------------------------------------------------------


def definition(key: str, n: int | None = None) -> Definition:
    """A definition, in its latest version or a given one; from memory where it can. Raises: NotFound."""
    number = _latest_n(key) if n is None else n
    found = _versions.get((key, number))
    if found is None:
        row = DefinitionVersion.objects.filter(key=key, n=number).values_list("text", flat=True).first()
        made = reading.read(orjson.loads(row), number)[0] if row else None
        if made is None:
            raise NotFound("processes.error.no_definition", key=key)
        if _keeps():
            _versions[key, number] = made
        return made
    return found


def _latest_n(key: str) -> int:
    known = _latest.get(key)
    if known and time.monotonic() - known[0] < FRESH_S:
        return known[1]
    found = DefinitionVersion.objects.filter(key=key).order_by("-n").values_list("n", flat=True).first()
    if found is None:
        raise NotFound("processes.error.no_definition", key=key)
    if _keeps():
        _latest[key] = (time.monotonic(), found)
    return found


def definitions() -> list[Definition]:
    """The latest version of every definition, by key."""
    keys = DefinitionVersion.objects.values_list("key", flat=True).distinct().order_by("key")
    return [definition(key) for key in keys]


def versions(key: str) -> list[tuple[int, datetime, str]]:
    """All versions of a definition: number, since when, published by whom; the newest first."""
    found = DefinitionVersion.objects.filter(key=key).order_by("-n")
    return list(found.values_list("n", "valid_from", "published_by"))


def steps_of(key: str, n: int | None = None) -> list[StepDef]:
    """The steps of a definition in the order of its file. Raises: NotFound."""
    return list(definition(key, n).steps.values())


# --- one process --------------------------------------------------------------------------------------------------


def step_of(instance: Instance) -> StepDef:
    """The step where an instance stands."""
    return definition(instance.definition, instance.n).steps[instance.step]


def situation(instance: Instance, step: StepDef | None = None) -> steps.Situation:
    """What decides who may act on an instance now."""
    return steps.Situation(
        step or step_of(instance),
        orjson.loads(instance.values),
        instance.agency,
        instance.assignee,
        instance.consulting,
    )


def ref_of(instance: Instance) -> Ref:
    """The thing that an instance is about."""
    return Ref(instance.of_kind, instance.of_key, instance.of_label, instance.of_url)


def moved(instance: Instance) -> Moved:
    """Where an instance stands, for the owner of the matter."""
    due = instance.due_at
    if instance.paused_at is not None:
        due = instance.task_due_at if instance.commit_on else None
    elif due is not None and instance.met_at is not None and instance.met_at <= due:
        # Those on call came in time: only the rest is still to be done.
        due = None if step_of(instance).kind == StepKind.TASK else due
    return Moved(
        instance=instance.pk,
        step=instance.step,
        agency=instance.agency,
        assignee=instance.assignee,
        due_at=due,
        status=instance.status,
        ended=instance.ended_at is not None,
        outcome=instance.outcome,
        task_due_at=instance.task_due_at,
        commit_until_on=instance.commit_on,
    )


def where(of: Ref) -> Moved:
    """Where the process of a thing stands. Raises: NotFound."""
    return moved(_latest_of(of))


def _latest_of(of: Ref) -> Instance:
    found = rows.latest(of)
    if found is None:
        raise NotFound("processes.error.no_process", of=of.label or of.key)
    return found


def checks_for(of: Ref, action: str) -> tuple[Check, ...]:
    """What whoever takes this action now has to have looked at. Raises: NotFound."""
    instance = _latest_of(of)
    known = step_of(instance).action(action)
    values = orjson.loads(instance.values)
    return tuple(c for c in known.checks if steps.meets(c.when, values)) if known else ()


def step_now(of: Ref) -> StepDef:
    """The step where the process of a thing stands, or stood last. Raises: NotFound."""
    return step_of(_latest_of(of))


def open_tasks(of: Ref, actor: Actor | None = None, *, is_reporter: bool = False) -> list[OpenTask]:
    """What waits for somebody in a thing's process: the main task, then open consultations.

    With an actor, `actions` are those he may take; without, all that the data allow.
    """
    instance = rows.running(of)
    if instance is None:
        return []
    found = [_open_task(instance, actor, is_reporter)]
    if instance.consulting:
        parts = Consultation.objects.filter(instance_id=instance.pk, closed_at__isnull=True)
        found += [_consultation_task(instance, part) for part in parts.order_by("due_at", "id")]
    return found


def _open_task(instance: Instance, actor: Actor | None, is_reporter: bool = False) -> OpenTask:
    known = definition(instance.definition, instance.n)
    at = situation(instance)
    allowed = steps.actions_open(at)
    if actor is not None:
        allowed = [a for a in allowed if steps.may_act(actor, a, at, is_reporter=is_reporter)]
    return OpenTask(
        id=instance.task,
        instance=instance.pk,
        of=ref_of(instance),
        step=instance.step,
        name=at.step.name,
        role=steps.main_role(at.step),
        agency=instance.task_agency,
        assignee=instance.assignee,
        due_at=instance.task_due_at,
        opened_at=instance.task_opened_at,
        actions=tuple(steps.shown(known, a) for a in allowed),
        roles=tuple(instance.role.split("+")),
    )


def _consultation_task(instance: Instance, part: Consultation) -> OpenTask:
    return OpenTask(
        id=part.pk,
        instance=instance.pk,
        of=ref_of(instance),
        step=instance.step,
        name={"vi": text("processes.consultation", "vi"), "en": text("processes.consultation", "en")},
        role="agency_clerk",
        agency=part.agency,
        assignee=None,
        due_at=part.due_at,
        opened_at=part.asked_at,
        kind="consultation",
        roles=CONSULTED_ROLES,
    )


CONSULTED_ROLES = ("agency_clerk", "agency_head", "agency_officer")


def actions_for(of: Ref, actor: Actor, *, is_reporter: bool = False) -> list[Action]:
    """The actions that this actor may take now; `is_reporter` says that the caller proved it. Empty when ended."""
    instance = rows.running(of)
    return list(_open_task(instance, actor, is_reporter).actions) if instance else []


def done_tasks(of: Ref) -> list[DoneTask]:
    """The steps that were done, in order: by whom, how, and whether in time."""
    instance = _latest_of(of)
    names = (
        "id",
        "step",
        "role",
        "agency",
        "assignee",
        "opened_at",
        "due_at",
        "done_at",
        "action",
        "done_by",
    )
    found = Task.objects.filter(instance_id=instance.pk).order_by("opened_at", "done_at", "id")
    done: list[DoneTask] = []
    for row in found.values_list(*names):
        due, done_at = row[6], row[7]
        done.append(DoneTask(*row, due is not None and done_at > due))  # type: ignore[call-arg]
    return done


def consultations(of: Ref) -> list[ConsultedAgency]:
    """Every agency that was asked in a thing's process, the newest first."""
    instance = rows.latest(of)
    if instance is None:
        return []
    names = (
        "id", "set_id", "agency", "join", "question", "asked_at", "due_at", "closed_at", "opinion", "answer",
    )  # fmt: skip
    found = Consultation.objects.filter(instance_id=instance.pk).order_by("-asked_at", "agency")
    return [ConsultedAgency(*row) for row in found.values_list(*names)]


# --- deadlines ----------------------------------------------------------------------------------------------------


def budget_of(instance: Instance) -> Budget:
    """The time that an instance has as a whole."""
    return Budget(instance.budget_unit, instance.budget_n)


def ledger_of(instance: Instance) -> list[Suspension | Extension]:
    """The suspensions and extensions since the clock was last started, in order; none costs no statement."""
    if not instance.has_ledger:
        return []
    found = LedgerEntry.objects.filter(instance_id=instance.pk, from_at__gte=instance.started_at)
    made: list[Suspension | Extension] = []
    for entry in found.order_by("from_at", "id"):
        if entry.kind == "extension":
            made.append(Extension(entry.from_at, entry.days, entry.reason))
        else:
            made.append(Suspension(entry.from_at, entry.to_at, entry.reason))
    return made


def clock_of(instance: Instance) -> deadlines.Calendar:
    """The clock an instance's budget runs on."""
    return deadlines.clock_for(budget_of(instance), directory.working_calendar())


def deadline_of(of: Ref) -> Deadline:
    """When a thing is due as a whole, and why then, in words. Raises: NotFound."""
    instance = _latest_of(of)
    why = deadlines.explain(
        instance.started_at,
        budget_of(instance),
        ledger_of(instance),
        directory.working_calendar(),
        paused_from=instance.paused_at,
        is_met=instance.met_at is not None,
    )
    if instance.commit_on:
        why = (*why[:-1], Why("processes.why.committed", {"on": instance.commit_on}))
    stands = instance.paused_at is not None
    return Deadline(
        due_at=moved(instance).due_at,
        started_at=instance.started_at,
        budget=budget_of(instance),
        why=why,
        is_paused=stands,
        words_vi=in_words(why, "vi"),
        words_en=in_words(why, "en"),
    )


def in_words(why: Iterable[Why], language: str) -> str:
    """An explanation as one sentence: its parts in a language, with days and hours as people say them."""
    parts = [
        text(part.key, language, **{name: _say(name, value, language) for name, value in part.values.items()})
        for part in why
    ]
    if len(parts) < 2:
        return "".join(parts)
    return "; ".join(parts[:-1]) + " → " + parts[-1]


def _say(name: str, value: Any, language: str) -> Any:
    if isinstance(value, datetime):
        local = value.astimezone(_zone())
        values = {"time": f"{local:%H:%M}", "day": _say_day(local.date(), language)}
        return text("processes.why.instant", language, **values)
    if isinstance(value, date):
        return _say_day(value, language)
    if name == "weekdays":
        return ", ".join(text(f"processes.weekday.{n}", language) for n in value)
    if name == "days":
        return ", ".join(f"{day.day}/{day.month}" for day in value)
    if name == "seconds":
        return _say_duration(value, language)
    if name == "reason":
        key = f"processes.reason.{value}"
        return text(key if has_text(key) else "processes.reason.other", language)
    return value


def _say_day(day: date, language: str) -> str:
    values = {"weekday": text(f"processes.weekday.{day.weekday()}", language)}
    return text("processes.why.day", language, **values, day=f"{day.day}/{day.month}/{day.year}")


def _say_duration(seconds: float, language: str) -> str:
    hours, minutes = divmod(round(seconds / 60), 60)
    if hours and minutes:
        return text("processes.why.hours_minutes", language, hours=hours, minutes=minutes)
    key = "processes.why.n_hours" if hours else "processes.why.n_minutes"
    return text(key, language, n=hours or minutes)


def _zone() -> Any:
    return directory.working_calendar().zone


# --- lists --------------------------------------------------------------------------------------------------------


def _role_words(actor: Actor) -> dict[str, list[str]]:
    """For each role the actor holds: the words in the column `role` that name it, alone or merged with others."""
    known = _roles.get("")
    if known is None or time.monotonic() - known[0] > 60:
        found = Instance.objects.filter(ended_at__isnull=True).values_list("role", flat=True).distinct()
        known = _roles[""] = (time.monotonic(), tuple({*found, *_defined_roles()}))
    held = {grant.role for grant in actor.grants}
    return {role: [w for w in known[1] if role in w.split("+")] for role in held}


def _defined_roles() -> set[str]:
    words: set[str] = set()
    for found in definitions():
        for step in found.steps.values():
            words.add("+".join(step.roles))
            words |= {"+".join(dict.fromkeys([*step.roles, *v.roles])) for v in step.variants if v.roles}
    return words


def _waiting_for(actor: Actor) -> Q:
    words = _role_words(actor)
    found = Q(assignee=actor.account_id) if actor.account_id else Q(pk__in=[])
    for grant in actor.grants:
        mine = Q(role__in=words[grant.role])
        if grant.role in steps.AGENCY_ROLES:
            if not grant.agency:
                continue
            mine &= Q(task_agency=grant.agency)
        if grant.role == "agency_officer":
            mine &= Q(assignee__isnull=True)
        found |= mine
    return found


def tasks_of(
    actor: Actor, *, at: datetime | None = None, cursor: str = "", size: int = 50, step: str = ""
) -> TaskPage:
    """The main tasks that wait for this actor, the most urgent first. One statement at any depth.

    With `at` only those already late then. Shape: `cursor` is the `next` of the page before.
    """
    found = Instance.objects.filter(_waiting_for(actor), ended_at__isnull=True, task_due_at__isnull=False)
    if step:
        found = found.filter(step=step)
    if at is not None:
        found = found.filter(task_due_at__lt=at)
    if cursor:
        due, key = _read_cursor(cursor)
        found = found.filter(Q(task_due_at__gt=due) | Q(task_due_at=due, id__gt=key))
    lines = list(found.order_by("task_due_at", "id")[: size + 1])
    more = _cursor(lines[size - 1].task_due_at, lines[size - 1].pk) if len(lines) > size else ""
    return TaskPage(tuple(_open_task(line, actor) for line in lines[:size]), more)


def consultations_of(actor: Actor, size: int = 100) -> list[OpenTask]:
    """The open consultations that wait for the actor's agencies, the most urgent first."""
    agencies = sorted(actor.agencies(*CONSULTED_ROLES))
    is_open = {"closed_at__isnull": True, "instance__ended_at__isnull": True}
    found = Consultation.objects.filter(agency__in=agencies, **is_open).select_related("instance")
    return [_consultation_task(part.instance, part) for part in found.order_by("due_at", "id")[:size]]


def _cursor(due: datetime | None, key: UUID) -> str:
    plain = f"{due.isoformat() if due else ''}|{key}"
    return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[datetime, UUID]:
    try:
        plain = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        due, key = plain.split("|")
        at = datetime.fromisoformat(due)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)), UUID(key)
    except (ValueError, binascii.Error) as error:
        raise Invalid.field("cursor", "processes.error.cursor") from error


def counts(
    *, agencies: Sequence[str] | None = None, definition: str = ""
) -> list[tuple[str, str, str, int, int]]:
    """From the counters: agency, definition, step, how many are open, how many of them late as a whole."""
    found = Counter.objects.filter(open__gt=0)
    if agencies is not None:
        found = found.filter(agency__in=list(agencies))
    if definition:
        found = found.filter(definition=definition)
    names = ("agency", "definition", "step", "open", "late")
    return list(found.order_by(*names[:3]).values_list(*names))


def is_running(instance: Instance) -> bool:
    """Whether the clock of the whole is going now."""
    return instance.ended_at is None and instance.paused_at is None and instance.met_at is None


def clock_word(instance: Instance) -> str:
    """What the present step does to the clock."""
    return str(step_of(instance).clock) if instance.ended_at is None else str(Clock.STOPS)
