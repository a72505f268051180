"""The city's words: `terms.csv` of a pack says which term stands on screen, by which source, and what it is not called.

Every text people read is held against it: the rooms' catalogues, the services' manifests and processes, and the pack's own
tables. Names of places, persons and former units are left alone.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.apps import apps

from ngomon.core.text import clean

from .sheet import Problems
from .terms import InvalidData

FILE = "terms.csv"
COLUMNS = ("key", "term_vi", "term_en", "source", "forbidden", "allowed")
_TABLES = ("answers.csv", "calendar.csv", "categories.csv", "exits.csv", "retention.csv", "routing.csv")
_PLACE = re.compile(r"\{[^{}]*\}")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, slots=True)
class Term:
    """One term of the city: its words, where they come from, and what must not stand for it.

    `allowed` holds longer phrases in which a forbidden word means something else.
    """

    key: str
    vi: str
    en: str
    source: str
    forbidden: tuple[str, ...]
    allowed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """A line of Vietnamese that somebody will read, and where it stands."""

    file: str
    line: int
    words: str


def read_terms(folder: Path) -> list[Term]:
    """A pack's terms, none where it has no such file. Raises: InvalidData naming file and line."""
    path = folder / FILE
    if not path.exists():
        return []
    problems, found = Problems(), list[Term]()
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            problems.add(FILE, 1, "", "directory.terms.columns", columns=", ".join(COLUMNS))
            raise InvalidData("directory.pack.invalid", tuple(problems))
        for row in reader:
            values = [clean(row[name] or "") for name in COLUMNS]
            for name, value in zip(COLUMNS[:4], values, strict=False):
                if not value:
                    problems.add(FILE, reader.line_num, name, "directory.pack.empty")
            key, vi, en, source, forbidden, allowed = values
            found.append(Term(key, vi, en, source, _phrases(forbidden), _phrases(allowed)))
    if problems:
        raise InvalidData("directory.pack.invalid", tuple(problems))
    return found


def _phrases(cell: str) -> tuple[str, ...]:
    return tuple(part.strip().casefold() for part in cell.split(";") if part.strip())


def everything_said(folder: Path) -> Iterator[Said]:
    """Every Vietnamese line of the catalogues, services and the pack's tables."""
    for config in apps.get_app_configs():
        if config.name.startswith("ngomon.") or hasattr(config, "is_city_service"):
            root = Path(config.path)
            for path in sorted(
                [*root.glob("texts.toml"), *root.glob("manifest.toml"), *root.glob("processes/*.toml")]
            ):
                yield from _of_toml(path, f"{root.name}/{path.relative_to(root)}")
    for name in _TABLES:
        if (folder / name).exists():
            yield from _of_table(folder / name)


def _of_toml(path: Path, name: str) -> Iterator[Said]:
    """The strings of lines that say Vietnamese: `vi = "…"`, also inside a line, and the forms of a plural."""
    is_vi = False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("["):
            is_vi = False
        for part in re.finditer(r"\bvi\s*=\s*(\{[^}]*\}|\"(?:[^\"\\]|\\.)*\"|\"\"\")", line):
            is_vi = part[1].startswith('"""')
            for said in _QUOTED.findall(part[1]):
                if said:
                    yield Said(name, number, said)
        if is_vi and "vi =" not in line:
            is_vi = '"""' not in line
            yield Said(name, number, line.replace('"""', ""))


def _of_table(path: Path) -> Iterator[Said]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        for row in reader:
            for column, cell in row.items():
                if column and column.endswith("_vi") and cell:
                    yield Said(path.name, reader.line_num, cell)


def misused(terms: Iterable[Term], said: Iterable[Said]) -> Problems:
    """Where a text uses what the terms forbid, with the term that belongs there and its source."""
    problems = Problems()
    rules = [(term, _pattern(term.forbidden), _pattern(term.allowed)) for term in terms]
    for line in said:
        words = _PLACE.sub(" ", clean(line.words).casefold())
        for term, forbidden, allowed in rules:
            rest = allowed.sub(" ", words) if allowed else words
            found = forbidden.search(rest) if forbidden else None
            if found:
                problems.add(
                    line.file,
                    line.line,
                    "",
                    "directory.terms.misused",
                    word=found[0],
                    term=term.vi,
                    source=term.source,
                )
    return problems


def _pattern(phrases: tuple[str, ...]) -> re.Pattern[str] | None:
    """Whole words, longest first; None for no phrases."""
    if not phrases:
        return None
    ranked = sorted(phrases, key=len, reverse=True)
    return re.compile(r"(?<![\w-])(?:" + "|".join(re.escape(phrase) for phrase in ranked) + r")(?![\w-])")


def check_wording(folder: Path) -> int:
    """Hold every text against the pack's terms; how many texts were read. Raises: InvalidData with every misuse."""
    terms, said = read_terms(folder), list(everything_said(folder))
    problems = misused(terms, said)
    if problems:
        raise InvalidData("directory.pack.invalid", tuple(problems))
    return len(said)
