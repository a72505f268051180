"""What those who are called out for an order that nobody acknowledged are told about it."""

from __future__ import annotations

from uuid import UUID

from ngomon.core.errors import NotFound
from ngomon.processes.call_words import NOTHING, Words, tells

from . import queries
from .terms import ORDER

MOST_WORDS = 240


def words_of_order(key: str) -> Words:
    """The order's own words, as a call says them."""
    line = queries.order_by_id(UUID(key))
    if line is None:
        raise NotFound("incidents.error.no_order")
    number = line.ref.label
    return {
        **NOTHING,
        "category": {"vi": "Lệnh chỉ huy chưa xác nhận", "en": "Order not acknowledged"},
        "where": number,
        "what": line.words[:MOST_WORDS],
        "number": number,
    }


tells(ORDER, words_of_order)
