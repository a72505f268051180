"""Programs that use our doors."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Invalid, NotFound
from ngomon.core.events import emit
from ngomon.core.ids import Ref
from ngomon.core.text import clean
from ngomon.core.units import command
from ngomon.identity.models import ApiClient
from ngomon.identity.rules import require
from ngomon.identity.terms import SCOPES, ClientMade, ClientRevoked


@command
def make_client(
    name: str, scopes: Iterable[str], *, agency: str = "", actor: Actor, at: datetime
) -> tuple[UUID, str]:
    """Let a program in; its id and its key. The key is shown this once: we keep its SHA-256 only (it has 256 random bits).

    Raises: Refused, Invalid.
    """
    require(actor, "client.manage")
    asked = sorted(set(scopes))
    if not clean(name) or len(clean(name)) > 120:
        raise Invalid.field("name", "identity.name.missing")
    if not asked or not set(asked) <= set(SCOPES):
        raise Invalid.field("scopes", "identity.client.scopes")
    key = f"ngm_{secrets.token_urlsafe(32)}"
    client = ApiClient(
        name=clean(name),
        agency=agency,
        key_hash=sha256(key.encode()).hexdigest(),
        hint=key[:8],
        scopes=asked,
        created_at=at,
    )
    emit(client, ClientMade(client=str(client.pk)), actor=actor, at=at)
    client.save(force_insert=True)
    audit("identity.make_client", Ref("client", str(client.pk)), actor=actor, at=at, detail={"scopes": asked})
    return client.pk, key


@command
def revoke_client(client_id: UUID, *, actor: Actor, at: datetime) -> None:
    """Close the doors to a program at once. Once: a second time changes nothing. Raises: Refused, NotFound."""
    require(actor, "client.manage")
    client = ApiClient.objects.select_for_update().filter(pk=client_id).first()
    if client is None:
        raise NotFound("identity.client.missing")
    if client.revoked_at is not None:
        return
    client.revoked_at = at
    emit(client, ClientRevoked(client=str(client_id)), actor=actor, at=at)
    client.save(update_fields=["revoked_at", "version"])
    audit("identity.revoke_client", Ref("client", str(client_id)), actor=actor, at=at)
