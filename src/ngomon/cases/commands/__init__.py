"""Everything somebody does with a report or a case; one function each, by who does it."""

from .board import state_reason
from .citizen import appeal, follow, object_to_answer, rate, reply
from .family import look_back, set_parent
from .handling import act_on_case, comment, consult, follow_process, give_opinion
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
from .triage import change_category

__all__ = [
    "act_on_case",
    "appeal",
    "ask_for_training",
    "change_category",
    "comment",
    "consult",
    "file_report",
    "follow",
    "follow_process",
    "give_opinion",
    "give_up_training",
    "keep_apart",
    "look_back",
    "merge",
    "object_to_answer",
    "put_model_live",
    "rate",
    "record_model",
    "remember_decision",
    "reply",
    "say_not_same",
    "set_parent",
    "split_signal",
    "state_reason",
    "take_model_back",
    "unmerge",
]
