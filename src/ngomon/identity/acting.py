"""Who acts: the actor behind an account with the posts in force, kept for a few seconds, and the name shown to its owner."""

from __future__ import annotations

import time
from datetime import datetime
from uuid import UUID

from django.db import connection

from ngomon.core.actors import ANONYMOUS, Actor, Grant
from ngomon.core.secrets import blind
from ngomon.identity.models import Account

GRANTS_KEPT_S = 5.0
_actors: dict[UUID, tuple[float, Actor, bool, str]] = {}

# Own posts; posts of the absent whom this account stands in for, also through another substitute who is absent; and
# posts delegated to this account by their own holder.
_GRANTS = """
WITH RECURSIVE stand(account_id, depth) AS (
    SELECT {id}, 0
    UNION
    SELECT a.account_id, s.depth + 1 FROM identity_absence a JOIN stand s ON a.substitute_id = s.account_id
    WHERE s.depth < 3 AND a.valid_from <= %(at)s AND a.valid_to > %(at)s AND a.ended_at IS NULL
)
SELECT h.role, h.agency, h.area FROM identity_holding h JOIN stand s ON h.account_id = s.account_id
WHERE h.valid_from <= %(at)s AND (h.valid_to IS NULL OR h.valid_to > %(at)s)
UNION
SELECT h.role, h.agency, h.area FROM identity_delegation d JOIN identity_holding h
    ON h.account_id = d.giver_id AND (d.holding_id IS NULL OR d.holding_id = h.id)
WHERE d.receiver_id = {id} AND d.valid_from <= %(at)s AND d.valid_to > %(at)s AND d.ended_at IS NULL
    AND h.valid_from <= %(at)s AND (h.valid_to IS NULL OR h.valid_to > %(at)s)
"""


def _grants(account_id: UUID, at: datetime) -> frozenset[Grant]:
    is_postgres = connection.vendor == "postgresql"
    statement = _GRANTS.format(id="CAST(%(id)s AS uuid)" if is_postgres else "%(id)s")
    values = {
        "id": account_id if is_postgres else account_id.hex,
        "at": connection.ops.adapt_datetimefield_value(at),
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return frozenset(
            Grant(role, agency or None, area or None) for role, agency, area in cursor.fetchall()
        )


def actor_of(account_id: UUID, at: datetime) -> Actor:
    """The actor behind an account, with the posts in force: its own, delegated ones, those of absent people it stands in for.

    A locked, closed or unknown account acts as nobody. Two statements; none within five seconds of the last time.
    """
    return _known(account_id, at)[0]


def is_locked(account_id: UUID, at: datetime) -> bool:
    """Whether this account exists and is locked."""
    return _known(account_id, at)[1]


def device_key(account_id: UUID) -> str:
    """By what a browser knows whose lists it keeps and whose acts wait in it, without knowing the account."""
    return blind(str(account_id), "device")[:24]


def own_name(account_id: UUID, at: datetime) -> str:
    """The name that the frame of a page shows to its reader; read with the rights, so no statement where those are known."""
    return _known(account_id, at)[2]


def _known(account_id: UUID, at: datetime) -> tuple[Actor, bool, str]:
    kept = _actors.get(account_id)
    if kept and time.monotonic() - kept[0] < GRANTS_KEPT_S:
        return kept[1], kept[2], kept[3]
    row = (
        Account.objects.filter(pk=account_id)
        .values_list(
            "person_id", "language", "tier", "locked_at", "closed_at", "organisation_name", "person__name"
        )
        .first()
    )
    actor, locked, shown = ANONYMOUS, False, ""
    if row is not None:
        person_id, language, tier, locked_at, closed_at, organisation, name = row
        shown = organisation or name or ""
        locked = locked_at is not None
        if not locked and closed_at is None:
            actor = Actor(
                "account", str(account_id), account_id, person_id, _grants(account_id, at), language, tier
            )
    if len(_actors) > 20_000:
        _actors.clear()
    _actors[account_id] = (time.monotonic(), actor, locked, shown)
    return actor, locked, shown


def forget_grants(*account_ids: UUID) -> None:
    """Read these accounts' rights anew next time (all of them where none is named): after a change in this process."""
    if not account_ids:
        _actors.clear()
    for account_id in account_ids:
        _actors.pop(account_id, None)
