"""The `ngomon` command. Each subcommand is one function of `ngomon.web.commandline`; `manage` reaches Django's own.

`serve`, `web` and `live` only start or watch over others, so they do it without loading the application first.
"""

from __future__ import annotations

import importlib
import os
import sys

import django

from ngomon.web import supervisor


def main() -> None:
    """Set up Django, then run one subcommand."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ngomon.settings")
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name in supervisor.COMMANDS:
        sys.exit(supervisor.COMMANDS[name](sys.argv[2:]))
    if name == "demo":
        os.environ["NGOMON_DEMO"] = "1"
        supervisor.know_own_address(sys.argv[2:])
    django.setup()
    # Models exist only after the set-up, so the subcommands are loaded now and not above.
    sys.exit(importlib.import_module("ngomon.web.commandline").run(sys.argv[1:]))


if __name__ == "__main__":
    main()
