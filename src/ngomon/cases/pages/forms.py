"""The forms of the citizen's pages: what is typed, cleaned and judged before a command sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from ngomon.core.errors import CityError, Invalid
from ngomon.core.text import clean
from ngomon.core.texts import text
from ngomon.identity.rules import read_contact

from ..rules import MAX_PLACE, MAX_TEXT

MAX_NAME = 80


class CityForm(forms.Form):
    """A form whose words come from the catalogue and that can be told what a command found wrong."""

    label_keys: Mapping[str, str] = {}
    hint_keys: Mapping[str, str] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = text(self.label_keys.get(name, name))
            field.help_text = text(self.hint_keys[name]) if name in self.hint_keys else ""

    def blame(self, error: CityError, renamed: Mapping[str, str] | None = None) -> None:
        """Show a command's refusal at the fields it names, or on top where it names none of ours."""
        told = False
        for name, code in error.fields.items():
            ours = (renamed or {}).get(name, name)
            if ours in self.fields:
                self.add_error(ours, text(code, **error.values))
                told = True
        if not told:
            self.add_error(None, text(error.code, **error.values))


def _area(**attrs: Any) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": 4, **attrs})


class ReportForm(CityForm):
    """A report: words, place, kind, how to tell the reporter. Photos and the pointed-at case are read apart."""

    label_keys = {
        "text": "cases.report.text",
        "place_words": "cases.report.place_words",
        "category": "cases.report.category",
        "place": "cases.report.place",
        "photos": "cases.report.photos",
        "name": "cases.report.name",
        "phone": "cases.report.phone",
        "email": "cases.report.email",
    }
    hint_keys = {"text": "cases.report.text_hint", "place_words": "cases.report.place_words_hint"}

    text = forms.CharField(required=False, strip=False, widget=_area(maxlength=MAX_TEXT))
    place_words = forms.CharField(
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "street-address", "maxlength": MAX_PLACE}),
    )
    place = forms.CharField(required=False, widget=forms.HiddenInput)
    lon = forms.CharField(required=False, widget=forms.HiddenInput)
    lat = forms.CharField(required=False, widget=forms.HiddenInput)
    photos = forms.CharField(required=False, widget=forms.HiddenInput)
    category = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)
    name = forms.CharField(required=False, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    phone = forms.CharField(
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
    )
    email = forms.EmailField(
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].error_messages["invalid"] = text("cases.error.email")

    def clean_text(self) -> str:
        """The words, NFC, without control characters."""
        said = clean(self.cleaned_data["text"])
        if len(said) > MAX_TEXT:
            raise forms.ValidationError(text("cases.error.text_too_long", max=MAX_TEXT))
        return said

    def clean_place_words(self) -> str:
        """Where, in words."""
        said = clean(self.cleaned_data["place_words"])
        if len(said) > MAX_PLACE:
            raise forms.ValidationError(text("cases.error.place_too_long", max=MAX_PLACE))
        return said

    def clean_name(self) -> str:
        """What the reporter wants to be called."""
        said = clean(self.cleaned_data["name"])
        if len(said) > MAX_NAME:
            raise forms.ValidationError(text("cases.error.name_too_long"))
        return said

    def clean_phone(self) -> str:
        """A telephone number as people write it."""
        said = clean(self.cleaned_data["phone"])
        try:
            return read_contact(said).value if said else ""
        except Invalid as error:
            raise forms.ValidationError(text("cases.error.phone")) from error


class QuestionForm(CityForm):
    """A question to an agency, and how to tell its asker."""

    label_keys = {
        "text": "cases.questions.text",
        "agency": "cases.questions.agency",
        "name": "cases.report.name",
        "phone": "cases.report.phone",
        "email": "cases.report.email",
    }
    hint_keys = {"text": "cases.questions.text_hint"}

    text = forms.CharField(required=False, strip=False, widget=_area(maxlength=MAX_TEXT))
    agency = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)
    name = forms.CharField(required=False, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    phone = forms.CharField(
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
    )
    email = forms.EmailField(required=False, widget=forms.EmailInput(attrs={"autocomplete": "email"}))

    clean_text = ReportForm.clean_text
    clean_name = ReportForm.clean_name
    clean_phone = ReportForm.clean_phone


class ReplyForm(CityForm):
    """The answer to a question of the centre."""

    label_keys = {"reply": "cases.reply.text"}
    reply = forms.CharField(required=False, max_length=MAX_TEXT, widget=_area())


class RateForm(CityForm):
    """A rating and a few words."""

    label_keys = {"rating": "cases.rate.title", "comment": "cases.rate.comment"}
    hint_keys = {"comment": "cases.rate.comment_hint"}
    rating = forms.CharField(required=False, max_length=12, widget=forms.HiddenInput)
    comment = forms.CharField(required=False, max_length=1000, widget=_area(rows=3))


class ReasonForm(CityForm):
    """Why it is not solved, or why a report should be taken up."""

    label_keys = {"reason": "cases.object.reason"}
    reason = forms.CharField(required=False, max_length=2000, widget=_area(rows=3))

    def clean_reason(self) -> str:
        """Words are needed, so that the next officer knows what to do."""
        said = clean(self.cleaned_data["reason"])
        if not said:
            raise forms.ValidationError(text("cases.error.reason_needed"))
        return said


class AppealForm(ReasonForm):
    """Why a report should be taken up."""

    label_keys = {"reason": "cases.appeal.reason"}


class ClaimForm(CityForm):
    """A claim code."""

    label_keys = {"code": "cases.claim.code"}
    code = forms.CharField(
        required=False,
        max_length=40,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "maxlength": 20,
            }
        ),
    )
