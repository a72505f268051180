"""What the pages of administration show, gathered for their templates."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from ngomon.core.text import fold, in_language
from ngomon.core.texts import has_text, text
from ngomon.directory import queries as directory
from ngomon.directory import terms
from ngomon.identity import queries as identity
from ngomon.identity.terms import HoldingShown
from ngomon.processes import queries as processes
from ngomon.processes.terms import Budget, Definition, Rung, StepDef

from .commands import PARTS, receivers
from .forms import PLACES, post_name
from .frame import agency_name, area_name, role_name

# --- categories -----------------------------------------------------------------------------------------------------


def tree_rows(language: str, on: date, words: str) -> list[dict[str, Any]]:
    """The catalogue as rows of a table, each with its depth; only what fits the words, and what that lies under."""
    wanted = fold(words).split()
    return [row for node in directory.category_tree() for row in _branch(node, 0, language, on, wanted)]


def _branch(
    node: terms.CategoryNode, depth: int, language: str, on: date, wanted: list[str]
) -> list[dict[str, Any]]:
    found = node.category
    below = [row for child in node.children for row in _branch(child, depth + 1, language, on, wanted)]
    said = fold(" ".join([*found.name.values(), found.key, *found.words]))
    if not below and not all(word in said for word in wanted):
        return []
    row = {
        "category": found,
        "name": in_language(found.name, language),
        "depth": depth,
        "budget": budget_words(found, language),
        "agency": in_language(
            directory.agency(directory.route_for(found.key, None, on).agency).short, language
        )
        if found.group
        else "",
        "ended": found.valid_to is not None and found.valid_to <= on,
        "leaves": sum(1 for r in below if r["category"].group),
    }
    return [row, *below]


def budget_words(found: terms.Category, language: str) -> str:
    """A category's time in words."""
    if found.group == terms.Group.INSTANT and found.budget_minutes:
        return text("web.admin.budget.minutes", language, n=found.budget_minutes)
    if found.group == terms.Group.TIMED and found.budget_days:
        return text("web.admin.budget.days", language, n=found.budget_days)
    return ""


def routing_rows(category: terms.Category, language: str, on: date) -> list[dict[str, Any]]:
    """The routing rows that decide for a category: its own, then those of what it lies under, then those of all."""
    rows = []
    key = category.key
    while key:
        rows += [_routing_row(rule, language, on, category.key) for rule in directory.routing_rules(key)]
        key = directory.category(key).parent
    return rows + [_routing_row(rule, language, on, category.key) for rule in directory.routing_rules("*")]


def _routing_row(rule: terms.RoutingRule, language: str, on: date, category: str) -> dict[str, Any]:
    place = PLACES.get(rule.area)
    if rule.agency in {"ward_committee", "ward_police"}:
        agency = text(f"web.admin.at_place.{rule.agency}", language)
    else:
        agency = agency_name(rule.agency, language)
    is_over = rule.valid_to is not None and rule.valid_to <= on
    is_ahead = rule.valid_from is not None and rule.valid_from > on
    where = text(f"web.admin.place.{place}", language) if place else area_name(rule.area, language)
    about = _category_named(category, language)
    return {
        "rule": rule,
        "place": where,
        "agency": agency,
        "why": _filled(in_language(rule.why, language), area=where, agency=agency, category=about),
        "of": "" if rule.category == category else _category_named(rule.category, language),
        "state": "over" if is_over else "ahead" if is_ahead else "now",
    }


def _filled(words: str, **values: str) -> str:
    """A reason with its variables filled in, as far as it has them."""
    for name, value in values.items():
        words = words.replace("{" + name + "}", value)
    return words


def _category_named(key: str, language: str) -> str:
    if key == "*":
        return text("web.admin.all_categories", language)
    return in_language(directory.category(key).name, language)


# --- agencies -------------------------------------------------------------------------------------------------------


def agency_rows(
    language: str, at: datetime, asked: dict[str, str], open_work: dict[str, int]
) -> list[dict[str, Any]]:
    """Agencies that fit the filters, by name."""
    on = directory.local_day(at)
    wanted = fold(asked["q"]).split()
    rows = []
    for found in directory.agencies(kind=asked["kind"] or None):
        ended = found.valid_to is not None and found.valid_to <= on
        state = "ended" if ended else "ready" if found.is_ready else "unready"
        said = fold(" ".join([*found.name.values(), *found.short.values(), found.key]))
        is_asked = asked["state"] in {"all", state} or (asked["state"] == "open" and not ended)
        if is_asked and all(word in said for word in wanted):
            rows.append(
                {
                    "agency": found,
                    "name": in_language(found.name, language),
                    "kind": text(f"web.admin.kind.{found.kind}", language),
                    "state": state,
                    "marks": len(PARTS) - len(directory.readiness(found.key).missing),
                    "open": open_work.get(found.key, 0),
                    "successor": agency_name(found.successor, language) if found.successor else "",
                }
            )
    return rows


def post_rows(agency: str, language: str, at: datetime) -> list[dict[str, Any]]:
    """An agency's posts with who holds them and who stands in; posts held without a row in the directory come last."""
    staff = identity.staff_of(agency, at)
    posts = sorted(directory.posts(agency, directory.local_day(at)), key=lambda p: (p.role, p.seat))
    names = {p.id: post_name(p, language) for p in posts}
    keys = {str(p.id) for p in posts}
    loose = [(h, name) for h, name in staff if h.post not in keys]
    people = _around([h.account_id for h, _ in staff], at)
    rows = []
    for post in posts:
        held = [(h, name) for h, name in staff if h.post == str(post.id)]
        if not held:
            held = [pair for pair in loose if pair[0].role == post.role][:1]
            loose = [pair for pair in loose if pair not in held]
        rows.append(_post_row(names[post.id], post.role, held, people, language, post=post))
        rows[-1]["stands_for"] = names.get(post.substitute_of, "") if post.substitute_of else ""
    by_role: dict[str, list[tuple[HoldingShown, str]]] = {}
    for holding, name in loose:
        by_role.setdefault(holding.role, []).append((holding, name))
    rows += [
        _post_row(role_name(role, language), role, held, people, language) for role, held in by_role.items()
    ]
    return rows


def _post_row(
    name: str,
    role: str,
    held: list[tuple[HoldingShown, str]],
    people: dict[Any, list[str]],
    language: str,
    post: terms.Post | None = None,
) -> dict[str, Any]:
    return {
        "post": post,
        "name": name,
        "role": role_name(role, language),
        "holders": [
            {"id": h.account_id, "name": who, "notes": people.get(h.account_id, []), "is_main": h.is_main}
            for h, who in held
        ],
        "stands_for": "",
    }


def _around(accounts: Iterable[Any], at: datetime) -> dict[Any, list[str]]:
    """What is to be said of officers: away until when and who stands in; whom they have empowered."""
    keys = list(accounts)
    absences = identity.absences_of(keys, at)
    given = [d for d in identity.delegations_shown(keys, at) if d.giver_id in keys]
    others = {a.substitute_id for a in absences if a.substitute_id} | {d.receiver_id for d in given}
    names = identity.names_of(others)
    notes: dict[Any, list[str]] = {}
    for absence in absences:
        who = names.get(absence.substitute_id, "") if absence.substitute_id else ""
        key = "web.admin.note.away_with" if who else "web.admin.note.away"
        said = text(key, who=who, until=day_words(last_day(absence.valid_to)))
        notes.setdefault(absence.account_id, []).append(said)
    for delegation in given:
        until = day_words(last_day(delegation.valid_to))
        said = text("web.admin.note.delegated", who=names.get(delegation.receiver_id, ""), until=until)
        notes.setdefault(delegation.giver_id, []).append(said)
    return notes


def last_day(ends_at: datetime) -> date:
    """The last local day before an instant at which something ends."""
    return directory.local_day(ends_at - timedelta(seconds=1))


def day_words(on: date) -> str:
    """A day in figures, as both languages read it here."""
    return on.strftime("%d/%m/%Y")


def readiness_rows(agency: str, language: str, at: datetime) -> list[dict[str, Any]]:
    """Head, clerk and substitute: who would get a test message, and when theirs was answered."""
    marks = directory.readiness(agency).acknowledged
    to = receivers(agency, at)
    names = identity.names_of(to.values())
    return [
        {
            "part": role_name(part, language),
            "who": names.get(to[part], "") if part in to else "",
            "account": to.get(part),
            "at": marks.get(part),
        }
        for part in PARTS
    ]


def roster_grid(agency: str, language: str) -> list[dict[str, Any]]:
    """The week: for each day and shift the slots taken and a free one, as names of the form's fields."""
    slots = directory.roster(agency)
    grid = []
    for shift in terms.Shift:
        days = []
        for weekday in range(7):
            taken = [s for s in slots if s.weekday == weekday and s.shift == shift]
            lines = [
                {
                    "name": f"{shift.value}_{weekday}_{n}",
                    "post": str(s.post),
                    "substitute": str(s.substitute or ""),
                }
                for n, s in enumerate(taken)
            ]
            lines.append({"name": f"{shift.value}_{weekday}_{len(taken)}", "post": "", "substitute": ""})
            days.append({"name": text(f"web.admin.weekday.{weekday}", language), "lines": lines})
        grid.append({"name": text(f"web.admin.shift.{shift.value}", language), "days": days})
    return grid


# --- calendar -------------------------------------------------------------------------------------------------------


def year_months(year: int, language: str) -> list[dict[str, Any]]:
    """A year as twelve months of weeks; of each day whether it is worked and who said so."""
    decided = {d.on: d for d in directory.day_decisions(date(year, 1, 1), date(year, 12, 31))}
    calendar = directory.working_calendar()
    months = []
    for month in range(1, 13):
        first = date(year, month, 1)
        until = date(year + (month == 12), month % 12 + 1, 1)
        days: list[dict[str, Any] | None] = [None] * first.weekday()
        for n in range((until - first).days):
            on = first + timedelta(days=n)
            days.append(_day(on, calendar.is_working_day(on), decided.get(on), language))
        days += [None] * (-len(days) % 7)
        weeks = [days[i : i + 7] for i in range(0, len(days), 7)]
        months.append({"name": text(f"web.admin.month.{month}", language), "weeks": weeks})
    return months


def _day(on: date, is_working: bool, decided: terms.DayDecision | None, language: str) -> dict[str, Any]:
    name = in_language(decided.name, language) if decided else ""
    state = "working" if is_working else "off"
    if decided:
        state += " is-decided"
    words = text(f"web.admin.day.{'working' if is_working else 'off'}", language)
    return {"on": on, "n": on.day, "state": state, "label": ": ".join(part for part in (words, name) if part)}


# --- processes ------------------------------------------------------------------------------------------------------


def process_rows(language: str) -> list[dict[str, Any]]:
    """The definitions in force, with when each was published."""
    return [
        {
            "key": d.key,
            "name": in_language(d.name, language),
            "group": text(f"web.admin.group.{d.group}", language),
            "n": d.n,
            "steps": len(d.steps),
            "since": processes.versions(d.key)[0][1],
        }
        for d in processes.definitions()
    ]


def process_view(key: str, n: int | None, language: str) -> dict[str, Any]:
    """One definition: steps in the order of its file, with their ways, and the ladder of reminders. Raises: NotFound."""
    found = processes.definition(key, n)
    versions = [
        {"n": number, "since": since, "by": by, "current": number == found.n}
        for number, since, by in processes.versions(key)
    ]
    return {
        "definition": found,
        "name": in_language(found.name, language),
        "group": text(f"web.admin.group.{found.group}", language),
        "versions": versions,
        "steps": steps_view(found, language),
        "ladder": [_rung(rung, language) for rung in found.ladder],
    }


def steps_view(found: Definition, language: str) -> list[dict[str, Any]]:
    """The steps in the order of the file, with their ways, in words."""
    return [_step(step, found, language) for step in found.steps.values()]


def _step(step: StepDef, found: Definition, language: str) -> dict[str, Any]:
    return {
        "step": step,
        "name": in_language(step.name, language),
        "is_start": step.key == found.start,
        "kind": text(f"web.admin.step.{step.kind}", language),
        "roles": ", ".join(role_name(role, language) for role in step.roles),
        "time": _time(step, language),
        "clock": text(f"web.admin.clock.{step.clock}", language) if step.kind != "end" else "",
        "ways": [
            {
                "name": in_language(action.name, language),
                "to": in_language(found.steps[action.to].name, language)
                if action.to in found.steps
                else action.to,
                "to_key": action.to,
                "roles": ", ".join(role_name(role, language) for role in action.roles),
                "asks": ", ".join(_field(found, name, language) for name in action.requires),
            }
            for action in step.actions
        ],
    }


def _field(found: Definition, name: str, language: str) -> str:
    return in_language(found.fields[name].name, language) if name in found.fields else name


def _time(step: StepDef, language: str) -> str:
    if step.budget is None:
        return ""
    if step.budget.own is not None:
        return _budget(step.budget.own, language)
    if step.budget.is_rest:
        return text("web.admin.budget.rest", language)
    return text("web.admin.budget.share", language, percent=round(step.budget.share * 100))


def _budget(budget: Budget, language: str) -> str:
    n = int(budget.n) if float(budget.n).is_integer() else budget.n
    return text(f"web.admin.budget.{budget.unit}", language, n=n)


def _rung(rung: Rung, language: str) -> dict[str, str]:
    if rung.after is not None:
        at = text("web.admin.ladder.after", language, time=_budget(rung.after, language))
    else:
        at = text("web.admin.ladder.share", language, percent=round(rung.share * 100))
    key = f"web.admin.ladder.{rung.kind}"
    return {
        "at": at,
        "what": text(key, language) if has_text(key) else rung.kind,
        "to": role_name(rung.to, language),
    }
