"""The requests of the loads."""

from __future__ import annotations

import json
import random

from bench.load import Request

CORNER = (107.6018, 16.4665)
WORDS = (
    "Đèn đường trước kiệt 42 tắt 3 đêm rồi, cả xóm đi lại rất nguy hiểm",
    "Ổ gà sâu giữa đường, sáng nay đã có hai người té xe",
    "Rác chưa thu gom ba ngày nay, mùi rất hôi",
    "Cống nghẹt, mưa xuống là ngập cả đoạn trước chợ",
)


def report(key: str, external_id: str, n: int) -> Request:
    """A report with words, place and contact; the category is proposed from the words."""
    dice = random.Random(n)
    said = {
        "external_id": external_id,
        "text": WORDS[n % len(WORDS)],
        "lon": CORNER[0] + dice.uniform(-0.02, 0.02),
        "lat": CORNER[1] + dice.uniform(-0.004, 0.004),
        "contact": {"email": f"r{n}@bench.invalid"},
    }
    return ("POST", "/api/v1/reports", bearer(key), json.dumps(said, ensure_ascii=False))


def bearer(key: str) -> dict[str, str]:
    """Headers of a client with a key."""
    return {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
