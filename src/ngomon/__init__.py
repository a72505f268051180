"""Ngọ Môn, an operating system for a city.

The SQLite driver is chosen here, once: the `pysqlite3` wheel brings a current SQLite (FTS5, R*Tree, no WAL-reset
fault of versions before 3.51.3) and stands in for the standard library's module before Django imports it.
"""

import sys

import pysqlite3

sys.modules["sqlite3"] = pysqlite3
sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2

__version__ = "0.1.0"
