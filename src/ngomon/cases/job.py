"""One training from the asking to the gate's findings: `ngomon train category`. Runs in a process of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog

from ngomon.core import actors, clock, files
from ngomon.core.errors import CityError, Invalid
from ngomon.core.texts import text
from ngomon.core.units import unit
from ngomon.directory import queries as directory

from . import proposals
from .commands import ask_for_training, give_up_training, put_model_live, record_model
from .evaluation import rows_of
from .learned import TRAINER, Decided, decisions
from .models import LearnedModel
from .rules.gate import examine, held_back, is_passed
from .rules.linear import LinearModel, written
from .rules.measure import Figures, figures
from .rules.phrases import book_phrases
from .terms import CATEGORY_MODEL, ModelState
from .training import Lesson, train

log = structlog.get_logger("ngomon.training")
ACTOR = actors.system(TRAINER.removeprefix("system:"))
MEDIA_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Examples:
    """Reports that somebody labelled beforehand, for a city in which little was decided yet; and others to measure on."""

    learn: Path
    measure: Path | None = None

    def read(self) -> tuple[list[Decided], list[Decided]]:
        """What is learned, what is measured on. Raises: Invalid for files that cannot be read."""
        return _rows(self.learn), _rows(self.measure) if self.measure else []


def _rows(path: Path) -> list[Decided]:
    at = datetime.fromtimestamp(0, UTC)
    return [Decided(row["description"], row["category"].strip(), at) for row in rows_of(path)]


def run(model_id: UUID | None = None, examples: Examples | None = None, *, goes_live: bool = False) -> str:
    """Train the model that was asked for (or ask for one), measure it on what it never saw, and record it; its state.

    `goes_live`: put it to use where the gate lets it through, as `[proposals] goes_live = "by_itself"` does.
    """
    if model_id is None:
        with unit():
            model_id = ask_for_training(actor=ACTOR, at=clock.now())
    try:
        _train(model_id, examples, goes_live=goes_live)
    except CityError as error:
        _give_up(model_id, text(error.code, **error.values))
    except Exception as error:
        log.exception("training failed", model=str(model_id))
        _give_up(model_id, type(error).__name__)
    return LearnedModel.objects.values_list("state", flat=True).get(pk=model_id)


def _give_up(model_id: UUID, reason: str) -> None:
    with unit():
        give_up_training(model_id, reason, actor=ACTOR, at=clock.now())


def _train(model_id: UUID, examples: Examples | None, *, goes_live: bool) -> None:
    limits, decided = proposals.learning(), decisions()
    taught, tested = examples.read() if examples else ([], [])
    if len(taught) + len(decided) < limits.min_decisions:
        raise Invalid("cases.learning.too_few", n=len(taught) + len(decided), least=limits.min_decisions)
    newest = held_back(len(decided) if tested else len(taught) + len(decided))
    known = taught + decided
    seen, unseen = known[: len(known) - newest], known[len(known) - newest :] + tested
    lesson = Lesson(
        [one.text for one in seen],
        [one.category for one in seen],
        book_phrases(directory.categories()),
        lambda said: proposals.by_rules(said, most=10),
    )
    model = train(lesson, precision=limits.precision)
    candidate = measured(unseen, model)
    in_use = {"rules": measured(unseen, None)}
    live = LearnedModel.objects.filter(kind=CATEGORY_MODEL, state=ModelState.LIVE).first()
    opened = proposals.opened(live) if live else None
    if opened is not None:
        in_use["live"] = measured(unseen, opened)
    findings = examine(candidate, in_use, limits)
    told: dict[str, Any] = {
        "candidate": candidate.rounded(),
        **{name: found.rounded() for name, found in in_use.items()},
        "gate": [asdict(finding) for finding in findings],
        "sure_from": round(model.sure_from, 4),
        "scale": round(model.scale, 4),
        "prior": round(model.prior, 4),
        "features": len(model.keys),
        "seen": len(seen),
        "taught": len(taught),
    }
    by_itself = goes_live or limits.goes_live == "by_itself"
    _record(model_id, model, told, is_passed(findings), goes_live=by_itself)


def _record(
    model_id: UUID, model: LinearModel, told: dict[str, Any], passed: bool, *, goes_live: bool
) -> None:
    stored = files.put(written(model), MEDIA_TYPE)
    with unit():
        now, rows = clock.now(), told["seen"]
        record_model(model_id, stored, rows=rows, figures=told, passed=passed, actor=ACTOR, at=now)
        if passed and goes_live:
            put_model_live(model_id, actor=ACTOR, at=now)


def measured(decided: Sequence[Decided], model: LinearModel | None) -> Figures:
    """How well the proposals of a model, or of the rules alone, meet these decisions."""
    found = [proposals.propose_with(one.text, model) for one in decided]
    return figures(
        [one.category for one in decided],
        [[p.key for p in ranked] for ranked in found],
        [ranked[0].score if ranked else 0.0 for ranked in found],
        [bool(ranked) and ranked[0].is_sure for ranked in found],
    )
