"""Which ways out this installation has: the real one where settings name it, else the tray."""

from __future__ import annotations

from django.conf import settings

from ngomon.core.deliveries import Channel, register_channel
from ngomon.messages.esms import EsmsChannel, Gateway
from ngomon.messages.sip import Trunk
from ngomon.messages.smtp import Server, SmtpChannel
from ngomon.messages.tray import TrayChannel
from ngomon.messages.voice import VoiceChannel


def open_channels() -> None:
    """Register a channel for each way."""
    tray = TrayChannel()
    register_channel("tray", tray)
    register_channel("smtp", _smtp() if settings.NGOMON_SMTP_URL else tray)
    register_channel("sms", _sms() if settings.NGOMON_SMS_URL else tray)
    register_channel("voice", _voice() if settings.NGOMON_SIP_URL else tray)


def _smtp() -> Channel:
    return SmtpChannel(Server.from_url(settings.NGOMON_SMTP_URL), settings.NGOMON_MAIL_FROM)


def _sms() -> Channel:
    contract = Gateway(
        url=settings.NGOMON_SMS_URL,
        key=settings.NGOMON_SMS_KEY,
        secret=settings.NGOMON_SMS_SECRET,
        brandname=settings.NGOMON_SMS_BRANDNAME,
        is_sandbox=settings.NGOMON_SMS_SANDBOX,
    )
    return EsmsChannel(contract)


def _voice() -> Channel:
    url, prefix, listen = settings.NGOMON_SIP_URL, settings.NGOMON_SIP_PREFIX, settings.NGOMON_SIP_LISTEN
    return VoiceChannel(Trunk.from_url(url, prefix=prefix, listen=listen), settings.NGOMON_SIP_LINES)
