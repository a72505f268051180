"""The samples of the style page: one of everything, with times around now. Nothing here is read by other pages."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms

from ngomon.core.texts import text

CENTRE = (107.5909, 16.4637)


class Sample(forms.Form):
    """A form with each kind of field."""

    words = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}))
    contact = forms.CharField(
        min_length=10, required=False, widget=forms.TextInput(attrs={"inputmode": "tel"})
    )
    category = forms.ChoiceField(required=False)
    rating = forms.ChoiceField(widget=forms.RadioSelect, required=False)
    tell_me = forms.BooleanField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("words", "contact", "category", "rating", "tell_me"):
            self.fields[name].label = text(f"ui.guide.form.{name}")
        self.fields["words"].help_text = text("ui.guide.form.words_hint")
        self.fields["words"].error_messages["required"] = text("ui.guide.form.words_missing")
        self.fields["contact"].help_text = text("ui.guide.form.contact_hint")
        self.fields["contact"].validators = []
        self._choices("category", ("light", "drain", "waste"))
        self._choices("rating", ("happy", "fine", "unhappy"))

    def _choices(self, name: str, keys: tuple[str, ...]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = [(key, text(f"ui.guide.form.{key}")) for key in keys]

    def clean_contact(self) -> str:
        """Ten digits, or nothing."""
        given: str = self.cleaned_data["contact"]
        if given and sum(letter.isdigit() for letter in given) != 10:
            raise forms.ValidationError(text("ui.guide.form.contact_short"))
        return given


def showcase(at: datetime) -> dict[str, Any]:
    """What the style page shows, around this instant."""
    return {
        **_frame(),
        "dues": _dues(at),
        "states": [
            {"label": text(f"ui.guide.state.{key}"), "tone": tone, "icon": icon}
            for key, tone, icon in (
                ("received", "river", "inbox"),
                ("verifying", "hue", "search-check"),
                ("handling", "hue", "loader"),
                ("waiting", "amber", "hourglass"),
                ("done", "leaf", "circle-check"),
                ("late", "red", "triangle-alert"),
                ("public", "neutral", "eye"),
            )
        ],
        "steps_sample": _steps(at),
        "timeline_sample": _timeline(at),
        "agencies": _agencies(at),
        "tabs_sample": _tabs(),
        "chart_sample": _chart(),
        "points": _points(),
        "map_center": CENTRE,
        "at": at,
        "swatches": ("hue", "hue-strong", "hue-soft", "gold", "river", "leaf", "amber", "red", "ink", "line"),
        "before": picture("#3b3350", "#171024", lamp=False),
        "after": picture("#6a5a86", "#2b1f42", lamp=True),
    }


def _frame() -> dict[str, Any]:
    nav = (
        ("home", "house"),
        ("map", "map"),
        ("services", "layout-grid"),
        ("messages", "bell"),
        ("me", "user-round"),
    )
    return {
        "nav": [
            {
                "key": key,
                "label": text(f"ui.guide.nav.{key}"),
                "url": f"#{key}",
                "icon": icon,
                "current": key == "home",
                "count": 3 if key == "messages" else 0,
            }
            for key, icon in nav
        ],
        "roles": [
            {"label": text("ui.guide.role.citizen"), "url": "#", "current": True, "icon": "user-round"},
            {"label": text("ui.guide.role.operator"), "url": "#", "current": False, "icon": "headset"},
        ],
        "demo": True,
        "me": {"name": text("ui.guide.person"), "url": "#"},
    }


def _dues(at: datetime) -> list[dict[str, Any]]:
    why = text("ui.guide.due_why")
    return [
        {"at": at + timedelta(days=5, hours=2), "why": why},
        {"at": at + timedelta(hours=3, minutes=20), "why": ""},
        {"at": at + timedelta(minutes=12), "why": ""},
        {"at": at - timedelta(days=2, hours=4), "why": why},
        {"at": at, "done": at - timedelta(hours=3), "why": ""},
        {"at": at - timedelta(days=4), "done": at, "why": ""},
        {"at": at, "paused": True, "why": ""},
    ]


def _steps(at: datetime) -> list[dict[str, Any]]:
    return [
        {"label": text("ui.guide.step.sent"), "state": "done", "at": at - timedelta(hours=5)},
        {"label": text("ui.guide.step.verified"), "state": "done", "at": at - timedelta(hours=4)},
        {"label": text("ui.guide.step.handled"), "state": "current", "note": text("ui.guide.state.handling")},
        {"label": text("ui.guide.step.answered"), "state": "todo"},
    ]


def _timeline(at: datetime) -> list[dict[str, Any]]:
    return [
        {
            "at": at - timedelta(days=9),
            "title": text("ui.guide.event.sent"),
            "words": text("ui.guide.event.sent_words"),
            "icon": "send",
            "photos": [{"url": picture("#3b3350", "#171024", lamp=False), "alt": text("ui.before")}],
        },
        {
            "at": at - timedelta(days=8, hours=23),
            "title": text("ui.guide.event.routed"),
            "words": text("ui.guide.event.routed_words"),
            "who": text("ui.guide.office"),
            "icon": "route",
            "tone": "river",
        },
        {
            "at": at - timedelta(days=1),
            "title": text("ui.guide.event.late"),
            "icon": "triangle-alert",
            "tone": "red",
        },
        {
            "at": at - timedelta(minutes=18),
            "title": text("ui.guide.event.done"),
            "icon": "check",
            "tone": "leaf",
        },
        {"title": text("ui.guide.event.next"), "icon": "star", "future": True},
    ]


def _agencies(at: datetime) -> list[dict[str, Any]]:
    rows = ((41, 0, 2), (128, 9, -30), (7, 1, 3))
    return [
        {
            "name": text(f"ui.guide.agency.{n}"),
            "open": opened,
            "late": late,
            "due": at + timedelta(hours=hours),
        }
        for n, (opened, late, hours) in enumerate(rows, start=1)
    ]


def _tabs() -> list[dict[str, Any]]:
    return [
        {"label": text("ui.guide.tabs.all"), "url": "#", "current": True, "count": 176},
        {"label": text("ui.guide.state.late"), "url": "#", "count": 10},
        {"label": text("ui.guide.state.waiting"), "url": "#", "count": 0},
    ]


def _chart() -> dict[str, Any]:
    return {
        "kind": "bar",
        "x": ["18/11", "19/11", "20/11", "21/11", "22/11", "23/11", "24/11"],
        "unit": text("ui.guide.chart.unit"),
        "series": [
            {"name": text("ui.guide.chart.came"), "values": [92, 110, 87, None, 54, 121, 98]},
            {"name": text("ui.guide.chart.done"), "values": [81, 97, 101, None, 40, 88, 76]},
        ],
    }


def _points() -> dict[str, Any]:
    states = ("open", "soon", "late", "done", "new")
    features = []
    for n in range(42):
        lon = CENTRE[0] + ((n * 37) % 41 - 20) * 0.0021
        lat = CENTRE[1] + ((n * 53) % 43 - 21) * 0.0016
        features.append(
            {
                "type": "Feature",
                "id": n,
                "geometry": {"type": "Point", "coordinates": [lon, lat]},
                "properties": {
                    "title": text("ui.guide.card.title"),
                    "text": text("ui.guide.state.handling"),
                    "state": states[n % 5],
                    "url": "#map",
                },
            }
        )
    return {"type": "FeatureCollection", "features": features}


def picture(sky: str, ground: str, *, lamp: bool) -> str:
    """A drawn night street with its lamp on or off, as a data address: the sample needs no file."""
    light = (
        '<path d="M398 118 250 470h330z" fill="#ffdf8a" opacity=".35"/>'
        '<circle cx="398" cy="112" r="15" fill="#fff3c9"/>'
        if lamp
        else '<circle cx="398" cy="112" r="13" fill="#55496c"/>'
    )
    drawn = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 480">'
        f'<rect width="640" height="480" fill="{sky}"/>'
        f'<path d="M0 230h110v-60h80v90h60v-40h110v80h280v180H0z" fill="{ground}"/>'
        f'<path d="M0 410h640v70H0z" fill="#0e0a17"/>{light}'
        '<path d="M330 480V96h60" stroke="#8a7fa0" stroke-width="9" fill="none"/></svg>'
    )
    return "data:image/svg+xml," + drawn.replace("#", "%23").replace("<", "%3C").replace(">", "%3E")
