"""Identifiers: time-ordered UUIDs (version 7), and references that let any object carry another room's thing."""

from __future__ import annotations

import os
import time
import uuid
from dataclasses import dataclass


def uuid7() -> uuid.UUID:
    """A new identifier that sorts by its creation time.

    Units: 48 bits of Unix milliseconds, 74 random bits. Source: RFC 9562 §5.7.
    """
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80
    value |= 0x7 << 76
    value |= ((random >> 62) & 0xFFF) << 64
    value |= 0b10 << 62
    value |= random & 0x3FFF_FFFF_FFFF_FFFF
    return uuid.UUID(int=value)


def plain_number(number: str) -> str:
    """A number that people read (PA-2611-0427) as it is kept; empty, which nothing has, for what cannot be one."""
    return number.upper() if len(number) <= 24 and number.replace("-", "").isalnum() else ""


@dataclass(frozen=True, slots=True)
class Ref:
    """Points at any thing of any room: what kind it is, its key there, and how to show it.

    Two references are the same thing when kind and key agree; label and url are for people.
    """

    kind: str
    key: str
    label: str = ""
    url: str = ""
