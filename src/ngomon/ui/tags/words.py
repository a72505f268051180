"""The tags and filters for words, numbers and times: the catalogue, the language, the city's time zone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.utils import timezone, translation
from django.utils.html import escape, format_html, json_script
from django.utils.safestring import SafeString, mark_safe

from ngomon.core.clock import now
from ngomon.core.text import in_language
from ngomon.core.texts import catalogue, has_text, text
from ngomon.ui import rules

register = template.Library()


@register.simple_tag
def t(key: str, **values: Any) -> str:
    """The text of a key in the reader's language: `{% t "ui.close" %}`, `{% t "cases.due" n=3 as words %}`."""
    return text(key, **values)


@register.simple_tag
def tt(key: str, language: str, **values: Any) -> str:
    """The text of a key in one language whoever reads it, for papers that bear both: `{% tt "web.x" "vi" %}`."""
    return text(key, language, **values)


@register.filter
def lang(name: Mapping[str, str] | str | None) -> str:
    """A name kept by language (`{"vi": …, "en": …}`) in the reader's language."""
    if isinstance(name, str):
        return name
    return in_language(name, (translation.get_language() or "vi")[:2])


@register.simple_tag
def island_texts() -> SafeString:
    """What the islands may say, as JSON in the page."""
    words = {key: _whole(key) for key in catalogue() if key.startswith("ui.js.")}
    spans = ("ui.span.days", "ui.span.hours", "ui.span.minutes", "ui.due.left", "ui.due.late")
    ago = ("ui.when.just_now", "ui.when.minutes_ago", "ui.when.hours_ago", "ui.when.in_minutes")
    return json_script(words | {key: _whole(key) for key in spans + ago}, "ui-texts")


def _whole(key: str) -> str | dict[str, str]:
    entry = catalogue().get(key, {})
    language = (translation.get_language() or "vi")[:2]
    return entry.get(language) or entry.get("vi") or key


@register.filter
def has_words(key: str) -> bool:
    """Whether the catalogue knows this key, for optional texts."""
    return has_text(key)


@register.filter
def lines(words: str) -> SafeString:
    """A person's own words, escaped, with their paragraphs kept."""
    parts = [
        escape(part).replace("\n", SafeString("<br>")) for part in (words or "").split("\n\n") if part.strip()
    ]
    return mark_safe("".join(f"<p>{part}</p>" for part in parts))  # noqa: S308 - each part is escaped


@register.filter
def number(value: float | Decimal | None, decimals: int | str = "") -> str:
    """Figures as the reader's language writes them: `{{ 1234.5|number }}` is 1.234,5 in Vietnamese."""
    if value is None or value == "":
        return "–"
    signs = (",", ".") if (translation.get_language() or "vi").startswith("vi") else (".", ",")
    wanted = None if decimals == "" else int(decimals)
    return rules.number(float(value), wanted, decimal_sign=signs[0], group_sign=signs[1])


@register.filter
def unit(value: float | Decimal | None, name: str) -> str:
    """A number with its unit, kept on one line: `{{ km|unit:"km" }}`."""
    gap = "" if name == "%" else "\u00a0"
    return f"{number(value)}{gap}{name}"


def _local(at: datetime) -> datetime:
    return at.astimezone(timezone.get_current_timezone())


def said(phrase: rules.Phrase) -> str:
    values: dict[str, Any] = dict(phrase.values)
    if "weekday" in values:
        values["weekday"] = text("ui.weekdays").split("|")[int(values["weekday"])]
    if "month" in values:
        values["month_name"] = text("ui.months").split("|")[int(values["month"]) - 1]
    return text(phrase.key, **values)


def said_exactly(at: datetime) -> str:
    """An instant in full, in the city's time: "16:30 thứ Năm, 26/11/2026"."""
    return said(rules.Phrase("ui.when.exact", rules.calendar_values(_local(at))))


@register.filter
def when(at: datetime | None) -> str:
    """A `<time>` that reads relative when near, exact on hover and in print."""
    if at is None:
        return "–"
    shown = said(rules.when(_local(at), _local(now())))
    return format_html(
        '<time datetime="{}" title="{}" data-when>{}</time>', at.isoformat(), said_exactly(at), shown
    )


@register.filter
def exact(at: datetime | None) -> str:
    """A `<time>` in full, for receipts and print."""
    if at is None:
        return "–"
    return format_html('<time datetime="{}">{}</time>', at.isoformat(), said_exactly(at))


def said_day(on: date) -> str:
    """A day with its weekday, as words to stand in a sentence."""
    return said(rules.Phrase("ui.when.day", rules.day_values(on)))


@register.filter
def day(on: date | datetime | None) -> str:
    """A day with its weekday, without the hour."""
    if on is None:
        return "–"
    local = _local(on).date() if isinstance(on, datetime) else on
    return format_html('<time datetime="{}">{}</time>', local.isoformat(), said_day(local))


@register.filter
def span(seconds: float | None) -> str:
    """A length of time in words: "3 giờ"."""
    return "–" if seconds is None else said(rules.span(float(seconds)))
