"""What every change of the directory does at its end: the next edition, told to the log and to the caches."""

from __future__ import annotations

from datetime import datetime

from ngomon.core.actors import Actor
from ngomon.core.errors import Refused, Unavailable
from ngomon.core.events import emit
from ngomon.core.terms import Event
from ngomon.directory import rules, snapshot
from ngomon.directory.models import City
from ngomon.directory.terms import DirectoryChanged

HEARD_BY = ("public",)


def require_editor(actor: Actor) -> None:
    """Raises: Refused unless the actor may change the directory."""
    if not rules.may_edit(actor):
        raise Refused("directory.refused")


def lock_city() -> City:
    """The city's row, held until the unit ends, so that changes of the directory follow one another. Raises: Unavailable."""
    row = City.objects.select_for_update().first()
    if row is None:
        raise Unavailable("directory.no_pack")
    return row


def next_edition(city: City, *told: Event, actor: Actor, at: datetime) -> None:
    """Tell what happened and that the directory changed; save the city's row; make caches read anew."""
    city.edition += 1
    for event in told:
        emit(city, event, actor=actor, at=at, audience=HEARD_BY)
    emit(city, DirectoryChanged(version=city.edition), actor=actor, at=at, audience=HEARD_BY)
    city.save()
    snapshot.changed()
