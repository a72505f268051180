"""What the pages of a forecast show: the question and the assumptions in words, the answer in one sentence, charts, tables."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from ngomon.core.text import in_language
from ngomon.core.texts import text
from ngomon.processes.forecasting import readable
from ngomon.processes.terms import Budget, Definition, ForecastShown, Question

from .frame import agency_name, role_name
from .views import day_words

BARS = 8
LETTERS_A_LINE = 18
"""Of a name beside its lying bar, where the narrowest chart breaks it."""
POOLS = 10
FIGURES = (
    ("arrived", 1, 0),
    ("overdue_ratio", 100, 1),
    ("median_h", 1, 1),
    ("p90_h", 1, 1),
    ("open_at_end", 1, 0),
)
"""Name, factor, digits: shares are told in percent."""


def figure(value: float, language: str, digits: int = 1, *, signed: bool = False) -> str:
    """A figure as the language writes it; with its sign where it is a change."""
    said = f"{value:+.{digits}f}" if signed else f"{value:.{digits}f}"
    if signed and float(said) == 0:
        said = said.lstrip("+-")
    said = said.replace("-", "−")
    return said.replace(".", ",") if language == "vi" else said


def pool_name(pool: str, language: str) -> str:
    """A queue in words: the role, and the agency where it belongs to one."""
    role, _, agency = pool.partition(":")
    if agency == "*":
        return text("web.admin.forecast.each_agency", language, role=role_name(role, language))
    name = role_name(role, language)
    return f"{name}, {agency_name(agency, language)}" if agency else name


def time_words(own: Budget, language: str) -> str:
    """A time in words."""
    n = int(own.n) if float(own.n).is_integer() else figure(own.n, language, 1)
    return text(f"web.admin.budget.{own.unit}", language, n=n)


def question_lines(found: Question, definition: Definition | None, language: str) -> list[str]:
    """What is tried, in words; empty where nothing is."""
    said = []
    for role, agency, n in found.staff:
        words = {"pool": pool_name(f"{role}:{agency}", language), "n": figure(n, language, 0, signed=True)}
        said.append(text("web.admin.forecast.asked.staff", language, **words))
    for key, own in found.times.items():
        step = definition.steps.get(key) if definition else None
        words = {"step": in_language(step.name, language) if step else key, "time": time_words(own, language)}
        said.append(text("web.admin.forecast.asked.time", language, **words))
    if found.deadline:
        said.append(
            text("web.admin.forecast.asked.deadline", language, time=time_words(found.deadline, language))
        )
    if found.arrivals != 1.0:
        said.append(text("web.admin.forecast.asked.arrivals", language, percent=round(found.arrivals * 100)))
    for on, times in found.storm:
        words = {"on": day_words(on), "times": figure(times, language, 0 if times == int(times) else 1)}
        said.append(text("web.admin.forecast.asked.storm", language, **words))
    return said


def forecast_rows(
    found: Iterable[ForecastShown], definition: Definition | None, language: str
) -> list[dict[str, Any]]:
    """Earlier forecasts as a list: of what, what was tried, how it stands."""
    return [
        {
            "forecast": each,
            "of": of_words(each, language),
            "tried": question_lines(each.question, definition, language),
            "state": text(f"web.admin.forecast.state.{each.state}", language),
        }
        for each in found
    ]


def of_words(found: ForecastShown, language: str) -> str:
    """Of which version, or of the draft."""
    if found.n:
        return text("web.admin.process.version", language, n=found.n)
    return text("web.admin.definitions.draft", language)


def result_view(found: ForecastShown, language: str) -> dict[str, Any]:
    """A forecast that is done: sentences, assumptions, charts, tables."""
    said, definition = found.result, readable(found)
    return {
        "sentences": _sentences(found, said, language),
        "assumed": _assumed(said, definition, found.question, language),
        "charts": _charts(found.question, said, definition, language),
        "figures": _figure_rows(said, language),
        "steps": _step_rows(said, definition, language),
        "pools": _pool_rows(said, language),
    }


# --- words ------------------------------------------------------------------------------------------------------------


def _sentences(found: ForecastShown, said: Mapping[str, Any], language: str) -> list[str]:
    now, first = said["now"], date.fromisoformat(said["first_on"])
    last = first + timedelta(days=found.question.days - 1)
    values = {
        "first": day_words(first),
        "last": day_words(last),
        "n": figure(now["arrived"]["mean"], language, 0),
    }
    lines = [
        text(
            "web.admin.forecast.says.now", language, **values, **_band(now["overdue_ratio"], 100, 1, language)
        )
    ]
    lines.append(_bottleneck(now, language))
    if said["tried"]:
        change = said["change"]["overdue_ratio"]
        tried = _band(said["tried"]["overdue_ratio"], 100, 1, language)
        by = figure(abs(change["mean"] * 100), language)
        reach = {name: figure(change[name] * 100, language, signed=True) for name in ("low", "high")}
        kind = _kind_of(change)
        lines.append(text(f"web.admin.forecast.says.{kind}", language, now=tried["mean"], by=by, **reach))
        lines.append(_bottleneck(said["tried"], language, "tried_"))
    if any(each["key"] == "few" for each in said["assumed"]):
        lines.insert(0, text("web.admin.forecast.says.few", language))
    return [line for line in lines if line]


def _kind_of(change: Mapping[str, Any]) -> str:
    """Which sentence says a change of the late share."""
    if _is_same(change):
        return "same"
    if change["is_noise"]:
        return "noise"
    return "less" if change["mean"] < 0 else "more"


def _bottleneck(outcome: Mapping[str, Any], language: str, prefix: str = "") -> str:
    worst = next((p for p in outcome["pools"] if p["pool"] == outcome["bottleneck"]), None)
    if worst is None:
        return text(f"web.admin.forecast.says.{prefix}nobody_waits", language)
    return text(
        f"web.admin.forecast.says.{prefix}bottleneck",
        language,
        pool=pool_name(worst["pool"], language),
        hours=figure(worst["waited_h"]["mean"], language),
        load=figure(worst["load_ratio"]["mean"] * 100, language, 0),
        people=worst["people"],
    )


def _assumed(said: Mapping[str, Any], definition: Definition, asked: Question, language: str) -> list[str]:
    """What the forecast rests on, and what was taken for granted."""
    since = day_words(datetime.fromisoformat(said["since"]).date())
    lines = [
        text(
            "web.admin.forecast.based",
            language,
            n=said["matters"],
            tasks=said["tasks"],
            since=since,
            runs=asked.runs,
        )
    ]
    for each in said["assumed"]:
        steps = ", ".join(
            in_language(definition.steps[key].name, language)
            for key in each["steps"]
            if key in definition.steps
        )
        values = {
            key: figure(value, language, 0 if float(value).is_integer() else 1)
            for key, value in each["values"].items()
        }
        lines.append(text(f"processes.assumed.{each['key']}", language, steps=steps, **values))
    return lines


# --- charts -----------------------------------------------------------------------------------------------------------


def _sides(said: Mapping[str, Any], language: str) -> list[tuple[str, Mapping[str, Any]]]:
    """What stands side by side: how it is, and what is tried."""
    return [
        (text(f"web.admin.forecast.side.{name}", language), said[name])
        for name in ("now", "tried")
        if said[name]
    ]


def _series(name: str, bands: Iterable[Mapping[str, float] | None], factor: float = 1.0) -> dict[str, Any]:
    found = list(bands)
    rounded = [{k: round(v * factor, 2) for k, v in each.items()} if each else None for each in found]
    return {
        "name": name,
        "values": [each["mean"] if each else None for each in rounded],
        "low": [each["low"] if each else 0 for each in rounded],
        "high": [each["high"] if each else 0 for each in rounded],
    }


def _charts(
    asked: Question, said: Mapping[str, Any], definition: Definition, language: str
) -> list[dict[str, Any]]:
    first = date.fromisoformat(said["first_on"])
    days = [f"{first + timedelta(days=n):%d/%m}" for n in range(asked.days)]
    sides = _sides(said, language)
    found = [
        _chart("late", _late_bars(sides, definition, asked, language), language),
        _chart(
            "waiting",
            {
                "kind": "line",
                "x": days,
                "unit": text("web.admin.forecast.unit.matters", language),
                "series": [_series(name, outcome["waiting"]) for name, outcome in sides],
            },
            language,
        ),
    ]
    worst = said["now"]["bottleneck"]
    by_day = [(name, _pool(outcome, worst)) for name, outcome in sides]
    if worst and all(pool and pool["queue"] for _, pool in by_day):
        series = [_series(name, pool["queue"]) for name, pool in by_day if pool]
        unit = text("web.admin.forecast.unit.matters", language)
        chart = {"kind": "line", "x": days, "unit": unit, "series": series}
        found.append(_chart("queue", chart, language, pool=pool_name(worst, language)))
    waits = _wait_bars(sides, asked, language)
    return [*found, _chart("waits", waits, language)] if waits["x"] else found


def _chart(key: str, data: dict[str, Any], language: str, **values: str) -> dict[str, Any]:
    rows = len(data["x"]) * len(data["series"])
    longest = max((len(name) for name in data["x"]), default=0)
    lines = math.ceil(longest / LETTERS_A_LINE)
    height = f"{max(160, 70 + max(34, 10 + 16 * lines) * rows)}px" if data.get("lying") else "280px"
    return {
        "data": data,
        "title": text(f"web.admin.forecast.chart.{key}", language, **values),
        "height": height,
    }


def _late_bars(
    sides: list[tuple[str, Mapping[str, Any]]], definition: Definition, asked: Question, language: str
) -> dict[str, Any]:
    """The whole, then the steps that are ever late, or whose time is tried."""
    late = {
        step["step"]: max(_step(outcome, step["step"])["late_ratio"]["high"] for _, outcome in sides)
        for step in sides[0][1]["steps"]
        if all(_step(outcome, step["step"]) for _, outcome in sides)
    }
    shown = [k for k in late if late[k] > 0.005 or k in asked.times]
    shown = sorted(shown, key=lambda k: -late[k])[: BARS - 1]
    names = [in_language(definition.steps[k].name, language) for k in shown]
    return {
        "kind": "bar",
        "lying": True,
        "unit": "%",
        "x": [text("web.admin.forecast.whole", language), *names],
        "series": [
            _series(
                name,
                [outcome["overdue_ratio"], *(_step(outcome, k)["late_ratio"] for k in shown)],
                100,
            )
            for name, outcome in sides
        ],
    }


def _step(outcome: Mapping[str, Any], key: str) -> dict[str, Any]:
    found: dict[str, Any] = next((s for s in outcome["steps"] if s["step"] == key), {})
    return found


def _pool(outcome: Mapping[str, Any], key: str) -> dict[str, Any] | None:
    return next((p for p in outcome["pools"] if p["pool"] == key), None)


def _wait_bars(sides: list[tuple[str, Mapping[str, Any]]], asked: Question, language: str) -> dict[str, Any]:
    wanted = [f"{role}:{agency}" for role, agency, _ in asked.staff]
    order = dict.fromkeys(
        [*wanted, *(p["pool"] for _, o in sides for p in o["pools"] if p["waited_h"]["mean"] > 0.05)]
    )
    known = [k for k in order if any(_pool(o, k) for _, o in sides)][:BARS]
    return {
        "kind": "bar",
        "lying": True,
        "unit": text("web.admin.forecast.unit.hours", language),
        "x": [pool_name(k, language) for k in known],
        "series": [
            _series(name, [p["waited_h"] if (p := _pool(outcome, k)) else None for k in known])
            for name, outcome in sides
        ],
    }


# --- tables -----------------------------------------------------------------------------------------------------------


def _band(band: Mapping[str, float], factor: float, digits: int, language: str) -> dict[str, str]:
    return {name: figure(value * factor, language, digits) for name, value in band.items()}


def _change(
    change: Mapping[str, Any] | None, factor: float, digits: int, language: str
) -> dict[str, Any] | None:
    if change is None:
        return None
    said = {
        name: figure(change[name] * factor, language, digits, signed=True) for name in ("mean", "low", "high")
    }
    return {**said, "is_noise": change["is_noise"], "is_same": _is_same(change)}


def _is_same(change: Mapping[str, Any]) -> bool:
    """Whether nothing differs in any run."""
    return bool(change["low"] == change["high"] == 0)


def _figure_rows(said: Mapping[str, Any], language: str) -> list[dict[str, Any]]:
    return [
        {
            "name": text(f"web.admin.forecast.figure.{name}", language),
            "now": _band(said["now"][name], factor, digits, language),
            "tried": _band(said["tried"][name], factor, digits, language) if said["tried"] else None,
            "change": _change((said["change"] or {}).get(name), factor, digits, language),
        }
        for name, factor, digits in FIGURES
    ]


def _step_rows(said: Mapping[str, Any], definition: Definition, language: str) -> list[dict[str, Any]]:
    tried, change = said["tried"] or {"steps": []}, (said["change"] or {}).get("steps", {})
    return [
        {
            "name": in_language(definition.steps[step["step"]].name, language),
            "n": figure(step["n"], language, 0),
            "now": _band(step["late_ratio"], 100, 1, language),
            "tried": _band(other["late_ratio"], 100, 1, language)
            if (other := _step(tried, step["step"]))
            else None,
            "change": _change(change.get(step["step"]), 100, 1, language),
        }
        for step in said["now"]["steps"]
    ]


def _pool_rows(said: Mapping[str, Any], language: str) -> list[dict[str, Any]]:
    tried, change = said["tried"] or {"pools": []}, (said["change"] or {}).get("pools", {})
    rows = []
    for pool in said["now"]["pools"][:POOLS]:
        other = _pool(tried, pool["pool"])
        rows.append(
            {
                "name": pool_name(pool["pool"], language),
                "people": pool["people"],
                "people_then": other["people"] if other else None,
                "load": figure(pool["load_ratio"]["mean"] * 100, language, 0),
                "now": _band(pool["waited_h"], 1, 1, language),
                "tried": _band(other["waited_h"], 1, 1, language) if other else None,
                "change": _change(change.get(pool["pool"]), 1, 1, language),
                "is_worst": pool["pool"] == said["now"]["bottleneck"],
            }
        )
    return rows
