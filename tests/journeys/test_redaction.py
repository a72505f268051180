"""Redaction: what an editor takes out is nowhere any more, the history says on what ground, every proof stays valid."""

from __future__ import annotations

import io
from pathlib import Path
from uuid import UUID

import pytest
from django.core.cache import cache
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ngomon.cases import commands, queries
from ngomon.cases.models import Case, Picture, Signal
from ngomon.cases.rules.redact import MARK, passages_of, strike_of, too_short
from ngomon.core import clock, deliveries, files, images, seal
from ngomon.core.actors import system
from ngomon.core.engine import engine
from ngomon.core.errors import Invalid, Refused
from ngomon.core.ids import Ref
from ngomon.core.models import AuditRow, EventRow, Parked
from ngomon.core.secrets import open_text
from ngomon.core.text import fold
from ngomon.core.units import unit
from ngomon.core.verify import verify_proof
from ngomon.core.worker import settle
from ngomon.messages.commands import tell
from tests.city import TestCity
from tests.gates.test_privacy import every_text, staff

SECRET = "bà Tưởng bán bún ở kiệt 12"
SAID = f"Ổ gà sâu trước quán {SECRET}, chủ quán hay la mắng"
ADDED = "Đúng rồi, ngay chỗ  Bà tưởng bán bún ở kiệt 12 đó"
NUMBER = "0987 651 234"
ME = system("test")


@pytest.fixture
def home(tmp_path, settings) -> Path:
    settings.NGOMON_HOME = tmp_path
    return tmp_path


@pytest.fixture
def case_id(home: Path, city: TestCity) -> UUID:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM core_search")
    settle()
    staff(city, "phuong", "Mai Ngọc Phương", "privacy_officer")
    photos = tuple(images.store_photo(images.read_photo(jpeg(c))) for c in ("#357", "#a63"))
    receipt = city.report(
        f"{SAID}, gọi {NUMBER}", photos=photos, place_words=f"cạnh {SECRET}", attributes={"note": SECRET}
    )
    city.act(city.ha, receipt.case_id, "ask", question=f"Có phải chỗ {SECRET} không?")
    with unit():
        commands.reply(receipt.case_id, ADDED, actor=city.lan, at=clock.now())
    city.act(city.ha, receipt.case_id, "route", agency=city.agency, why="Đường của phường")
    with unit():
        of = Ref("case", str(receipt.case_id))
        values = {"number": SECRET, "when": clock.now()}
        tell(city.accounts["lan"], "cases.message.received", values, of=of, actor=ME, at=clock.now())
        content = {"subject": "x", "text": f"chỗ {SECRET}"}
        deliveries.deliver("smtp", "a@vidu.vn", content, purpose="x", of=of, at=clock.now())
    Parked.objects.create(
        reaction="x", position=1, aggregate=f"case:{receipt.case_id}", error=SECRET, parked_at=clock.now()
    )
    return receipt.case_id


def seal_all() -> None:
    """Number what is not numbered yet and sign it."""
    engine().sequence()
    with unit():
        seal.extend(at=clock.now())


def jpeg(colour: str) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (320, 240), colour).save(data, "JPEG")
    return data.getvalue()


def opened(value: str) -> str:
    return open_text(value) if value.startswith("gAAAA") else value


def left(word: str) -> list[str]:
    wanted = fold(word)
    return sorted({table for table, value in every_text() if wanted in " ".join(fold(opened(value)).split())})


def take_out(city: TestCity, case_id: UUID, who: str = "nga", **said: object) -> int:
    number = Case.objects.get(pk=case_id).number
    asked = {"do": "redact", "sure": "yes", "ground": "other_person", **said}
    return city.browser(who).post(f"/desk/cases/{number}/redact", asked).status_code


@pytest.mark.django_db(transaction=True)
def test_a_passage_leaves_rows_search_messages_and_what_is_not_sent_yet(
    case_id: UUID, city: TestCity
) -> None:
    seal_all()
    early = seal.proof_of(Ref("case", str(case_id)))
    assert len(left(SECRET)) >= 6
    assert len(queries.find_cases("tưởng bán bún", actor=city.ha)) == 1
    assert take_out(city, case_id, passages=SECRET) == 302
    assert left(SECRET) == []
    assert queries.find_cases("tưởng bán bún", actor=city.ha) == []
    number = Case.objects.get(pk=case_id).number
    for who, page in (
        ("", f"/cases/{number}"),
        ("lan", f"/cases/{number}"),
        ("ha", f"/desk/cases/{number}"),
        ("tam", f"/desk/cases/{number}"),
        ("", f"/open311/v2/requests/{number}.json"),
        ("", f"/api/v1/cases/{number}"),
        ("lan", "/me/data"),
        ("lan", "/notices"),
    ):
        cache.clear()
        answer = city.browser(who).get(page, headers={"accept": "*/*"})
        assert answer.status_code in {200, 404}, page
        assert "bún" not in answer.content.decode(), page
    seal_all()
    page = city.browser("lan").get(f"/cases/{number}").content.decode()
    assert "Đã lược bỏ một phần nội dung theo căn cứ" in page
    assert "của người khác" in page
    assert "la mắng" in page, "the rest stays"
    seal_all()
    assert verify_proof(early, seal.public_key()) == []
    said: list[str] = []
    assert seal.verify_log(said.append), said
    assert verify_proof(seal.proof_of(Ref("case", str(case_id))), seal.public_key()) == []
    assert not any("bún" in row.body for row in EventRow.objects.all())
    assert AuditRow.objects.filter(action="cases.redact", ref_key=str(case_id)).count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="free pages are SQLite's")
def test_the_bytes_leave_the_database_file_its_log_and_the_folder(
    case_id: UUID, city: TestCity, home: Path
) -> None:
    pictures = list(Picture.objects.filter(case=case_id))
    paths = [files._path(d) for p in pictures for d in (p.file, p.thumbnail)]
    held = [path.read_bytes() for path in paths]
    said = {"passages": SECRET, "pictures": [str(p.pk) for p in pictures]}
    assert take_out(city, case_id, **said) == 302
    settle()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA database_list")
        path = Path(cursor.fetchone()[2])
    wal = path.with_name(f"{path.name}-wal")
    image = path.read_bytes() + (wal.read_bytes() if wal.exists() else b"")
    for word in (SECRET, fold(SECRET)):
        assert word.encode() not in image, word
    assert not any(path.exists() for path in paths)
    kept = b"".join(found.read_bytes() for found in home.rglob("*") if found.is_file())
    assert not any(data in kept for data in held)


@pytest.mark.django_db(transaction=True)
def test_a_picture_goes_also_where_the_same_bytes_were_sent_again(case_id: UUID, city: TestCity) -> None:
    again = images.store_photo(images.read_photo(jpeg("#357")))
    other = city.report("cây ngã", photos=(again,)).case_id
    mine = Picture.objects.get(case=case_id, file=again.main.digest)
    stays = Picture.objects.exclude(file=mine.file).get(case=case_id)
    number = Case.objects.get(pk=case_id).number
    settle()  # looked over for faces and plates, so now public
    url = f"/pictures/{mine.file}.jpg"
    public = city.browser().get(url)
    assert public.headers["Cache-Control"] == "public, max-age=300, must-revalidate"
    assert take_out(city, case_id, pictures=[str(mine.pk)]) == 302
    assert not Picture.objects.filter(file=mine.file).exists()
    assert Picture.objects.filter(pk=stays.pk).exists()
    assert Case.objects.get(pk=case_id).thumbnail == stays.thumbnail
    assert Case.objects.get(pk=other).thumbnail == ""
    for who in ("", "lan", "ha"):
        known = {"if-none-match": public.headers["ETag"]}
        assert city.browser(who).get(url, headers=known).status_code == 404, "not even by what a cache knows"
    assert f"{mine.thumbnail}" not in city.browser("ha").get(f"/desk/cases/{number}").content.decode()


@pytest.mark.django_db(transaction=True)
def test_it_shows_first_and_asks_twice(case_id: UUID, city: TestCity) -> None:
    number = Case.objects.get(pk=case_id).number
    browser = city.browser("nga")
    address = f"/desk/cases/{number}/redact"
    assert "Lược bỏ nội dung" in browser.get(f"/desk/cases/{number}").content.decode()
    preview = browser.post(address, {"do": "preview", "passages": SECRET, "ground": "personal"})
    page = preview.content.decode()
    assert preview.status_code == 200
    assert MARK in page
    assert "Sẽ lược bỏ" in page
    assert left(SECRET), "nothing went"
    assert take_out(city, case_id, passages=SECRET, sure="") == 422
    for wrong in ("", "a", "không có ở đâu cả", "lược bỏ"):
        assert take_out(city, case_id, passages=wrong) == 422, wrong
        assert browser.post(address, {"do": "preview", "passages": wrong}).status_code == 422, wrong
    assert take_out(city, case_id, passages=SECRET, ground="whim") == 422
    assert left(SECRET)


@pytest.mark.django_db(transaction=True)
def test_only_who_may_redact_does_and_the_privacy_officer_reads_no_number(
    case_id: UUID, city: TestCity
) -> None:
    number = Case.objects.get(pk=case_id).number
    for who in ("ha", "tam", "son", "binh", "hanh", "dung", "vy", "lan"):
        assert take_out(city, case_id, who, passages=SECRET) == 403, who
        with pytest.raises(Refused), unit():
            commands.redact_text(case_id, SECRET, "personal", actor=getattr(city, who), at=clock.now())
        with pytest.raises(Refused), unit():
            commands.redact_pictures(case_id, [], "personal", actor=getattr(city, who), at=clock.now())
    asked = {"do": "preview", "passages": "chủ quán"}
    page = city.browser("phuong").post(f"/desk/cases/{number}/redact", asked).content.decode()
    assert MARK in page
    assert "651 234" not in page
    assert take_out(city, case_id, "phuong", passages="chủ quán") == 302


@pytest.mark.django_db(transaction=True)
def test_gathered_cases_lose_it_too(case_id: UUID, city: TestCity) -> None:
    other = city.report(f"Đường hư, chỗ {SECRET}", who=city.minh).case_id
    with unit():
        commands.merge(other, case_id, actor=city.ha, at=clock.now())
    assert take_out(city, case_id, passages=SECRET) == 302
    assert left(SECRET) == []
    assert MARK in Case.objects.get(pk=other).text


@pytest.mark.django_db(transaction=True)
def test_what_is_left_is_committed_to_anew(case_id: UUID, city: TestCity) -> None:
    before = Signal.objects.get(case=case_id).salt
    take_out(city, case_id, passages=f"{SECRET}\n+84987651234")
    row = Signal.objects.get(case=case_id)
    assert row.salt != before
    assert "651" not in row.text
    commitments = EventRow.objects.filter(kind="cases.redacted").values_list("commitment", flat=True)
    assert all(len(c) == 64 for c in commitments)
    with pytest.raises(Invalid), unit():
        commands.redact_text(case_id, SECRET, "personal", actor=city.nga, at=clock.now())


# --- the rule -----------------------------------------------------------------------------------------------------------

words = st.text("aăâbcdđeêghiklmnoôơpqrstuưvxyáàảãạ ", min_size=3, max_size=20).filter(
    lambda w: sum(c.isalnum() for c in w) >= 3
)


@given(before=st.text(max_size=40), passage=words, after=st.text(max_size=40))
def test_a_passage_is_never_left_whatever_stands_around_it(before: str, passage: str, after: str) -> None:
    wanted = passages_of(passage)
    if too_short(wanted):
        return
    struck = strike_of(wanted)(f"{before} {passage.upper()} {after}")
    for found in wanted:
        assert found.casefold() not in struck.replace(MARK, "\0").casefold()


@pytest.mark.parametrize(
    "written", ["0987651234", "0987 651 234", "+84 987.651.234", "84987651234", "(0987) 651-234"]
)
def test_a_number_is_found_however_it_is_written(written: str) -> None:
    assert strike_of(["0987 651 234"])(f"gọi {written} nhé") == f"gọi {MARK} nhé"
    assert strike_of(["0987 651 234"])("gọi 10987651234 nhé") == "gọi 10987651234 nhé"
