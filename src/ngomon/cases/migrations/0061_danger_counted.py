"""Danger that waits is counted, so that a list asks for it only where there is any; what is there already is counted once."""

from __future__ import annotations

from typing import Any

from django.db import migrations


def count(apps: Any, _: Any) -> None:
    case, tally = apps.get_model("cases", "Case"), apps.get_model("cases", "Tally")
    n = case.objects.filter(kind="danger", is_open=True, acknowledged_at__isnull=True).count()
    tally.objects.update_or_create(scope="danger:waiting", defaults={"n": n})


class Migration(migrations.Migration):
    dependencies = [("cases", "0060_urgency_and_review")]

    operations = [migrations.RunPython(count, migrations.RunPython.noop)]
