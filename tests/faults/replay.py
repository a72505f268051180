"""A client that files reports over HTTP as a real one does: it keeps a report until it was acknowledged, and says it again
under the same external id when the connection broke or the server was away."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from dataclasses import dataclass, field

WORDS = (
    "Đèn đường tắt",
    "Ổ gà sâu",
    "Rác chưa thu gom",
    "Cống nghẹt gây ngập",
    "Cây ngã chắn lối",
    "Nắp hố ga vỡ",
)
CORNER = (107.6018, 16.4665)
AGAIN = 0.05
"""How often a client says an acknowledged report once more, as one that lost its notes would."""


@dataclass
class Told:
    """What all clients together know."""

    numbers: dict[str, str] = field(default_factory=dict)
    """External id -> case number of each acknowledged report."""
    unanswered: set[str] = field(default_factory=set)
    broken: int = 0
    repeats: int = 0
    refused: list[str] = field(default_factory=list)
    """What no healthy server answers: a refusal, or another number for the same report."""


def address_of(external_id: str) -> str:
    """Where the receipt of a report goes: an address of its own."""
    return f"{external_id}@fault.invalid"


class Client(threading.Thread):
    """One connection, kept alive while it lasts."""

    def __init__(self, n: int, port: int, key: str, seed: int, told: Told, pause_s: float) -> None:
        super().__init__(name=f"client-{n}", daemon=True)
        self._n, self._port, self._key, self._told, self._pause_s = n, port, key, told, pause_s
        self._random = random.Random(f"{seed}:{n}")
        self._connection: http.client.HTTPConnection | None = None
        self._leave = threading.Event()

    def run(self) -> None:
        n = 0
        while not self._leave.is_set():
            n += 1
            external_id = f"c{self._n}-{n:06d}"
            self._file(external_id)
            if external_id in self._told.numbers and self._random.random() < AGAIN:
                self._told.repeats += 1
                self._file(external_id)
            self._leave.wait(self._random.uniform(0, 2 * self._pause_s))

    def leave(self) -> None:
        """No further report; the one in hand is tried a little longer."""
        self._leave.set()

    def _file(self, external_id: str) -> None:
        said = {
            "external_id": external_id,
            "text": f"{self._random.choice(WORDS)} số {self._random.randrange(500)}",
            "lon": CORNER[0] + self._random.uniform(-0.002, 0.002),
            "lat": CORNER[1] + self._random.uniform(-0.002, 0.002),
            "contact": {"email": address_of(external_id)},
        }
        body = json.dumps(said).encode()
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                status, answer = self._post(body)
            except (OSError, http.client.HTTPException):
                self._told.broken += 1
                self._hang_up()
                time.sleep(0.1)
                continue
            if status == 503:
                time.sleep(0.2)
                continue
            self._note(external_id, status, answer)
            return
        self._told.unanswered.add(external_id)

    def _post(self, body: bytes) -> tuple[int, bytes]:
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=15)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._key}"}
        self._connection.request("POST", "/api/v1/reports", body, headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _note(self, external_id: str, status: int, answer: bytes) -> None:
        if status not in (200, 201):
            self._told.refused.append(f"{external_id}: {status} {answer[:300].decode(errors='replace')}")
            return
        number = json.loads(answer)["number"]
        first = self._told.numbers.setdefault(external_id, number)
        if first != number:
            self._told.refused.append(f"{external_id}: first {first}, then {number}")
