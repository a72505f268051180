"""What `ngomon doctor` looks at in messages: whether a one-time code reaches anybody at all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from django.conf import settings

from ngomon.core.doctor import Result, check
from ngomon.messages.sip import BARESIP
from ngomon.messages.speech import ESPEAK


@check
def ways_out() -> Iterator[Result]:
    """Without a mail server or an SMS gateway nobody gets a code, so nobody signs in. A demonstration has its tray."""
    if settings.NGOMON_DEMO:
        return
    if settings.NGOMON_SIP_URL:
        has_both = bool(shutil.which(BARESIP) and shutil.which(ESPEAK))
        yield Result("messages.doctor.voice", "ok" if has_both else "bad")
    has_mail, has_sms = bool(settings.NGOMON_SMTP_URL), bool(settings.NGOMON_SMS_URL)
    yield Result("messages.doctor.out", "ok" if has_mail or has_sms else "bad")
    if has_mail != has_sms:
        yield Result("messages.doctor.sms" if has_mail else "messages.doctor.mail", "warn")
