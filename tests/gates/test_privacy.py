"""Privacy: by no door does anybody meet the reporter who may not; what is erased is nowhere, and every proof stays valid."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import URLResolver, get_resolver
from django.urls.resolvers import RoutePattern
from django.utils.regex_helper import normalize
from PIL import Image

from ngomon.cases import commands, queries
from ngomon.cases.commands.steps import as_reporter
from ngomon.cases.models import Case, Entry, Picture, Reporter, Signal
from ngomon.cases.terms import Contact as Left
from ngomon.core import clock, files, images, logs, personal, seal
from ngomon.core.actors import system
from ngomon.core.audit import audit_lines, who_did
from ngomon.core.commitments import commit, opens
from ngomon.core.errors import Refused
from ngomon.core.ids import Ref
from ngomon.core.live import encode, sees
from ngomon.core.live_sources import Placed
from ngomon.core.models import AuditRow, Erasure, EventRow
from ngomon.core.secrets import open_text
from ngomon.core.text import fold
from ngomon.core.units import unit
from ngomon.core.verify import verify_proof
from ngomon.core.worker import settle
from ngomon.identity import commands as identity
from ngomon.identity.models import Account, Person
from ngomon.identity.queries import actor_of, forget_grants, live_keys
from ngomon.identity.terms import Contact, ContactKind
from ngomon.web.commandline import run
from tests.city import TestCity

NAME = "Tôn Nữ Quỳnh Xương"
EMAIL = "quynhxuong.tn@vidu.vn"
PHONE = "+84913572468"
IN_TEXT = "0987 651 234"
WORDS = "cống sụp trước nhà tôi lấp bằng gạch lộn xộn"
REPLY = "hẻm bên hông quán chè bưởi hồng"
RATING = "lấp xong mà còn khấp khểnh quá trời"
PLACE = "sau lưng nhà bà Xương"
ME = system("test")


def jpeg(colour: str) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (640, 480), colour).save(data, "JPEG")
    return data.getvalue()


@dataclass
class Planted:
    """A reporter whose every trace can be told apart, and the case that came of it."""

    city: TestCity
    account: UUID
    person: UUID
    number: str = ""
    case_id: UUID = field(default_factory=uuid4)
    fresh: str = ""
    fresh_id: UUID = field(default_factory=uuid4)

    @property
    def traces(self) -> tuple[str, ...]:
        """What nobody may see: name, address, numbers as people and machines write them, ids."""
        return (
            *(NAME, EMAIL, PHONE, PHONE[1:], "0913572468", "0913 572 468"),
            *(IN_TEXT, IN_TEXT.replace(" ", ""), "+84987651234"),
            *(str(self.account), self.account.hex, str(self.person), self.person.hex),
        )

    @property
    def actor(self) -> Any:
        return actor_of(self.account, clock.now())


@pytest.fixture
def home(tmp_path, settings) -> Path:
    settings.NGOMON_HOME = tmp_path
    return tmp_path


@pytest.fixture
def planted(home: Path, city: TestCity) -> Planted:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM core_search"
        )  # no model's table, so earlier tests may have left words in it
    settle()
    at = clock.now()
    contacts = [Contact(ContactKind.EMAIL, EMAIL), Contact(ContactKind.PHONE, PHONE)]
    with unit():
        account = identity.open_account(NAME, contacts, actor=ME, at=at)
    forget_grants()
    person = actor_of(account, at).person_id
    assert person is not None
    found = Planted(city, account, person)
    before, again = (images.store_photo(images.read_photo(jpeg(colour))) for colour in ("#357", "#a63"))
    said = f"{WORDS}, gọi {IN_TEXT}"
    receipt = city.report(said, who=found.actor, photos=(before,), place_words=PLACE)
    found.number, found.case_id = receipt.number, receipt.case_id
    city.act(city.ha, found.case_id, "ask", question="Ở chỗ nào vậy bác?")
    with unit():
        commands.reply(
            found.case_id, f"{REPLY}, {IN_TEXT}", actor=found.actor, at=clock.now(), photos=[again]
        )
    handle(city, found.case_id)
    with unit():
        commands.rate(
            found.case_id, "acceptable", comment=f"{RATING} {IN_TEXT}", actor=found.actor, at=clock.now()
        )
    fresh = city.report(f"{WORDS} ngõ khác {IN_TEXT}", who=found.actor)
    found.fresh, found.fresh_id = fresh.number, fresh.case_id
    settle()
    return found


def handle(city: TestCity, case_id: UUID) -> None:
    city.act(city.ha, case_id, "route", agency=city.agency, why="Đường của phường")
    city.act(city.tam, case_id, "accept")
    city.act(city.binh, case_id, "assign", assignee=city.accounts["son"])
    answer, why = "Đã thay nắp cống và lấp lại mặt đường.", "Trời tối chưa chụp được ảnh"
    city.act(city.son, case_id, "answer", answer=answer, stated_reason=why)
    city.act(city.binh, case_id, "approve")
    city.act(city.nga, case_id, "publish")


def staff(city: TestCity, key: str, name: str, role: str, agency: str = "") -> None:
    """One more person of the cast, with a post."""
    at = clock.now()
    with unit():
        account = identity.open_account(
            name, [Contact(ContactKind.EMAIL, f"{key}@demo.invalid")], actor=ME, at=at
        )
        since = datetime(2025, 7, 1, tzinfo=UTC)
        identity.take_post(account, role, agency=agency, from_at=since, actor=ME, at=at)
    forget_grants()
    city.accounts[key] = account


# --- every door, every role -----------------------------------------------------------------------------------------


def routes(resolver: URLResolver | None = None, before: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every address of the house as a template (`cases/%(number)s`), with the converters of its parts."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from routes(entry, before + str(entry.pattern).lstrip("^"))
            continue
        route = entry.pattern
        if isinstance(route, RoutePattern):
            shape = re.sub(r"<(?:\w+:)?(\w+)>", r"%(\1)s", str(route))
            yield before + shape, route.converters
        else:
            yield before + normalize(route.regex.pattern)[0][0], dict.fromkeys(route.regex.groupindex)


def fillings(planted: Planted, name: str) -> list[str]:
    """What to try for one part of an address."""
    digests = [p.file for p in Picture.objects.filter(case_id=planted.case_id)]
    known = {
        "number": [planted.number, planted.fresh],
        "digest": digests,
        "kind": ["jpg"],
        "form": ["json", "xml"],
        "action": ["route", "publish", "reply"],
        "id": [str(planted.case_id), str(planted.fresh_id), str(planted.city.accounts["son"])],
        "old": ["1"],
        "new": ["2"],
        "key": [planted.city.agency, planted.city.category, "timed"],
    }
    return known.get(name, [str(planted.case_id), planted.number])


def addresses(planted: Planted) -> list[str]:
    """Every address that a GET can ask, with the case's number and ids wherever something is to be filled in."""
    found: set[str] = set()
    for shape, converters in routes():
        most = max((len(fillings(planted, name)) for name in converters), default=1)
        for n in range(most):
            given = {name: (options := fillings(planted, name))[n % len(options)] for name in converters}
            if all(fits(converters[name], value) for name, value in given.items()):
                found.add("/" + shape % given)
    return sorted(found)


def fits(converter: Any, value: str) -> bool:
    return converter is None or re.fullmatch(converter.regex, value) is not None


SEARCHES = ("/desk/search", "/cases", "/api/v1/cases", "/admin/people")


def asked(planted: Planted) -> list[str]:
    """All addresses, and the ones that take filters with the case and its ids."""
    found = addresses(planted)
    found += [f"/admin/audit?kind=case&key={planted.case_id}", f"/admin/audit?key={planted.fresh_id}"]
    found += [f"/api/v1/cases?view=staff&q={planted.number}", f"/desk/search?q={planted.number}"]
    found += [f"/open311/v2/requests.json?service_request_id={planted.number},{planted.fresh}"]
    found += ["/desk/search?q=lan", "/admin/audit?actor=reporter", "/desk?queue=all", "/cases?q=cong+sup"]
    return found


ROLES = ("", "minh", "nga", "tam", "son", "binh", "hanh", "dung", "vy", "ha", "quan", "phuong")
# Administration keeps accounts: it may list ids and names of accounts there, and never beside a case.
ACCOUNTS_ONLY = ("/admin/audit", "/admin/people", "/admin")


def test_no_role_meets_the_reporter_by_any_door(planted: Planted, capfd) -> None:
    city = planted.city
    staff(city, "phuong", "Mai Ngọc Phương", "privacy_officer")
    cache.clear()
    told = io.StringIO()
    logs.configure("json", "INFO", told)
    pages = asked(planted)
    for known in (
        "/desk",
        f"/desk/cases/{planted.number}",
        f"/api/v1/cases/{planted.number}",
        "/admin/audit",
    ):
        assert known in pages, "the walk knows the house"
    assert len(pages) > 100
    met: list[str] = []
    seen = 0
    for role in ROLES:
        browser = city.browser(role)
        browser.raise_request_exception = False
        for page in pages:
            for header in ("text/html", "application/json"):
                if header == "application/json" and not page.startswith("/api"):
                    continue
                cache.clear()
                answer = browser.get(page, headers={"accept": header})
                seen += answer.status_code == 200
                met += leaks(planted, role, page, words_of(answer))
    met += leaks(planted, "log", "log", told.getvalue() + "".join(capfd.readouterr()))
    assert seen > 200, "pages are really shown"
    assert not met, "\n".join(met[:40])


def words_of(answer: Any) -> str:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return content.decode("utf-8", "replace") + str(answer.headers)


def leaks(planted: Planted, role: str, page: str, words: str) -> list[str]:
    traces = planted.traces
    if role in {"ha", "nga", "quan"}:
        # IOC staff read the report word for word, so also what a reporter wrote into it.
        traces = tuple(t for t in traces if t.replace(" ", "")[-8:] not in {"87651234"})
    if role in {"vy", "phuong"} and page.partition("?")[0] in ACCOUNTS_ONLY and "key=" not in page:
        return []
    return [f"{role or 'anybody'} {page}: …{around(words, t)}…" for t in traces if t in words]


def around(words: str, trace: str) -> str:
    place = words.index(trace)
    return " ".join(words[max(0, place - 90) : place + len(trace) + 40].split())


def test_no_stream_tells_of_the_reporter(planted: Planted) -> None:
    """Live events say kind, id and version; an account's own go to its person alone."""
    rows = [
        Placed(*row[:5], tuple(json.loads(row[5])))
        for row in EventRow.objects.order_by("position").values_list(
            "position", "kind", "aggregate_kind", "aggregate_id", "aggregate_version", "audience"
        )
    ]
    heard = 0
    for role in ROLES[1:-1]:
        keys = frozenset(live_keys(getattr(planted.city, role)))
        for placed in rows:
            if sees(keys, placed.audience):
                heard += 1
                frame = encode(placed).decode()
                assert not any(trace in frame for trace in planted.traces), f"{role}: {frame}"
    assert heard > 20
    assert any(placed.id == str(planted.account) for placed in rows), "there is something to keep from them"


def test_nobody_finds_a_case_by_the_name_or_number_of_its_reporter(planted: Planted) -> None:
    staff(planted.city, "phuong", "Mai Ngọc Phương", "privacy_officer")
    for role in ROLES:
        browser = planted.city.browser(role)
        browser.raise_request_exception = False
        assert planted.number in "".join(
            words_of(browser.get(page, {"q": planted.number})) for page in ("/cases", "/api/v1/cases")
        ), "a search finds what may be found"
        for wanted in (NAME, fold(NAME), PHONE, "0913572468", EMAIL, str(planted.account), IN_TEXT):
            for page in SEARCHES:
                for filters in ({"q": wanted}, {"q": wanted, "view": "staff"}):
                    cache.clear()
                    answer = words_of(browser.get(page, filters))
                    assert planted.number not in answer, f"{role} {page} {wanted}"
                    assert planted.fresh not in answer, f"{role} {page} {wanted}"


def test_a_program_reads_cases_and_never_their_reporters(planted: Planted) -> None:
    with unit():
        made = identity.make_client(
            "Sở", ["cases.read", "cases.write"], agency=planted.city.agency, actor=ME, at=clock.now()
        )
    _, key = made
    program = Client(headers={"authorization": f"Bearer {key}"}, raise_request_exception=False)
    shown = 0
    for page in asked(planted):
        if page.startswith(("/api", "/open311")):
            cache.clear()
            answer = program.get(page)
            shown += answer.status_code == 200
            assert not leaks(planted, "program", page, words_of(answer))
    assert shown > 8


def test_the_reporter_door_opens_to_the_centre_for_a_purpose_and_writes_it_down(planted: Planted) -> None:
    city = planted.city
    staff(city, "phuong", "Mai Ngọc Phương", "privacy_officer")
    address = f"/desk/cases/{planted.number}/reporter"
    for role in ROLES:
        browser = city.browser(role)
        browser.raise_request_exception = False
        before = AuditRow.objects.filter(action="looked").count()
        answer = browser.post(address, {"purpose": "gọi lại hỏi địa chỉ"})
        looked = AuditRow.objects.filter(action="looked").count() - before
        if role in {"ha", "quan"}:
            assert NAME in words_of(answer)
            assert PHONE in words_of(answer) or "0913 572 468" in words_of(answer)
            assert looked == 1
            line = audit_lines(kind="case", key=str(planted.case_id))[0]
            assert (line.action, line.actor_id) == ("looked", str(city.accounts[role]))
            assert line.purpose == "gọi lại hỏi địa chỉ"
        else:
            assert NAME not in words_of(answer), role
            assert looked == 0, role
    for role in ("tam", "son", "binh", "nga", "hanh", "dung", "vy"):
        with pytest.raises(Refused), unit():
            queries.reporter_of(planted.case_id, actor=getattr(city, role), purpose="x", at=clock.now())
    with unit():
        found = queries.reporter_of(planted.case_id, actor=city.phuong, purpose="đơn", at=clock.now())
    assert found == [Left(NAME, PHONE, EMAIL)]


# --- the log knows no reporter ------------------------------------------------------------------------------------------


def test_the_log_and_audit_name_no_account_of_a_reporter_beside_a_case(planted: Planted) -> None:
    rows = EventRow.objects.exclude(aggregate_kind__in=["account", "person"])
    for row in rows.values():
        assert not any(trace in str(row) for trace in planted.traces), row["kind"]
    told = {row.actor_id for row in EventRow.objects.filter(kind="cases.signal_received")}
    assert told == {"reporter"}
    for row in AuditRow.objects.exclude(ref_kind__in=["account", "person"]).values():
        assert not any(trace in str(row) for trace in planted.traces), row["action"]
    line = next(
        found
        for found in audit_lines(kind="case", key=str(planted.case_id))
        if found.action == "cases.file_report"
    )
    assert line.actor_id == "reporter"
    assert "by_sealed" not in line.detail
    with unit():
        assert who_did(line, actor=ME, purpose="x", at=clock.now()) == str(planted.account)


def test_an_officer_who_files_for_somebody_stays_named_and_programs_too(city: TestCity) -> None:
    receipt = city.report(who=city.ha, on_behalf=True)
    told = EventRow.objects.filter(kind="cases.case_opened", aggregate_id=str(receipt.case_id)).first()
    assert told is not None
    assert told.actor_id == str(city.accounts["ha"])
    assert as_reporter(ME) == ME


def test_followers_leave_no_account_in_the_rows(planted: Planted) -> None:
    with unit():
        commands.follow(planted.case_id, actor=planted.city.minh, at=clock.now())
        commands.follow(planted.case_id, actor=planted.city.minh, at=clock.now())
    row = Signal.objects.get(source="follow")
    assert str(planted.city.accounts["minh"]) not in row.external_id
    assert queries.is_reporter(planted.case_id, actor=planted.city.minh)


def test_the_history_still_says_that_the_reporter_did_it(planted: Planted) -> None:
    page = planted.city.browser("ha").get(f"/desk/cases/{planted.number}").content.decode()
    assert "Người phản ánh" in page
    assert "Đặng Hoài Sơn" in page


# --- the proof of a history -----------------------------------------------------------------------------------------


def test_anybody_takes_the_proof_of_a_case_along_and_checks_it_without_us(
    planted: Planted, tmp_path: Path, capsys
) -> None:
    with unit():
        seal.extend(at=clock.now())
    page = planted.city.browser().get(f"/cases/{planted.number}/proof").content.decode()
    assert "ngomon verify --proof" in page
    answer = planted.city.browser().get(f"/cases/{planted.number}/proof.json")
    proof = json.loads(answer.content)
    assert verify_proof(proof, seal.public_key()) == []
    assert not any(trace in answer.content.decode() for trace in planted.traces)
    assert not any(word in answer.content.decode() for word in ("lộn xộn", "khấp khểnh", PLACE))
    kept = tmp_path / "proof.json"
    kept.write_bytes(answer.content)
    assert run(["verify", "--proof", str(kept), "--key", seal.public_key()]) == 0
    proof["events"][1]["event"]["actor_id"] = "somebody else"
    kept.write_text(json.dumps(proof), encoding="utf-8")
    assert run(["verify", "--proof", str(kept), "--key", seal.public_key()]) == 1
    assert run(["verify", "--proof", str(kept)]) == 2
    kept.write_text("not json", encoding="utf-8")
    assert run(["verify", "--proof", str(kept), "--key", seal.public_key()]) == 2
    assert capsys.readouterr().out


def test_a_case_that_is_not_public_proves_nothing_to_strangers(planted: Planted) -> None:
    with unit():
        seal.extend(at=clock.now())
    address = f"/cases/{planted.fresh}/proof.json"
    assert planted.city.browser().get(address).status_code == 404
    planted.city.accounts["quynh"] = planted.account
    assert planted.city.browser("quynh").get(address).status_code == 200


# --- erasure ------------------------------------------------------------------------------------------------------------


def every_text() -> Iterator[tuple[str, str]]:
    """Every value of every table of the database, Django's and ours and the search index's own, as text."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            tables = sorted({*tables, *(row[0] for row in cursor.fetchall())})
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                for value in row:
                    if isinstance(value, bytes | memoryview):
                        yield table, bytes(value).decode("utf-8", "replace")
                    elif value is not None:
                        yield table, str(value)


GONE = (NAME, EMAIL, PHONE, PHONE[1:], "0913572468", IN_TEXT, "lộn xộn", "bưởi hồng", "khấp khểnh", PLACE)


def where_left() -> list[str]:
    """Where something of the person is still found, sealed values opened."""
    folded = [fold(word) for word in GONE]
    wrong = []
    for table, value in every_text():
        opened = value
        if value.startswith("gAAAA"):
            opened = personal_text(value)
        low = fold(opened)
        wrong += [f"{table}: {word}" for word in folded if word in low]
    return sorted(set(wrong))


def personal_text(value: str) -> str:

    return open_text(value)


def erase(planted: Planted) -> dict[str, int]:
    with unit():
        return personal.erase_person(planted.person, purpose="own", actor=planted.actor, at=clock.now())


def test_the_walk_over_all_tables_finds_what_is_there(planted: Planted) -> None:
    assert len(where_left()) > 5


def test_what_is_erased_is_in_no_table_file_or_index_and_every_proof_stays_valid(planted: Planted) -> None:
    with unit():
        seal.extend(at=clock.now())
    early = seal.proof_of(Ref("case", str(planted.case_id)))
    digests = [
        d
        for p in Picture.objects.filter(case_id=planted.case_id, role="before")
        for d in (p.file, p.thumbnail)
    ]
    paths = [files._path(digest) for digest in digests]
    assert len(paths) == 4
    assert all(path.exists() for path in paths)
    planted.city.accounts["quynh"] = planted.account
    browser = planted.city.browser("quynh")
    assert browser.get("/me/data").status_code == 200
    counted = erase(planted)
    assert all(counted[room] > 0 for room in ("cases", "messages", "identity"))
    settle()
    assert where_left() == []
    assert not any(path.exists() for path in paths)
    assert not any(Picture.objects.filter(case_id=planted.case_id, role="before"))
    assert verify_proof(early, seal.public_key()) == []
    with unit():
        seal.extend(at=clock.now())
    said: list[str] = []
    assert seal.verify_log(said.append), said
    late = seal.proof_of(Ref("case", str(planted.case_id)))
    assert verify_proof(late, seal.public_key()) == []
    assert late["events"][: len(early["events"])] != []
    assert [e["event"] for e in late["events"][: len(early["events"])]] == [
        e["event"] for e in early["events"]
    ]
    assert browser.get("/me/data").status_code == 302, "the session is gone"


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="free pages are SQLite's")
def test_not_even_free_pages_of_the_file_hold_the_words(planted: Planted) -> None:
    erase(planted)
    settle()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA database_list")
        path = Path(cursor.fetchone()[2])
    image = path.read_bytes() + path.with_name(f"{path.name}-wal").read_bytes()
    for word in (WORDS, fold(WORDS), REPLY, RATING, PLACE, NAME):
        assert word.encode() not in image, word
    assert planted.number.encode() in image


def test_a_case_keeps_neutral_words_or_those_of_the_next_who_reported(planted: Planted) -> None:
    others = "nắp cống hư ở đầu hẻm, nguy hiểm"
    city = planted.city
    with unit():
        commands.file_report(city.filing(others, follows=planted.fresh_id), actor=city.minh, at=clock.now())
    erase(planted)
    settle()
    alone, joined = Case.objects.get(pk=planted.case_id), Case.objects.get(pk=planted.fresh_id)
    assert alone.text == "Nội dung đã được xóa theo yêu cầu của người phản ánh."
    assert alone.place == ""
    assert alone.thumbnail == ""
    assert joined.text == others
    assert Signal.objects.filter(text=others).exists()
    page = city.browser().get(f"/cases/{planted.number}").content.decode()
    assert "Người phản ánh đã xóa nội dung của mình" in page
    assert "Đã thay nắp cống" in page, "what the city did stays"
    found = queries.find_cases("đầu hẻm", actor=city.ha)
    assert [line.number for line in found] == [planted.fresh]
    assert queries.find_cases("lộn xộn", actor=city.ha) == []


def test_erasing_again_changes_nothing(planted: Planted) -> None:
    erase(planted)
    events = EventRow.objects.count()
    assert set(erase(planted).values()) == {0}
    assert EventRow.objects.count() == events


def test_a_restored_backup_is_erased_again(planted: Planted) -> None:
    erase(planted)
    assert list(personal.noted_erasures()) == [planted.person]
    # As a backup from before has it.
    Person.objects.filter(pk=planted.person).update(name=NAME, erased_at=None)
    Account.objects.filter(pk=planted.account).update(closed_at=None, tax_code=NAME[:14])
    Erasure.objects.all().delete()
    assert where_left()
    assert personal.settle_restore() == 1
    assert where_left() == []
    assert Account.objects.get(pk=planted.account).closed_at is not None


def test_others_keep_what_is_theirs(planted: Planted) -> None:
    city = planted.city
    mine = city.report("cây ngã chắn lối đi", who=city.minh)
    settle()
    erase(planted)
    assert Reporter.objects.filter(case_id=mine.case_id).exclude(account_blind="").count() == 1
    assert Case.objects.get(pk=mine.case_id).text == "cây ngã chắn lối đi"
    assert Entry.objects.filter(case_id=planted.case_id, kind="answer").exclude(text="").count() == 1
    assert city.browser("minh").get("/my/reports").content.decode().count(mine.number)


def test_commitments_of_erased_words_open_no_more() -> None:
    salt, commitment = commit("lời")
    assert opens(commitment, salt, "lời")
    assert not opens(commitment, "", "lời")


# --- one's own pages ------------------------------------------------------------------------------------------------


def test_a_person_sees_takes_along_and_erases_their_data(planted: Planted) -> None:
    planted.city.accounts["quynh"] = planted.account
    browser = planted.city.browser("quynh")
    planted.city.browser("ha").post(f"/desk/cases/{planted.number}/reporter", {"purpose": "gọi lại xác minh"})
    page = browser.get("/me/data").content.decode()
    assert NAME in page
    assert planted.number in page
    assert "gọi lại xác minh" in page
    assert "Lê Thu Hà" not in page, "the office, not the name"
    copy = browser.post("/me/data/download")
    told = json.loads(copy.content)
    assert told["identity"]["name"] == NAME
    assert {r["case"] for r in told["cases"]["reports"]} == {planted.number, planted.fresh}
    assert len(told["cases"]["written"]) == 2
    assert told["messages"]["messages"]
    line = AuditRow.objects.filter(action="personal.exported").get()
    assert (line.actor_id, line.purpose) == (str(planted.account), "own")
    assert browser.post("/me/data/erase").status_code == 422
    done = browser.post("/me/data/erase", {"sure": "yes"}, follow=True)
    assert done.status_code == 200
    assert AuditRow.objects.filter(action="personal.erased", ref_key=str(planted.person)).count() == 1
    assert where_left() == []


def test_staff_in_a_post_are_told_why_they_cannot_be_erased(planted: Planted) -> None:
    browser = planted.city.browser("son")
    page = browser.get("/me/data").content.decode()
    assert "chức trách" in page
    assert "my_data_erase" not in page
    assert browser.post("/me/data/erase", {"sure": "yes"}).status_code == 409


def test_strangers_are_asked_to_sign_in(city: TestCity) -> None:
    assert city.browser().get("/me/data").status_code == 302
    assert city.browser().post("/me/data/download").status_code == 403


def test_the_register_of_processing_lists_every_room(city: TestCity) -> None:
    rooms = {name.split(".")[0] for name in personal.personal_fields()}
    assert {"core", "identity", "messages", "cases"} <= rooms
    assert all(app in {a.label for a in apps.get_app_configs()} for app in rooms)
