"""Mail against a real SMTP server on this machine: refusals, passing faults, a server that is down, a kill after acceptance."""

from __future__ import annotations

import socket
from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from aiosmtpd.controller import Controller

from ngomon.core import clock, deliveries
from ngomon.core.deliveries import Undeliverable, channels, deliver
from ngomon.core.ids import Ref, uuid7
from ngomon.core.models import Delivery
from ngomon.core.units import unit
from ngomon.core.worker import send_deliveries
from ngomon.messages.smtp import Server, SmtpChannel

pytestmark = pytest.mark.django_db(transaction=True)
CONTENT = {
    "subject": "Đã nhận phản ánh",
    "text": "Phường xử lý.\n\nCảm ơn.",
    "link": "http://x/c/1",
    "language": "vi",
}


class Post:
    """A post office that keeps what it accepts and can be told to refuse."""

    def __init__(self) -> None:
        self.box: list = []
        self.at_rcpt = self.at_data = ""

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if self.at_rcpt:
            return self.at_rcpt.format(address=address)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if self.at_data:
            return self.at_data
        self.box.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=default)))
        return "250 taken"


@pytest.fixture
def post(monkeypatch):
    office = Post()
    controller = Controller(office, hostname="127.0.0.1", port=0)
    controller.port = _free_port()
    controller.start()
    server = Server.from_url(f"smtp://127.0.0.1:{controller.port}")
    monkeypatch.setitem(channels, "smtp", SmtpChannel(server, "Huế <ngomon@hue.example>"))
    yield office
    controller.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def enqueue(address="an@demo.invalid"):
    with unit():
        return deliver("smtp", address, CONTENT, purpose="test", of=Ref("case", "1"), at=clock.now())


def row(delivery):
    return Delivery.objects.get(pk=delivery)


def make_due(delivery):
    Delivery.objects.filter(pk=delivery).update(due_at=clock.now() - timedelta(seconds=1))


def test_a_message_arrives_whole_in_text_and_html(post):
    delivery = enqueue()
    send_deliveries()
    [(to, mail)] = post.box
    assert to == ["an@demo.invalid"]
    assert mail["Message-ID"] == f"<{delivery}@hue.example>"
    assert mail["Subject"] == "Đã nhận phản ánh"
    assert mail["Auto-Submitted"] == "auto-generated"
    text, page = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert "Phường xử lý." in text
    assert "http://x/c/1" in text
    assert "Phường xử lý." in page
    assert 'href="http://x/c/1"' in page
    assert row(delivery).state == "sent"


def test_a_refused_mailbox_is_dead_at_once_and_a_person_may_resend_it(post):
    post.at_rcpt = "550 5.1.1 no such user <{address}>"
    delivery = enqueue()
    send_deliveries()
    assert (row(delivery).state, row(delivery).attempts) == ("dead", 1)
    assert "demo.invalid" not in row(delivery).error
    post.at_rcpt = ""
    with unit():
        assert deliveries.resend(delivery, at=clock.now())
    send_deliveries()
    assert row(delivery).state == "sent"
    assert post.box[0][1]["Message-ID"] == f"<{delivery}@hue.example>"


@pytest.mark.parametrize("where", ["at_rcpt", "at_data"])
def test_a_passing_fault_is_tried_again_with_the_same_message_id(post, where):
    setattr(post, where, "451 4.3.0 try later")
    delivery = enqueue()
    send_deliveries()
    assert row(delivery).state == "queued"
    assert row(delivery).due_at > clock.now()
    assert send_deliveries() == 0
    setattr(post, where, "")
    make_due(delivery)
    send_deliveries()
    assert row(delivery).state == "sent"
    assert [m["Message-ID"] for _, m in post.box] == [f"<{delivery}@hue.example>"]


def test_a_server_that_is_down_costs_nothing_but_time(post, monkeypatch):
    working = channels["smtp"]
    monkeypatch.setitem(channels, "smtp", SmtpChannel(Server("127.0.0.1", _free_port()), "a@b.example"))
    delivery = enqueue()
    send_deliveries()
    assert row(delivery).state == "queued"
    monkeypatch.setitem(channels, "smtp", working)
    make_due(delivery)
    send_deliveries()
    assert row(delivery).state == "sent"


def test_a_kill_between_acceptance_and_record_repeats_under_the_same_id(post):
    delivery = enqueue()
    with unit():
        [claimed] = deliveries.claim(clock.now())
    deliveries.send(claimed)
    assert row(delivery).state == "sending"
    assert send_deliveries() == 0, "the lease holds others off"
    make_due(delivery)
    send_deliveries()
    assert row(delivery).state == "sent"
    assert len({m["Message-ID"] for _, m in post.box}) == 1
    assert len(post.box) == 2


@pytest.mark.parametrize("address", ["a@b.vn\r\nBcc: all@b.vn", "a@b.vn\nX: y"])
def test_an_address_cannot_smuggle_headers(post, address):
    channel = channels["smtp"]
    with pytest.raises(Undeliverable):
        channel.send(uuid7(), address, CONTENT)
    assert post.box == []


def test_a_subject_of_several_lines_stays_one_header(post):
    channels["smtp"].send(uuid7(), "a@b.vn", {**CONTENT, "subject": "một\r\nBcc: all@b.vn"})
    assert post.box[0][1]["Subject"] == "một Bcc: all@b.vn"
    assert post.box[0][1]["Bcc"] is None


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.hue.example", Server("mail.hue.example", 25)),
        (
            "smtp://u%40x:p%2Fw@mail.hue.example?starttls=1",
            Server("mail.hue.example", 587, "u@x", "p/w", "starttls"),
        ),
        ("smtps://mail.hue.example", Server("mail.hue.example", 465, tls="tls")),
    ],
)
def test_a_server_is_read_from_its_url(url, server):
    assert Server.from_url(url) == server


@pytest.mark.parametrize("url", ["http://x", "smtp:", "smtp://x?tls=maybe"])
def test_a_wrong_server_url_is_refused(url):
    with pytest.raises(ValueError, match="NGOMON_SMTP_URL"):
        Server.from_url(url)
