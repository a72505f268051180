"""A load of HTTP requests over kept connections, from a process of its own: `python -m bench.load PORT CONNECTIONS < JSON`.

Reads requests as JSON lists [method, path, headers, body]; prints how fast they were answered and with what.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter, deque
from typing import Any

Request = tuple[str, str, dict[str, str], str]


def _bytes(request: Request) -> bytes:
    method, path, headers, body = request
    said = body.encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{k}: {v}" for k, v in headers.items())]
    if said or method != "GET":
        lines.append(f"Content-Length: {len(said)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + said


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    status, length = int(head[9:12]), 0
    lowered = head.lower()
    if b"transfer-encoding: chunked" in lowered:
        return status, await _chunks(reader)
    at = lowered.find(b"content-length:")
    if at >= 0:
        length = int(lowered[at + 15 : lowered.find(b"\r\n", at)])
    return status, await reader.readexactly(length)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    parts = []
    while size := int((await reader.readline()).strip(), 16):
        parts.append(await reader.readexactly(size))
        await reader.readline()
    await reader.readline()
    return b"".join(parts)


async def _connection(
    port: int, left: deque[bytes], took: list[float], statuses: Counter[int], bad: list[str]
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while left:
        began = time.perf_counter()
        writer.write(left.popleft())
        status, body = await _answer(reader)
        took.append(time.perf_counter() - began)
        statuses[status] += 1
        if status >= 400 and len(bad) < 3:
            bad.append(body[:400].decode(errors="replace"))
    writer.close()


async def run(port: int, connections: int, requests: list[Request]) -> dict[str, Any]:
    """Send all requests; the rate, the times and the statuses."""
    left, took, statuses, bad = deque(map(_bytes, requests)), list[float](), Counter[int](), list[str]()
    began = time.perf_counter()
    await asyncio.gather(*(_connection(port, left, took, statuses, bad) for _ in range(connections)))
    seconds = time.perf_counter() - began
    ordered = sorted(took)
    return {
        "n": len(took),
        "rate": len(took) / seconds,
        "p50_ms": ordered[len(ordered) // 2] * 1000,
        "p99_ms": ordered[int(len(ordered) * 0.99)] * 1000,
        "statuses": dict(statuses),
        "bad": bad,
    }


if __name__ == "__main__":
    found = asyncio.run(run(int(sys.argv[1]), int(sys.argv[2]), json.load(sys.stdin)))
    sys.stdout.write(json.dumps(found) + "\n")
