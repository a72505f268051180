"""The fields that an action of a process asks for, as a form: the definition says their kinds, this file their shape."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django import forms

from ngomon.cases import queries as cases
from ngomon.cases.rules.standard import fill
from ngomon.cases.terms import Contact, Filing
from ngomon.core.ids import uuid7
from ngomon.core.text import in_language, sort_key
from ngomon.core.texts import text
from ngomon.directory import queries as directory
from ngomon.identity import queries as identity
from ngomon.processes.terms import Action, FieldDef


@dataclass(frozen=True)
class Around:
    """What a form needs to know of the case it acts on."""

    agency: str
    category: str
    proposed_agency: str
    at: datetime
    language: str
    values: Mapping[str, str] = field(default_factory=dict)
    people: tuple[tuple[str, str], ...] = ()
    """Whom the case could be given to, the best first; empty: the officers by name."""


def _sorted(rows: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted(rows, key=lambda row: sort_key(row[1]))


def agency_choices(at: datetime, language: str) -> list[tuple[str, str]]:
    """The agencies in force now, by the Vietnamese alphabet."""
    return _sorted(
        (a.key, in_language(a.name, language)) for a in directory.agencies(directory.local_day(at))
    )


def _officers(around: Around) -> list[tuple[str, str]]:
    held = identity.holders("agency_officer", around.agency, None, around.at)
    return _sorted((str(h.account_id), h.name) for h in held)


def _choose(rows: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [("", text("web.desk.choose")), *rows]


def _field(asked: FieldDef, around: Around, required: bool) -> forms.Field:
    label = in_language(asked.name, around.language)
    common: dict[str, Any] = {"label": label, "required": required}
    if asked.kind == "agency":
        return forms.ChoiceField(
            choices=_choose(agency_choices(around.at, around.language)),
            initial=around.proposed_agency,
            **common,
        )
    if asked.kind == "account":
        if around.people:
            return forms.ChoiceField(choices=around.people, initial=around.people[0][0], **common)
        return forms.ChoiceField(choices=_choose(_officers(around)), **common)
    if asked.kind == "choice":
        rows = [(c, text(f"cases.rating.{c}")) for c in asked.choices]
        return forms.ChoiceField(choices=_choose(rows), **common)
    if asked.kind == "date":
        first = directory.local_day(around.at) + timedelta(days=1)
        return forms.DateField(
            widget=forms.DateInput(attrs={"type": "date", "min": first.isoformat()}), **common
        )
    if asked.kind == "days":
        return forms.IntegerField(min_value=1, max_value=60, **common)
    return forms.CharField(max_length=4000, widget=forms.Textarea(attrs={"rows": 4}), **common)


class ActionForm(forms.Form):
    """One action's fields. Photos are not here: they are taken by the photo field of the page."""

    def __init__(self, action: Action, around: Around, data: Any = None) -> None:
        super().__init__(data, auto_id=f"id_{action.key}_%s")
        self.action = action
        self.takes_photos = any(each.kind == "photos" for each in action.fields)
        for each in action.fields:
            if each.kind != "photos":
                self.fields[each.key] = _field(each, around, each.key in action.requires)
        self.standard = [
            (key, fill(words, around.values))
            for key, words in directory.standard_texts(action.key, around.category, around.language)
        ]

    def said(self) -> dict[str, str]:
        """The cleaned words by field, as commands take them."""
        return {name: str(value) for name, value in self.cleaned_data.items() if value not in (None, "")}


CHANNELS = {
    "hotline": "cases.source.hotline",
    "counter": "web.desk.source.counter",
    "email": "cases.source.email",
}


class OnBehalfForm(forms.Form):
    """A call, a visit or an e-mail written down by an operator. `token` makes a second click the same report."""

    def __init__(self, data: Any = None, *, at: datetime, language: str) -> None:
        super().__init__(data, initial={"token": str(uuid7())})
        label = "web.desk.new_field."
        day = directory.local_day(at)
        leaves = [(c.key, in_language(c.name, language)) for c in directory.categories(day)]
        sources = [(c, text(key, language)) for c, key in CHANNELS.items()]
        words = forms.Textarea(attrs={"rows": 5})
        self.fields["source"] = forms.ChoiceField(label=text(label + "source"), choices=sources)
        self.fields["text"] = forms.CharField(label=text(label + "text"), max_length=4000, widget=words)
        self.fields["category"] = forms.ChoiceField(
            label=text(label + "category"), choices=_choose(_sorted(leaves)), required=False
        )
        self.fields["place_words"] = forms.CharField(
            label=text(label + "place"), max_length=300, required=False
        )
        self.fields["name"] = forms.CharField(label=text(label + "name"), max_length=120, required=False)
        self.fields["phone"] = forms.CharField(label=text(label + "phone"), max_length=30, required=False)
        self.fields["email"] = forms.EmailField(label=text(label + "email"), required=False)
        for hidden in ("lon", "lat", "place_source", "place_accuracy_m", "place_choice"):
            self.fields[hidden] = forms.CharField(widget=forms.HiddenInput, required=False, max_length=60)
        self.day, self.language = day, language
        self.fields["token"] = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def clean(self) -> dict[str, Any]:
        """A place is needed: the pin, else the reading of the words that was chosen; words alone are asked about first."""
        said: dict[str, Any] = super().clean() or {}
        self.understood = directory.understand_place(str(said.get("place_words", "")), on=self.day)
        placed = cases.placed(said, self.understood)
        if placed is None:
            known = len(self.understood.readings)
            code = "place_confirm" if known == 1 else "place_choose"
            self.add_error("place_words", text(f"web.desk.new_{code if known else 'place_needed'}"))
        said["placed"] = placed
        return said

    def readings(self) -> dict[str, Any]:
        """What the words of the place were understood to mean, as the page offers it."""
        words = str(self.data.get("place_words", ""))[:300] if self.is_bound else ""
        if not words.strip():
            return {"readings": [], "place_advice": ""}
        found = directory.understand_place(words, on=self.day)
        chosen = cases.chosen_key(self.data, found, directory.place_limit_m())
        shown = directory.readings_in_words(found, self.language, chosen=chosen)
        advice = in_language(found.advice, self.language)
        return {"readings": shown, "place_advice": advice, "place_said": self.data["place_words"]}

    def filing(self) -> Filing:
        """The report as intake takes it."""
        said = self.cleaned_data
        return Filing(
            text=said["text"],
            lon=said["placed"].lon,
            lat=said["placed"].lat,
            place_radius_m=said["placed"].radius_m,
            place_source=said["placed"].source,
            source=said["source"],
            external_id=said["token"],
            category=said["category"],
            place_words=said["place_words"],
            contact=Contact(said["name"], said["phone"], said["email"]),
            on_behalf=True,
        )
