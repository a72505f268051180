"""Measures the finder of personal data on labelled phrases; what `ngomon evaluate private FILE` prints."""

from __future__ import annotations

import csv
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ngomon.core.errors import Invalid

from .rules.private import find_private
from .rules.spans import Span


@dataclass
class _Sum:
    parts: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    right_kind: int = 0
    proposed: int = 0
    clean: int = 0
    clean_alarmed: int = 0
    missed: list[dict[str, str]] = field(default_factory=list)
    alarms: list[dict[str, str]] = field(default_factory=list)


def evaluate_private_file(file: Path) -> dict[str, Any]:
    """Recall and false alarms on a file of phrases, by kind, with every miss and false alarm in words.

    Shape: CSV with `description` and `private`: "kind=the very words | kind=…", empty where nothing is personal. A part is
    found when one span covers all of it; a span that touches no labelled part is a false alarm. Raises: Invalid.
    """
    rows = _read(file)
    started = time.perf_counter()
    spans = [find_private(words) for words, _ in rows]
    seconds = time.perf_counter() - started
    total = _Sum()
    for (words, labels), found in zip(rows, spans, strict=True):
        _add(total, words, labels, found)
    parts, hits = total.parts.total(), total.found.total()
    return {
        "phrases": len(rows),
        "parts": parts,
        "found": hits,
        "recall": _share(hits, parts),
        "right_kind": _share(total.right_kind, hits),
        "proposed": total.proposed,
        "precision": _share(total.proposed - len(total.alarms), total.proposed),
        "without_personal_data": total.clean,
        "of_these_alarmed": total.clean_alarmed,
        "by_kind": {kind: [total.found[kind], n] for kind, n in sorted(total.parts.items())},
        "us_per_text": round(seconds / max(1, len(rows)) * 1e6),
        "missed": total.missed,
        "false_alarms": total.alarms,
    }


def _read(file: Path) -> list[tuple[str, list[tuple[str, str]]]]:
    with file.open(encoding="utf-8-sig", newline="") as opened:
        reader = csv.DictReader(opened)
        if not {"description", "private"} <= set(reader.fieldnames or ()):
            raise Invalid("cases.error.evaluation_columns", names="description, private")
        return [(row["description"], _labels(row["private"])) for row in reader]


def _labels(written: str) -> list[tuple[str, str]]:
    pairs = (part.strip().split("=", 1) for part in written.split(" | ") if "=" in part)
    return [(kind, words) for kind, words in pairs]


def _add(total: _Sum, words: str, labels: Sequence[tuple[str, str]], found: Sequence[Span]) -> None:
    said = [(s, words[s.start : s.end]) for s in found]
    total.proposed += len(found)
    total.clean += not labels
    total.clean_alarmed += bool(found and not labels)
    for kind, part in labels:
        total.parts[kind] += 1
        covering = [s.kind for s, span in said if part in span]
        if covering:
            total.found[kind] += 1
            total.right_kind += kind in covering
        else:
            total.missed.append({"text": words, "kind": kind, "part": part})
    for s, span in said:
        if not any(part in span or span in part for _, part in labels):
            total.alarms.append({"text": words, "kind": s.kind, "part": span, "why": s.why})


def _share(n: int, of: int) -> float | None:
    return round(n / of, 4) if of else None
