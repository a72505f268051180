"""What the reporter would be told if an action were taken now: the message itself, before anybody sends it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ngomon.core.errors import NotFound
from ngomon.directory import queries as directory
from ngomon.messages.queries import preview

from .public import told_of
from .rules import EFFECTS
from .terms import MESSAGES, Audience, CaseLine, EntryKind
from .tracker import project_of

ONCE_PUBLIC = {"answer": "answered", "commit": "committed", "record": "recorded", "approve": "answered"}
"""What an agency writes is told when the centre has looked at it and made it public."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as it would read. `is_later`: not by this action, but when the answer becomes public."""

    subject: str
    body: str
    is_later: bool = False


def letter_of(action: str, line: CaseLine, said: Mapping[str, str], *, language: str) -> Letter | None:
    """The message that the action leads to; None where the reporter hears nothing of it.

    `said`: what the officer has typed so far (agency, until, quarter, words, into: a case's number).
    """
    template = _template(action, line)
    if not template:
        return None
    quarter = said.get("quarter", "")
    if action in {"publish", "approve"} and (project := project_of(line.id)):
        template, quarter = "recorded", project.quarter
    until = said.get("until", "")
    if action in {"publish", "approve"} and template == "answered":
        until = told_of(line.id).commit_until_on
        template = "committed" if until else template
    values = {
        "number": line.number,
        "agency": _agency(said.get("agency") or line.agency),
        "due": line.due_at,
        "into": said.get("into", ""),
        "day": _day(until),
        "quarter": quarter or "…",
        "words": said.get("words", ""),
    }
    subject, body = preview(f"cases.message.{template}", values, language)
    return Letter(subject, body, action in ONCE_PUBLIC)


def _template(action: str, line: CaseLine) -> str:
    if action == "accept" and line.step != "verify":
        return ""  # the agency's own clerk takes it up
    own = {"merge": "merged", **ONCE_PUBLIC}
    return own.get(action) or MESSAGES.get(action, "")


def read_field(action: str) -> str:
    """The field of an action that the reporter reads on the case's page, at once or when it is public; empty for none."""
    effect = EFFECTS.get(action)
    if effect is None or (effect.kind is not EntryKind.ANSWER and effect.audience is not Audience.REPORTER):
        return ""
    return effect.field


def _day(until: str) -> str:
    parts = until.split("-")
    return "/".join(str(int(part)) for part in reversed(parts)) if all(map(str.isdecimal, parts)) else "…"


def _agency(key: str) -> Mapping[str, str]:
    try:
        return dict(directory.agency(key).name) if key else {"vi": "…"}
    except NotFound:
        return {"vi": "…"}
