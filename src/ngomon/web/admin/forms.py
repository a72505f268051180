"""The forms of administration. Labels and hints stand in the catalogue under `web.admin.field.<name>`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django import forms

from ngomon.core.retention import GROUNDS
from ngomon.core.text import in_language, sort_key
from ngomon.core.texts import text
from ngomon.directory import queries as directory
from ngomon.directory import terms
from ngomon.identity.terms import LOCK_REASONS, SCOPES, Officer, Role

from .frame import agency_choices, agency_name, area_choices, by_language, role_name

Choices = Iterable[tuple[str, str]]


class AdminForm(forms.Form):
    """A form whose labels come from the catalogue and whose selects are filled when it is made."""

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        *,
        initial: Mapping[str, Any] | None = None,
        choices: Mapping[str, Choices] | None = None,
        prefix: str = "",
    ) -> None:
        super().__init__(data, files, initial=dict(initial or {}), prefix=prefix or None)
        for name, field in self.fields.items():
            field.label = text(f"web.admin.field.{name}")
            for code in ("required", "invalid", "min_value", "max_value", "max_length"):
                field.error_messages[code] = text(f"web.admin.error.{code}", name=field.label)
        for name, rows in (choices or {}).items():
            field = self.fields[name]
            offered = list(rows)
            if isinstance(field, forms.ChoiceField):
                field.choices = offered
                field.error_messages["invalid_choice"] = text("web.admin.error.choice", name=field.label)


def day(required: bool = True) -> forms.DateField:
    """A date, picked."""
    return forms.DateField(
        required=required, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )


def line(required: bool = False, max_length: int = 300) -> forms.CharField:
    """One line of text."""
    return forms.CharField(required=required, max_length=max_length)


def prose(required: bool = False, rows: int = 3) -> forms.CharField:
    """A few lines of text."""
    return forms.CharField(required=required, max_length=4000, widget=forms.Textarea(attrs={"rows": rows}))


def choice(required: bool = False) -> forms.ChoiceField:
    """A select, filled when the form is made."""
    return forms.ChoiceField(required=required)


def empty(rows: Choices, key: str = "web.admin.none") -> list[tuple[str, str]]:
    """Choices with an empty one before them."""
    return [("", text(key)), *rows]


# --- catalogue ------------------------------------------------------------------------------------------------------


class CategoryForm(AdminForm):
    """A category's particulars."""

    key = line(required=True, max_length=60)
    name_vi = line(required=True)
    name_en = line()
    parent = choice()
    order = forms.IntegerField(required=False, min_value=0, max_value=100_000)
    icon = line(max_length=60)
    group = choice()
    budget_days = forms.IntegerField(required=False, min_value=1, max_value=365)
    budget_minutes = forms.IntegerField(required=False, min_value=1, max_value=10_080)
    legal_source = prose(rows=2)
    photo_required = forms.BooleanField(required=False)
    after_photo = choice()
    public_map = forms.BooleanField(required=False)
    hint_vi = prose(rows=2)
    hint_en = prose(rows=2)
    words = prose()
    danger_words = prose(rows=2)
    valid_to = day(required=False)

    def changes(self) -> dict[str, Any]:
        """The fields as the command takes them."""
        said = dict(self.cleaned_data)
        for name in ("name", "hint"):
            said[name] = by_language(said, name)
            del said[f"{name}_vi"], said[f"{name}_en"]
        said.pop("key", None)
        return said


def category_initial(found: terms.Category) -> dict[str, Any]:
    """A category as the form shows it."""
    return {
        **{name: getattr(found, name) for name in CategoryForm.base_fields if hasattr(found, name)},
        "name_vi": found.name.get("vi", ""),
        "name_en": found.name.get("en", ""),
        "hint_vi": found.hint.get("vi", ""),
        "hint_en": found.hint.get("en", ""),
        "words": "; ".join(found.words),
        "danger_words": "; ".join(found.danger_words),
    }


def category_choices(language: str, but: str = "") -> dict[str, Choices]:
    """The selects of the category form: what it may lie under are groups of the tree, not itself."""
    above = [
        (c.key, in_language(c.name, language))
        for node in directory.category_tree()
        for c in (node.category, *(child.category for child in node.children if child.children))
        if c.key != but and not c.group
    ]
    groups = [(g.value, text(f"web.admin.group.{g.value}")) for g in terms.Group]
    photos = [(key, text(f"web.admin.after_photo.{key}")) for key in ("optional", "required")]
    return {"parent": empty(above), "group": empty(groups, "web.admin.group.none"), "after_photo": photos}


class RoutingForm(AdminForm):
    """Who is competent for a category at a place, from a day on, and why."""

    area = choice(required=True)
    agency = choice(required=True)
    valid_from = day()
    why_vi = prose(required=True, rows=2)
    why_en = prose(rows=2)
    source = line()


def routing_choices(language: str, at: datetime) -> dict[str, Choices]:
    """Places (everywhere, all wards, all communes, one) and agencies (the one at the place, or a named one)."""
    places = [(key, text(f"web.admin.place.{name}")) for key, name in PLACES.items()]
    at_place = [(key, text(f"web.admin.at_place.{key}")) for key in ("ward_committee", "ward_police")]
    return {
        "area": [*places, *area_choices(language, at)],
        "agency": [*at_place, *agency_choices(language, at)],
    }


PLACES = {"*": "everywhere", "kind:ward": "wards", "kind:commune": "communes"}


class EndForm(AdminForm):
    """The first day on which something is no longer in force."""

    on = day()


class HoldForm(AdminForm):
    """A case that is kept although its period is over, and why."""

    number = line(required=True, max_length=24)
    ground = choice(required=True)
    reason = prose(required=True, rows=2)


def hold_choices(language: str) -> dict[str, Choices]:
    """Appeal, complaint, court, incident."""
    return {"ground": [(key, text(f"web.admin.retention.ground.{key}", language)) for key in GROUNDS]}


# --- agencies -------------------------------------------------------------------------------------------------------


class AgencyForm(AdminForm):
    """An agency's particulars."""

    key = line(required=True, max_length=60)
    name_vi = line(required=True)
    name_en = line()
    short_vi = line()
    short_en = line()
    kind = choice(required=True)
    parent = choice()
    area = choice()
    size = choice()
    email = line(max_length=254)
    phone = line(max_length=30)
    valid_from = day(required=False)

    def changes(self) -> dict[str, Any]:
        """The fields as the command takes them."""
        said = dict(self.cleaned_data)
        for name in ("name", "short"):
            said[name] = by_language(said, name)
            del said[f"{name}_vi"], said[f"{name}_en"]
        said.pop("key", None)
        return said


def agency_initial(found: terms.Agency) -> dict[str, Any]:
    """An agency as the form shows it."""
    return {
        **{name: getattr(found, name) for name in AgencyForm.base_fields if hasattr(found, name)},
        "name_vi": found.name.get("vi", ""),
        "name_en": found.name.get("en", ""),
        "short_vi": found.short.get("vi", ""),
        "short_en": found.short.get("en", ""),
    }


def agency_form_choices(language: str, at: datetime, but: str = "") -> dict[str, Choices]:
    """The selects of the agency form."""
    others = [row for row in agency_choices(language, at) if row[0] != but]
    kinds = [(kind.value, text(f"web.admin.kind.{kind.value}")) for kind in terms.AgencyKind]
    sizes = [(size, text(f"web.admin.size.{size}")) for size in ("normal", "small")]
    return {
        "kind": kinds,
        "parent": empty(others),
        "area": empty(area_choices(language, at), "web.admin.whole_city"),
        "size": sizes,
    }


class CloseForm(AdminForm):
    """An agency ends on a day and another takes its place."""

    successor = choice(required=True)
    on = day()


class PostForm(AdminForm):
    """A position in an agency."""

    role = choice(required=True)
    title_vi = line()
    title_en = line()
    substitute_of = choice()


AGENCY_ROLES = (Role.AGENCY_CLERK, Role.AGENCY_HEAD, Role.AGENCY_OFFICER)


def post_choices(agency: str, language: str, on: date) -> dict[str, Choices]:
    """The roles within an agency, and the posts that a new one may stand in for."""
    roles = [(role.value, role_name(role, language)) for role in AGENCY_ROLES]
    return {"role": roles, "substitute_of": empty(post_names(agency, language, on))}


def post_names(agency: str, language: str, on: date) -> list[tuple[str, str]]:
    """An agency's posts in force, in words: title or role, and which of several."""
    found = directory.posts(agency, on)
    return [(str(p.id), post_name(p, language)) for p in sorted(found, key=lambda p: (p.role, p.seat))]


def post_name(found: terms.Post, language: str) -> str:
    """A post in words."""
    name = in_language(found.title, language) if found.title else role_name(found.role, language)
    return f"{name} {found.seat}" if found.seat != "1" else name


# --- people ---------------------------------------------------------------------------------------------------------


class AccountForm(AdminForm):
    """An officer's account; whoever has one already keeps it."""

    full_name = line(required=True, max_length=120)
    email = line(required=True, max_length=254)
    phone = line(max_length=30)


class GivePostForm(AdminForm):
    """Somebody takes a post."""

    role = choice(required=True)
    agency = choice()
    title_vi = line()
    title_en = line()
    from_on = day()
    to_on = day(required=False)
    is_main = forms.BooleanField(required=False)

    def clean(self) -> dict[str, Any]:
        """An agency's role needs an agency; the city's roles have none."""
        said = super().clean() or {}
        is_of_agency = str(said.get("role", "")).startswith("agency_")
        if is_of_agency != bool(said.get("agency")) and "role" in said:
            key = "web.admin.error.agency_needed" if is_of_agency else "web.admin.error.agency_unwanted"
            self.add_error("agency", text(key))
        return said


def give_choices(language: str, at: datetime) -> dict[str, Choices]:
    """All roles; all agencies, and none for the city's own posts."""
    roles = [(role.value, role_name(role, language)) for role in Role]
    return {"role": roles, "agency": empty(agency_choices(language, at), "web.admin.whole_city")}


class AbsenceForm(AdminForm):
    """Somebody is away from a day to a day, both included."""

    from_on = day()
    until_on = day()
    substitute = choice()


class DelegationForm(AdminForm):
    """Somebody empowers another from a day to a day, both included."""

    receiver = choice(required=True)
    holding = choice()
    from_on = day()
    until_on = day()
    document = line(required=True, max_length=120)


def officer_choices(officers: Iterable[Officer], language: str, but: Any) -> list[tuple[str, str]]:
    """Officers by name, with where they sit."""
    return [
        (str(o.account_id), f"{o.name} · {agency_name(o.holdings[0].agency, language)}")
        for o in officers
        if o.account_id != but
    ]


class LockForm(AdminForm):
    """Lock an account for a stated reason."""

    reason = choice(required=True)
    note = prose(rows=2)


def lock_choices() -> dict[str, Choices]:
    """The reasons for a lock."""
    return {"reason": [(reason, text(f"identity.locked.reason.{reason}")) for reason in LOCK_REASONS]}


class AppealForm(AdminForm):
    """The answer to an appeal."""

    answer = prose(required=True)


# --- calendar, workbook, programs, audit -----------------------------------------------------------------------------


class DayForm(AdminForm):
    """A day is off, or worked out of turn, by whose decision."""

    on = day()
    kind = choice(required=True)
    name_vi = line(required=True)
    name_en = line()
    source = line(required=True)
    decided_on = day(required=False)


def day_choices() -> dict[str, Choices]:
    """What a decision makes of a day."""
    return {"kind": [(kind.value, text(f"web.admin.day.{kind.value}")) for kind in terms.DayKind]}


class WorkbookForm(AdminForm):
    """A workbook of agencies and officers."""

    file = forms.FileField()


class RoutingFileForm(AdminForm):
    """An edited routing table to try out."""

    file = forms.FileField()


class ClientForm(AdminForm):
    """A program that may use our doors, and what it may do there."""

    name = line(required=True, max_length=120)
    agency = choice()
    scopes = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple)


def client_choices(language: str, at: datetime) -> dict[str, Choices]:
    """The doors a program may use."""
    scopes = [(scope, text(f"web.admin.scope.{scope.replace('.', '_')}")) for scope in SCOPES]
    return {"agency": empty(agency_choices(language, at), "web.admin.whole_city"), "scopes": scopes}


def sorted_choices(rows: Choices) -> list[tuple[str, str]]:
    """Choices by the Vietnamese alphabet."""
    return sorted(rows, key=lambda row: sort_key(row[1]))
