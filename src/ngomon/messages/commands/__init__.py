"""Everything that writes in messages: telling somebody something, and calling somebody out."""

from .calling import answer_call, call_out, note_attempt, stand_down, stop_ringing
from .telling import mark_read, resend, set_preference, strike_messages, tell, tell_all

__all__ = [
    "answer_call",
    "call_out",
    "mark_read",
    "note_attempt",
    "resend",
    "set_preference",
    "stand_down",
    "stop_ringing",
    "strike_messages",
    "tell",
    "tell_all",
]
