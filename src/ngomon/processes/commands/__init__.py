"""Everything that moves a process; each returns where it then stands (`Moved`) unless it says otherwise."""

from .aside import set_aside, take_back
from .clock import commit_until, extend, pause, resume
from .consultation import answer_consultation, consult
from .definitions import publish
from .steps import act, assign, cancel, reopen, start
from .timers import mark_stale, move_work, wake

__all__ = [
    "act",
    "answer_consultation",
    "assign",
    "cancel",
    "commit_until",
    "consult",
    "extend",
    "mark_stale",
    "move_work",
    "pause",
    "publish",
    "reopen",
    "resume",
    "set_aside",
    "start",
    "take_back",
    "wake",
]
