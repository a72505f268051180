"""A day in an address, as ISO 8601 writes it."""

from __future__ import annotations

from datetime import date


class IsoDay:
    """`2026-01-10`; anything that is no day of the calendar matches no page."""

    regex = "[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        """The day. Raises: ValueError."""
        return date.fromisoformat(value)

    def to_url(self, value: date | str) -> str:
        """The day as text."""
        return value if isinstance(value, str) else value.isoformat()
