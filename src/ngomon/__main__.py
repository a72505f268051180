"""The `ngomon` command. Each subcommand is one function of `ngomon.web.commandline`; `manage` reaches Django's own."""

from __future__ import annotations

import os
import sys

import django


def main() -> None:
    """Set up Django, then run one subcommand."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ngomon.settings")
    if len(sys.argv) > 1 and sys.argv[1] in {"demo", "play"}:
        os.environ.setdefault("NGOMON_DEMO", "1")
    django.setup()
    from ngomon.web.commandline import run  # noqa: PLC0415 (models exist only after setup)

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
