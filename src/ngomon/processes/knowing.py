"""Who may know of a process where not everybody may: the roles that `commands.keep_to` named."""

from __future__ import annotations

import orjson

from .models import Instance


def kept_among(audience: str) -> frozenset[str]:
    """The roles among audience keys that alone may know; none where others hear of it too."""
    keys = audience.split()
    if not keys or not all(key.startswith("role:") for key in keys):
        return frozenset()
    return frozenset(key.removeprefix("role:") for key in keys)


def kept_roles(instance: Instance) -> frozenset[str]:
    """The roles that alone may know of a process (see `commands.keep_to`); none where it is as usual."""
    if '"audience"' not in instance.values:
        return frozenset()
    return kept_among(str(orjson.loads(instance.values).get("audience", "")))
