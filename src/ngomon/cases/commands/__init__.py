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
from .corroborate import corroborate, corroborate_by_itself, judge, reverse
from .danger import add_to_danger, report_danger
from .exits import lift_secrecy
from .family import look_back, set_parent
from .filters import remove_filter, save_filter
from .handling import act_on_case, comment, consult, follow_process, give_opinion
from .handover import hand_over
from .intake import file_report
from .learning import (
    ask_for_training,
    give_up_training,
    put_model_live,
    record_model,
    remember_decision,
    take_model_back,
)
from .merge import keep_apart, merge, say_not_same, split_signal, unmerge
from .pictures import decide_picture
from .publishing import check_answer, first_words_of, hide_words, kept_checks
from .questions import ask_question
from .redact import redact_pictures, redact_text, try_redaction
from .tracking import review_project
from .triage import change_category, set_urgency
from .undo import undo_action
from .wording import count_texts
from .wording import uses as text_uses

__all__ = [
    "act_on_case",
    "add_to_danger",
    "appeal",
    "ask_for_training",
    "ask_question",
    "carry_back",
    "carry_on",
    "change_category",
    "check_answer",
    "choose",
    "comment",
    "consult",
    "corroborate",
    "corroborate_by_itself",
    "count_texts",
    "decide_picture",
    "file_report",
    "first_words_of",
    "follow",
    "follow_process",
    "forget_unused",
    "give_opinion",
    "give_up_training",
    "hand_over",
    "hide_words",
    "judge",
    "keep_apart",
    "kept_checks",
    "lift_secrecy",
    "look_back",
    "merge",
    "object_to_answer",
    "preview",
    "put_model_live",
    "rate",
    "record_model",
    "redact_pictures",
    "redact_text",
    "release",
    "release_due",
    "remember_decision",
    "remove_filter",
    "reply",
    "report_danger",
    "reverse",
    "review_project",
    "save_filter",
    "say_not_same",
    "set_parent",
    "set_urgency",
    "split_signal",
    "start",
    "state_reason",
    "take_model_back",
    "text_uses",
    "told",
    "try_redaction",
    "undo_action",
    "undo_bulk",
    "unmerge",
]
