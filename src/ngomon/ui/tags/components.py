"""Components built here because they stand many times on a page (icon, badge, due) or hold a block (card, dialog)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import template
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString

from ngomon.core.clock import now
from ngomon.core.texts import text
from ngomon.ui import icons, rules
from ngomon.ui.tags.words import said, said_exactly

register = template.Library()

TONES = ("neutral", "hue", "leaf", "amber", "red", "river")


@register.simple_tag
def icon(name: str, size: int = 20, label: str = "") -> SafeString:
    """An outline icon by its Lucide name; give `label` only when no word stands beside it."""
    return icons.svg(name or "circle-dot", size, label)


def _tone(tone: str) -> str:
    return tone if tone in TONES else "neutral"


@register.simple_tag
def badge(label: str, tone: str = "neutral", icon: str = "", **attributes: Any) -> SafeString:
    """A short state in a colour: `{% badge "Đang xử lý" "hue" icon="loader" %}`. The word always says it too."""
    drawn = icons.svg(icon, 14) if icon else ""
    return format_html(
        '<span class="badge badge--{}"{}>{}{}</span>', _tone(tone), _attributes(attributes), drawn, label
    )


@register.simple_tag
def due(
    due_at: datetime | None,
    why: str = "",
    done_at: datetime | None = None,
    paused: bool = False,
    soon: float = rules.SOON_S,
) -> SafeString:
    """The due badge: "còn 3 giờ", "quá hạn 2 ngày", with the exact time and, where given, why that time.

    With `why` it opens on click or keyboard to show the reason; without, it is a plain badge. `soon`: seconds.
    """
    if not due_at:
        return SafeString("")
    said, tone, drawn, ticks = _due_words(due_at, done_at, paused, soon)
    moment = text("ui.due.at", when=said_exactly(due_at))
    clock = format_html(
        '<due-clock class="badge badge--{} due" at="{}" soon="{}" title="{}"{}>{}<span>{}</span></due-clock>',
        tone,
        due_at.isoformat(),
        int(soon),
        moment,
        "" if ticks else SafeString(" still"),
        icons.svg(drawn, 14),
        said,
    )
    if not why:
        return clock
    return format_html(
        '<details class="due-why"><summary>{}<span class="visually-hidden">{}</span></summary>'
        '<div class="due-why__box"><strong>{}</strong><p>{}</p></div></details>',
        clock,
        text("ui.due.why"),
        moment,
        why,
    )


def _due_words(
    due_at: datetime, done_at: datetime | None, paused: bool, soon: float
) -> tuple[str, str, str, bool]:
    if done_at:
        if done_at <= due_at:
            return text("ui.due.done_in_time"), "leaf", "check", False
        late = said(rules.span((done_at - due_at).total_seconds()))
        return text("ui.due.done_late", span=late), "amber", "check", False
    if paused:
        return text("ui.due.paused"), "neutral", "pause", False
    left = (due_at - now()).total_seconds()
    key = "ui.due.left" if left > 0 else "ui.due.late"
    tone = rules.due_tone(due_at, now(), soon_s=soon)
    drawn = "triangle-alert" if tone == "red" else "clock"
    return text(key, span=said(rules.span(left))), tone, drawn, True


@register.simple_tag
def avatar(name: str, size: int = 36) -> SafeString:
    """A person's initials in a circle; decorative, the name stands beside it."""
    return format_html(
        '<span class="avatar" style="--size:{}px" aria-hidden="true">{}</span>',
        int(size),
        rules.initials(name or ""),
    )


@register.simple_tag
def skeleton(lines: int = 3) -> SafeString:
    """Grey lines while something loads."""
    rows = SafeString("<span></span>" * int(lines))
    return format_html(
        '<div class="skeleton" role="status"><span class="visually-hidden">{}</span>{}</div>',
        text("ui.loading"),
        rows,
    )


def _attributes(given: Mapping[str, Any]) -> SafeString:
    """Further HTML attributes: `hx_post="/x"` becomes `hx-post="/x"`; True stands alone, False and None are left out."""
    pairs = [(name.rstrip("_").replace("_", "-"), value) for name, value in given.items()]
    kept = [(n, v) for n, v in pairs if v is not None and v is not False]
    return format_html_join("", ' {}="{}"', ((n, "" if v is True else v) for n, v in kept))


@register.simple_tag
def button(
    label: str,
    tone: str = "primary",
    href: str = "",
    icon: str = "",
    key: str = "",
    size: str = "",
    **attributes: Any,
) -> SafeString:
    """A button, or a link that looks like one where `href` is given.

    `tone`: primary, quiet, plain, danger, sos. `size`: small, big, wide. `key`: its shortcut on the desk. Anything else
    becomes an attribute: `type_="button"`, `name=`, `value=`, `hx_post=`, `data_open="dialog-id"`.
    """
    classes = f"button button--{tone}" + (f" button--{size}" if size else "")
    extra = dict(attributes)
    if key:
        extra["data_key"] = key
    hint = format_html('<kbd aria-hidden="true">{}</kbd>', key) if key else ""
    inner = format_html("{}<span>{}</span>{}", icons.svg(icon, 20) if icon else "", label, hint)
    if href:
        return format_html('<a class="{}" href="{}"{}>{}</a>', classes, href, _attributes(extra), inner)
    extra.setdefault("type", extra.pop("type_", "submit"))
    return format_html('<button class="{}"{}>{}</button>', classes, _attributes(extra), inner)


@register.simple_block_tag
def card(
    content: str, title: str = "", icon: str = "", tone: str = "", href: str = "", level: int = 2
) -> SafeString:
    """A surface with an optional title: `{% card title="…" %}…{% endcard %}`. With `href` the title links."""
    head: str = ""
    if title:
        named = format_html('<a href="{}">{}</a>', href, title) if href else conditional_escape(title)
        drawn = icons.svg(icon, 20) if icon else ""
        head = format_html('<h{0} class="card__title">{1}{2}</h{0}>', int(level), drawn, named)
    classes = "card" + (f" card--{tone}" if tone else "") + (" card--link" if href else "")
    return format_html('<section class="{}">{}{}</section>', classes, head, content)


_ALERTS = {"info": "info", "success": "circle-check", "warning": "triangle-alert", "danger": "octagon-alert"}
_ALERT_WORDS = {
    "info": "ui.alert.info",
    "success": "ui.alert.success",
    "warning": "ui.alert.warning",
    "danger": "ui.alert.danger",
}


@register.simple_block_tag
def alert(content: str, tone: str = "info", title: str = "", live: bool = False) -> SafeString:
    """A box that must be seen: `{% alert "warning" title="…" %}…{% endalert %}`. `live` lets screen readers interrupt."""
    tone = tone if tone in _ALERTS else "info"
    return format_html(
        '<div class="alert alert--{}"{}>{}<div><p class="alert__title">{}</p>{}</div></div>',
        tone,
        SafeString(' role="alert"') if live else "",
        icons.svg(_ALERTS[tone], 22, text(_ALERT_WORDS[tone])),
        title,
        content,
    )


@register.simple_block_tag
def dialog(content: str, id: str, title: str, tone: str = "") -> SafeString:
    """A modal `<dialog>`, opened by any button with `data-open="id"`: `{% dialog "x" "Title" %}…{% enddialog %}`."""
    return format_html(
        '<dialog class="dialog {tone}" id="{id}" aria-labelledby="{id}-title"><div class="dialog__head">'
        '<h2 id="{id}-title">{title}</h2>'
        '<button class="button button--plain button--icon" type="button" data-close aria-label="{close}">{x}</button>'
        '</div><div class="dialog__body">{content}</div></dialog>',
        id=id,
        title=title,
        tone=f"dialog--{tone}" if tone else "",
        close=text("ui.close"),
        x=icons.svg("x", 20),
        content=content,
    )


@register.simple_block_tag
def datatable(content: str, caption: str, quiet: bool = True) -> SafeString:
    """A table that scrolls sideways on a phone: rows inside, `caption` for screen readers (seen when not `quiet`)."""
    return format_html(
        '<div class="table-scroll" tabindex="0" role="region" aria-label="{}"><table class="table">'
        '<caption class="{}">{}</caption>{}</table></div>',
        caption,
        "visually-hidden" if quiet else "",
        caption,
        content,
    )
