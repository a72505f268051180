"""Everything that moves a process; each returns where it then stands (`Moved`) unless it says otherwise."""

from .aside import set_aside, take_back
from .clock import commit_until, extend, pause, resume
from .consultation import answer_consultation, consult
from .definitions import publish
from .directives import give_directive, move_directive
from .drafts import (
    change_draft,
    discard_draft,
    import_draft,
    open_draft,
    publish_draft,
    publish_due,
    recall_draft,
)
from .forecasts import (
    advance_forecast,
    ask_forecast,
    cancel_forecast,
    give_up_forecast,
    record_forecast,
    take_forecast,
)
from .handover import hand_over, hand_to_agency
from .keeping import keep_to
from .migration import migrate
from .numbering import next_number
from .oncall import (
    call_next,
    call_off,
    call_off_of,
    give_back,
    has_alarm,
    move_alarm,
    raise_alarm,
    record_answer,
    skip,
    take_answer,
    wake_alarms,
)
from .restoring import as_it_is, restore
from .steps import act, assign, cancel, reopen, start
from .timers import TIMERS_AT_ONCE, mark_stale, move_work, wake

__all__ = [
    "TIMERS_AT_ONCE",
    "act",
    "advance_forecast",
    "answer_consultation",
    "as_it_is",
    "ask_forecast",
    "assign",
    "call_next",
    "call_off",
    "call_off_of",
    "cancel",
    "cancel_forecast",
    "change_draft",
    "commit_until",
    "consult",
    "discard_draft",
    "extend",
    "give_back",
    "give_directive",
    "give_up_forecast",
    "hand_over",
    "hand_to_agency",
    "has_alarm",
    "import_draft",
    "keep_to",
    "mark_stale",
    "migrate",
    "move_alarm",
    "move_directive",
    "move_work",
    "next_number",
    "open_draft",
    "pause",
    "publish",
    "publish_draft",
    "publish_due",
    "raise_alarm",
    "recall_draft",
    "record_answer",
    "record_forecast",
    "reopen",
    "restore",
    "resume",
    "set_aside",
    "skip",
    "start",
    "take_answer",
    "take_back",
    "take_forecast",
    "wake",
    "wake_alarms",
]
