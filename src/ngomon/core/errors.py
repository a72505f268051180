"""Errors for the reader. The class says the remedy, the code finds the text, the fields say where.

    CityError
    ├── Invalid      422  correct what you sent and send it again
    ├── Refused      403  you may not; ask somebody who may
    ├── NotFound     404  it is not there (or not for you)
    ├── Conflict     409  somebody changed it meanwhile; look again and decide anew
    ├── TooMany      429  wait, then send again
    └── Unavailable  503  our side; the same request may go through later

Anything else that is raised is a bug: 500, reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class CityError(Exception):
    """A refusal with a text in every language. `code` is the key of the text in a room's `texts.toml`.

    `fields` maps a field's name to the code of what is wrong with it; `values` fills the texts' variables.
    """

    status = 500

    def __init__(
        self,
        code: str,
        *,
        fields: Mapping[str, str] | None = None,
        retry_after_s: int | None = None,
        **values: Any,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.fields = dict(fields or {})
        self.retry_after_s = retry_after_s
        self.values = values
        self.more: dict[str, Any] = {}
        """Further members of the problem document, for programs: what could be chosen instead."""


class Invalid(CityError):
    """What was sent cannot be taken; `fields` says which part and why."""

    status = 422

    @classmethod
    def field(cls, name: str, code: str, **values: Any) -> Invalid:
        """The usual case: one field is wrong."""
        return cls(code, fields={name: code}, **values)


class Refused(CityError):
    """The actor may not do this."""

    status = 403


class NotFound(CityError):
    """There is no such thing, or none that this actor may know of."""

    status = 404


class Conflict(CityError):
    """The thing is not in a state that allows this, or was changed meanwhile."""

    status = 409


class TooMany(CityError):
    """A rate limit; `retry_after_s` says when the next try is taken."""

    status = 429


class Unavailable(CityError):
    """Something of ours is not there right now; `retry_after_s` says when to try again."""

    status = 503
