"""The citizen's pages through the front door: report, receipt, follow, answer, rate, look; and who must not."""

from __future__ import annotations

import pytest
from django.test import Client
from tests.city import TestCity

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = [
    "/",
    "/services",
    "/notices",
    "/me",
    "/reports/new",
    "/cases",
    "/map",
    "/board",
    "/my/reports",
    "/claim",
    "/about/privacy",
]


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_page_opens_for_a_stranger_in_both_languages(city: TestCity, language: str) -> None:
    browser = Client(headers={"accept-language": language})
    for address in PAGES:
        answer = browser.get(address)
        assert answer.status_code == 200, address
        assert f'<html lang="{language}"' in answer.content.decode()
        assert "cases." not in _words_of(answer.content.decode()), address


def _words_of(page: str) -> str:
    """The page's own words: texts that were not found would stand there as their keys."""
    start = page.index("<main")
    body = page[start : page.index("</main>")]
    return " ".join(part.split("<")[0] for part in body.split(">"))
