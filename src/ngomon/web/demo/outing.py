"""How people on call once took something, in the demonstration's past: through the same commands, at its own minutes."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from uuid import UUID

from ngomon.cases.commands import follow_process
from ngomon.core.actors import system
from ngomon.core.ids import Ref
from ngomon.core.units import unit
from ngomon.messages.commands import answer_call
from ngomon.messages.terms import Answer, How
from ngomon.processes import alarms
from ngomon.processes import commands as processes

ACTOR = system("demo")
# From one answer to the next. Units: minutes.
MINUTES = {
    Answer.ACKNOWLEDGED: (0.5, 1.8),
    Answer.EN_ROUTE: (1, 4),
    Answer.ON_SCENE: (4, 18),
    Answer.DONE: (10, 70),
}


class Outing:
    """One call-out that somebody takes."""

    def __init__(self, case_id: UUID, of: Ref, dice: random.Random) -> None:
        self._case, self._of, self._dice = case_id, of, dice
        self._call: UUID | None = None

    def say(self, answer: Answer, at: datetime, *, until: datetime) -> datetime:
        """Whoever took it answers some minutes later; when. What lies after `until` has not happened yet."""
        if self._call is None:
            at += timedelta(seconds=self._dice.uniform(5, 20))
            self._begin(at)
        at += timedelta(minutes=self._dice.uniform(*MINUTES[answer]))
        if self._call is None or at >= until:
            return max(at, until)
        with unit():
            answer_call(self._call, answer, how=How.PAGE, actor=ACTOR, at=at)
            processes.take_answer(self._call, str(answer), How.PAGE, actor=ACTOR, at=at)
        with unit():
            follow_process(self._case, actor=ACTOR, at=at)
        return at

    def _begin(self, at: datetime) -> None:
        with unit():
            processes.wake_alarms(actor=ACTOR, at=at)
        found = alarms.alarms_of(self._of, actor=ACTOR)
        calls = [call.id for call in found[0].calls] if found else []
        self._call = calls[0] if calls else None
