"""The search index follows a row whose words change; a row whose words stay leaves the index alone."""

from django.db import migrations

CHANGED = """CREATE TRIGGER core_search_changed AFTER UPDATE OF folded ON core_search
    WHEN old.folded IS NOT new.folded BEGIN
    INSERT INTO core_search_words(core_search_words, rowid, folded) VALUES ('delete', old.id, old.folded);
    INSERT INTO core_search_words(rowid, folded) VALUES (new.id, new.folded); END"""


def create(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(CHANGED)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TRIGGER core_search_changed")


class Migration(migrations.Migration):
    dependencies = [("core", "0003_files_and_seal")]
    operations = [migrations.RunPython(create, drop)]
