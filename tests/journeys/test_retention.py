"""Retention from the city's table to the certificate: counted, confirmed, destroyed in parts, held back, signed, checked."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection

from ngomon.cases import commands
from ngomon.cases.models import Case, Entry, Picture, Reporter, Signal
from ngomon.cases.retained import WALK
from ngomon.core import certificates, clock, files, images, retention, retention_runs, seal
from ngomon.core.actors import system
from ngomon.core.errors import Conflict, Invalid, NotFound
from ngomon.core.ids import Ref
from ngomon.core.merkle import Frontier
from ngomon.core.models import AuditRow, EventRow, RetentionBatch, RetentionRun
from ngomon.core.text import fold
from ngomon.core.units import unit
from ngomon.core.verify import verify_proof
from ngomon.core.worker import settle
from ngomon.directory import queries as directory
from ngomon.messages.models import Message
from ngomon.web.commandline import run
from tests.city import TestCity
from tests.gates.test_privacy import every_text, handle, staff
from tests.journeys.test_redaction import jpeg, seal_all

pytestmark = pytest.mark.django_db(transaction=True)

SAID = "ổ gà sâu trước nhà ông Tưởng, gọi 0987 651 234"
ADDED = "ngay gốc cây sầu đông lớn"
ME = system("test")
YEARS = timedelta(days=4 * 366)


@pytest.fixture
def home(tmp_path, settings) -> Path:
    settings.NGOMON_HOME = tmp_path
    return tmp_path


def closed_case(city: TestCity, colour: str, said: str = SAID) -> UUID:
    """A case of Lan's with a picture, a question answered, an answer, a rating: closed."""
    photo = images.store_photo(images.read_photo(jpeg(colour)))
    case_id = city.report(said, photos=(photo,)).case_id
    city.act(city.ha, case_id, "ask", question="Ở chỗ nào vậy bác?")
    with unit():
        commands.reply(case_id, ADDED, actor=city.lan, at=clock.now())
    handle(city, case_id)
    with unit():
        commands.rate(case_id, "satisfied", actor=city.lan, at=clock.now())
    return case_id


@pytest.fixture
def old(home: Path, city: TestCity) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM core_search")
    settle()
    staff(city, "phuong", "Mai Ngọc Phương", "privacy_officer")
    made = [closed_case(city, colour) for colour in ("#357", "#a63")]
    rejected = city.report("thử xem có ai đọc tin không, tui tên Tưởng").case_id
    city.act(city.ha, rejected, "reject", reason="Không có nội dung phản ánh")
    settle()
    at = clock.now() - YEARS
    for id in (*made, rejected):
        Case.objects.filter(pk=id).update(closed_at=at, is_open=False)
    Case.objects.filter(pk=rejected).update(outcome="rejected")
    Message.objects.update(created_at=at)
    return [*made, rejected]


def due() -> dict[str, retention_runs.Due]:
    now = clock.now()
    rules = directory.retention_rules(directory.local_day(now))
    return {line.rule.what: line for line in retention_runs.dry_run(rules, now)}


def confirm(city: TestCity) -> RetentionRun:
    browser = city.browser("phuong")
    assert browser.post("/admin/retention/propose").status_code == 302
    found = RetentionRun.objects.get(state="proposed")
    address = f"/admin/retention/{found.pk}/confirm"
    assert browser.post(address).status_code == 422, "it asks twice"
    assert browser.post(address, {"sure": "yes"}).status_code == 302
    return found


def work(turns: int = 200) -> None:
    for _ in range(turns):
        with unit():
            if not retention_runs.work(actor=ME, at=clock.now()):
                return


def test_the_dry_run_counts_and_changes_nothing(old, city: TestCity, capsys) -> None:
    before = Signal.objects.exclude(text="").count(), EventRow.objects.count()
    lines = due()
    assert lines["reporter_identity"].found.n == 2
    assert lines["report_words"].found.n == 2
    assert lines["rejected_report"].found.n == 1
    assert lines["messages"].found.n > 0
    number = Case.objects.get(pk=old[0]).number
    assert number in lines["report_photos"].found.first
    page = city.browser("phuong").get("/admin/retention").content.decode()
    assert number in page
    assert "Luật 91/2025/QH15" in page
    assert "Tưởng" not in page
    assert run(["retention"]) == 0
    assert number in capsys.readouterr().out
    assert before == (Signal.objects.exclude(text="").count(), EventRow.objects.count())


def test_what_is_due_goes_from_rows_files_and_search_and_the_city_s_record_stays(old, city: TestCity) -> None:
    seal_all()
    early = seal.proof_of(Ref("case", str(old[0])))
    digests = {d for p in Picture.objects.filter(role="before") for d in (p.file, p.thumbnail)}
    paths = [files._path(d) for d in digests]
    confirm(city)
    work()
    assert not Reporter.objects.exclude(sealed="", account_blind="", claim_blind="").exists()
    assert not Signal.objects.exclude(text="").exists()
    assert not Picture.objects.filter(role="before").exists()
    assert not any(path.exists() for path in paths)
    assert not any(
        str(city.accounts["lan"]) in found for found in Entry.objects.values_list("actor_id", flat=True)
    )
    left = [f"{table}: {value}" for table, value in every_text() if fold("sầu đông") in fold(value)]
    assert left == []
    assert not [table for table, value in every_text() if "651 234" in value]
    seal_all()
    page = city.browser().get(f"/cases/{Case.objects.get(pk=old[0]).number}").content.decode()
    assert "Đã thay nắp cống" in page, "what the city did stays"
    assert "hết thời hạn lưu giữ" in page
    rejected = Case.objects.get(pk=old[2])
    assert "Tưởng" not in rejected.text
    seal_all()
    assert verify_proof(early, seal.public_key()) == []
    said: list[str] = []
    assert seal.verify_log(said.append), said
    assert all(line.found.n == 0 for line in due().values())


def test_the_certificate_holds_nobody_and_is_checked_without_us(
    old, city: TestCity, tmp_path: Path, capsys
) -> None:
    made = confirm(city)
    work()
    browser = city.browser("phuong")
    answer = browser.get(f"/admin/retention/{made.pk}/certificate.json")
    kept = tmp_path / "destruction.json"
    kept.write_bytes(answer.content)
    key = seal.public_key()
    assert run(["verify", "--certificate", str(kept), "--key", key]) == 0
    body = certificates.read(answer.content.decode(), key)
    assert body["n"] == sum(part["n"] for part in body["parts"]) > 5
    assert body["confirmed_by"] == str(city.accounts["phuong"])
    tree = Frontier()
    for batch in RetentionBatch.objects.order_by("part__place", "first"):
        whole = bytes(batch.hashes)
        for start in range(0, len(whole), 32):
            tree.append(whole[start : start + 32])
    assert certificates.encode_root(tree.root()) == body["root"]
    leaf = certificates.leaf_of("report_words", str(old[0]))
    assert any(leaf in bytes(b.hashes) for b in RetentionBatch.objects.all()), "who knows an id can show it"
    for word in ("Lan", "Tưởng", str(city.accounts["lan"]), str(old[0])):
        assert word not in answer.content.decode()
    page = browser.get(f"/admin/retention/{made.pk}/certificate").content.decode()
    assert "Biên bản hủy dữ liệu" in page
    assert "Certificate of destruction" in page
    assert "Mai Ngọc Phương" in page
    told = EventRow.objects.get(kind="core.retention_done")
    assert body["root"] in told.body
    for change in ("n", "months"):
        forged = json.loads(answer.content)
        forged["certificate"]["parts"][0][change] += 1
        kept.write_text(json.dumps(forged), encoding="utf-8")
        assert run(["verify", "--certificate", str(kept), "--key", key]) == 1
    kept.write_text("{}", encoding="utf-8")
    assert run(["verify", "--certificate", str(kept), "--key", key]) == 1
    assert run(["verify", "--certificate", str(kept)]) == 2
    assert capsys.readouterr().out


def test_nothing_goes_without_a_person_and_only_the_privacy_officer_decides(old, city: TestCity) -> None:
    now = clock.now()
    rules = directory.retention_rules(directory.local_day(now))
    with unit():
        retention_runs.propose_if_due(rules, actor=ME, at=now)
    work()
    assert Signal.objects.exclude(text="").exists(), "a proposal destroys nothing"
    found = RetentionRun.objects.get()
    assert found.state == "proposed"
    for name in ("vy", "ha", "quan", "dung", "tam", "lan"):
        answer = city.browser(name).post(f"/admin/retention/{found.pk}/confirm", {"sure": "yes"})
        assert answer.status_code == 403, name
    with pytest.raises(Conflict), unit():
        retention_runs.propose(rules, actor=ME, at=now)
    assert city.browser("phuong").post(f"/admin/retention/{found.pk}/drop").status_code == 302
    with pytest.raises(Conflict), unit():
        retention_runs.confirm(found.pk, actor=city.phuong, at=now)


def test_who_decides_hears_of_the_monthly_proposal_and_sees_it_on_every_page(old, city: TestCity) -> None:
    assert '<b class="count"' not in city.browser("phuong").get("/admin/audit").content.decode()
    with unit():
        now = clock.now()
        rules = directory.retention_rules(directory.local_day(now))
        retention_runs.propose_if_due(rules, actor=system("directory.propose_what_retention_ends"), at=now)
    settle()
    told = Message.objects.filter(template="messages.retention_proposed")
    assert [m.account_id for m in told] == [city.accounts["phuong"]], "the privacy officer alone decides"
    page = city.browser("phuong").get("/notices").content.decode()
    assert "chờ quyết định" in page
    assert "/admin/retention" in page
    assert '<b class="count"' in city.browser("phuong").get("/admin/audit").content.decode()
    assert '<b class="count"' not in city.browser("vy").get("/admin/audit").content.decode()
    settle()
    assert told.count() == 1
    found = RetentionRun.objects.get(state="proposed")
    city.browser("phuong").post(f"/admin/retention/{found.pk}/drop")
    assert '<b class="count"' not in city.browser("phuong").get("/admin/audit").content.decode()


def test_a_kill_between_two_parts_loses_and_repeats_nothing(old, city: TestCity, monkeypatch) -> None:
    monkeypatch.setattr("ngomon.cases.retained.WALK", 1)
    made = confirm(city)

    class Killed(BaseException):
        pass

    for turn in range(60):
        try:
            with unit():
                more = retention_runs.work(actor=ME, at=clock.now())
                if turn % 2:
                    raise Killed
        except Killed:
            continue
        if not more:
            break
    found = retention_runs.finished(made.pk)
    assert all(part.n == part.proposed_n for part in found.parts if part.what != "messages")
    destroyed = [
        bytes(batch.hashes)[start : start + 32]
        for batch in RetentionBatch.objects.all()
        for start in range(0, len(bytes(batch.hashes)), 32)
    ]
    assert len(destroyed) == len(set(destroyed))


def test_a_case_that_is_held_back_stays_until_somebody_lifts_it(old, city: TestCity) -> None:
    number = Case.objects.get(pk=old[0]).number
    browser = city.browser("phuong")
    assert browser.post("/admin/retention/holds", {"number": number, "ground": "court"}).status_code == 422
    held = {"number": number, "ground": "court", "reason": "Tòa án đang thụ lý vụ kiện"}
    assert browser.post("/admin/retention/holds", held).status_code == 302
    assert browser.post("/admin/retention/holds", held).status_code == 422, "held back already"
    assert due()["report_words"].found.held == 1
    confirm(city)
    work()
    assert Signal.objects.filter(case=old[0]).exclude(text="").exists()
    assert not Signal.objects.filter(case=old[1]).exclude(text="").exists()
    assert Message.objects.filter(ref_key=str(old[0])).exists()
    hold = retention.holds()[0]
    assert hold.reason == "Tòa án đang thụ lý vụ kiện"
    assert "Tòa án đang" in browser.get("/admin/retention").content.decode()
    assert browser.post(f"/admin/retention/holds/{hold.id}/lift").status_code == 422
    lifted = browser.post(f"/admin/retention/holds/{hold.id}/lift", {"reason": "Bản án đã có hiệu lực"})
    assert lifted.status_code == 302
    assert [
        row.action for row in AuditRow.objects.filter(ref_key=str(old[0]), action__startswith="retention.")
    ] == [
        "retention.hold",
        "retention.lift",
    ]
    confirm(city)
    work()
    assert not Signal.objects.filter(case=old[0]).exclude(text="").exists()
    with pytest.raises(NotFound), unit():
        retention.lift_hold(hold.id, "lần nữa", actor=ME, at=clock.now())
    with pytest.raises(Invalid), unit():
        retention.hold(Ref("case", "x"), "because", "lý do", actor=ME, at=clock.now())


def test_what_is_young_or_open_is_never_due(home: Path, city: TestCity) -> None:
    closed_case(city, "#135")
    city.report()
    assert all(line.found.n == 0 for what, line in due().items() if what != "messages")


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="SQLite's plan")
def test_the_walk_goes_along_an_index(old) -> None:
    rows = Case.objects.filter(closed_at__lt=clock.now(), closed_at__gte=clock.now() - YEARS)
    plan = rows.order_by("closed_at", "id").values_list("pk", "closed_at")[:WALK].explain()
    assert "cases_case_closed" in plan
    assert "TEMP B-TREE" not in plan
