"""The small city, for tests of pages that combine rooms."""

from __future__ import annotations

import pytest
from tests.city import TestCity, build_city


@pytest.fixture
def city(transactional_db: None) -> TestCity:
    """One small named city, built by commands."""
    return build_city()
