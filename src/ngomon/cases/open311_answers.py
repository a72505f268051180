"""How Open311 looks on the wire: XML or JSON from the same plain data, errors as the specification's arrays.

Source: GeoReport v2 (wiki.open311.org/GeoReport_v2).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from django.http import HttpResponse
from lxml import etree

from ngomon.core.errors import NotFound
from ngomon.core.text import in_language
from ngomon.directory import queries as directory
from ngomon.directory.terms import Category

from .open311_queries import RequestLine
from .terms import picture_url

TYPES = {"xml": "application/xml; charset=utf-8", "json": "application/json; charset=utf-8"}
# What XML 1.0 cannot carry (section 2.2).
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wire:
    """In which form, language and under which address an answer is made."""

    form: str
    language: str
    base: str


def _put(parent: Any, name: str, value: Any) -> None:
    node = etree.SubElement(parent, name)
    if value is None or value == "":
        return
    if isinstance(value, bool):
        node.text = "true" if value else "false"
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            _put(node, key, inner)
    elif isinstance(value, tuple):
        one, items = value
        for item in items:
            _put(node, one, item)
    else:
        node.text = _NOT_XML.sub("", str(value))


def xml(root: str, one: str, rows: Iterable[Row]) -> bytes:
    """A list of things as XML. A value `(name, items)` is a list inside a thing."""
    top = etree.Element(root)
    for row in rows:
        _put(top, one, row)
    made: bytes = etree.tostring(top, xml_declaration=True, encoding="utf-8")
    return made


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value[1]]
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    return value


def answer(wire: Wire, root: str, one: str, rows: Iterable[Row], *, status: int = 200) -> HttpResponse:
    """Things as the form that was asked for."""
    body = xml(root, one, rows) if wire.form == "xml" else orjson.dumps([_plain(row) for row in rows])
    made = HttpResponse(body, status=status, content_type=TYPES[wire.form])
    made["Content-Language"] = wire.language
    return made


def single(wire: Wire, root: str, row: Row) -> HttpResponse:
    """One thing that is the whole answer (a definition, the discovery document)."""
    if wire.form == "xml":
        top = etree.Element(root)
        for key, value in row.items():
            _put(top, key, value)
        body: bytes = etree.tostring(top, xml_declaration=True, encoding="utf-8")
    else:
        body = orjson.dumps(_plain(row))
    return HttpResponse(body, content_type=TYPES[wire.form])


def errors(wire: Wire, status: int, found: Iterable[tuple[int, str]]) -> HttpResponse:
    """What went wrong, as `[{code, description}]`."""
    rows = [{"code": code, "description": words} for code, words in found]
    made = answer(wire, "errors", "error", rows, status=status)
    made["Cache-Control"] = "no-store"
    return made


def w3c(moment: datetime | None) -> str:
    """An instant as W3C date and time with the city's zone. Source: W3C NOTE-datetime."""
    if moment is None:
        return ""
    return moment.astimezone(ZoneInfo(directory.city().timezone)).isoformat(timespec="seconds")


def service(category: Category, language: str, *, has_attributes: bool) -> Row:
    """A category as a service."""
    parent = directory.category(category.parent) if category.parent else None
    return {
        "service_code": category.key,
        "service_name": in_language(category.name, language),
        "description": in_language(category.hint, language),
        "metadata": has_attributes,
        "type": "realtime",
        "keywords": ", ".join(category.words[:12]),
        "group": in_language(parent.name, language) if parent else "",
    }


def _category_name(key: str, language: str) -> str:
    try:
        return in_language(directory.category(key).name, language)
    except NotFound:
        return key


def _agency_name(key: str, language: str) -> str:
    try:
        return in_language(directory.agency(key).name, language) if key else ""
    except NotFound:
        return key


def request(line: RequestLine, wire: Wire, waiting: str) -> Row:
    """A case as a service request; of one that is not public yet only that it is there (`waiting` says so)."""
    if not line.is_public:
        return {
            "service_request_id": line.number,
            "status": "open" if line.is_open else "closed",
            "status_notes": waiting,
            "requested_datetime": w3c(line.opened_at),
        }
    return {
        "service_request_id": line.number,
        "status": "open" if line.is_open else "closed",
        "status_notes": line.note,
        "service_name": _category_name(line.category, wire.language),
        "service_code": line.category,
        "description": line.text,
        "agency_responsible": _agency_name(line.agency, wire.language),
        "service_notice": "",
        "requested_datetime": w3c(line.opened_at),
        "updated_datetime": w3c(line.updated_at),
        "expected_datetime": w3c(line.due_at),
        "address": line.place,
        "address_id": "",
        "zipcode": "",
        "lat": line.lat,
        "long": line.lon,
        "media_url": wire.base + picture_url(line.picture) if line.picture else "",
        "detailed_status": line.status,
        "url": f"{wire.base}/cases/{line.number}",
    }
