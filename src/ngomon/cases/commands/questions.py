"""Asking an agency: a question is a case with a process of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ngomon.core.actors import Actor
from ngomon.core.units import command
from ngomon.directory import queries as directory

from ..question_queries import agency_for
from ..terms import CaseKind, Filing, Receipt
from .intake import file_report


@command
def ask_question(filing: Filing, *, actor: Actor, at: datetime) -> Receipt:
    """Ask an agency, chosen or proposed by the words; its deadline is that of the pack's category of questions.

    Once: as `file_report`. Raises: Invalid naming the fields. Source: Nghị định 63/2010/NĐ-CP, Điều 18 khoản 2.
    """
    agency = filing.agency or agency_for(filing.text, directory.local_day(at))
    lon, lat = directory.city().center
    asked = replace(
        filing,
        kind=CaseKind.QUESTION,
        lon=lon,
        lat=lat,
        has_place=False,
        place_words="",
        category="",
        photos=(),
        follows=None,
        agency=agency,
        attributes={**filing.attributes, **({"agency": agency} if agency else {})},
    )
    return file_report(asked, actor=actor, at=at)
