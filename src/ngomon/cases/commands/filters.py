"""Saving a filter of the desk under a name, for oneself or for the people one leads."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Invalid, NotFound, Refused
from ngomon.core.ids import Ref
from ngomon.core.text import clean
from ngomon.core.units import command
from ngomon.identity.rules import require

from ..filtering import scopes_of, shares_in
from ..models import SavedFilter

MOST = 30


@command
def save_filter(name: str, query: str, *, is_shared: bool = False, actor: Actor, at: datetime) -> UUID:
    """Keep a filter under a name; one of the same name is replaced. Raises: Refused; Invalid without a name, or too many."""
    require(actor, "desk.see")
    words = clean(name)[:60]
    if not words:
        raise Invalid.field("name", "cases.filter.name_needed")
    if actor.account_id is None:
        raise Refused("cases.error.staff_only")
    shared = shares_in(actor)
    if is_shared and not shared:
        raise Refused("cases.filter.no_share")
    scope = shared[0] if is_shared else f"own:{actor.account_id}"
    others = SavedFilter.objects.filter(scope=scope).exclude(name=words)
    if others.count() >= MOST:
        raise Invalid.field("name", "cases.filter.too_many", most=MOST)
    found, _ = SavedFilter.objects.update_or_create(
        scope=scope, name=words, defaults={"query": query[:500], "by": actor.account_id, "at": at}
    )
    audit("cases.save_filter", Ref("filter", str(found.pk)), actor=actor, at=at, detail={"scope": scope})
    return found.pk


@command
def remove_filter(filter_id: UUID, *, actor: Actor, at: datetime) -> None:
    """Forget a saved filter: one's own, or one that one may share. Raises: NotFound, Refused."""
    found = SavedFilter.objects.filter(pk=filter_id, scope__in=scopes_of(actor)).first()
    if found is None:
        raise NotFound("cases.filter.not_found")
    if found.scope not in {f"own:{actor.account_id}", *shares_in(actor)}:
        raise Refused("cases.filter.no_share")
    found.delete()
    audit("cases.remove_filter", Ref("filter", str(filter_id)), actor=actor, at=at)
