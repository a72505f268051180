"""What a person sees when an address does not exist."""

from __future__ import annotations

import pytest
from tests.city import TestCity

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_address_that_does_not_exist_is_answered_in_the_frame(city: TestCity):
    answer = city.browser().get("/nowhere", headers={"accept": "text/html"})
    assert answer.status_code == 404
    page = answer.content.decode()
    assert 'class="problem' in page
    assert 'href="/"' in page
