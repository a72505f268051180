"""Publishing definitions: checked, versioned, never changed afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Invalid, Refused
from ngomon.core.events import canonical, emit
from ngomon.core.ids import Ref
from ngomon.core.units import command, current_unit

from .. import queries
from ..checking import faults_of
from ..models import DefinitionVersion
from ..rules import reading
from ..terms import DefinitionPublished
from ..wording import fault_lines


@command
def publish(definition: Mapping[str, Any], *, actor: Actor, at: datetime) -> int:
    """Put a definition in force for what starts from now on; the number of its version.

    Once: the same content as the latest version changes nothing. Running instances keep their version. A file that the system
    published before comes back only when it changed: what an administrator published since stays in force.
    Raises: Refused; Invalid listing everything wrong with it, in words (`faults`, and by place in `fields`).
    """
    if actor.kind != "system" and not actor.holds("admin"):
        raise Refused("processes.error.admin_only")
    content = canonical(_plain(definition))
    key, digest = str(definition.get("key", "")), sha256(content.encode()).hexdigest()
    last = DefinitionVersion.objects.select_for_update().filter(key=key).order_by("-n").first()
    if last is not None and last.hash == digest:
        return last.n
    if actor.kind == "system" and DefinitionVersion.objects.filter(key=key, hash=digest).exists():
        return last.n if last else 0
    check(definition)
    made = DefinitionVersion(
        key=key, n=last.n + 1 if last else 1, text=content, hash=digest, valid_from=at, published_by=actor.id
    )
    emit(made, DefinitionPublished(key, made.n, digest), actor=actor, at=at, audience=["ioc"])
    made.save(force_insert=True)
    audit("processes.publish", Ref("process_definition", key), actor=actor, at=at, detail={"n": made.n})
    queries.forget()
    current_unit().after.append(queries.forget)
    return made.n


def check(definition: Mapping[str, Any]) -> None:
    """Raises: Invalid listing everything that forbids a definition, in words."""
    faults = [fault for fault in faults_of(definition) if not fault.is_advice]
    if faults:
        made, _ = reading.read(definition)
        raise Invalid(
            "processes.error.definition",
            fields={fault.where: fault.key for fault in faults},
            key=str(definition.get("key", "?")),
            faults=tuple(faults),
            vi="\n".join(fault_lines(faults, "vi", made)),
            en="\n".join(fault_lines(faults, "en", made)),
        )


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value
