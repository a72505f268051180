"""A writer of the log in a process of its own: random units on shared things, some rolled back, some slow."""

from __future__ import annotations

import os
import random
import sys
import uuid

import django
from django.conf import settings
from django.utils.module_loading import import_string


def main(name: str, seed: int, units: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ngomon.settings")
    settings.DATABASES["default"]["NAME"] = name
    django.setup()
    # Models exist only after the set-up.
    write = import_string("ngomon.core.tests.test_positions.write")
    write(random.Random(seed), units, [uuid.UUID(int=n + 1) for n in range(6)])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
