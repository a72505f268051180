"""An answer before it is public: the checklist, what is masked in words, what is blurred in photos, promises and projects."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageStat
from tests.city import TestCity

from ngomon.cases import pictures, queries, tracker
from ngomon.cases.models import Picture, PictureBox
from ngomon.cases.pages.photos import bytes_of
from ngomon.core import clock, detector, worker
from ngomon.core.events import history
from ngomon.core.images import take_photos
from ngomon.core.models import AuditRow, FileRow
from ngomon.directory import queries as directory

ANSWER = "Đã thay bóng đèn trước nhà ông Nguyễn Văn Bê, gọi 0905 123 456 nếu còn tối."
CHECKS = ("what_where_when", "same_place", "no_personal_data", "kind_words", "law_cited")


def drawn_face(side: int = 240) -> Image.Image:
    """A face drawn from ellipses: enough for the path to be tested, no measure of how well real faces are found."""
    s = side / 100
    image = Image.new("L", (side, side), 90)
    pen = ImageDraw.Draw(image)

    def oval(x: float, y: float, rx: float, ry: float, tone: int) -> None:
        pen.ellipse(((x - rx) * s, (y - ry) * s, (x + rx) * s, (y + ry) * s), fill=tone)

    oval(50, 50, 34, 44, 190)
    pen.pieslice((14 * s, 0, 86 * s, 60 * s), 180, 360, fill=45)
    oval(50, 54, 31, 38, 195)
    for x in (36, 64):
        oval(x, 46, 9, 5, 110)
        oval(x, 47, 5, 3, 40)
        pen.rectangle(((x - 9) * s, 38 * s, (x + 9) * s, 40.5 * s), fill=60)
    pen.polygon(((50 * s, 46 * s), (45 * s, 64 * s), (55 * s, 64 * s)), fill=215)
    oval(50, 76, 12, 3.5, 85)
    return image.filter(ImageFilter.GaussianBlur(side / 60))


def photo(*, with_face: bool = True, size: tuple[int, int] = (900, 675)) -> bytes:
    image = Image.effect_noise(size, 18).point(lambda v: v * 0.5 + 60)
    if with_face:
        image.paste(drawn_face(), (300, 200))
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=90)
    return out.getvalue()


def filed(city: TestCity, *photos: bytes, text: str = "Đèn đường trước kiệt 42 tắt 3 đêm rồi") -> Any:
    return city.report(text, photos=tuple(take_photos(photos)))


def to_review(city: TestCity, receipt: Any, answer: str = ANSWER) -> None:
    city.act(city.ha, receipt.case_id, "route", agency=city.agency)
    city.act(city.tam, receipt.case_id, "accept")
    city.act(city.binh, receipt.case_id, "assign", assignee=city.accounts["son"])
    city.act(city.son, receipt.case_id, "answer", answer=answer, stated_reason="Làm ban đêm nên chưa chụp")
    city.act(city.binh, receipt.case_id, "approve")


def ticks(*, but: str = "") -> dict[str, str]:
    return {f"check_{key}": "na" if key == "law_cited" else "done" for key in CHECKS if key != but}


def posted(city: TestCity, number: str, **fields: Any) -> Any:
    page = city.browser("nga").get(f"/desk/cases/{number}/publish")
    form = {
        "version": page.context["line"].version,
        **{f"{t['name']}_length": t["length"] for t in page.context["texts"] if t},
        **{f"{t['name']}_hide": [s["value"] for s in t["spans"]] for t in page.context["texts"] if t},
        **fields,
    }
    return city.browser("nga").post(f"/desk/cases/{number}/publish", form)


@pytest.mark.django_db(transaction=True)
class TestWords:
    def test_publishing_without_the_checklist_names_what_is_missing(self, city: TestCity):
        receipt = filed(city)
        to_review(city, receipt)
        refused = posted(city, receipt.number, **ticks(but="same_place"))
        assert refused.status_code == 422
        assert "còn mục chưa kiểm tra" in refused.content.decode()
        assert refused.context["failed_fields"] == ["Ảnh sau xử lý chụp đúng chỗ trong ảnh phản ánh"]
        assert queries.staff_case(receipt.number, actor=city.nga).line.status == "in_progress"

    def test_ticks_stand_in_the_history_of_the_case(self, city: TestCity):
        receipt = filed(city)
        to_review(city, receipt)
        assert posted(city, receipt.number, **ticks()).status_code == 302
        told = [r.event for r in history("case", str(receipt.case_id)) if r.kind == "cases.answer_checked"]
        assert told[0].not_applicable == "law_cited"
        assert "no_personal_data" in told[0].done

    def test_what_stays_ticked_is_masked_in_the_public_answer(self, city: TestCity):
        receipt = filed(city, text="Đèn tắt, gọi tôi 0914 000 573")
        to_review(city, receipt)
        assert posted(city, receipt.number, **ticks()).status_code == 302
        page = city.browser().get(f"/cases/{receipt.number}").content.decode()
        assert "Nguyễn Văn Bê" not in page
        assert "0905 123 456" not in page
        assert "0914 000 573" not in page
        assert "Đã thay bóng đèn" in page
        desk = queries.staff_case(receipt.number, actor=city.ha)
        assert any("0914 000 573" in signal.text for signal in desk.signals)

    def test_an_editor_may_leave_a_span_and_mask_other_words(self, city: TestCity):
        receipt = filed(city)
        to_review(city, receipt)
        page = city.browser("nga").get(f"/desk/cases/{receipt.number}/publish")
        answer = page.context["texts"][1]
        keep = [s["value"] for s in answer["spans"] if s["words"] != "0905 123 456"]
        posted(city, receipt.number, answer_hide=keep, answer_also="còn tối", **ticks())
        shown = city.browser().get(f"/cases/{receipt.number}").content.decode()
        assert "0905 123 456" in shown
        assert "còn tối" not in shown

    def test_words_that_are_not_there_are_told_back(self, city: TestCity):
        receipt = filed(city)
        to_review(city, receipt)
        refused = posted(city, receipt.number, answer_also="chuyện khác", **ticks())
        assert refused.status_code == 422
        assert "chuyện khác" in refused.content.decode()

    def test_an_agency_may_not_open_the_editors_page(self, city: TestCity):
        receipt = filed(city)
        to_review(city, receipt)
        assert city.browser("son").get(f"/desk/cases/{receipt.number}/publish").status_code == 403


@pytest.mark.django_db(transaction=True)
class TestPhotos:
    def test_a_photo_with_a_face_is_held_back_until_it_is_blurred(self, city: TestCity):
        receipt = filed(city, photo())
        worker.settle()
        city.act(city.ha, receipt.case_id, "route", agency=city.agency)
        row = Picture.objects.get(case_id=receipt.case_id)
        assert PictureBox.objects.filter(picture=row, kind="face").count() >= 1
        assert not row.is_public
        first = row.file
        assert city.browser().get(f"/pictures/{first}.jpg").status_code == 404
        saved = self.blur(city, row.pk)
        assert saved.status_code == 302
        row.refresh_from_db()
        assert row.is_public
        assert row.file != first
        assert city.browser().get(f"/pictures/{row.file}.jpg").status_code == 200
        assert city.browser().get(f"/pictures/{first}.jpg").status_code == 404
        assert city.browser("son").get(f"/pictures/{first}.jpg").status_code == 404
        assert city.browser("lan").get(f"/pictures/{first}.jpg").status_code == 404

    def blur(self, city: TestCity, picture: Any, decision: str = "cover") -> Any:
        page = city.browser("nga").get(f"/desk/pictures/{picture}")
        rows = page.context["rows"]
        boxes = [
            {
                "kind": r["kind"],
                "by_hand": False,
                "decision": decision,
                **{name: float(r[name]) / 100 for name in ("left", "top", "width", "height")},
            }
            for r in rows
        ]
        form = {"seen": page.context["picture"].file, "boxes": json.dumps(boxes)}
        return city.browser("nga").post(f"/desk/pictures/{picture}", form)

    def test_the_blurred_part_is_a_few_blocks_of_colour(self, city: TestCity):
        receipt = filed(city, photo())
        worker.settle()
        row = Picture.objects.get(case_id=receipt.case_id)
        self.blur(city, row.pk)
        row.refresh_from_db()
        box = PictureBox.objects.filter(picture=row, kind="face").first()
        image = Image.open(io.BytesIO(bytes_of(row.file))).convert("L")
        part = image.crop(
            (
                int(box.left * image.width) + 2,
                int(box.top * image.height) + 2,
                int((box.left + box.width) * image.width) - 2,
                int((box.top + box.height) * image.height) - 2,
            )
        )
        edges = part.filter(ImageFilter.FIND_EDGES)
        assert ImageStat.Stat(edges).mean[0] < 8
        first = Image.open(io.BytesIO(bytes_of(row.original))).convert("L")
        assert ImageStat.Stat(part).stddev[0] < ImageStat.Stat(first).stddev[0]

    def test_each_look_at_the_first_photo_is_written_down(self, city: TestCity):
        receipt = filed(city, photo())
        worker.settle()
        row = Picture.objects.get(case_id=receipt.case_id)
        self.blur(city, row.pk)
        row.refresh_from_db()
        before = AuditRow.objects.filter(purpose="cases.whole_picture").count()
        assert city.browser("nga").get(f"/pictures/{row.original}.jpg").status_code == 200
        assert AuditRow.objects.filter(purpose="cases.whole_picture").count() == before + 1

    def test_the_machine_is_never_the_last_word(self, city: TestCity):
        receipt = filed(city, photo())
        worker.settle()
        row = Picture.objects.get(case_id=receipt.case_id)
        first = row.file
        self.blur(city, row.pk)
        assert self.blur(city, row.pk, "keep").status_code == 302
        row.refresh_from_db()
        assert row.file == first
        assert row.original == ""
        assert FileRow.objects.filter(ref_key=str(receipt.case_id)).count() == 2

    def test_publishing_asks_for_undecided_photos_first(self, city: TestCity):
        receipt = filed(city, photo())
        worker.settle()
        to_review(city, receipt)
        refused = posted(city, receipt.number, **ticks())
        assert refused.status_code == 422
        assert "chưa có quyết định" in refused.content.decode()
        self.blur(city, Picture.objects.get(case_id=receipt.case_id).pk)
        assert posted(city, receipt.number, **ticks()).status_code == 302

    def test_a_photo_with_nothing_in_it_is_public_without_anybody(self, city: TestCity):
        receipt = filed(city, photo(with_face=False))
        city.act(city.ha, receipt.case_id, "route", agency=city.agency)
        assert not Picture.objects.get(case_id=receipt.case_id).is_public
        worker.settle()
        assert Picture.objects.get(case_id=receipt.case_id).is_public
        assert queries.public_case(receipt.number).line.thumbnail

    def test_numbers_do_what_the_pointer_does(self, city: TestCity):
        receipt = filed(city, photo(with_face=False))
        worker.settle()
        row = Picture.objects.get(case_id=receipt.case_id)
        form = {
            "seen": row.file,
            "kind": ["plate", "other"],
            "left": ["10", ""],
            "top": ["20,5", ""],
            "width": ["30", ""],
            "height": ["10", ""],
            "by_hand": ["1", "1"],
            "decision": ["cover", "cover"],
        }
        assert city.browser("nga").post(f"/desk/pictures/{row.pk}", form).status_code == 302
        box = PictureBox.objects.get(picture=row)
        assert (box.kind, box.left, box.top, box.by_hand) == ("plate", 0.1, 0.205, True)

    def test_a_part_outside_the_photo_is_refused(self, city: TestCity):
        receipt = filed(city, photo(with_face=False))
        row = Picture.objects.get(case_id=receipt.case_id)
        box = {"kind": "face", "left": 0.5, "top": 0.5, "width": 0.2, "height": -1, "decision": "cover"}
        form = {"seen": row.file, "boxes": json.dumps([box])}
        assert city.browser("nga").post(f"/desk/pictures/{row.pk}", form).status_code == 422

    def test_without_the_detector_photos_go_on_as_before(
        self, city: TestCity, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(detector, "is_there", lambda: False)
        receipt = filed(city, photo(with_face=False))
        city.act(city.ha, receipt.case_id, "route", agency=city.agency)
        worker.settle()
        assert Picture.objects.get(case_id=receipt.case_id).is_public

    def test_only_those_who_redact_see_the_list(self, city: TestCity):
        filed(city, photo())
        worker.settle()
        assert "Ảnh chờ làm mờ" in city.browser("nga").get("/desk/pictures").content.decode()
        assert len(pictures.pictures_waiting(actor=city.nga)) == 1
        assert city.browser("son").get("/desk/pictures").status_code == 403


@pytest.mark.django_db(transaction=True)
class TestPromises:
    def promised(self, city: TestCity, until: str) -> Any:
        receipt = filed(city)
        city.act(city.ha, receipt.case_id, "route", agency=city.agency)
        city.act(city.tam, receipt.case_id, "accept")
        city.act(city.binh, receipt.case_id, "assign", assignee=city.accounts["son"])
        self.promise(city, receipt, until)
        return receipt

    def promise(self, city: TestCity, receipt: Any, until: str) -> None:
        city.act(
            city.son, receipt.case_id, "commit", answer="Sẽ thay cả tuyến đèn trong đợt này.", until=until
        )
        city.act(city.binh, receipt.case_id, "approve")
        city.act(city.nga, receipt.case_id, "publish")

    def test_a_moved_promise_keeps_its_first_date(self, city: TestCity):
        today = directory.local_day(clock.now())
        first, second = today + timedelta(days=10), today + timedelta(days=30)
        receipt = self.promised(city, first.isoformat())
        city.act(city.son, receipt.case_id, "promise_due")
        self.promise(city, receipt, second.isoformat())
        lines, keeping = tracker.promises(today)
        assert (lines[0].first_on, lines[0].until_on, lines[0].moved) == (first, second, 1)
        assert (keeping[0].open, keeping[0].due, keeping[0].kept_pct) == (1, 0, None)
        page = city.browser().get("/commitments").content.decode()
        assert receipt.number in page
        assert "Đã dời" in page

    def test_an_answer_by_the_day_keeps_it_and_a_passed_day_breaks_it(self, city: TestCity):
        today = directory.local_day(clock.now())
        kept = self.promised(city, (today + timedelta(days=10)).isoformat())
        broken = self.promised(city, (today + timedelta(days=3)).isoformat())
        city.act(city.son, kept.case_id, "promise_due")
        city.act(city.son, kept.case_id, "answer", answer=ANSWER, stated_reason="Làm ban đêm nên chưa chụp")
        city.act(city.binh, kept.case_id, "approve")
        city.act(city.nga, kept.case_id, "publish")
        lines, keeping = tracker.promises(today + timedelta(days=5))
        assert {line.number: line.state for line in lines} == {kept.number: "kept", broken.number: "broken"}
        assert keeping[0].kept_pct == 50
        assert "50 % trên 2" not in city.browser("binh").get("/desk/commitments").content.decode()


@pytest.mark.django_db(transaction=True)
class TestProjects:
    def recorded(self, city: TestCity, quarter: str = "2/2027") -> Any:
        receipt = filed(city)
        city.act(city.ha, receipt.case_id, "route", agency=city.agency)
        city.act(city.tam, receipt.case_id, "accept")
        city.act(city.binh, receipt.case_id, "assign", assignee=city.accounts["son"])
        page = city.browser("son").post(
            f"/desk/cases/{receipt.number}/act/record",
            {
                "answer": "Đoạn này nằm trong dự án thay đèn toàn tuyến.",
                "project": "Chiếu sáng Bà Triệu giai đoạn 2",
                "reference": "QĐ 123/QĐ-UBND",
                "quarter": quarter,
            },
        )
        assert page.status_code == (302 if quarter == "2/2027" else 422)
        return receipt

    def test_it_is_recorded_and_counted_apart_from_solved(self, city: TestCity):
        receipt = self.recorded(city)
        city.act(city.binh, receipt.case_id, "approve")
        line = city.act(city.nga, receipt.case_id, "publish")
        assert line.status == "recorded"
        worker.settle()
        standing = next(s for s in queries.standings(clock.now()) if s.agency == city.agency)
        assert (standing.recorded, standing.closed) == (1, 0)
        page = city.browser().get(f"/cases/{receipt.number}").content.decode()
        assert "Đã ghi nhận, chờ dự án" in page
        assert "Chiếu sáng Bà Triệu" in city.browser().get("/commitments").content.decode()

    def test_the_reporter_is_told_and_may_object(self, city: TestCity):
        worker.settle()
        receipt = self.recorded(city)
        city.act(city.binh, receipt.case_id, "approve")
        city.act(city.nga, receipt.case_id, "publish")
        worker.settle()
        notices = city.browser("lan").get("/notices").content.decode()
        assert "ghi nhận, chờ dự án" in notices
        assert "trả lời" not in notices
        answer = city.browser("lan").post(
            f"/cases/{receipt.number}/object", {"reason": "Chúng tôi cần đèn ngay."}
        )
        assert answer.status_code == 302
        assert queries.staff_case(receipt.number, actor=city.nga).line.step == "redo"

    def test_a_quarter_that_nobody_can_read_is_refused(self, city: TestCity):
        receipt = self.recorded(city, "sang năm")
        assert queries.staff_case(receipt.number, actor=city.nga).line.step == "handle"

    def test_the_agency_is_asked_again_and_goes_on(self, city: TestCity, monkeypatch: pytest.MonkeyPatch):
        receipt = self.recorded(city)
        city.act(city.binh, receipt.case_id, "approve")
        city.act(city.nga, receipt.case_id, "publish")
        later = clock.now() + timedelta(days=130)
        monkeypatch.setattr(clock, "now", lambda: later)
        worker.settle()
        kinds = [r.kind for r in history("case", str(receipt.case_id))]
        assert "cases.project_reviewed" in kinds
        assert queries.staff_case(receipt.number, actor=city.nga).line.status == "recorded"
        line = city.act(city.binh, receipt.case_id, "resume")
        assert (line.status, line.step) == ("in_progress", "handle")


@pytest.mark.django_db(transaction=True)
class TestStandardTexts:
    def test_what_is_known_is_filled_in_and_the_rest_is_a_bracket(self, city: TestCity):
        receipt = filed(city)
        page = city.browser("ha").get(f"/desk/cases/{receipt.number}").content.decode()
        assert f"phản ánh {receipt.number}" in page
        assert "{case}" not in page

    def test_a_bracket_that_nobody_filled_in_is_refused_in_any_words_to_the_reporter(self, city: TestCity):
        receipt = filed(city)
        asked = {"question": "Xin cho biết [ngày, giờ] sự việc xảy ra."}
        page = city.browser("ha").post(f"/desk/cases/{receipt.number}/act/ask", asked)
        assert page.status_code == 422
        assert queries.staff_case(receipt.number, actor=city.ha).line.step == "verify"

    def test_an_administrator_changes_a_text_and_sees_how_often_it_is_used(self, city: TestCity):
        admin = city.browser("vy")
        new = {
            "key": "ask_meter",
            "action": "ask",
            "category": "*",
            "text_vi": "Số công tơ của {case}?",
            "text_en": "",
        }
        assert admin.post("/admin/texts/new", new).status_code == 422
        assert admin.post("/admin/texts/new", {**new, "text_en": "The meter of {who}?"}).status_code == 422
        assert admin.post("/admin/texts/new", {**new, "text_en": "The meter of {case}?"}).status_code == 302
        receipt = filed(city)
        page = city.browser("ha").get(f"/desk/cases/{receipt.number}").content.decode()
        assert f"Số công tơ của {receipt.number}?" in page
        asked = {"question": f"Số công tơ của {receipt.number}?", "text_keys": "ask_meter"}
        city.browser("ha").post(f"/desk/cases/{receipt.number}/act/ask", asked)
        rows = admin.get("/admin/texts").context["rows"]
        assert next(row["n"] for row in rows if row["text"].key == "ask_meter") == 1
        assert AuditRow.objects.filter(action="directory.edit_standard_text", ref_key="ask_meter").exists()

    def test_others_may_not_change_texts(self, city: TestCity):
        assert city.browser("quan").get("/admin/texts").status_code == 200
        assert city.browser("quan").post("/admin/texts/new", {"key": "a"}).status_code in {403, 422}
        assert city.browser("son").get("/admin/texts").status_code == 403
