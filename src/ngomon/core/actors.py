"""Who acts. `Actor` is a value built at the edge (by identity, from account, posts and scope) and passed to every command."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Grant:
    """One post: this role, in this agency, for this area. All three must hold; None means the whole of it.

    A grant without agency is city-wide (IOC staff, administrators).
    """

    role: str
    agency: str | None = None
    area: str | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever does something: a person signed in, somebody unknown, a client program, or the system itself.

    `kind` is one of `anonymous`, `account`, `client`, `system`. `id` is what audit and events keep: an account id, a
    client key, `system:<name>` or `anonymous`. `alias`, where set, is what they keep instead (`reporter`): who it was is
    then sealed in audit alone.
    """

    kind: str
    id: str
    account_id: UUID | None = None
    person_id: UUID | None = None
    grants: frozenset[Grant] = field(default_factory=frozenset)
    language: str = "vi"
    tier: int = 0
    session: str = ""
    address: str = ""
    alias: str = ""

    def holds(self, *roles: str, agency: str | None = None, area: str | None = None) -> bool:
        """Whether some post of this actor has one of the roles and covers the agency and area, where given."""
        return any(
            grant.role in roles
            and (grant.agency is None or agency is None or grant.agency == agency)
            and (grant.area is None or area is None or grant.area == area)
            for grant in self.grants
        )

    def agencies(self, *roles: str) -> frozenset[str]:
        """The agencies in which this actor holds one of the roles (any role where none is named)."""
        return frozenset(g.agency for g in self.grants if g.agency and (not roles or g.role in roles))

    @property
    def told_as(self) -> str:
        """What the log and the rows of rooms name this actor."""
        return self.alias or self.id

    @property
    def is_staff(self) -> bool:
        """Whether this actor holds any post at all."""
        return bool(self.grants)


ANONYMOUS = Actor(kind="anonymous", id="anonymous")


def system(name: str) -> Actor:
    """The system acting by itself: a reaction, a tick, an import."""
    return Actor(kind="system", id=f"system:{name}")
