"""What core does without a button: a sign of life, the seal, orphans of files, old counts."""

from __future__ import annotations

from datetime import datetime

from ngomon.core import files, personal, retention_runs, seal
from ngomon.core.actors import Actor
from ngomon.core.engine import engine
from ngomon.core.react import every

SWEEP_MINUTES = 5


@every(seconds=15)
def heartbeat(*, actor: Actor, at: datetime) -> None:
    """The tick itself is the sign of life: health looks at when it was last done (metrics.HEARTBEAT)."""


@every(seconds=30)
def extend_seal(*, actor: Actor, at: datetime) -> None:  # noqa: ARG001
    """Take what is new in the log into the tree and sign its root."""
    seal.extend(at=at)


@every(minutes=SWEEP_MINUTES)
def sweep_files(*, actor: Actor, at: datetime) -> None:  # noqa: ARG001
    """One of 256 parts each time, so that no turn is long: all of them in 21 hours."""
    files.sweep(f"{int(at.timestamp() // (SWEEP_MINUTES * 60)) % 256:02x}")


@every(hours=1)
def forget_counts(*, actor: Actor, at: datetime) -> None:  # noqa: ARG001
    """Uses of limited things whose windows are over."""
    engine().tidy(at)


@every(hours=1)
def keep_erasure_list(*, actor: Actor, at: datetime) -> None:  # noqa: ARG001
    """The list beside the database names everybody whom the database knows to be erased."""
    personal.keep_list()


@every(seconds=2)
def work_off_retention(*, actor: Actor, at: datetime) -> None:
    """One small window of a destruction that was confirmed; nothing where none is."""
    retention_runs.work(actor=actor, at=at)
