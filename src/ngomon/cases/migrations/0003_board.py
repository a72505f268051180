"""Counters and indexes of the board of deadlines; what is there already is counted once."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models

_FIGURES = {
    "open": {"is_open": True},
    "closed": {"answered_at__isnull": False},
    "on_time": {"answered_at__isnull": False, "was_late": False},
    "rated": {"rating__gt": ""},
    "satisfied": {"rating__in": ["satisfied", "acceptable"]},
}


def count(apps: Any, _: Any) -> None:
    case, tally = apps.get_model("cases", "Case"), apps.get_model("cases", "Tally")
    public = case.objects.filter(is_public=True).exclude(agency="").order_by()
    tally.objects.bulk_create(
        tally(scope=f"board:{agency}:{figure}", n=n)
        for figure, which in _FIGURES.items()
        for agency, n in public.filter(**which).values_list("agency").annotate(models.Count("id"))
    )


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_statement")]

    operations = [
        migrations.AddIndex(
            "case",
            models.Index(
                fields=["due_at", "agency"],
                name="cases_case_late",
                condition=models.Q(is_open=True, is_public=True),
            ),
        ),
        migrations.AddIndex(
            "case",
            models.Index(
                fields=["answered_at"],
                name="cases_case_answered",
                condition=models.Q(is_public=True, answered_at__isnull=False),
            ),
        ),
        migrations.RunPython(count, migrations.RunPython.noop),
    ]
