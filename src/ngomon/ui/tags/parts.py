"""Components that are partials in `templates/ui/parts/`: each tag only gathers what its partial shows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import template
from django.forms import BoundField, Form
from django.template.context import Context
from django.utils.safestring import SafeString, mark_safe

from ngomon.core.texts import text
from ngomon.ui.tags.words import number

register = template.Library()


@register.inclusion_tag("ui/parts/field.html")
def field(
    bound: BoundField, hint: str = "", prefix: str = "", suffix: str = "", width: str = "", **attributes: Any
) -> dict[str, Any]:
    """A form field with label, hint, error and input. `width`: short, medium. Attributes go to the input."""
    kind = getattr(bound.field.widget, "input_type", "")
    errors = list(bound.errors)
    help_text = hint or bound.help_text
    described = [f"{bound.auto_id}-hint"] if help_text else []
    described += [f"{bound.auto_id}-error"] if errors else []
    extra = {n.rstrip("_").replace("_", "-"): v for n, v in attributes.items()}
    if described:
        extra["aria-describedby"] = " ".join(described)
    if errors:
        extra["aria-invalid"] = "true"
    choices = kind in ("radio", "checkbox") and hasattr(bound.field, "choices")
    classes = "input" + (f" input--{width}" if width else "")
    return {
        "bound": bound,
        "hint": help_text,
        "errors": errors,
        "prefix": prefix,
        "suffix": suffix,
        "optional": not bound.field.required and kind != "checkbox",
        "is_choices": choices,
        "is_check": kind == "checkbox" and not choices,
        "kind": kind,
        "widget": ""
        if choices
        else bound.as_widget(attrs=extra if kind == "checkbox" else {"class": classes, **extra}),
        "described": " ".join(described),
    }


@register.inclusion_tag("ui/parts/error_summary.html")
def error_summary(form: Form) -> dict[str, Any]:
    """Everything wrong in a form, on top of it, each line a link to its field. Empty while all is well."""
    lines = [
        {"href": f"#{form[name].auto_id}", "text": error}
        for name, errors in form.errors.items()
        if name in form.fields
        for error in errors
    ]
    lines += [{"href": "", "text": error} for error in form.non_field_errors()] if form.is_bound else []
    return {"lines": lines}


@register.inclusion_tag("ui/parts/empty.html")
def empty(
    title: str, words: str = "", icon: str = "inbox", action: str = "", href: str = ""
) -> dict[str, Any]:
    """An empty page that invites: what is not here, what to do next."""
    return {"title": title, "words": words, "icon": icon, "action": action, "href": href}


@register.inclusion_tag("ui/parts/timeline.html")
def timeline(entries: Iterable[Any], compact: bool = False) -> dict[str, Any]:
    """What happened, in order. Each entry: at, title, words, who, icon, tone, photos, href, future (all but title may lack).

    `press`: a button in the line: label, url, icon, `form` (the id of a form of the page that it sends), `about` (for the ear).
    """
    return {"entries": entries, "compact": compact}


@register.inclusion_tag("ui/parts/steps.html")
def steps(items: Iterable[Any], compact: bool = False) -> dict[str, Any]:
    """Progress. Each item: label, state (done, current, late, todo), note, at."""
    return {"items": items, "compact": compact}


@register.inclusion_tag("ui/parts/tabs.html")
def tabs(items: Iterable[Any], label: str = "") -> dict[str, Any]:
    """Tabs that are links. Each item: label, url, current, count, icon."""
    return {"items": items, "label": label}


@register.inclusion_tag("ui/parts/pager.html")
def pager(previous: str = "", next: str = "", total: int | None = None) -> dict[str, Any]:
    """Keyset paging: the addresses of the pages before and after, empty where there is none."""
    return {"previous": previous, "next": next, "total": total}


@register.inclusion_tag("ui/parts/stat.html")
def stat(
    value: float | Decimal | str | None,
    label: str,
    unit: str = "",
    base: str = "",
    at: datetime | None = None,
    href: str = "",
    tone: str = "",
    note: str = "",
) -> dict[str, Any]:
    """A number with meaning: unit, base ("trên 1.204 phản ánh") and age. With `href` it drills down."""
    shown = value if isinstance(value, str) else number(value)
    return {
        "shown": shown,
        "label": label,
        "unit": unit,
        "base": base,
        "at": at,
        "href": href,
        "tone": tone,
        "note": note,
    }


@register.inclusion_tag("ui/parts/photos.html")
def photos(items: Iterable[Any], invite: bool = False) -> dict[str, Any]:
    """A grid of pictures. Each item: url, thumb, alt, caption, width, height. `invite` says so when there are none."""
    return {"items": list(items), "invite": invite}


@register.inclusion_tag("ui/parts/facts.html")
def facts(items: Iterable[Any]) -> dict[str, Any]:
    """Pairs of label and value. Each item: label, value (may be safe HTML), hint, or a pair (label, value)."""
    rows = [{"label": i[0], "value": i[1]} if isinstance(i, tuple) else i for i in items]
    return {"items": rows}


@register.inclusion_tag("ui/parts/before_after.html")
def before_after(before: Any, after: Any, alt_before: str = "", alt_after: str = "") -> dict[str, Any]:
    """Two pictures under one slider. `before`, `after`: an address, or an object with url, at."""
    return {
        "before": before if not isinstance(before, str) else {"url": before},
        "after": after if not isinstance(after, str) else {"url": after},
        "alt_before": alt_before or text("ui.before"),
        "alt_after": alt_after or text("ui.after"),
    }


@register.inclusion_tag("ui/parts/confirm.html", takes_context=True)
def confirm(
    context: Context,
    id: str,
    title: str,
    words: str,
    action: str,
    url: str,
    tone: str = "danger",
    **values: Any,
) -> dict[str, Any]:
    """A dialog that asks before a POST: opened by `data-open="id"`. Further arguments are posted as hidden fields."""
    return {
        "csrf_token": context.get("csrf_token"),
        "id": id,
        "title": title,
        "words": words,
        "action": action,
        "url": url,
        "tone": tone,
        "values": values.items(),
    }


@register.inclusion_tag("ui/parts/map.html")
def hue_map(
    layers: str = "",
    points: str = "",
    data: Any = None,
    tiles: str = "",
    label: str = "",
    height: str = "",
    center: Iterable[float] | None = None,
    zoom: float | None = None,
    bounds: Iterable[float] | None = None,
    simple: bool = True,
    id: str = "",
    fit: object = False,
) -> dict[str, Any]:
    """The map of the city. `layers`: address of the pack's layer list; `points`: address of a GeoJSON feature collection,
    or `data` with one at hand; `tiles`: address of a PMTiles file; `simple` shows the notice "bản đồ giản lược".

    Shape: `center` (lon, lat); `bounds` (west, south, east, north). Features may carry title, url, state (open, late,
    soon, done, new, selected), text and radius_m (how uncertain the place is).
    """
    return {
        "layers": layers,
        "points": points,
        "inline": _inline_json(data) if data is not None else "",
        "tiles": tiles,
        "label": label or text("ui.js.map.label"),
        "height": height,
        "center": _joined(center),
        "zoom": "" if zoom is None else f"{zoom}",
        "bounds": _joined(bounds),
        "simple": simple and not tiles,
        "id": id,
        "fit": bool(fit),
    }


def _joined(numbers: Iterable[float] | None) -> str:
    return "" if numbers is None else ",".join(f"{n}" for n in numbers)


def _inline_json(data: Any) -> SafeString:
    raw = json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=str)
    safe = raw.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return mark_safe(f'<script type="application/json">{safe}</script>')  # noqa: S308 - < > & are escaped above


@register.inclusion_tag("ui/parts/place_field.html")
def place_field(
    layers: str = "",
    lon: float | str | None = None,
    lat: float | str | None = None,
    tiles: str = "",
    center: Iterable[float] | None = None,
    zoom: float | None = None,
    bounds: Iterable[float] | None = None,
    name_lon: str = "lon",
    name_lat: str = "lat",
    error: str = "",
    label: str = "",
    hint: str = "",
    simple: bool = True,
    source: str = "",
    accuracy_m: int | str = "",
) -> dict[str, Any]:
    """A place on the map: a pin to move, "Vị trí của tôi", hidden `lon` and `lat` (and `place_source`, `place_accuracy_m`).

    The hidden inputs fire `change`; without JavaScript the two numbers can be typed.
    """
    return {
        "layers": layers,
        "lon": "" if lon is None else str(lon),
        "lat": "" if lat is None else str(lat),
        "tiles": tiles,
        "center": _joined(center),
        "zoom": "" if zoom is None else f"{zoom}",
        "bounds": _joined(bounds),
        "name_lon": name_lon,
        "name_lat": name_lat,
        "error": error,
        "label": label or text("ui.place.label"),
        "hint": hint or text("ui.place.hint"),
        "simple": simple and not tiles,
        "source": source,
        "accuracy_m": accuracy_m,
    }


@register.inclusion_tag("ui/parts/photo_field.html")
def photo_field(
    name: str = "photos",
    max_count: int = 5,
    max_mb: int = 12,
    label: str = "",
    hint: str = "",
    error: str = "",
    required: bool = False,
) -> dict[str, Any]:
    """Pictures from camera or library, with preview; a plain file input without JavaScript."""
    return {
        "name": name,
        "max_count": max_count or 5,
        "max_mb": max_mb or 12,
        "label": label or text("ui.photo.label"),
        "hint": hint or text("ui.photo.hint", n=max_count or 5),
        "error": error,
        "required": required,
    }


def _charted(series: Mapping[str, Any], row: int) -> dict[str, Any]:
    """One figure of a chart with the band around it, as its table shows it."""
    bands = {name: series[name][row] for name in ("low", "high") if series.get(name)}
    return {"value": series["values"][row], **bands}


@register.inclusion_tag("ui/parts/chart.html")
def chart(data: Mapping[str, Any], title: str, height: str = "280px") -> dict[str, Any]:
    """A chart with its table. `data`: kind (line, bar, area), x (labels), series ([{name, values, low, high}]), unit, `lying`
    for bars from left to right.

    Missing values are None and are shown as missing. `low` and `high` are bands around the values, or absent.
    """
    columns = list(data["series"])
    lines = [
        {"label": label, "values": [_charted(series, row) for series in columns]}
        for row, label in enumerate(data["x"])
    ]
    return {
        "inline": _inline_json(data),
        "title": title,
        "height": height,
        "columns": columns,
        "rows": lines,
        "unit": data.get("unit", ""),
    }
