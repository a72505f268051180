"""Where sessions are kept: Django's database store over our own table, so that an account's sessions can be listed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import connection

from ngomon.core import clock
from ngomon.identity.models import Session

ACCOUNT_KEY = "_auth_user_id"
_LOAD = "SELECT session_data FROM identity_session WHERE session_key = %s AND expire_date > %s"
SEEN_EVERY = timedelta(hours=1)


def handle_of(session_key: str) -> str:
    """What may be shown of a session key: enough to name a session, useless for taking it over."""
    return sha256(session_key.encode()).hexdigest()[:16]


class SessionStore(DatabaseStore):
    """The store that settings name."""

    @classmethod
    def get_model_class(cls) -> Any:
        return Session

    def load(self) -> dict[str, Any]:
        """What the session holds; one plain statement, as every request of somebody signed in asks it."""
        now = connection.ops.adapt_datetimefield_value(clock.now())
        with connection.cursor() as cursor:
            cursor.execute(_LOAD, [self.session_key, now])
            row = cursor.fetchone()
        if row is None:
            self._session_key = None
            return {}
        found: dict[str, Any] = self.decode(row[0])
        return found

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        made: Any = super().create_model_instance(data)
        account = data.get(ACCOUNT_KEY)
        made.account_id = UUID(account) if account else None
        made.handle = handle_of(made.session_key)
        made.started_at = _instant(data.get("started_at"))
        made.seen_at = _instant(data.get("seen_at") or data.get("started_at"))
        made.agent = str(data.get("agent", ""))[:200]
        made.address = str(data.get("address", ""))[:45]
        return made


def _instant(text: str | None) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC) if text else clock.now()
