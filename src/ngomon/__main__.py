"""The `ngomon` command. Each subcommand is one function below; `ngomon manage …` reaches Django's own."""

from __future__ import annotations

import argparse
import os

import django


def _manage(arguments: list[str]) -> None:
    from django.core.management import execute_from_command_line  # noqa: PLC0415 (after django.setup)

    execute_from_command_line(["ngomon", *arguments])


def main() -> None:
    """Run one subcommand."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ngomon.settings")
    django.setup()
    parser = argparse.ArgumentParser(prog="ngomon", description=__doc__)
    parser.add_argument("command")
    known, rest = parser.parse_known_args()
    if known.command == "manage":
        _manage(rest)
        return
    parser.error(f"unknown command {known.command}")


if __name__ == "__main__":
    main()
