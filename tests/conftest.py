"""Shared by all tests: the small city."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from ngomon.incidents import guard
from tests.city import TestCity, build_city


@pytest.fixture
def city(transactional_db: None) -> Iterator[TestCity]:
    """One small named city, built by commands. The database is emptied afterwards, so the guard of the log goes first."""
    guard.put_up(connection)
    yield build_city()
    guard.take_down(connection)
