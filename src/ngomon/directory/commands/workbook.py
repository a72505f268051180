"""Taking in a workbook: agencies are set up or corrected, posts made; the officers go on to identity."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from uuid import UUID

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Invalid
from ngomon.core.ids import Ref
from ngomon.core.units import command
from ngomon.directory.commands.edition import lock_city, next_edition, require_editor
from ngomon.directory.commands.fields import apply_fields, known_keys
from ngomon.directory.commands.posts import make_post
from ngomon.directory.models import Agency, City
from ngomon.directory.sheet import Problems
from ngomon.directory.tables import Row
from ngomon.directory.terms import InvalidData, OfficerRow, WorkbookResult
from ngomon.directory.workbook import WorkbookRows


@command
def import_workbook(rows: WorkbookRows, *, actor: Actor, at: datetime) -> WorkbookResult:
    """Set up or correct the agencies of a workbook and make its officers' posts.

    An empty cell leaves what is there. Once: the same workbook again changes nothing and names the same
    posts. Raises: Refused, InvalidData with every problem by sheet, row and column.
    """
    require_editor(actor)
    city = lock_city()
    problems = Problems()
    added, changed = _take_agencies(rows, problems)
    _check_officers(rows, problems)
    if problems:
        raise InvalidData("directory.workbook.invalid", tuple(problems))
    officers, posts_added = _take_officers(rows, city, actor=actor, at=at)
    if added or changed or posts_added:
        detail = {"agencies_added": added, "agencies_changed": changed, "posts_added": posts_added}
        audit("directory.import_workbook", Ref("city", "1"), actor=actor, at=at, detail=detail)
        next_edition(city, actor=actor, at=at)
    return WorkbookResult(tuple(added), tuple(changed), posts_added, tuple(officers))


def _take_agencies(rows: WorkbookRows, problems: Problems) -> tuple[list[str], list[str]]:
    live = Agency.objects.select_for_update().in_bulk(list(rows.agencies))
    known = {"agencies": known_keys("agencies") | set(rows.agencies), "areas": known_keys("areas")}
    added: list[Agency] = []
    changed: list[Agency] = []
    for key, values in rows.agencies.items():
        row = live.get(key) or Agency(key=key)
        try:
            said = {"name": {**row.name, **values["name"]}}
            if "short" in values:
                said["short"] = {**row.short, **values["short"]}
            fields = apply_fields("agencies", row, {**values, **said}, known)
        except Invalid as error:
            for column, code in error.fields.items():
                value = values[column]
                problems.add("Cơ quan", rows.agency_lines[key], column, code, value=value, file="Cơ quan")
            continue
        if key not in live:
            added.append(row)
        elif fields:
            row.succession_told = row.succession_told and not {"valid_to", "successor"} & set(fields)
            changed.append(row)
    if not problems:
        Agency.objects.bulk_create(added)
        columns = [f.name for f in Agency._meta.concrete_fields if f.name not in {"key", "version", "pack"}]
        Agency.objects.bulk_update(changed, columns, batch_size=50)
    return [row.key for row in added], [row.key for row in changed]


def _check_officers(rows: WorkbookRows, problems: Problems) -> None:
    agencies, areas = known_keys("agencies") | set(rows.agencies), known_keys("areas")
    for key, row in rows.officers.items():
        line = rows.officer_lines[key]
        for column, known in (("agency", agencies), ("area", areas)):
            value = row[column]
            if value and value not in known:
                problems.add("Cán bộ", line, column, "directory.pack.unknown", value=value, file="Cơ quan")
        if "@" not in row["email"]:
            problems.add("Cán bộ", line, "email", "directory.workbook.bad_email", value=row["email"])


def _take_officers(
    rows: WorkbookRows, city: City, *, actor: Actor, at: datetime
) -> tuple[list[OfficerRow], int]:
    made: list[OfficerRow] = []
    posts: dict[tuple[str, str], UUID] = {}
    seats: dict[tuple[str, str, str], int] = defaultdict(int)
    new = 0
    for key, row in sorted(rows.officers.items(), key=lambda item: bool(item[1]["substitute_for"])):
        place = (row["agency"], row["role"], row["area"])
        seats[place] += 1
        post, is_new = make_post(
            city,
            *place[:2],
            area=row["area"],
            seat=row["seat"] or str(seats[place]),
            title=row["title"],
            substitute_of=posts.get((row["substitute_for"], row["agency"])),
            valid_from=_day(row["valid_from"]),
            valid_to=None,
            actor=actor,
            at=at,
        )
        new += is_new
        posts.setdefault((row["email"], row["agency"]), post)
        made.append(_officer(row, rows.officer_lines[key], post))
    return sorted(made, key=lambda officer: officer.line), new


def _officer(row: Row, line: int, post: UUID) -> OfficerRow:
    return OfficerRow(
        line=line,
        email=row["email"],
        phone=row["phone"],
        name=row["name"],
        given_name=row["given_name"] or row["name"].split()[-1],
        title=row["title"],
        post=post,
        agency=row["agency"],
        role=row["role"],
        area=row["area"],
        is_primary=row["primary"],
        substitute_for=row["substitute_for"],
        valid_from=_day(row["valid_from"]),
        valid_to=_day(row["valid_to"]),
    )


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None
