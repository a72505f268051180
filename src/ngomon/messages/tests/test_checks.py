"""What the doctor says of ways out."""

from __future__ import annotations

import pytest

from ngomon.core import doctor
from ngomon.messages import checks


def states(settings, *, demo: bool, mail: str, sms: str) -> dict[str, str]:
    settings.NGOMON_DEMO, settings.NGOMON_SMTP_URL, settings.NGOMON_SMS_URL = demo, mail, sms
    return {result.code: result.state for result in checks.ways_out()}


@pytest.mark.parametrize(
    ("demo", "mail", "sms", "said"),
    [
        (True, "", "", {}),
        (False, "", "", {"messages.doctor.out": "bad"}),
        (False, "smtp://x", "", {"messages.doctor.out": "ok", "messages.doctor.sms": "warn"}),
        (False, "", "https://x", {"messages.doctor.out": "ok", "messages.doctor.mail": "warn"}),
        (False, "smtp://x", "https://x", {"messages.doctor.out": "ok"}),
    ],
)
def test_without_a_way_out_nobody_gets_a_code(settings, demo, mail, sms, said):
    assert states(settings, demo=demo, mail=mail, sms=sms) == said


def test_it_is_among_the_checks_and_says_what_to_do(settings):
    assert checks.ways_out in doctor.checks.values()
    settings.NGOMON_DEMO, settings.NGOMON_SMTP_URL, settings.NGOMON_SMS_URL = False, "", ""
    assert "NGOMON_SMTP_URL" in "\n".join(doctor.lines(list(checks.ways_out())))
