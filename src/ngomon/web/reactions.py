"""What the demonstration does by itself: people keep reporting while somebody looks on. Nothing of it in a real city."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from ngomon.cases.commands import file_report
from ngomon.cases.queries import signals_from
from ngomon.cases.terms import Filing
from ngomon.core.actors import ANONYMOUS, Actor
from ngomon.core.react import every
from ngomon.directory import queries as directory
from ngomon.web.demo.past import read_rows

SOURCE = "replay"

if settings.NGOMON_DEMO:

    @every(minutes=2)
    def somebody_reports(*, actor: Actor, at: datetime) -> None:  # noqa: ARG001 (the reporter is not the system)
        """File the next report of the pack's replay; after the last one it is quiet."""
        path = directory.pack_folder() / "demo" / "replay.jsonl"
        rows = read_rows(path) if path.exists() else []
        n = signals_from(SOURCE)
        if n >= len(rows):
            return
        row = rows[n]
        known = {category.key for category in directory.categories()}
        hint = row.get("category_hint", "")
        filing = Filing(
            text=row["text"],
            lon=row["lon"],
            lat=row["lat"],
            source=SOURCE,
            external_id=f"live:{row['key']}",
            category=hint if hint in known else "",
            place_words=row.get("place_words", ""),
            language=row.get("language", "vi"),
        )
        file_report(filing, actor=ANONYMOUS, at=at)
