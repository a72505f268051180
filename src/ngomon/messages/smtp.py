"""The way out by e-mail: one SMTP transaction per message over a line kept for a batch, plain text with a simple HTML page of the same words.

The Message-ID is made of the delivery's stable id, so a repeat after a crash is the same message to the receiver.
Source: RFC 5321, RFC 5322 §3.6.4, RFC 3834 (Auto-Submitted).
"""

from __future__ import annotations

import re
import smtplib
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, parseaddr
from functools import cache
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

from django.conf import settings
from django.template.loader import render_to_string

from ngomon.core import clock
from ngomon.core.deliveries import Undeliverable
from ngomon.core.text import in_language
from ngomon.core.texts import text

TIMEOUT_S = 20
_ADDRESS = re.compile(r"<?[^\s<>]+@[^\s<>]+>?")


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is handed over. From `smtp://user:password@host:587?starttls=1` or `smtps://…:465`."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    tls: str = ""

    @classmethod
    def from_url(cls, url: str) -> Server:
        """Read a server's address. Raises: ValueError."""
        parts = urlsplit(url)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise ValueError("NGOMON_SMTP_URL is smtp://host:port or smtps://host:port")
        if parts.query not in {"", "tls=starttls", "starttls=1"}:
            raise ValueError("NGOMON_SMTP_URL: after ? only starttls=1 is known")
        tls = "tls" if parts.scheme == "smtps" else "starttls" if parts.query else ""
        port = parts.port or (465 if tls == "tls" else 587 if tls else 25)
        return cls(parts.hostname, port, unquote(parts.username or ""), unquote(parts.password or ""), tls)


class SmtpChannel:
    """See `core.deliveries.Channel`."""

    def __init__(self, server: Server, sender: str) -> None:
        self._server = server
        self._sender = sender
        self._host = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
        self._line: smtplib.SMTP | None = None
        self._one_at_a_time = threading.Lock()

    def send(self, id: UUID, address: str, content: Mapping[str, Any]) -> str:
        """Hand one message over; the server's word. Raises: Undeliverable for a refusal that no repeat can help."""
        mail = self.compose(id, address, content)
        with self._one_at_a_time:
            try:
                self._open().send_message(mail, from_addr=parseaddr(self._sender)[1], to_addrs=[address])
            except smtplib.SMTPRecipientsRefused as refused:
                code, words = next(iter(refused.recipients.values()))
                raise _refusal(code, words) from None
            except smtplib.SMTPDataError as error:
                raise _refusal(error.smtp_code, error.smtp_error) from None
            except Exception:
                self._close()
                raise
        return f"smtp:{self._server.host}"

    def rest(self) -> None:
        """The batch is through: take leave of the server."""
        with self._one_at_a_time:
            self._close()

    def compose(self, id: UUID, address: str, content: Mapping[str, Any]) -> EmailMessage:
        """The message as it travels. Raises: Undeliverable for an address that cannot stand in a header."""
        mail = EmailMessage()
        link = str(content.get("link", ""))
        try:
            mail["To"] = address
            mail["From"] = formataddr(parseaddr(self._sender), charset="utf-8")
            mail["Subject"] = " ".join(str(content.get("subject", "")).split())
        except ValueError as error:
            raise Undeliverable("the address or subject cannot stand in a header") from error
        mail["Message-ID"] = f"<{id}@{self._host}>"
        mail["Date"] = format_datetime(clock.now())
        mail["Auto-Submitted"] = "auto-generated"
        mail["Content-Language"] = str(content.get("language", "vi"))
        words = str(content.get("text", ""))
        mail.set_content(f"{words}\n\n{link}\n" if link else f"{words}\n")
        mail.add_alternative(self._page(content, link), subtype="html")
        return mail

    def _page(self, content: Mapping[str, Any], link: str) -> str:
        language = str(content.get("language", "vi"))
        site = in_language(settings.NGOMON_CITY.get("site_name"), language) or "Ngọ Môn"
        shown = {**content, "link": link, "language": language, "site": site}
        return render_to_string("messages/mail.html", {**shown, "open": text("messages.mail.open", language)})

    def _open(self) -> smtplib.SMTP:
        """The line as the last message left it, or a new one where the server has hung up."""
        if self._line is not None and _answers(self._line):
            return self._line
        self._close()
        self._line = self._connected()
        return self._line

    def _close(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            with suppress(OSError, smtplib.SMTPException):
                line.quit()

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        if server.tls == "tls":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=TIMEOUT_S, context=_trust()
            )
        else:
            smtp = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_S)
        try:
            if server.tls == "starttls":
                smtp.starttls(context=_trust())
            if server.user:
                smtp.login(server.user, server.password)
        except Exception:
            smtp.close()
            raise
        return smtp


def _answers(line: smtplib.SMTP) -> bool:
    """Whether the server still listens, and forgets what an unfinished message left (RFC 5321 §4.1.1.5)."""
    try:
        return line.rset()[0] == 250
    except (OSError, smtplib.SMTPException):
        return False


@cache
def _trust() -> ssl.SSLContext:
    """Whom we trust, read once: reading the certificates costs more than sending a mail."""
    return ssl.create_default_context()


def _refusal(code: int, words: bytes | str) -> Exception:
    """5xx is for good, all else may pass. The receiver's address is left out of what we keep."""
    said = words.decode(errors="replace") if isinstance(words, bytes) else words
    told = f"{code} {_ADDRESS.sub('<…>', said)}"
    return Undeliverable(told) if 500 <= code < 600 else ConnectionError(told)
