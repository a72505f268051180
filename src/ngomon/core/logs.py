"""Structured logs: one line per thing that happened, JSON for machines or coloured for people, with the request's id.

No personal data: routes instead of addresses, no query strings, bodies or cookies; and what may hide in error texts
(e-mail addresses, telephone and identity numbers, quoted database values) is blotted out on the way.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
# Phone numbers (0912 345 678, +84…), identity numbers (12 digits), codes. Not dates, times, positions or UUIDs.
_NUMBER = re.compile(r"(?<![\w:.-])\+?\d(?:[ .]?\d){8,14}(?![\w-])")
_DETAIL = re.compile(r"^(DETAIL|CONTEXT):.*$", re.MULTILINE)
_PARAMETERS = re.compile(r"\[parameters: .*?\]", re.DOTALL)


def blot(text: str) -> str:
    """The text without what looks like personal data."""
    text = _DETAIL.sub(r"\1: …", text)
    text = _PARAMETERS.sub("[parameters: …]", text)
    return _NUMBER.sub("…", _EMAIL.sub("…@…", text))


def _blotted(value: Any) -> Any:
    if isinstance(value, str):
        return blot(value)
    if isinstance(value, Mapping):
        return {key: _blotted(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_blotted(inner) for inner in value]
    return value


def blot_all(_logger: Any, _method: str, event_dict: EventDict) -> EventDict:
    """structlog processor: the last word before a line is written."""
    return {key: value if key == "timestamp" else _blotted(value) for key, value in event_dict.items()}


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(allow=[]),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        blot_all,
    ]


class _WithoutPath(logging.Filter):
    """Django names the path of a request that failed; the path may hold a claim code, and the edge names the route."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = str(record.msg).split(":")[0], ()
        return True


def configure(style: str = "auto", level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send structlog's and the standard library's lines through one formatter to standard error.

    `style` is json, pretty, or auto: pretty on a terminal.
    """
    is_pretty = style == "pretty" or (style == "auto" and sys.stderr.isatty())
    last: Processor = structlog.dev.ConsoleRenderer() if is_pretty else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_shared(),
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # Django tells of refused requests too; the edge already has.
    for name in ("django.request", "django.security", "django.server"):
        logger = logging.getLogger(name)
        logger.setLevel("ERROR")
        logger.filters[:] = [_WithoutPath()]
    logging.getLogger("django.db.backends").setLevel("WARNING")
