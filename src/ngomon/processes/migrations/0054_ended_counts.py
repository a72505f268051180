from django.db import migrations, models

_ENDED = """
INSERT INTO processes_counter (agency, definition, step, "open", "late", "ended", "ended_late")
SELECT agency, definition, step, 0, 0, COUNT(*),
    SUM(CASE WHEN is_late OR met_at > due_at THEN 1 ELSE 0 END)
FROM processes_instance WHERE ended_at IS NOT NULL GROUP BY agency, definition, step
ON CONFLICT (agency, definition, step) DO UPDATE SET
    "ended" = EXCLUDED."ended", "ended_late" = EXCLUDED."ended_late"
"""


class Migration(migrations.Migration):
    dependencies = [("processes", "0053_forecasts")]

    operations = [
        migrations.AddField("counter", "ended", models.IntegerField(default=0)),
        migrations.AddField("counter", "ended_late", models.IntegerField(default=0)),
        migrations.RunSQL(_ENDED, migrations.RunSQL.noop),
    ]
