"""Everything somebody does with a report or a case; one function each, by who does it."""

from .board import state_reason
from .bulk import (
    carry_back,
    carry_on,
    choose,
    forget_unused,
    preview,
    release,
    release_due,
    start,
    told,
    undo_bulk,
)
from .citizen import appeal, follow, object_to_answer, rate, reply
from .filters import remove_filter, save_filter
from .handling import act_on_case, comment, consult, follow_process, give_opinion
from .handover import hand_over
from .intake import file_report
from .triage import change_category, merge, unmerge
from .undo import undo_action

__all__ = [
    "act_on_case",
    "appeal",
    "carry_back",
    "carry_on",
    "change_category",
    "choose",
    "comment",
    "consult",
    "file_report",
    "follow",
    "follow_process",
    "forget_unused",
    "give_opinion",
    "hand_over",
    "merge",
    "object_to_answer",
    "preview",
    "rate",
    "release",
    "release_due",
    "remove_filter",
    "reply",
    "save_filter",
    "start",
    "state_reason",
    "told",
    "undo_action",
    "undo_bulk",
    "unmerge",
]
