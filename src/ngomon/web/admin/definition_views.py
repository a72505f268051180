"""What the pages about definitions show: the drawing, findings, differences, drafts, the dry run of a migration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from ngomon.core.text import in_language
from ngomon.core.texts import text
from ngomon.directory import queries as directory
from ngomon.directory.terms import CategoryNode
from ngomon.processes import checking, drafting, queries, wording
from ngomon.processes.drawing import Shape, drawing
from ngomon.processes.rules import reading
from ngomon.processes.terms import Budget, Definition, DraftShown, Fault, MigrationPlan
from ngomon.services import manifest

from .views import process_rows, steps_view

Finding = tuple[bool, str, str]
"""Whether it is advice only; what was found; the walk that shows it, where there is one."""


def definition_rows(language: str) -> list[dict[str, Any]]:
    """Every definition in force, and drafts of new ones, with what runs by which version."""
    drafts = {draft.key: draft for draft in drafting.drafts()}
    rows: list[dict[str, Any]] = []
    for row in process_rows(language):
        running = drafting.running_by_version(row["key"])
        old = sum(n for version, n in running.items() if version != row["n"])
        rows.append(
            {**row, "draft": drafts.pop(row["key"], None), "running": sum(running.values()), "old": old}
        )
    new = [
        {
            "key": key,
            "name": in_language(d.tables.get("name") or {}, language) or key,
            "draft": d,
            "is_new": True,
        }
        for key, d in drafts.items()
    ]
    return rows + new


def drawn(tables: Mapping[str, Any], language: str, faults: Iterable[Fault] = ()) -> dict[str, Any] | None:
    """The drawing with its words; steps with a fault and the walk that shows it are marked."""
    made = drawing(tables)
    if made is None:
        return None
    found = [fault for fault in faults if not fault.is_advice]
    faulty = {f.where.split(".")[1] for f in found if f.where.startswith("step.")}
    walked = {key for fault in found for move in fault.path for key in (move.step, move.to)}
    names = {str(s["key"]): in_language(s.get("name") or {}, language) or s["key"] for s in tables["step"]}
    shapes = [
        {
            "shape": shape,
            "name": names.get(shape.step, ""),
            "lines": (lines := _broken(names.get(shape.step, ""))),
            "text_y": _first_line(shape, len(lines)),
            "mark": "fault" if shape.step in faulty else "walk" if shape.step in walked else "",
        }
        for shape in made.shapes
    ]
    lanes = [{"shape": s, "name": text(f"processes.holder.{key}", language)} for key, s in made.lanes.items()]
    return {"drawing": made, "shapes": shapes, "lanes": lanes}


def _first_line(shape: Shape, n: int) -> float:
    """Words stand in the middle of a task, below an end."""
    return shape.middle[1] + 4 - (n - 1) * 7.5 if shape.kind == "userTask" else shape.y + shape.h + 14


def _broken(words: str, width: int = 18) -> list[str]:
    lines = [""]
    for word in words.split():
        if lines[-1] and len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines if len(lines) <= 4 else [*lines[:3], f"{lines[3]}…"]


def readable(tables: Mapping[str, Any]) -> Definition | None:
    """A draft's tables as a definition, as far as they can be read."""
    return reading.read(tables)[0]


def findings_of(tables: Mapping[str, Any], at: datetime, language: str) -> tuple[list[Fault], dict[str, Any]]:
    """What is known against a draft, by itself and against the city's people and calendar, in words."""
    made = readable(tables)
    found = checking.findings(tables, _wholes(made.group if made else ""), at=at)
    said = wording.fault_lines(found, language, made)
    pairs = list(zip(found, said, strict=True))
    by_place: dict[str, list[Finding]] = {}
    for fault in found:
        step = fault.where.split(".")[1] if fault.where.startswith("step.") else ""
        line = (
            fault.is_advice,
            wording.words(fault, language, made),
            wording.walk_words(fault, language, made),
        )
        by_place.setdefault(step, []).append(line)
    return found, {
        "faults": [words for fault, words in pairs if not fault.is_advice],
        "advice": [words for fault, words in pairs if fault.is_advice],
        "by_place": by_place,
    }


def steps_with_findings(
    made: Definition | None, by_place: Mapping[str, list[Finding]], language: str
) -> list[dict[str, Any]]:
    """The steps of a draft, each with what was found about it."""
    rows = steps_view(made, language) if made else []
    return [{**row, "findings": by_place.get(row["step"].key, [])} for row in rows]


def uses_of(key: str, group: str, language: str) -> list[str]:
    """Where a definition is used: its service, and how many categories of the catalogue are in its group."""
    known = manifest.discover().get(key.partition(".")[0])
    if known is None:
        return [text("web.admin.definitions.used_room", language)]
    lines = [
        text("web.admin.definitions.used_service", language, name=in_language(dict(known.name), language))
    ]
    n = sum(1 for category in directory.categories() if str(category.group) == group)
    if n and group in known.groups:
        said = text(f"web.admin.group.{group}", language)
        lines.append(text("web.admin.definitions.used_categories", language, n=n, group=said))
    return lines


def _wholes(group: str) -> list[Budget]:
    """The times that the catalogue gives to matters of a group."""
    found = []
    nodes: list[CategoryNode] = list(directory.category_tree())
    while nodes:
        node = nodes.pop()
        nodes.extend(node.children)
        if str(node.category.group) == group and node.category.budget_days:
            found.append(Budget("days", node.category.budget_days))
        elif str(node.category.group) == group and node.category.budget_minutes:
            found.append(Budget("minutes", node.category.budget_minutes))
    return found


def difference_rows(draft: DraftShown, language: str) -> list[dict[str, str]]:
    """What a draft changes of the version in force, line by line."""
    made = readable(draft.tables)
    return [
        {
            "where": _place(where, made, language),
            "kind": text(f"web.admin.definitions.diff.{kind}", language),
            "old": _short(old, language),
            "new": _short(new, language),
        }
        for where, kind, old, new in drafting.differences(draft)
    ]


def _place(where: str, made: Definition | None, language: str) -> str:
    parts = where.split(".")
    if parts[0] != "step" or made is None or len(parts) < 2 or parts[1] not in made.steps:
        return where
    step = made.steps[parts[1]]
    said, rest = [in_language(step.name, language) or step.key], parts[2:]
    if len(rest) > 1 and rest[0] == "action":
        action = step.action(rest[1])
        said.append(in_language(action.name, language) if action else rest[1])
        rest = rest[2:]
    return " · ".join([*said, ".".join(rest)] if rest else said)


def _short(value: Any, language: str) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        name = value.get("name")
        return in_language(name, language) if isinstance(name, Mapping) else ", ".join(map(str, value))
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    return str(value)


def remark_lines(draft: DraftShown, language: str) -> list[str]:
    """What became of the elements of a file that are not supported as they stand."""
    return [
        text(
            "processes.bpmn.kept", language, kind=each["kind"], line=each["line"],
            name=" ".join((each["name"] or each["id"] or "–").split()),
            did=text(each["key"], language, **each["values"]),
        )
        for each in draft.remarks
    ]  # fmt: skip


def migration_rows(plan: MigrationPlan, language: str) -> list[dict[str, Any]]:
    """The dry run, step by step, in words."""
    old, new = queries.definition(plan.key, plan.from_n), queries.definition(plan.key, plan.to_n)
    offered = [(s.key, in_language(s.name, language)) for s in new.steps.values() if s.kind != "end"]
    return [
        {
            "line": each,
            "name": in_language(old.steps[each.step].name, language) if each.step in old.steps else each.step,
            "problem": text(each.problem, language) if each.problem else "",
            "choices": [(key, name, key == each.to) for key, name in offered],
        }
        for each in plan.lines
    ]
