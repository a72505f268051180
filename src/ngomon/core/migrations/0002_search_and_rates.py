"""The search index and the rate table: what Django's models cannot describe, once per database."""

from django.db import migrations

SQLITE = [
    """CREATE TABLE core_search (
        id INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL,
        audience TEXT NOT NULL, at TEXT NOT NULL, folded TEXT NOT NULL, UNIQUE (key, kind))""",
    """CREATE VIRTUAL TABLE core_search_words USING fts5(
        folded, content='core_search', content_rowid='id', tokenize='ascii', prefix='2 3')""",
    "INSERT INTO core_search_words(core_search_words, rank) VALUES ('secure-delete', 1)",
    """CREATE TRIGGER core_search_added AFTER INSERT ON core_search BEGIN
        INSERT INTO core_search_words(rowid, folded) VALUES (new.id, new.folded); END""",
    """CREATE TRIGGER core_search_removed AFTER DELETE ON core_search BEGIN
        INSERT INTO core_search_words(core_search_words, rowid, folded) VALUES ('delete', old.id, old.folded); END""",
]
POSTGRES = [
    """CREATE TABLE core_search (
        kind varchar(40) NOT NULL, key varchar(64) NOT NULL,
        audience varchar(80) NOT NULL, at text NOT NULL, folded text NOT NULL, PRIMARY KEY (key, kind))""",
    "CREATE INDEX core_search_words ON core_search USING gin (to_tsvector('simple', folded))",
    "CREATE UNLOGGED TABLE core_rate (key varchar(200) PRIMARY KEY, started_at timestamptz NOT NULL, uses int NOT NULL)",
]


def create(apps, schema_editor):
    for statement in SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRES:
        schema_editor.execute(statement)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TABLE core_search_words")
    else:
        schema_editor.execute("DROP TABLE core_rate")
    schema_editor.execute("DROP TABLE core_search")


class Migration(migrations.Migration):
    dependencies = [("core", "0001_first")]
    operations = [migrations.RunPython(create, drop)]
