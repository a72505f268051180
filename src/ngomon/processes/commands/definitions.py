"""Publishing definitions: checked, versioned, never changed afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Invalid, Refused
from ngomon.core.events import canonical, emit
from ngomon.core.ids import Ref
from ngomon.core.texts import text
from ngomon.core.units import command, current_unit
from ngomon.identity.terms import Role

from .. import queries
from ..models import DefinitionVersion
from ..rules import checks, reading
from ..terms import DefinitionPublished, Fault

KNOWN_ROLES = frozenset(Role)


@command
def publish(definition: Mapping[str, Any], *, actor: Actor, at: datetime) -> int:
    """Put a definition in force for what starts from now on; the number of its version.

    Once: the same content as the latest version changes nothing. Running instances keep their version.
    Raises: Refused; Invalid listing everything wrong with it, in words (`faults`, and by place in `fields`).
    """
    if actor.kind != "system" and not actor.holds("admin"):
        raise Refused("processes.error.admin_only")
    _check(definition)
    key, content = str(definition["key"]), canonical(_plain(definition))
    digest = sha256(content.encode()).hexdigest()
    last = DefinitionVersion.objects.select_for_update().filter(key=key).order_by("-n").first()
    if last is not None and last.hash == digest:
        return last.n
    made = DefinitionVersion(
        key=key, n=last.n + 1 if last else 1, text=content, hash=digest, valid_from=at, published_by=actor.id
    )
    emit(made, DefinitionPublished(key, made.n, digest), actor=actor, at=at, audience=["ioc"])
    made.save(force_insert=True)
    audit("processes.publish", Ref("process_definition", key), actor=actor, at=at, detail={"n": made.n})
    queries.forget()
    current_unit().after.append(queries.forget)
    return made.n


def faults_of(definition: Mapping[str, Any]) -> list[Fault]:
    """Everything wrong with a definition's tables; empty when it may be published."""
    made, faults = reading.read(definition)
    return faults + (checks.faults(made, KNOWN_ROLES) if made else [])


def fault_lines(faults: Iterable[Fault], language: str) -> list[str]:
    """Faults in words, each with its place."""
    return [f"{fault.where}: {text(fault.key, language, **fault.values)}" for fault in faults]


def _check(definition: Mapping[str, Any]) -> None:
    faults = faults_of(definition)
    if faults:
        raise Invalid(
            "processes.error.definition",
            fields={fault.where: fault.key for fault in faults},
            key=str(definition.get("key", "?")),
            faults=tuple(faults),
            vi="\n".join(fault_lines(faults, "vi")),
            en="\n".join(fault_lines(faults, "en")),
        )


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value
