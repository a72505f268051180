"""Words for matters that are no reports: where each belongs. Part of `terms`, from where others import it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Text = Mapping[str, str]


class Secrecy(StrEnum):
    """Who may know of a case that belongs elsewhere: as others; never the public; the duty shift alone."""

    NONE = ""
    UNPUBLISHED = "unpublished"
    SHIFT_ONLY = "shift_only"


class ExitKind(StrEnum):
    """What the city does itself: sees to it at once; says where to go; answers it as a question."""

    DANGER = "danger"
    ELSEWHERE = "elsewhere"
    QUESTION = "question"


@dataclass(frozen=True, slots=True)
class Exit:
    """Where a matter belongs that is no report: where to go, by which way, within which time, by which law.

    `words` speak for it (`a + b`: only together); `phone_names` name the `phones` in their order, separated by `;`.
    """

    key: str
    kind: str
    name: Text
    where: Text
    way: Text = field(default_factory=dict)
    within: Text = field(default_factory=dict)
    address: Text = field(default_factory=dict)
    phone_names: Text = field(default_factory=dict)
    icon: str = ""
    order: int = 0
    phones: tuple[str, ...] = ()
    url: str = ""
    law: str = ""
    words: tuple[str, ...] = ()
    secrecy: str = ""
    source: str = ""
