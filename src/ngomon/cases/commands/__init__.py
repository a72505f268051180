"""Everything somebody does with a report or a case; one function each, by who does it."""

from .board import state_reason
from .citizen import appeal, follow, object_to_answer, rate, reply
from .handling import act_on_case, comment, consult, follow_process, give_opinion
from .intake import file_report
from .redact import redact_pictures, redact_text, try_redaction
from .triage import change_category, merge, unmerge

__all__ = [
    "act_on_case",
    "appeal",
    "change_category",
    "comment",
    "consult",
    "file_report",
    "follow",
    "follow_process",
    "give_opinion",
    "merge",
    "object_to_answer",
    "rate",
    "redact_pictures",
    "redact_text",
    "reply",
    "state_reason",
    "try_redaction",
    "unmerge",
]
