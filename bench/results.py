"""What a bench found, and the table of all of them in docs/benchmarks.md."""

from __future__ import annotations

import json
import platform
import re
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs/benchmarks.md"
HEAD = ("what", "database", "CPU-ms", "SQL", "rate", "ratio", "reach", "beside")


@dataclass
class Found:
    """One row. `cpu_ms` and `statements` are of the server's processes per operation; `ratio` says beside what."""

    bench: str
    what: str
    database: str
    cpu_ms: float
    statements: int | None = None
    rate: float | None = None
    ratio: str = ""
    reach: str = ""
    is_reached: bool | None = None
    beside: list[str] = field(default_factory=list)

    def cells(self) -> list[str]:
        """The row as the table shows it."""
        reach = self.reach
        if self.is_reached is not None:
            reach += " ✓" if self.is_reached else " ✗"
        return [
            self.what,
            self.database,
            f"{self.cpu_ms:.2f}",
            "" if self.statements is None else str(self.statements),
            "" if self.rate is None else f"{self.rate:.0f}/s",
            self.ratio,
            reach,
            "; ".join(self.beside),
        ]


def table(rows: list[Found]) -> str:
    """As Markdown."""
    lines = ["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    lines += ["| " + " | ".join(row.cells()) + " |" for row in rows]
    return "\n".join(lines)


def _section(name: str, about: str, rows: list[Found], scale: str) -> str:
    day = datetime.now(UTC).date().isoformat()
    command = f"make bench ONLY={name}" + (" SCALE=full" if scale == "full" else "")
    kept = json.dumps([asdict(row) for row in rows], ensure_ascii=False)
    return (
        f"<!-- begin {name} -->\n## {name}\n\n{about}\n\n{table(rows)}\n\n"
        f"`{command}`, {day}, Python {platform.python_version()}.\n<!-- rows {kept} -->\n<!-- end {name} -->\n"
    )


def keep(name: str, about: str, rows: list[Found], scale: str) -> None:
    """Put one bench's table into the page; the others stay as they are."""
    text = DOCS.read_text(encoding="utf-8") if DOCS.exists() else ""
    made = _section(name, about, rows, scale)
    known = re.compile(rf"<!-- begin {name} -->.*?<!-- end {name} -->\n", re.DOTALL)
    text = known.sub(lambda _: made, text) if known.search(text) else f"{text.rstrip()}\n\n{made}"
    DOCS.write_text(text.lstrip(), encoding="utf-8")
