"""Everything somebody does with a report or a case; one function each, by who does it."""

from .citizen import appeal, follow, object_to_answer, rate, reply
from .handling import act_on_case, comment
from .intake import file_report
from .triage import change_category, merge, unmerge

__all__ = [
    "act_on_case",
    "appeal",
    "change_category",
    "comment",
    "file_report",
    "follow",
    "merge",
    "object_to_answer",
    "rate",
    "reply",
    "unmerge",
]
