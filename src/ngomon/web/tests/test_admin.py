"""Administration by its pages: what an administrator changes is changed by commands, written down, and refused with a reason."""

from __future__ import annotations

import pytest
from tests.city import TestCity

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = [
    "/admin", "/admin/categories", "/admin/categories?q=den", "/admin/categories/new", "/admin/agencies",
    "/admin/agencies?state=unready&q=hue", "/admin/agencies/new", "/admin/people", "/admin/people?q=ha",
    "/admin/people/new", "/admin/locks", "/admin/calendar", "/admin/calendar?year=2026", "/admin/workbook",
    "/admin/processes", "/admin/clients", "/admin/pack", "/admin/audit", "/admin/audit?kind=agency",
]  # fmt: skip


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_page_of_administration_opens_in_both_languages(city: TestCity, language: str):
    browser = city.browser("vy")
    browser.cookies["lang"] = language
    more = [
        f"/admin/categories/{city.category}",
        f"/admin/agencies/{city.agency}",
        f"/admin/agencies/{city.agency}/close",
        f"/admin/agencies/{city.agency}/roster",
        f"/admin/people/{city.accounts['tam']}",
        "/admin/processes/field_reports.timed",
    ]
    for address in [*PAGES, *more]:
        answer = browser.get(address, headers={"accept-language": language})
        if answer.status_code == 404 and "processes" in address:
            continue
        assert answer.status_code == 200, address
        words = answer.content.decode()
        assert "web.admin." not in words, (address, words[words.index("web.admin.") :][:60])
