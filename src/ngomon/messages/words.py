"""Saying a message: its template in the receiver's language, with names, instants and the link filled in."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import translation

from ngomon.core.text import in_language
from ngomon.core.texts import has_text, text
from ngomon.messages.rules import sms_text
from ngomon.messages.terms import Values, Way
from ngomon.ui.tags.words import said_exactly


def pack(values: Values) -> str:
    """Values as they are stored: JSON, an instant as `{"at": …}`."""
    return json.dumps({k: _stored(v) for k, v in values.items()}, ensure_ascii=False, sort_keys=True)


def _stored(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    return value if isinstance(value, (str, int, float, dict)) or value is None else str(value)


def _said(value: Any, language: str) -> Any:
    if isinstance(value, dict):
        if "at" in value:
            with translation.override(language):
                return said_exactly(datetime.fromisoformat(value["at"]))
        return in_language(value, language)
    return "" if value is None else value


def say(template: str, part: str, packed: str, language: str) -> str:
    """One part (subject, body, sms) of a template in a language; an absent `sms` is the subject."""
    key = f"{template}.{part}"
    if part == "sms" and not has_text(key):
        key = f"{template}.subject"
    values = {k: _said(v, language) for k, v in json.loads(packed or "{}").items()}
    return text(key, language, **values)


def absolute(url: str) -> str:
    """A page's full address."""
    return f"{settings.NGOMON_BASE_URL}{url}" if url.startswith("/") else url


class Content:
    """What one message says by each way. `call`: it calls somebody out, so it may be spoken too."""

    def __init__(
        self, template: str, packed: str, language: str, url: str, *, call: UUID | None = None
    ) -> None:
        self._template, self._packed, self._language = template, packed, language
        self._link, self._call = absolute(url), call

    def by(self, way: Way) -> dict[str, str]:
        """The content of a delivery."""
        if way == Way.VOICE:
            return {"text": self._say("voice"), "call": str(self._call), "language": self._language}
        if way == Way.SMS:
            # A call-out always goes without tone marks: there is room for more words beside its link.
            with_tones = settings.NGOMON_SMS_TONES and self._call is None
            words = sms_text(self._say("sms"), self._link, with_tones=with_tones)
            return {"text": words, "language": self._language}
        parts = {"subject": self._say("subject"), "text": self._say("body")}
        return {**parts, "link": self._link, "language": self._language}

    def _say(self, part: str) -> str:
        return say(self._template, part, self._packed, self._language)
