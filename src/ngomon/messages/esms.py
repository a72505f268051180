"""The way out by SMS: the JSON interface of the Vietnamese gateway eSMS (ViHAT), one request per message.

`RequestId` is the delivery's stable id: the gateway refuses it a second time (code 124), which we read as "has it already".
Source: eSMS developer documentation, "Send OTP/Customer care message" and "Table of error codes" (read 2026-11).
"""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from ngomon.core.deliveries import Undeliverable

TIMEOUT_S = 20
TAKEN = "100"
TAKEN_BEFORE = "124"
NO_USE = {"99": "the number is blocked at the gateway", "108": "the number is not in use or malformed"}
CARE_MESSAGE = "2"


@dataclass(frozen=True, slots=True)
class Gateway:
    """Where messages are handed over and with which contract. `brandname` is the registered sender."""

    url: str
    key: str
    secret: str
    brandname: str
    is_sandbox: bool = False


class EsmsChannel:
    """See `core.deliveries.Channel`."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def send(self, id: UUID, address: str, content: Mapping[str, Any]) -> str:
        """Hand one message over; the gateway's own id of it. Raises: Undeliverable for a number that cannot be reached."""
        text = str(content.get("text", ""))
        answer = self._post(
            {
                "ApiKey": self._gateway.key,
                "SecretKey": self._gateway.secret,
                "Phone": _national(address),
                "Content": text,
                "Brandname": self._gateway.brandname,
                "SmsType": CARE_MESSAGE,
                "IsUnicode": "0" if text.isascii() else "1",
                "Sandbox": "1" if self._gateway.is_sandbox else "0",
                "RequestId": str(id),
            }
        )
        code = str(answer.get("CodeResult", ""))
        if code == TAKEN:
            return f"esms:{answer.get('SMSID', '')}"
        if code == TAKEN_BEFORE:
            return "esms:repeat"
        if code in NO_USE:
            raise Undeliverable(f"{code} {NO_USE[code]}")
        raise ConnectionError(f"the gateway answered {code or 'without a code'}")

    def _post(self, body: dict[str, str]) -> dict[str, Any]:
        parts = urlsplit(self._gateway.url)
        host, port = parts.hostname or "", parts.port
        if parts.scheme == "https":
            context = ssl.create_default_context()
            way: http.client.HTTPConnection = http.client.HTTPSConnection(
                host, port, timeout=TIMEOUT_S, context=context
            )
        else:
            way = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
        try:
            way.request("POST", parts.path or "/", json.dumps(body), {"Content-Type": "application/json"})
            answer = way.getresponse()
            raw = answer.read(65536)
        finally:
            way.close()
        if answer.status != http.client.OK:
            raise ConnectionError(f"the gateway answered HTTP {answer.status}")
        try:
            found = json.loads(raw)
        except ValueError as error:
            raise ConnectionError("the gateway did not answer in JSON") from error
        if not isinstance(found, dict):
            raise ConnectionError("the gateway did not answer with an object")
        return found


def _national(number: str) -> str:
    """The gateway takes Vietnamese numbers as people dial them (0905…), foreign ones with their country code."""
    return "0" + number[3:] if number.startswith("+84") else number.lstrip("+")
