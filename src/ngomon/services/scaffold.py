"""`ngomon new-service KEY`: writes the skeleton of a city service, ready to pass the contract suite."""

from __future__ import annotations

import re
from pathlib import Path

from ngomon.core.errors import Conflict, Invalid

_KEY = re.compile(r"^[a-z][a-z0-9_]{2,39}$")

MANIFEST = """# The service as the city sees it; `ngomon check` says what is missing. See docs/how-to/add-a-service.md.
key = "{key}"
icon = "megaphone"
owner_role = "ioc_lead"
groups = ["timed"]
signal_kinds = ["report"]
processes = ["processes/timed.toml"]

[name]
vi = "{key} (đặt tên dịch vụ ở đây)"
en = "{key} (name the service here)"

[permissions]
"{key}.see" = ["ioc_operator", "ioc_lead"]
"""

PROCESS = """key = "{key}.timed"
group = "timed"
start = "verify"

[name]
vi = "{key} (có thời gian)"
en = "{key} (timed)"

[[escalation]]
kind = "reminder"
to = "holder"
at = 0.7

[[escalation]]
kind = "overdue"
to = "ioc_lead"

[[escalation]]
kind = "escalate"
to = "city_office"
after = {{ hours = 8 }}

[field.note]
name = {{ vi = "Ghi chú", en = "Note" }}

[[step]]
key = "verify"
name = {{ vi = "Xác minh", en = "Verify" }}
status = "received"
role = "ioc_operator"
holder = "ioc"
budget = "rest"

[[step.action]]
key = "done"
name = {{ vi = "Xong", en = "Done" }}
to = "closed"
tone = "primary"
accepts = ["note"]

[[step]]
key = "closed"
name = {{ vi = "Kết thúc", en = "Closed" }}
kind = "end"
status = "closed"
outcome = "done"
"""


def write_skeleton(parent: Path, key: str) -> Path:
    """A new service folder under `parent`; its path. Raises: Invalid for a bad key, Conflict where it exists."""
    if not _KEY.match(key):
        raise Invalid.field("key", "services.error.key", key=key)
    folder = parent / key
    if folder.exists():
        raise Conflict("services.error.exists", key=key)
    (folder / "processes").mkdir(parents=True)
    (folder / "__init__.py").write_text(f'"""The service {key}."""\n', encoding="utf-8")
    (folder / "manifest.toml").write_text(MANIFEST.format(key=key), encoding="utf-8")
    (folder / "processes" / "timed.toml").write_text(PROCESS.format(key=key), encoding="utf-8")
    return folder
