"""`ngomon evaluate duplicates` on small files: figures, slices, the sheet, missing columns, learned weights."""

from __future__ import annotations

import csv
import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ngomon.cases.queries import signals_from
from ngomon.web.commandline import run

LAMP = "Đèn đường trước kiệt 42 Bà Triệu tắt 3 đêm rồi, cột nghiêng ra đường"
AGAIN = "den duong truoc kiet 42 ba trieu tat 3 dem, cot nghieng lam"


def written(folder: Path) -> tuple[Path, Path]:
    """A small file of reports and one of pairs, in the documented columns and one more."""
    began = datetime(2026, 3, 1, 8, tzinfo=UTC)
    told = [
        ("a", "den", LAMP, 0, 0.0, "plain"), ("b", "den", AGAIN, 5, 0.0001, "no_tones"),
        ("c", "rac", "Rác đổ đống đầu hẻm, hôi thối", 6, 0.0001, "plain"),
        ("d", "den", "Đèn kiệt 17 chớp tắt", 7, 0.0012, "plain"),
        ("e", "rac", "đống rác đầu hẻm bốc mùi hôi thối", 30, 0.0002, "plain"),
    ]  # fmt: skip
    reports, pairs = folder / "reports.csv.gz", folder / "pairs.csv"
    with gzip.open(reports, "wt", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        names = (
            "id",
            "category",
            "description",
            "status",
            "requested_at",
            "updated_at",
            "address",
            "lat",
            "lon",
        )
        rows.writerow([*names, "slice"])
        for key, category, words, hours, off, voice in told:
            at = began + timedelta(hours=hours)
            rows.writerow(
                [key, category, words, "open", at.isoformat(), at.isoformat(), "", 16.46 + off, 107.6, voice]
            )
    pairs.write_text("duplicate_id,refers_to,more\nb,a,x\ne,c,x\nz,a,x\n", encoding="utf-8")
    return reports, pairs


@pytest.mark.django_db(transaction=True)
def test_evaluate_duplicates_prints_json_with_slices_and_times(tmp_path: Path, capsys: Any) -> None:
    reports, pairs = written(tmp_path)
    sheet = tmp_path / "sheet.csv"
    assert run(["evaluate", "duplicates", str(reports), str(pairs), "--sheet", str(sheet)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["pairs"] == 2
    overall = told["as_the_product_does"]["by_slice"]
    assert overall["all"]["recall_at_3"] == 1
    assert overall["all"]["links_join_named_group"] == 1
    assert {"no_tones", "plain", "year 2026"} <= set(overall)
    assert told["milliseconds"]["open_cases"] == 5
    assert signals_from("page") == 0
    assert sheet.read_text(encoding="utf-8").startswith("report,case,distance_m")


def test_evaluate_names_the_columns_that_are_missing(tmp_path: Path, capsys: Any) -> None:
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("id,text\n1,x\n", encoding="utf-8")
    assert run(["evaluate", "duplicates", str(wrong), str(wrong)]) == 1
    assert "requested_at" in capsys.readouterr().err


def test_weights_are_learned_from_pairs(tmp_path: Path, capsys: Any) -> None:
    reports, pairs = written(tmp_path)
    assert run(["evaluate", "duplicates", str(reports), str(pairs), "--learn-before", "2027"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["same"] == 2
    assert told["weights"]["metres"] < 0


def test_the_simulation_is_held_against_the_second_half_of_a_record(tmp_path: Path, capsys: Any):
    record = tmp_path / "record.csv"
    began, names = datetime(2026, 1, 1, tzinfo=UTC), ("category", "status", "requested_at", "updated_at")
    with record.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(names)
        for n in range(1200):
            at, days = began + timedelta(hours=2 * n), 10 if n % 4 == 0 else 1
            rows.writerow(["den", "closed", at.isoformat(), (at + timedelta(days=days)).isoformat()])
    assert run(["evaluate", "simulation", str(record)]) == 0
    found = json.loads(capsys.readouterr().out)
    late = found["kinds"]["den"]["late_after_7_days"]
    assert 0.2 < late["real"] < 0.3
    assert abs(late["error"]) < 0.05
    assert abs(found["kinds"]["den"]["arrived"]["error"]) < 60
    assert found["mean_error"]["median_hours"] < 3
