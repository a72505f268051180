"""Everything somebody does with a report or a case; one function each, by who does it."""

from .board import state_reason
from .citizen import appeal, follow, object_to_answer, rate, reply
from .handling import act_on_case, comment, consult, follow_process, give_opinion
from .intake import file_report
from .pictures import decide_picture
from .publishing import first_words_of, hide_words
from .tracking import review_project
from .triage import change_category, merge, unmerge
from .wording import count_texts
from .wording import uses as text_uses

__all__ = [
    "act_on_case",
    "appeal",
    "change_category",
    "comment",
    "consult",
    "count_texts",
    "decide_picture",
    "file_report",
    "first_words_of",
    "follow",
    "follow_process",
    "give_opinion",
    "hide_words",
    "merge",
    "object_to_answer",
    "rate",
    "reply",
    "review_project",
    "state_reason",
    "text_uses",
    "unmerge",
]
