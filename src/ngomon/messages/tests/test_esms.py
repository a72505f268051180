"""The SMS gateway's interface against a local server that answers as its documentation says."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ngomon.core.deliveries import Undeliverable
from ngomon.core.ids import uuid7
from ngomon.messages.esms import EsmsChannel, Gateway

PATH = "/MainService.svc/json/SendMultipleMessage_V4_post_json/"
BLOCKED, UNKNOWN = "0900000099", "0900000108"


class Handler(BaseHTTPRequestHandler):
    """Fields and codes of "Send OTP/Customer care message" and of the table of error codes."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status, answer = self.server.answer(self.path, self.headers["Content-Type"], body)
        raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *args):
        pass


class Esms(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.taken: list[dict] = []
        self.fixed: tuple | None = None

    def answer(self, path, content_type, body):
        if self.fixed:
            return self.fixed
        if (
            path != PATH
            or content_type != "application/json"
            or not all(isinstance(v, str) for v in body.values())
        ):
            return 400, b"Bad Request"
        return 200, self._coded(body)

    def _coded(self, body):
        if (body.get("ApiKey"), body.get("SecretKey")) != ("key", "secret"):
            return {"CodeResult": "101", "ErrorMessage": "Authorize Failed"}
        if body.get("Brandname") != "HueS":
            return {"CodeResult": "104", "ErrorMessage": "Brandname is not exist"}
        if body.get("SmsType") != "2":
            return {"CodeResult": "118", "ErrorMessage": "SmsType invalid"}
        if body["Phone"] in {BLOCKED, UNKNOWN}:
            return {"CodeResult": body["Phone"][-3:].lstrip("0"), "ErrorMessage": "phone"}
        if any(before["RequestId"] == body["RequestId"] for before in self.taken):
            return {"CodeResult": "124", "ErrorMessage": "Duplicate RequestId"}
        self.taken.append(body)
        return {"CodeResult": "100", "CountRegenerate": 0, "SMSID": f"id-{len(self.taken)}"}


@pytest.fixture
def esms():
    server = Esms()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def channel(server, **changes) -> EsmsChannel:
    contract = {"key": "key", "secret": "secret", "brandname": "HueS", **changes}
    return EsmsChannel(Gateway(f"http://127.0.0.1:{server.server_port}{PATH}", **contract))


def test_a_message_is_taken_and_a_repeat_is_shown_once(esms):
    out, message = channel(esms), uuid7()
    assert out.send(message, "+84905123456", {"text": "Da nhan PA-2611-0427"}) == "esms:id-1"
    assert out.send(message, "+84905123456", {"text": "Da nhan PA-2611-0427"}) == "esms:repeat"
    [body] = esms.taken
    assert body["Phone"] == "0905123456"
    assert body["RequestId"] == str(message)
    assert (body["IsUnicode"], body["Sandbox"]) == ("0", "0")


def test_words_with_tone_marks_are_declared_so_and_foreign_numbers_keep_their_country(esms):
    channel(esms, is_sandbox=True).send(uuid7(), "+4915112345678", {"text": "Đã nhận"})
    assert (esms.taken[0]["IsUnicode"], esms.taken[0]["Phone"]) == ("1", "4915112345678")
    assert esms.taken[0]["Sandbox"] == "1"


@pytest.mark.parametrize("number", [BLOCKED, UNKNOWN])
def test_a_number_that_cannot_be_reached_is_undeliverable(esms, number):
    with pytest.raises(Undeliverable):
        channel(esms).send(uuid7(), "+84" + number[1:], {"text": "x"})


@pytest.mark.parametrize(("changes", "code"), [({"key": "wrong"}, "101"), ({"brandname": "Other"}, "104")])
def test_our_own_faults_are_tried_again_and_named(esms, changes, code):
    with pytest.raises(ConnectionError, match=code):
        channel(esms, **changes).send(uuid7(), "+84905123456", {"text": "x"})


@pytest.mark.parametrize(
    "fixed",
    [
        (500, b"oops"),
        (200, b"<html>"),
        (200, b"[]"),
        (200, b"{}"),
        (302, b""),
        (200, b'{"CodeResult":"103"}'),
    ],
)
def test_a_gateway_out_of_order_is_tried_again(esms, fixed):
    esms.fixed = fixed
    with pytest.raises(ConnectionError):
        channel(esms).send(uuid7(), "+84905123456", {"text": "x"})


def test_a_gateway_that_is_down_is_tried_again(esms):
    out = channel(esms)
    esms.shutdown()
    esms.server_close()
    with pytest.raises(OSError):
        out.send(uuid7(), "+84905123456", {"text": "x"})
