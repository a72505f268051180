"""What `ngomon doctor` looks at in messages: whether a one-time code reaches anybody at all."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings

from ngomon.core.doctor import Result, check


@check
def ways_out() -> Iterator[Result]:
    """Without a mail server or an SMS gateway nobody gets a code, so nobody signs in. A demonstration has its tray."""
    if settings.NGOMON_DEMO:
        return
    has_mail, has_sms = bool(settings.NGOMON_SMTP_URL), bool(settings.NGOMON_SMS_URL)
    yield Result("messages.doctor.out", "ok" if has_mail or has_sms else "bad")
    if has_mail != has_sms:
        yield Result("messages.doctor.sms" if has_mail else "messages.doctor.mail", "warn")
