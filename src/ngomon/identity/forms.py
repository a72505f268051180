"""The forms of the account pages. Labels come from the catalogue in the reader's language."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.functional import lazy

from ngomon.core.errors import CityError
from ngomon.core.texts import text
from ngomon.identity.terms import AccountKind

_t = lazy(text, str)
LANGUAGES = (("vi", "Tiếng Việt"), ("en", "English"))


def put_errors(form: forms.Form, error: CityError) -> None:
    """Show a refusal where it belongs: at its field, else on top of the form."""
    for name, code in error.fields.items():
        form.add_error(name if name in form.fields else None, text(code, **error.values))
    if not error.fields:
        form.add_error(None, text(error.code, **error.values))


class _Form(forms.Form):
    """Several forms stand on one page: each gives its fields ids of its own."""

    def __init__(self, *args: Any, **more: Any) -> None:
        more.setdefault("auto_id", f"{type(self).__name__.lower()}_%s")
        super().__init__(*args, **more)


class ContactForm(_Form):
    """One phone number or e-mail address."""

    contact = forms.CharField(
        label=_t("identity.sign_in.contact"),
        max_length=260,
        error_messages={"required": _t("identity.contact.bad"), "max_length": _t("identity.contact.bad")},
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "inputmode": "email", "spellcheck": "false"}
        ),
    )


class PasswordForm(ContactForm):
    """A contact and a password."""

    password = forms.CharField(
        label=_t("identity.sign_in.password"),
        max_length=200,
        strip=False,
        error_messages={"required": _t("identity.sign_in.wrong_password")},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class CodeForm(_Form):
    """The six digits."""

    code = forms.CharField(
        label=_t("identity.code.field"),
        max_length=20,
        error_messages={"required": _t("identity.code.missing"), "max_length": _t("identity.code.missing")},
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}
        ),
    )


class ProfileForm(_Form):
    """Name, kind, language."""

    name = forms.CharField(
        label=_t("identity.profile.name"),
        max_length=400,
        error_messages={"required": _t("identity.name.missing"), "max_length": _t("identity.name.long")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    kind = forms.ChoiceField(label=_t("identity.profile.kind"), widget=forms.RadioSelect)
    language = forms.ChoiceField(
        label=_t("identity.profile.language"),
        choices=LANGUAGES,
        widget=forms.RadioSelect,
        error_messages={
            "required": _t("identity.language.unknown"),
            "invalid_choice": _t("identity.language.unknown"),
        },
    )

    def __init__(self, *args: Any, is_organisation: bool = False, **more: Any) -> None:
        super().__init__(*args, **more)
        kinds = (AccountKind.PERSON, AccountKind.VISITOR)
        self.fields["kind"].choices = [(k.value, text(f"identity.kind.{k}")) for k in kinds]  # type: ignore[attr-defined]
        if is_organisation:
            del self.fields["kind"]


class NewPasswordForm(_Form):
    """A new password."""

    password = forms.CharField(
        label=_t("identity.profile.password_new"),
        max_length=200,
        strip=False,
        error_messages={"required": _t("identity.password.password_too_short")},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "minlength": "12"}),
    )


class OrganisationForm(_Form):
    """An organisation's name and tax code."""

    name = forms.CharField(
        label=_t("identity.profile.organisation_name"),
        max_length=400,
        error_messages={"required": _t("identity.name.missing")},
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    tax_code = forms.CharField(
        label=_t("identity.profile.tax_code"),
        max_length=40,
        error_messages={"required": _t("identity.organisation.bad_tax_code")},
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )


class AbsenceForm(_Form):
    """From a day through a day, and who stands in."""

    from_on = forms.DateField(
        label=_t("identity.profile.absence_from"),
        error_messages={"required": _t("identity.dates.missing"), "invalid": _t("identity.dates.missing")},
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    to_on = forms.DateField(
        label=_t("identity.profile.absence_to"),
        error_messages={"required": _t("identity.dates.missing"), "invalid": _t("identity.dates.missing")},
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    substitute = forms.ChoiceField(label=_t("identity.profile.absence_substitute"), required=False)

    def __init__(self, *args: Any, colleagues: list[tuple[str, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        nobody = ("", text("identity.profile.absence_nobody"))
        self.fields["substitute"].choices = [nobody, *colleagues]  # type: ignore[attr-defined]


class AppealForm(_Form):
    """Why a lock should be lifted."""

    text = forms.CharField(
        label=_t("identity.locked.appeal_text"),
        max_length=2000,
        error_messages={"required": _t("identity.appeal.empty"), "max_length": _t("identity.appeal.long")},
        widget=forms.Textarea(attrs={"rows": 6}),
    )
