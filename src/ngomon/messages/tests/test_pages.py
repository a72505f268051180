"""The page of preferences, entered as a browser does."""

from __future__ import annotations

from datetime import time

import pytest
from django.test import Client
from django.urls import include, path

from ngomon.core import clock
from ngomon.core.actors import system
from ngomon.core.units import unit
from ngomon.identity.commands import open_account
from ngomon.identity.rules import read_contact
from ngomon.messages.queries import preference_of
from ngomon.messages.terms import Preference

urlpatterns = [
    path("ui/", include("ngomon.ui.urls")),
    path("account/", include("ngomon.identity.urls")),
    path("messages/", include("ngomon.messages.urls")),
]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls(__name__)]


@pytest.fixture
def me():
    with unit():
        account = open_account("An", [read_contact("an@demo.invalid")], actor=system("t"), at=clock.now())
    client = Client()
    session = client.session
    session["_auth_user_id"] = str(account)
    session.save()
    return account, client


def test_preferences_are_kept(me):
    account, client = me
    assert "Cách nhận thông báo" in client.get("/messages/preferences").content.decode()
    given = {"sent": "1", "sms": "on", "quiet_from": "21:30", "quiet_to": "07:00"}
    assert client.post("/messages/preferences", given).status_code == 302
    assert preference_of(account) == Preference(False, True, time(21, 30), time(7))


def test_nonsense_is_refused_and_nothing_changes(me):
    account, client = me
    page = client.post("/messages/preferences", {"sent": "1", "quiet_from": "25:99", "quiet_to": ""})
    assert page.status_code == 422
    assert "22:00" in page.content.decode()
    assert preference_of(account) == Preference()


def test_strangers_sign_in_first():
    assert Client().get("/messages/preferences")["Location"].startswith("/account/sign-in")
