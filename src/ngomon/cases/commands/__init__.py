"""Everything somebody does with a report or a case; one function each, by who does it."""

from .board import state_reason
from .citizen import appeal, follow, object_to_answer, rate, reply
from .danger import add_to_danger, report_danger
from .exits import lift_secrecy
from .handling import act_on_case, comment, consult, follow_process, give_opinion
from .intake import file_report
from .questions import ask_question
from .triage import change_category, merge, unmerge

__all__ = [
    "act_on_case",
    "add_to_danger",
    "appeal",
    "ask_question",
    "change_category",
    "comment",
    "consult",
    "file_report",
    "follow",
    "follow_process",
    "give_opinion",
    "lift_secrecy",
    "merge",
    "object_to_answer",
    "rate",
    "reply",
    "report_danger",
    "state_reason",
    "unmerge",
]
