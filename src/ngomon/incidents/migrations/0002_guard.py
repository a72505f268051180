"""The log of a room is append-only: what Django's models cannot describe, once per database. See incidents/guard.py."""

from django.db import migrations

from ngomon.incidents import guard


def up(apps, schema_editor):
    guard.put_up(schema_editor.connection)


def down(apps, schema_editor):
    guard.take_down(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("incidents", "0001_first")]
    operations = [migrations.RunPython(up, down)]
