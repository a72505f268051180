"""Documents of a room on paper: PDF by WeasyPrint, formal orders as DOCX too. Made between units, from frozen content.

WeasyPrint needs Pango, a library of the operating system. Where it is missing the rest of the house works, and pages say
that the PDF could not be made; the DOCX needs nothing.
"""

from __future__ import annotations

import importlib
import io
import logging
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Pt

from ngomon.core import clock, files
from ngomon.core.actors import system
from ngomon.core.react import between_units
from ngomon.core.text import in_language
from ngomon.core.texts import text
from ngomon.core.units import unit
from ngomon.directory import queries as directory

from . import commands, queries
from .drawing import map_svg
from .picture import level_words
from .said import line_words, order_state
from .terms import Mark, PaperLine

log = structlog.get_logger("ngomon.incidents")
LANGUAGES = ("vi", "en")
PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@cache
def _printer() -> Any:
    """WeasyPrint, loaded when the first document is made: most processes never print. None where Pango is missing."""
    try:
        found = importlib.import_module("weasyprint")
    except OSError as missing:
        log.warning("no documents as PDF", why=str(missing))
        return None
    for name in ("weasyprint", "weasyprint.progress", "fontTools"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return found


def can_print() -> bool:
    """Whether PDFs can be made here."""
    return _printer() is not None


@cache
def _fonts() -> str:
    """The product's own font, from the built front end, so that a document looks alike on every machine.

    The browser's files hold parts of one font under one name; the printer confuses such, so each part is a family.
    """
    folder = Path(settings.ROOT) / "src/ngomon/ui/static/ngomon/assets"
    rules = []
    for path in sorted(folder.glob("be-vietnam-pro-*.woff2")):
        weight = "600" if "-600-" in path.name else "400"
        family = "Hue Latin" if "-latin-" in path.name else "Hue Viet"
        rules.append(f'@font-face{{font-family:"{family}";font-weight:{weight};src:url("{path.as_uri()}")}}')
    return "".join(rules)


def local(instant: str) -> str:
    """An instant of a frozen content as paper says it: 14:05 24/11/2026."""
    if not instant:
        return ""
    at = datetime.fromisoformat(instant).astimezone(ZoneInfo(directory.city().timezone))
    return f"{at:%H:%M} {at.day}/{at.month}/{at.year}"


def _shown(paper: PaperLine, language: str) -> dict[str, Any]:
    """A frozen content in one language."""
    content = dict(paper.content)
    found = [Mark(**mark) for mark in content.pop("marks", [])]
    known = {s.key: s for s in queries.stations()}
    return {
        **content,
        "paper": paper,
        "language": language,
        "city": in_language(directory.city().name, language),
        "office": in_language(directory.city().office_name, language),
        "kind_name": text(f"incidents.kind.{content['kind']}", language),
        "phase_name": text(f"incidents.phase.{content['phase']}", language),
        "made": local(content["at"]),
        "opened_said": local(content["opened"]),
        "ended_said": local(content["ended"]),
        "area_names": ", ".join(in_language(name, language) for name in content["areas"]),
        "by_area": [(in_language(name, language), n) for name, n in content["by_area"]],
        "orders": [_order(each, language) for each in content["orders"]],
        "resources": [
            {
                **r,
                "name": in_language(r["name"], language),
                "kind": text(f"incidents.resource.kind.{r['kind']}", language),
            }
            for r in content["resources"]
        ],
        "levels": [
            {
                "name": in_language(known[each["station"]].name, language),
                "words": level_words(
                    known[each["station"]],
                    each["level_m"],
                    datetime.fromisoformat(each["observed"]),
                    language,
                ),
                "seen": local(each["observed"]),
            }
            for each in content["levels"]
            if each["level_m"] is not None and each["station"] in known
        ],
        "order_due": local(content["order"]["due"]) if "order" in content else "",
        "lines": [_line(each, language) for each in content.get("lines", ())],
        "lessons": [_line(each, language) for each in content.get("lines", ()) if each["kind"] == "lesson"],
        "map": SafeString(map_svg(found, content["title"])),
        "fonts": SafeString(_fonts()),
        "prints_layers": [
            text(f"incidents.layer.{key}", language) for key in ("cases", "resources", "levels")
        ],
    }


def _order(order: Mapping[str, Any], language: str) -> dict[str, Any]:
    return {
        **order,
        "agency": in_language(order["agency"], language),
        "given": local(order["given"]),
        "due": local(order["due"]),
        "acknowledged": local(order["acknowledged"]),
        "state": order_state(order["step"], order["outcome"], language),
    }


def _line(line: Mapping[str, Any], language: str) -> dict[str, Any]:
    said = line_words(line["kind"], line["words"], line["values"], language, local)
    return {**line, "said": said, "at": local(line["at"]), "written": local(line["written"])}


def as_html(paper: PaperLine, language: str) -> str:
    """A document's page, as it is printed."""
    with translation.override(language):
        return render_to_string(f"incidents/paper_{paper.kind}.html", _shown(paper, language))


def as_pdf(paper: PaperLine, language: str) -> bytes:
    """A document as PDF; nothing is fetched from anywhere. Raises: RuntimeError where Pango is missing."""
    printer = _printer()
    if printer is None:
        raise RuntimeError("Pango is not installed")
    made: bytes = printer.HTML(string=as_html(paper, language), base_url="about:blank").write_pdf()
    return made


def as_docx(paper: PaperLine) -> bytes:
    """A formal order (công điện) as a document to be edited, numbered and signed. Source: NĐ 30/2020/NĐ-CP, Phụ lục III."""
    shown = _shown(paper, "vi")
    order = shown["order"]
    made = Document()
    made.styles["Normal"].font.name = "Times New Roman"
    made.styles["Normal"].font.size = Pt(13)
    _say(
        made,
        f"{shown['city'].upper()}\nCỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc",
        is_middle=True,
    )
    if shown["is_exercise"]:
        _say(made, text("incidents.paper.exercise", "vi"), is_middle=True, is_bold=True)
    _say(made, f"Số: {order['dispatch']}\n{shown['made']}", is_middle=True)
    _say(made, "CÔNG ĐIỆN", is_middle=True, is_bold=True)
    _say(made, shown["title"], is_middle=True, is_bold=True)
    _say(made, f"{text('incidents.paper.to', 'vi')}: {in_language(order['agency'], 'vi')}")
    for paragraph in order["words"].splitlines():
        _say(made, paragraph)
    _say(made, text("incidents.paper.report_before", "vi", due=local(order["due"])))
    _say(made, f"{text('incidents.paper.signer', 'vi')}\n\n\n{shown['signer']}", is_right=True, is_bold=True)
    data = io.BytesIO()
    made.save(data)
    return data.getvalue()


def _say(
    made: Any, words: str, *, is_middle: bool = False, is_right: bool = False, is_bold: bool = False
) -> None:
    paragraph = made.add_paragraph()
    paragraph.add_run(words).bold = is_bold
    if is_middle:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    elif is_right:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def name_of(paper: PaperLine, form: str) -> str:
    """The name of a document's file; an exercise's says so."""
    kind = {"report": "bao-cao-nhanh", "dispatch": "cong-dien", "after": "bao-cao-tong-ket"}[paper.kind]
    mark = "DIEN-TAP-" if paper.content["is_exercise"] else ""
    return f"{mark}{kind}-{paper.n}-{paper.content['number']}.{form}"


@between_units
def make_papers() -> int:
    """Make what was asked for; how many. What cannot be made is said in the room, and nothing waits for it."""
    done = 0
    for paper in queries.papers_asked():
        made: dict[str, files.Stored] | None = {}
        try:
            made = {language: files.put(as_pdf(paper, language), PDF) for language in LANGUAGES}
        except Exception:
            log.exception("paper could not be made", paper=str(paper.id))
            made = None
        with unit():
            commands.keep_paper(paper.id, made, actor=system("papers"), at=clock.now())
        done += 1
    return done
