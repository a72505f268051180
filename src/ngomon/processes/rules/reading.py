"""From the tables of a definition file to a `Definition`. What cannot be read is a fault with its place. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ngomon.directory.terms import Text

from ..terms import (
    ActionDef,
    Budget,
    Check,
    Clock,
    Definition,
    Fault,
    FieldDef,
    Holder,
    Lapse,
    Rung,
    StepBudget,
    StepDef,
    StepKind,
    Variant,
)

LANGUAGES = ("vi", "en")
_TOP = frozenset(["key", "name", "group", "notes", "start", "clock", "field", "step", "escalation"])
_STEP = frozenset(
    [
        "key",
        "name",
        "kind",
        "status",
        "role",
        "roles",
        "holder",
        "budget",
        "clock",
        "lapse",
        "variant",
        "consults",
        "outcome",
        "action",
    ]
)
_ACTION = frozenset(
    [
        "key",
        "name",
        "to",
        "role",
        "roles",
        "requires",
        "accepts",
        "tone",
        "when",
        "effect",
        "leaves_agency",
        "joins",
        "bars_holder",
        "tells",
        "check",
    ]
)
_BUDGET_UNITS = frozenset({"days", "hours", "minutes"})


class _Reader:
    """Collects faults while it reads, so that an author sees all of them at once."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def fault(self, where: str, key: str, **values: Any) -> None:
        self.faults.append(Fault(where, f"processes.fault.{key}", values))

    def known(self, where: str, raw: Mapping[str, Any], allowed: frozenset[str]) -> None:
        for name in sorted(set(raw) - allowed):
            self.fault(where, "unknown_word", word=name)

    def name(self, where: str, raw: Mapping[str, Any]) -> Text:
        found = raw.get("name")
        if not isinstance(found, Mapping) or not all(found.get(language) for language in LANGUAGES):
            self.fault(where, "name_missing")
            return {}
        return {language: str(found[language]) for language in LANGUAGES}

    def table(self, where: str, raw: Any) -> Mapping[str, Any]:
        if isinstance(raw, Mapping):
            return raw
        self.fault(where, "not_a_table")
        return {}

    def tables(self, where: str, raw: Any) -> list[Mapping[str, Any]]:
        if not isinstance(raw, list):
            self.fault(where, "not_a_list")
            return []
        return [self.table(f"{where}[{i}]", each) for i, each in enumerate(raw)]

    def budget(self, where: str, raw: Any) -> Budget | None:
        if isinstance(raw, Mapping) and len(raw) == 1:
            unit, n = next(iter(raw.items()))
            is_number = isinstance(n, int | float) and n > 0
            if unit in _BUDGET_UNITS and is_number and (unit != "days" or n == int(n)):
                return Budget(str(unit), n)
        said = ", ".join(f"{k} = {v}" for k, v in raw.items()) if isinstance(raw, Mapping) else raw
        self.fault(where, "bad_budget", value=said)
        return None


def _words(raw: Any) -> tuple[str, ...]:
    if isinstance(raw, str):
        return (raw,)
    return tuple(str(each) for each in raw) if isinstance(raw, list | tuple) else ()


def _condition(raw: Any) -> Mapping[str, tuple[str, ...]]:
    return {str(key): _words(value) for key, value in raw.items()} if isinstance(raw, Mapping) else {}


def _duplicates(keys: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    return [key for key in keys if key in seen or seen.add(key)]  # type: ignore[func-returns-value]


def read(raw: Mapping[str, Any], n: int = 0) -> tuple[Definition | None, list[Fault]]:
    """The definition that a file's tables mean, and what cannot be read in them; None where too little is left."""
    reader = _Reader()
    reader.known("definition", raw, _TOP)
    key = str(raw.get("key", ""))
    for name in ("key", "group", "start"):
        if not raw.get(name):
            reader.fault("definition", "word_missing", word=name)
    steps = [_step(reader, each) for each in reader.tables("step", raw.get("step", []))]
    fields = [
        _field(reader, name, each) for name, each in reader.table("field", raw.get("field", {})).items()
    ]
    for name in _duplicates(step.key for step in steps):
        reader.fault(f"step.{name}", "duplicate", what=name)
    clock = reader.table("clock", raw.get("clock", {}))
    reader.known("clock", clock, frozenset({"max_extensions", "max_extension_days"}))
    made = Definition(
        key=key,
        n=n,
        name=reader.name("definition", raw),
        group=str(raw.get("group", "")),
        start=str(raw.get("start", "")),
        steps={step.key: step for step in steps},
        fields={each.key: each for each in fields},
        ladder=tuple(_rungs(reader, raw.get("escalation", []))),
        max_extensions=int(clock.get("max_extensions", 2)),
        max_extension_days=int(clock.get("max_extension_days", 10)),
        notes=str(raw.get("notes", "")),
    )
    return (made if steps and made.start in made.steps else None), reader.faults


def _field(reader: _Reader, key: str, raw: Any) -> FieldDef:
    where = f"field.{key}"
    table = reader.table(where, raw)
    kind = str(table.get("kind", "text"))
    if kind not in {"text", "choice", "agency", "account", "date", "days", "photos"}:
        reader.fault(where, "unknown_kind", kind=kind)
    return FieldDef(key, reader.name(where, table), kind, _words(table.get("choices", ())))


def _step(reader: _Reader, raw: Mapping[str, Any]) -> StepDef:
    key = str(raw.get("key", ""))
    where = f"step.{key}" if key else "step"
    reader.known(where, raw, _STEP)
    if not key:
        reader.fault(where, "word_missing", word="key")
    kind = str(raw.get("kind", StepKind.TASK))
    if kind not in set(StepKind):
        reader.fault(where, "unknown_kind", kind=kind)
    clock = str(raw.get("clock", Clock.RUNS))
    if clock not in set(Clock):
        reader.fault(where, "unknown_kind", kind=clock)
    holder = str(raw.get("holder", ""))
    if holder and holder not in set(Holder):
        reader.fault(where, "unknown_holder", holder=holder)
    roles = _words(raw.get("roles", raw.get("role", ())))
    actions = tuple(
        _action(reader, where, each, roles) for each in reader.tables(where, raw.get("action", []))
    )
    for name in _duplicates(action.key for action in actions):
        reader.fault(f"{where}.{name}", "duplicate", what=name)
    return StepDef(
        key=key,
        name=reader.name(where, raw),
        kind=kind,
        status=str(raw.get("status", "")),
        roles=roles,
        holder=holder,
        budget=_step_budget(reader, where, raw["budget"]) if "budget" in raw else None,
        clock=clock,
        lapse=_lapse(reader, where, raw["lapse"]) if "lapse" in raw else None,
        variants=tuple(_variant(reader, where, v) for v in reader.tables(where, raw.get("variant", []))),
        consults=bool(raw.get("consults", False)),
        outcome=str(raw.get("outcome", "")),
        actions=actions,
    )


def _action(reader: _Reader, where: str, raw: Mapping[str, Any], roles: tuple[str, ...]) -> ActionDef:
    key = str(raw.get("key", ""))
    where = f"{where}.{key}"
    reader.known(where, raw, _ACTION)
    for name in ("key", "to"):
        if not raw.get(name):
            reader.fault(where, "word_missing", word=name)
    effect = str(raw.get("effect", ""))
    if effect not in {"", "commit", "extend", "record"}:
        reader.fault(where, "unknown_kind", kind=effect)
    return ActionDef(
        key=key,
        name=reader.name(where, raw),
        to=str(raw.get("to", "")),
        roles=_words(raw.get("roles", raw.get("role", roles))),
        requires=_words(raw.get("requires", ())),
        accepts=_words(raw.get("accepts", ())),
        tone=str(raw.get("tone", "plain")),
        when=_condition(raw.get("when", {})),
        effect=effect,
        leaves_agency=bool(raw.get("leaves_agency", False)),
        joins=bool(raw.get("joins", False)),
        bars_holder=bool(raw.get("bars_holder", False)),
        tells=_words(raw.get("tells", ())),
        checks=tuple(_check(reader, where, each) for each in reader.tables(where, raw.get("check", []))),
    )


def _check(reader: _Reader, where: str, raw: Mapping[str, Any]) -> Check:
    key = str(raw.get("key", ""))
    where = f"{where}.check.{key}"
    reader.known(where, raw, frozenset({"key", "name", "when"}))
    if not key:
        reader.fault(where, "word_missing", word="key")
    return Check(key, reader.name(where, raw), _condition(raw.get("when", {})))


def _step_budget(reader: _Reader, where: str, raw: Any) -> StepBudget | None:
    if raw == "rest":
        return StepBudget(is_rest=True)
    if isinstance(raw, Mapping) and set(raw) == {"share"}:
        share = raw["share"]
        if isinstance(share, int | float) and 0 < share <= 1:
            return StepBudget(share=float(share))
    own = reader.budget(where, raw)
    return StepBudget(own=own) if own else None


def _lapse(reader: _Reader, where: str, raw: Any) -> Lapse | None:
    table = reader.table(where, raw)
    action = str(table.get("action", ""))
    if not action:
        reader.fault(where, "word_missing", word="lapse.action")
    if table.get("on") == "commitment":
        return Lapse(action, on_commitment=True)
    after = reader.budget(where, table.get("after"))
    return Lapse(action, after) if after else None


def _variant(reader: _Reader, where: str, raw: Mapping[str, Any]) -> Variant:
    made = Variant(
        when=_condition(raw.get("when", {})),
        skip_to=str(raw.get("skip_to", "")),
        roles=_words(raw.get("roles", ())),
    )
    if not made.when or not (made.skip_to or made.roles):
        reader.fault(where, "empty_variant")
    return made


def _rungs(reader: _Reader, raw: Any) -> Iterable[Rung]:
    for i, table in enumerate(reader.tables("escalation", raw)):
        where = f"escalation[{i}]"
        reader.known(where, table, frozenset({"kind", "to", "at", "after"}))
        kind = str(table.get("kind", ""))
        if kind not in {"reminder", "overdue", "escalate"}:
            reader.fault(where, "unknown_kind", kind=kind)
        share = table.get("at", 1.0)
        if not isinstance(share, int | float) or not 0 < share <= 1:
            reader.fault(where, "bad_budget", value=share)
            share = 1.0
        after = reader.budget(where, table["after"]) if "after" in table else None
        yield Rung(kind, str(table.get("to", "")), float(share), after)
