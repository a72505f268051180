"""Django's port to accounts, for whatever of Django or its libraries asks for a user by id."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import BaseBackend

from ngomon.identity.models import Account


class AccountBackend(BaseBackend):
    """Signs nobody in: codes and passwords are commands, with their limits and audit."""

    def get_user(self, user_id: Any) -> Account | None:
        """The account, unless it is locked or closed."""
        return Account.objects.filter(pk=user_id, locked_at__isnull=True, closed_at__isnull=True).first()
