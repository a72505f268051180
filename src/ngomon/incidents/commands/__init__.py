"""Everything that is done in a command room; each command writes a line into the room's log."""

from .flood import (
    forget_callers,
    load_households,
    move_ticket,
    remove_household,
    set_alarm,
    take_calls,
    take_in,
    tick,
)
from .gathering import gather_cases, release_case
from .handover import bring_up_to_date, confirm_given, confirm_taken, give_thing, make_sheet, note_thing
from .leaving import hand_over_all, leave_seat
from .levels import note_level
from .log import write_log
from .orders import (
    BY_STAFF,
    acknowledge_by_call,
    call_for_order,
    give_order,
    move_order,
    move_orders,
    number_dispatch,
)
from .papers import ask_after_action, ask_dispatch, ask_report, count_sent, keep_paper
from .resources import assign_resource, load_resources, release_resource, set_ready
from .rooms import (
    close_room,
    decide_room,
    end_room,
    go_to_phase,
    open_room,
    raise_room,
    seat,
    set_report_beat,
)

__all__ = [
    "BY_STAFF",
    "acknowledge_by_call",
    "ask_after_action",
    "ask_dispatch",
    "ask_report",
    "assign_resource",
    "bring_up_to_date",
    "call_for_order",
    "close_room",
    "confirm_given",
    "confirm_taken",
    "count_sent",
    "decide_room",
    "end_room",
    "forget_callers",
    "gather_cases",
    "give_order",
    "give_thing",
    "go_to_phase",
    "hand_over_all",
    "keep_paper",
    "leave_seat",
    "load_households",
    "load_resources",
    "make_sheet",
    "move_order",
    "move_orders",
    "move_ticket",
    "note_level",
    "note_thing",
    "number_dispatch",
    "open_room",
    "raise_room",
    "release_case",
    "release_resource",
    "remove_household",
    "seat",
    "set_alarm",
    "set_ready",
    "set_report_beat",
    "take_calls",
    "take_in",
    "tick",
    "write_log",
]
