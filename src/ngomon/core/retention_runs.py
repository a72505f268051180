"""Destroying what is due: proposed, confirmed by a person, worked off in small units, certified and told to the log.

A run keeps the rules as they were when it was proposed. Each turn of the worker takes one small window of one kind in one
unit, with its place in the walk: after a kill the next turn goes on where the last commit left it, and nothing is counted
twice. Between turns everybody else writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

import orjson
from django.db.models import Sum

from ngomon.core import certificates, seal
from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.engine import engine
from ngomon.core.errors import Conflict, NotFound
from ngomon.core.events import Aggregate, emit
from ngomon.core.ids import Ref
from ngomon.core.merkle import HASH_BYTES, Frontier
from ngomon.core.models import RetentionBatch, RetentionPart, RetentionRun, RetentionState
from ngomon.core.retention import KEEP, KINDS, Found, Rule, due_before, held_keys, holders
from ngomon.core.terms import Event, event
from ngomon.core.units import command, current_unit

RUN = "retention"
WINDOWS_PER_TURN = 5


@event("core.retention_proposed")
class DestructionProposed(Event):
    """What is due was written down and waits for the person who decides; how many things of how many kinds."""

    run_id: str
    n: int
    kinds: int


@event("core.retention_confirmed")
class DestructionConfirmed(Event):
    """A person confirmed that what is due is destroyed."""

    run_id: str


@event("core.retention_done")
class DestructionDone(Event):
    """What was due is destroyed; the root over the ids of what went, base64, as the certificate has it."""

    run_id: str
    n: int
    root: str


@dataclass(frozen=True, slots=True)
class Due:
    """One line of the dry run: a rule, the instant it reaches to, what is due. `is_held_here`: some room holds such things."""

    rule: Rule
    before: datetime
    found: Found
    is_held_here: bool

    @property
    def is_standing(self) -> bool:
        """Whether a duty destroys it all the time, without a run."""
        return KINDS[self.rule.what].is_standing


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of things in a run."""

    what: str
    then: str
    months: int
    source: str
    before: datetime
    proposed_n: int
    n: int
    is_done: bool


@dataclass(frozen=True, slots=True)
class Run:
    """A destruction as it stands. `confirmed_by` is an account's id, or the system's name."""

    id: UUID
    state: str
    is_automatic: bool
    proposed_by: str
    proposed_at: datetime
    confirmed_by: str
    confirmed_at: datetime | None
    done_at: datetime | None
    certificate: str
    parts: tuple[Part, ...]


NOTHING = Found(0, None, (), 0)


def dry_run(rules: Iterable[Rule], at: datetime) -> list[Due]:
    """What the rules would destroy now, kind by kind, without a change."""
    held = held_keys()
    lines = []
    for rule in rules:
        before, holder = due_before(rule.months, at), holders.get(rule.what)
        found = holder.found(before, held) if holder and rule.then != KEEP else NOTHING
        is_here = holder is not None or KINDS[rule.what].is_standing
        lines.append(Due(rule, before, found, is_here))
    return lines


def _can_run(rule: Rule) -> bool:
    return rule.then != KEEP and rule.what in holders and not KINDS[rule.what].is_standing


def runs(limit: int = 20) -> list[Run]:
    """The latest runs, newest first. Callers check the right to see them."""
    rows = RetentionRun.objects.order_by("-proposed_at", "-id").prefetch_related("parts")[:limit]
    return [_run(row) for row in rows]


def waiting_for_a_person() -> int:
    """How many proposals wait to be decided. One statement."""
    return RetentionRun.objects.filter(state=RetentionState.PROPOSED).count()


def run_of(id: UUID) -> Run:
    """One run. Raises: NotFound."""
    row = RetentionRun.objects.filter(pk=id).prefetch_related("parts").first()
    if row is None:
        raise NotFound("core.retention.no_run")
    return _run(row)


def finished(id: UUID) -> Run:
    """One run that has its certificate. Raises: NotFound."""
    found = run_of(id)
    if not found.certificate:
        raise NotFound("core.retention.no_run")
    return found


def root_of(run: Run) -> str:
    """The root that the certificate of a finished run states."""
    return str(orjson.loads(run.certificate)["certificate"]["root"])


def _run(row: RetentionRun) -> Run:
    parts = sorted(row.parts.all(), key=lambda p: p.place)
    return Run(
        row.pk,
        row.state,
        row.is_automatic,
        row.proposed_by,
        row.proposed_at,
        row.confirmed_by,
        row.confirmed_at,
        row.done_at,
        row.certificate,
        tuple(
            Part(p.what, p.then, p.months, p.source, p.before, p.proposed_n, p.n, p.is_done) for p in parts
        ),
    )


@command
def propose(rules: Sequence[Rule], *, actor: Actor, at: datetime, is_automatic: bool = False) -> UUID | None:
    """Write down what is due now, for a person to confirm; None when nothing is. Once: one such run is open at a time.

    With `is_automatic` only rules that need no confirmation count, and the run begins at once.
    Raises: Conflict while another such run is open.
    """
    if _is_open(is_automatic):
        raise Conflict("core.retention.run_open")
    wanted = [rule for rule in rules if _can_run(rule) and (rule.is_automatic or not is_automatic)]
    due = [line for line in dry_run(wanted, at) if line.found.n]
    if not due:
        return None
    run = RetentionRun(proposed_by=actor.told_as, proposed_at=at, is_automatic=is_automatic)
    if is_automatic:
        run.state, run.confirmed_by, run.confirmed_at = RetentionState.CONFIRMED, actor.told_as, at
    else:
        told = DestructionProposed(str(run.pk), sum(line.found.n for line in due), len(due))
        emit(cast(Aggregate, run), told, actor=actor, at=at)
    run.save(force_insert=True)
    RetentionPart.objects.bulk_create(
        RetentionPart(
            run=run,
            place=place,
            what=line.rule.what,
            then=line.rule.then,
            months=line.rule.months,
            event=line.rule.event,
            source=line.rule.source,
            before=line.before,
            proposed_n=line.found.n,
        )
        for place, line in enumerate(due)
    )
    audit("retention.propose", _ref(run), actor=actor, at=at, detail={"kinds": len(due)})
    return run.pk


def _is_open(is_automatic: bool) -> bool:
    return RetentionRun.objects.filter(
        state__in=["proposed", "confirmed"], is_automatic=is_automatic
    ).exists()


def _ref(run: RetentionRun) -> Ref:
    return Ref(RUN, str(run.pk), "", "/admin/retention")


def _locked(id: UUID, *states: str) -> RetentionRun:
    run = RetentionRun.objects.select_for_update().filter(pk=id).first()
    if run is None:
        raise NotFound("core.retention.no_run")
    if run.state not in states:
        raise Conflict("core.retention.other_state")
    return run


@command
def confirm(id: UUID, *, actor: Actor, at: datetime) -> None:
    """A person says: destroy it. The worker begins. Callers check the right. Raises: NotFound, Conflict."""
    run = _locked(id, RetentionState.PROPOSED)
    run.state, run.confirmed_by, run.confirmed_at = RetentionState.CONFIRMED, actor.told_as, at
    emit(cast(Aggregate, run), DestructionConfirmed(str(run.pk)), actor=actor, at=at)
    run.save()
    audit("retention.confirm", _ref(run), actor=actor, at=at)


@command
def drop(id: UUID, *, actor: Actor, at: datetime) -> None:
    """A proposal is not taken up; a later one sees the same things again. Raises: NotFound, Conflict."""
    run = _locked(id, RetentionState.PROPOSED)
    run.state = RetentionState.DROPPED
    run.save()
    audit("retention.drop", _ref(run), actor=actor, at=at)


# --- worked off -----------------------------------------------------------------------------------------------------


@command
def work(*, actor: Actor, at: datetime) -> bool:
    """One turn: destroy the next small window of the run that was confirmed, or finish it; whether more is to do."""
    found = RetentionRun.objects.select_for_update().filter(state=RetentionState.CONFIRMED)
    run = found.order_by("proposed_at").first()
    if run is None:
        return False
    part = RetentionPart.objects.filter(run=run, is_done=False).order_by("place").first()
    if part is None:
        _finish(run, actor=actor, at=at)
        return False
    holder, held = holders[part.what], held_keys()
    for _ in range(WINDOWS_PER_TURN):
        window = holder.window(part.before, held, part.after)
        part.after, part.is_done = window.after, not window.after
        if window.keys:
            engine().erasing()
            holder.destroy(window.keys, actor=actor, at=at)
            leaves = b"".join(certificates.leaf_of(part.what, key) for key in window.keys)
            RetentionBatch.objects.create(part=part, first=part.n, hashes=leaves)
            part.n += len(window.keys)
            current_unit().after.append(engine().erased)
        if window.keys or part.is_done:
            break
    part.save(update_fields=["after", "is_done", "n"])
    return True


def _root(run: RetentionRun) -> bytes:
    tree = Frontier()
    rows = RetentionBatch.objects.filter(part__run=run).order_by("part__place", "first")
    for hashes in rows.values_list("hashes", flat=True).iterator():
        whole = bytes(hashes)
        for start in range(0, len(whole), HASH_BYTES):
            tree.append(whole[start : start + HASH_BYTES])
    return tree.root()


def _finish(run: RetentionRun, *, actor: Actor, at: datetime) -> None:
    """The certificate, and the word of it in the log, which the seal takes in."""
    run.state, run.done_at = RetentionState.DONE, at
    root = certificates.encode_root(_root(run))
    n = RetentionPart.objects.filter(run=run).aggregate(n=Sum("n"))["n"] or 0
    body = {
        "format": certificates.FORMAT,
        "city": seal.origin(),
        "id": str(run.pk),
        "proposed_at": _said(run.proposed_at),
        "confirmed_at": _said(run.confirmed_at),
        "confirmed_by": run.confirmed_by,
        "done_at": _said(at),
        "parts": [
            {
                "what": p.what,
                "then": p.then,
                "months": p.months,
                "event": p.event,
                "source": p.source,
                "before": _said(p.before),
                "n": p.n,
            }
            for p in RetentionPart.objects.filter(run=run).order_by("place")
        ],
        "n": n,
        "root": root,
    }
    run.certificate = certificates.make(
        orjson.loads(orjson.dumps(body)), seal.private_key(), seal.public_key()
    )
    emit(cast(Aggregate, run), DestructionDone(str(run.pk), n, root), actor=actor, at=at)
    run.save()
    audit("retention.done", _ref(run), actor=actor, at=at, detail={"n": n})


def _said(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else ""


def propose_if_due(rules: Sequence[Rule], *, actor: Actor, at: datetime) -> None:
    """For a duty: begin what the city lets go by itself, and propose the rest; what is open already stays as it is."""
    for is_automatic in (True, False):
        wanted = [rule for rule in rules if rule.is_automatic == is_automatic]
        if not _is_open(is_automatic):
            propose(wanted, actor=actor, at=at, is_automatic=is_automatic)
