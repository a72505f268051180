"""What the desk proposes beside a case, and a routing table tried out on last month's cases, by their pages."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.city import TestCity

from ngomon.cases import proposals
from ngomon.cases import queries as cases
from ngomon.cases.models import LearnedModel
from ngomon.core import clock
from ngomon.core.worker import settle
from ngomon.directory import queries as directory
from ngomon.web.commandline import run as run_command

pytestmark = pytest.mark.django_db(transaction=True)
LAMP = "Đèn đường trước kiệt 42 tắt 3 đêm rồi"


def table() -> list[dict[str, str]]:
    path = settings.NGOMON_PACKS / settings.NGOMON_PACK / "routing.csv"
    return list(csv.DictReader(path.open(encoding="utf-8-sig", newline="")))


def upload(rows: list[dict[str, str]]) -> SimpleUploadedFile:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return SimpleUploadedFile("routing.csv", out.getvalue().encode())


def test_the_desk_offers_the_category_that_the_words_speak_for(city: TestCity):
    number = city.report("Đèn đường không sáng, tối thui cả kiệt", category="noise").number
    desk = city.browser("ha")
    shown = desk.get(f"/desk/cases/{number}").content.decode()
    assert 'name="category" value="street_light_out"' in shown
    assert "Đổi thành mục này" in shown
    assert "vì các từ" in shown
    answer = desk.post(f"/desk/cases/{number}/category", {"category": "street_light_out"})
    assert answer.status_code == 302
    assert "Đổi thành mục này" not in desk.get(f"/desk/cases/{number}").content.decode()
    case = cases.case_id_of(number)
    city.act(city.ha, case, "route", agency=city.agency)
    assert "Đề xuất chuyển" not in desk.get(f"/desk/cases/{number}").content.decode()


def test_where_officers_keep_sending_cases_is_proposed_with_the_reason(city: TestCity):
    on = directory.local_day(clock.now())
    by_table = directory.route_for("street_light_out", city.area, on).agency
    other = next(
        a.key for a in directory.agencies(on, "ward_committee") if a.key not in {by_table, city.agency}
    )
    for n in range(5):
        found = cases.propose_agency("street_light_out", city.area, on)
        assert (found.agency, found.times) == (by_table, 0), f"after {n} only the table speaks"
        receipt = city.report(f"{LAMP} {n}", category="street_light_out")
        city.act(city.ha, receipt.case_id, "route", agency=other)
        settle()
    found = cases.propose_agency("street_light_out", city.area, on)
    assert (found.agency, found.by_table, found.times, found.of) == (other, by_table, 5, 5)
    number = city.report(LAMP, category="street_light_out").number
    shown = city.browser("ha").get(f"/desk/cases/{number}").content.decode()
    assert "Trong 5 vụ gần nhất cùng lĩnh vực, cán bộ đã chuyển 5 vụ đến" in shown
    assert f'value="{other}" selected' in shown, "the form has it chosen"
    assert cases.propose_agency("pothole", city.area, on).times == 0


def test_an_edited_routing_table_shows_which_cases_would_go_elsewhere(city: TestCity):
    numbers = [city.report(f"{LAMP} {n}", category="street_light_out").number for n in range(3)]
    city.report("Loa kẹo kéo ồn quá", category="noise")
    browser, on = city.browser("vy"), directory.local_day(clock.now())
    edition = directory.edition()
    same = browser.post("/admin/proposals/routing", {"file": upload(table())})
    assert same.status_code == 200
    assert "Cả 4 vụ việc" in same.content.decode()
    target = next(a.key for a in directory.agencies(on, "ward_committee") if a.key != city.agency)
    rows = [row for row in table() if row["category"] != "street_light_out"]
    said = {"category": "street_light_out", "area": "*", "agency": target, "why_vi": "Theo quyết định mới"}
    new = dict.fromkeys(rows[0], "") | said
    shown = browser.post("/admin/proposals/routing", {"file": upload([*rows, new])}).content.decode()
    assert "3 trong 4 vụ việc của 30 ngày qua sẽ chuyển đến cơ quan khác" in shown
    assert all(number in shown for number in numbers)
    assert directory.edition() == edition, "nothing was changed"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "routing.csv:1"),
        (b"\xff\xfe\x00", "routing.csv:1"),
        (b"category,area,agency,why_vi\nno_such,*,ward_committee,x\n", "routing.csv:2:category"),
        (b"category,area,agency,why_vi\npothole,99999,ward_committee,x\n", "routing.csv:2:area"),
        (b"category,area,agency,why_vi\npothole,*,nobody,x\n", "routing.csv:2:agency"),
        (b"category,area\npothole,*\n", "agency"),
    ],
)
def test_a_table_with_faults_is_refused_by_line_and_column(city: TestCity, content: bytes, words: str):
    file = SimpleUploadedFile("routing.csv", content)
    answer = city.browser("vy").post("/admin/proposals/routing", {"file": file})
    assert answer.status_code == 422
    if content:
        shown = answer.content.decode()
        assert words in shown


def test_the_command_measures_on_files_and_says_what_is_wrong(tmp_path: Path):
    lines = ["id,category,description,slice"]
    for n in range(30):
        lines.append(f'{n},street_light_out,"Đèn đường số {n} tắt, tối om",plain')
        lines.append(f"{n}b,pothole,mat duong co o ga to truoc nha so {n},no_tones")
    file = tmp_path / "reports.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    env = {**os.environ, "NGOMON_HOME": str(tmp_path / "home")}

    def evaluate(*files: Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "ngomon", "evaluate", "category", *map(str, files)]
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)

    done = evaluate(file, file)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["form_text_removed"]["ngomon"]["accuracy"] == 1.0
    assert set(found["form_text_removed"]["slices"]) == {"plain", "no_tones"}
    assert found["form_text_removed"]["rules"]["by"] == "word book of the pack"
    bad = tmp_path / "bad.csv"
    bad.write_text("id,words\n1,x\n", encoding="utf-8")
    wrong = evaluate(bad, file)
    assert wrong.returncode == 1
    assert "category, description" in wrong.stderr
    assert evaluate(tmp_path / "none.csv", file).returncode == 1
    assert evaluate(file).returncode == 1


def test_a_city_that_decided_little_is_taught_by_examples_and_measured_on_others(
    city: TestCity, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lamp, water = "Đèn đường trước kiệt {} tắt, tối thui", "Ống nước vỡ ở đường số {}, nước chảy tràn"
    rows = [(lamp, "street_light_out"), (water, "water_leak")]
    for name, numbers in (("learn", range(200)), ("measure", range(500, 560))):
        lines = [f'{n},{key},"{said.format(n)}"' for n in numbers for said, key in rows]
        (tmp_path / f"{name}.csv").write_text(
            "\n".join(["id,category,description", *lines]), encoding="utf-8"
        )
    proposals.forget_model()
    files = ["--examples", str(tmp_path / "learn.csv"), "--measure", str(tmp_path / "measure.csv")]
    settle()
    assert run_command(["train", "category", *files, "--live"]) == 0
    model = LearnedModel.objects.get()
    assert (model.state, model.figures["taught"], model.figures["candidate"]["rows"]) == ("live", 400, 120)
    assert capsys.readouterr().out.strip() == "live"
    page = city.browser("vy").get("/admin/proposals").content.decode()
    assert "phản ánh mẫu tự soạn" in page
    assert cases.propose("Đèn trước kiệt 9 tối thui")[0].key == "street_light_out"
    assert run_command(["train", "category", "--examples", str(tmp_path / "none.csv")]) == 0
    assert LearnedModel.objects.get(number=2).state == "failed"
    proposals.forget_model()
