"""Changing the tables of a definition: steps, actions, the head. Each returns new tables and leaves the old as they are. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

Tables = dict[str, Any]
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
EMPTY: tuple[Any, ...] = (None, "", False, (), [], {})


class Unknown(LookupError):
    """There is no such step or action."""


def is_key(key: str) -> bool:
    """Whether a word may name a step or an action: small letters, digits, underscores, a letter first."""
    return bool(_KEY.fullmatch(key))


def step_of(tables: Mapping[str, Any], key: str) -> Tables:
    """The table of a step. Raises: Unknown."""
    found = next((step for step in tables.get("step", []) if step.get("key") == key), None)
    if found is None:
        raise Unknown(key)
    return found  # type: ignore[no-any-return]


def action_of(step: Mapping[str, Any], key: str) -> Tables:
    """The table of an action. Raises: Unknown."""
    found = next((action for action in step.get("action", []) if action.get("key") == key), None)
    if found is None:
        raise Unknown(key)
    return found  # type: ignore[no-any-return]


def _set(table: Tables, changes: Mapping[str, Any]) -> None:
    """Empty values take a word away."""
    for name, value in changes.items():
        if value in EMPTY:
            table.pop(name, None)
        else:
            table[name] = list(value) if isinstance(value, tuple) else value


def with_head(tables: Mapping[str, Any], changes: Mapping[str, Any]) -> Tables:
    """The head changed: name, group, notes, start, clock."""
    made = deepcopy(dict(tables))
    _set(made, changes)
    return made


def with_step(tables: Mapping[str, Any], key: str, changes: Mapping[str, Any]) -> Tables:
    """A step changed. Raises: Unknown."""
    made = deepcopy(dict(tables))
    step = step_of(made, key)
    if "roles" in changes:
        step.pop("role", None)
    _set(step, changes)
    return made


def with_new_step(tables: Mapping[str, Any], key: str, step: Mapping[str, Any], after: str = "") -> Tables:
    """A step more, behind another or at the end."""
    made = deepcopy(dict(tables))
    steps = made.setdefault("step", [])
    at = next((n + 1 for n, each in enumerate(steps) if each.get("key") == after), len(steps))
    steps.insert(at, {"key": key, **step})
    return made


def without_step(tables: Mapping[str, Any], key: str) -> Tables:
    """A step less; what led to it leads nowhere and is told by the checks. Raises: Unknown."""
    made = deepcopy(dict(tables))
    made["step"].remove(step_of(made, key))
    return made


def with_action(tables: Mapping[str, Any], step: str, key: str, changes: Mapping[str, Any]) -> Tables:
    """An action changed, or a new one added to its step. Raises: Unknown for the step."""
    made = deepcopy(dict(tables))
    found = step_of(made, step)
    actions = found.setdefault("action", [])
    action = next((each for each in actions if each.get("key") == key), None)
    if action is None:
        action = {"key": key}
        actions.append(action)
    if "roles" in changes:
        action.pop("role", None)
    _set(action, changes)
    return made


def without_action(tables: Mapping[str, Any], step: str, key: str) -> Tables:
    """An action less. Raises: Unknown."""
    made = deepcopy(dict(tables))
    found = step_of(made, step)
    found["action"].remove(action_of(found, key))
    return made


def with_part(
    tables: Mapping[str, Any], at: Sequence[str], kind: str, n: int, changes: Mapping[str, Any]
) -> Tables:
    """A table of a list changed, or one more behind the last. `at`: nothing for the head (kind `escalation`), a step (kind
    `variant`), a step and its action (kind `check`). Raises: Unknown."""
    made = deepcopy(dict(tables))
    rows = _holder(made, at).setdefault(kind, [])
    if n >= len(rows):
        rows.append({})
        n = len(rows) - 1
    _set(rows[n], changes)
    return made


def without_part(tables: Mapping[str, Any], at: Sequence[str], kind: str, n: int) -> Tables:
    """A table of a list less; a list without any goes too. Raises: Unknown."""
    made = deepcopy(dict(tables))
    holder = _holder(made, at)
    if not 0 <= n < len(holder.get(kind, [])):
        raise Unknown(f"{kind} {n + 1}")
    del holder[kind][n]
    if not holder[kind]:
        del holder[kind]
    return made


def _holder(made: Tables, at: Sequence[str]) -> Tables:
    found = step_of(made, at[0]) if at else made
    return action_of(found, at[1]) if len(at) > 1 else found


def with_field(tables: Mapping[str, Any], key: str, changes: Mapping[str, Any]) -> Tables:
    """A field that actions may ask for, changed or new."""
    made = deepcopy(dict(tables))
    _set(made.setdefault("field", {}).setdefault(key, {}), changes)
    return made


def without_field(tables: Mapping[str, Any], key: str) -> Tables:
    """A field less; who asks for it is told by the checks. Raises: Unknown."""
    made = deepcopy(dict(tables))
    if key not in made.get("field", {}):
        raise Unknown(key)
    del made["field"][key]
    return made


# --- what differs -----------------------------------------------------------------------------------------------------


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, str, Any, Any]]:
    """What differs between two definitions' tables: place, kind (added, removed, changed), the value before and after.

    Steps and actions are matched by key; a place reads `step.verify.action.route.to`.
    """
    yield from _of_tables("", _keyed(old), _keyed(new))


def _keyed(value: Any) -> Any:
    """Lists of tables with keys as tables by key; a single role as the list it is."""
    if isinstance(value, Mapping):
        made = {("roles" if name == "role" else name): _keyed(each) for name, each in value.items()}
        return {n: [v] if n == "roles" and isinstance(v, str) else v for n, v in made.items()}
    if isinstance(value, list | tuple):
        if value and all(isinstance(each, Mapping) and "key" in each for each in value):
            return {each["key"]: _keyed({k: v for k, v in each.items() if k != "key"}) for each in value}
        return [_keyed(each) for each in value]
    return value


def _of_tables(at: str, old: Any, new: Any) -> Iterator[tuple[str, str, Any, Any]]:
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in dict.fromkeys([*old, *new]):
            where = f"{at}.{name}" if at else str(name)
            if name not in new:
                yield where, "removed", old[name], None
            elif name not in old:
                yield where, "added", None, new[name]
            else:
                yield from _of_tables(where, old[name], new[name])
        return
    yield at, "changed", old, new
