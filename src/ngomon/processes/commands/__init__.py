"""Everything that moves a process; each returns where it then stands (`Moved`) unless it says otherwise."""

from .aside import set_aside, take_back
from .clock import commit_until, extend, pause, resume
from .consultation import answer_consultation, consult
from .definitions import publish
from .drafts import (
    change_draft,
    discard_draft,
    import_draft,
    open_draft,
    publish_draft,
    publish_due,
    recall_draft,
)
from .handover import hand_over, hand_to_agency
from .keeping import keep_to
from .migration import migrate
from .restoring import as_it_is, restore
from .steps import act, assign, cancel, reopen, start
from .timers import mark_stale, move_work, wake

__all__ = [
    "act",
    "answer_consultation",
    "as_it_is",
    "assign",
    "cancel",
    "change_draft",
    "commit_until",
    "consult",
    "discard_draft",
    "extend",
    "hand_over",
    "hand_to_agency",
    "import_draft",
    "keep_to",
    "mark_stale",
    "migrate",
    "move_work",
    "open_draft",
    "pause",
    "publish",
    "publish_draft",
    "publish_due",
    "recall_draft",
    "reopen",
    "restore",
    "resume",
    "set_aside",
    "start",
    "take_back",
    "wake",
]
