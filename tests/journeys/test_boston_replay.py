"""Another city's reports through the front door: 2,000 rows of Boston into the test pack, once, and not into Huế."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import shapely

from ngomon.web.replay import rows_of
from tests.running import ROOT, Running

FILE = ROOT.parent / "shared/data/civic-reports/boston311_text_2016.csv.gz"
N = 2_000
NEAR_DEG = 0.005

pytestmark = pytest.mark.skipif(
    not FILE.exists(), reason="boston311_text_2016.csv.gz is not beside the checkout"
)


def replayed(city: Running, key: str, limit: int) -> tuple[list[list[str]], str]:
    """What the command said of each row (state, id, words), and its last line."""
    command = [sys.executable, "-m", "ngomon", "replay", str(FILE), "--url", city.url(), "--key", key]
    done = subprocess.run(
        [*command, "--limit", str(limit)], env=city.env, cwd=ROOT, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    *lines, counts = done.stdout.splitlines()
    return [line.split(" ", 2) for line in lines], counts


def key_of(city: Running) -> str:
    return city.run("key", "replay", "--scope", "cases.write").strip()


@pytest.fixture
def boston(tmp_path: Path):
    city = Running(tmp_path / "boston", pack="boston_test", mail=False)
    city.run("init")
    city.start("web")
    yield city
    city.stop()


def test_boston_goes_in_once_and_what_is_refused_says_why(boston: Running) -> None:
    key = key_of(boston)
    outline = shapely.from_geojson((ROOT / "packs/boston_test/boundary.geojson").read_text(encoding="utf-8"))
    inside = shapely.union_all([shapely.buffer(outline, NEAR_DEG)])
    rows = list(rows_of(FILE, N))
    said, counts = replayed(boston, key, N)
    assert [one[1] for one in said] == [row["id"] for row in rows]
    for row, (state, _, words) in zip(rows, said, strict=True):
        lies_inside = inside.contains(shapely.Point(float(row["lon"]), float(row["lat"])))
        if lies_inside:
            assert state == "accepted", (row, words)
        elif state == "refused":
            assert words.startswith("place: "), "every refused row says why"
    states = Counter(state for state, _, _ in said)
    assert states["accepted"] + states["refused"] == N
    assert any(not row["description"] for row in rows), (
        "an empty description with category and place suffices"
    )
    assert len({words for state, _, words in said if state == "accepted"}) == states["accepted"]
    again, counts = replayed(boston, key, N)
    assert counts == f"accepted=0 known={states['accepted']} refused={states['refused']}"
    assert [one[2] for one in again] == [one[2] for one in said], "the same numbers again"


def test_rows_of_nowhere_are_listed_with_the_reason(boston: Running, tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    head = "id,category,description,address,lat,lon\n"
    rows = [
        "1,Other,Fallen pole,Here,42.31,-71.06",
        "2,Other,Far away,There,34.244384,-73.651394",
        "3,No such kind,x,Here,42.31,-71.06",
        "4,Other,x,Here,north,-71.06",
    ]
    file.write_text(head + "\n".join(rows) + "\n", encoding="utf-8")
    out = boston.run("replay", str(file), "--url", boston.url(), "--key", key_of(boston)).splitlines()
    assert out[0].startswith("accepted 1 BT-")
    assert [line.split(":")[0] for line in out[1:4]] == [
        "refused 2 place",
        "refused 3 category",
        "refused 4 lat",
    ]
    assert out[4] == "accepted=1 known=0 refused=3"


def test_hue_refuses_the_same_coordinates(tmp_path: Path) -> None:
    city = Running(tmp_path / "hue", mail=False)
    try:
        city.run("init")
        city.start("web")
        key = key_of(city)
        file = tmp_path / "rows.csv"
        lines = ["id,category,description,address,lat,lon"]
        for row in rows_of(FILE, 50):
            address = json.dumps(row["address"])
            lines.append(f"{row['id']},street_light_out,words,{address},{row['lat']},{row['lon']}")
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        *said, counts = city.run("replay", str(file), "--url", city.url(), "--key", key).splitlines()
        assert counts == "accepted=0 known=0 refused=50"
        assert all("place: " in line for line in said)
    finally:
        city.stop()


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ngomon", "replay", str(FILE), "--url", "ftp://nowhere"]
    env = {**os.environ, "NGOMON_HOME": str(tmp_path)}
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "no http address" in done.stderr
