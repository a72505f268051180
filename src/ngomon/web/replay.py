"""Replay of another city's reports through the HTTP API of a running server, one row of a CSV file at a time.

Columns: id, category (the kind's name or key), description, address, lat, lon; others are left alone. The id makes a
second run safe: the server gives the first receipt again.
"""

from __future__ import annotations

import csv
import gzip
import http.client
import io
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

COLUMNS = ("id", "category", "description", "address", "lat", "lon")
TRIES = 5


class ReplayError(Exception):
    """The file or the server cannot be used at all."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row: `accepted`, `known` (it was there already) or `refused`, with the number or the reason."""

    id: str
    state: str
    words: str


def rows_of(path: Path, limit: int | None) -> Iterator[dict[str, str]]:
    """The rows of a CSV file, also a gzipped one. Raises: ReplayError when columns are missing."""
    opened: Callable[..., Any] = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rb") as raw, io.TextIOWrapper(raw, encoding="utf-8", newline="") as text:
        reader = csv.DictReader(text)
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise ReplayError(f"{path.name}: no column {', '.join(missing)}")
        yield from islice(reader, limit)


class Server:
    """One kept connection to the API of a server."""

    def __init__(self, url: str, key: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ReplayError(f"no http address: {url}")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname, parts.port, timeout=60)
        self._base = parts.path.rstrip("/") + "/api/v1"
        self._headers = {"Content-Type": "application/json", "Accept-Language": "en"}
        if key:
            self._headers["Authorization"] = f"Bearer {key}"

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        """Status and plain data; waits where the server says so. Safe to repeat. Raises: ReplayError."""
        data = None if body is None else json.dumps(body).encode()
        for attempt in range(TRIES):
            try:
                self._connection.request(method, self._base + path, data, self._headers)
                answer = self._connection.getresponse()
                text = answer.read()
            except (OSError, http.client.HTTPException) as error:
                self._connection.close()
                if attempt == TRIES - 1:
                    raise ReplayError(f"the server does not answer: {error}") from error
                time.sleep(0.2 * 2**attempt)
                continue
            if answer.status not in {429, 503} or attempt == TRIES - 1:
                return answer.status, _plain(text, answer.status)
            time.sleep(min(60, int(answer.headers.get("Retry-After") or 1)))
        raise ReplayError("the server does not answer")

    def kinds(self) -> dict[str, str]:
        """Categories by every name they have, and by key."""
        status, found = self.ask("GET", "/categories")
        if status != 200:
            raise ReplayError(f"the server does not list its categories: {status}")
        by_name = {n: c["key"] for c in found["categories"] for n in (*c["name"].values(), c["key"])}
        return {name.casefold(): key for name, key in by_name.items()}


def _plain(text: bytes, status: int) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ReplayError(f"the server answered {status} without JSON") from error


def replay(server: Server, rows: Iterator[dict[str, str]]) -> Iterator[Outcome]:
    """File the rows in order. Raises: ReplayError for a server that fails."""
    kinds = server.kinds()
    for row in rows:
        status, said = server.ask("POST", "/reports", _report(row, kinds))
        if status in {200, 201}:
            yield Outcome(row["id"], "accepted" if status == 201 else "known", said["number"])
        elif status < 500:
            yield Outcome(row["id"], "refused", _reason(said))
        else:
            raise ReplayError(f"row {row['id']}: the server failed with {status}")


def _report(row: dict[str, str], kinds: dict[str, str]) -> dict[str, Any]:
    return {
        "external_id": row["id"],
        "text": row["description"],
        "category": kinds.get(row["category"].casefold(), row["category"]),
        "place_words": row["address"],
        "lon": _number(row["lon"]),
        "lat": _number(row["lat"]),
        "language": "en",
    }


def _number(typed: str) -> float | str:
    """A number; else the words as they are, for the server to refuse."""
    try:
        return float(typed)
    except ValueError:
        return typed


def _reason(said: dict[str, Any]) -> str:
    wrong = [f"{error['field']}: {error['detail']}" for error in said.get("errors", ())]
    return "; ".join(wrong) or str(said.get("detail", ""))
