"""Who has what open now: an unlogged table where several web processes must see one another; memory on SQLite."""

from django.db import migrations

POSTGRES = """CREATE UNLOGGED TABLE core_presence (
    thing varchar(80) NOT NULL, who varchar(64) NOT NULL, doing varchar(20) NOT NULL, at timestamptz NOT NULL,
    PRIMARY KEY (thing, who))"""


def create(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRES)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TABLE core_presence")


class Migration(migrations.Migration):
    dependencies = [("core", "0004_search_changes")]
    operations = [migrations.RunPython(create, drop)]
