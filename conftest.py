"""Shared by every test of the house: the database is emptied after each, so the guard of a command room's log is down but
where a test puts it up."""

from __future__ import annotations

import pytest
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

from ngomon.incidents import guard


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:  # noqa: ARG001
    """The test database, without the guard."""
    with django_db_blocker.unblock():
        guard.take_down(connection)
