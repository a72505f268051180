"""The calendar table: seeded once per year, corrected by the pack and by dated decisions, confirmed by a person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Invalid, NotFound, Refused
from ngomon.core.ids import Ref
from ngomon.core.terms import Event
from ngomon.core.units import command
from ngomon.directory import rules
from ngomon.directory.city import read_city
from ngomon.directory.commands.edition import lock_city, next_edition
from ngomon.directory.models import CalendarDay, CalendarYear
from ngomon.directory.pack import Pack
from ngomon.directory.seed import seed_days
from ngomon.directory.snapshot import day_record
from ngomon.directory.tables import Row
from ngomon.directory.terms import CalendarDecided, City, DayKind, RowChange, YearConfirmed

PAST_YEARS = 4
AHEAD = timedelta(days=180)
"""Holidays are in the table so long before they come, so that no deadline runs into an unwritten year."""


def _require_decider(actor: Actor) -> None:
    if not rules.may_decide_days(actor):
        raise Refused("directory.refused")


@command
def decide_day(
    on: date,
    kind: str,
    name: Mapping[str, str],
    *,
    source: str,
    decided_on: date | None = None,
    actor: Actor,
    at: datetime,
) -> None:
    """Somebody decided that a day is off, or is worked. Once: the same decision again changes nothing.

    Raises: Refused, Invalid.
    """
    _require_decider(actor)
    if kind not in set(DayKind):
        raise Invalid.field("kind", "directory.pack.not_one_of", value=kind, allowed=", ".join(DayKind))
    if not source.strip():
        raise Invalid.field("source", "directory.calendar.no_source")
    city = lock_city()
    decided = {"kind": kind, "name": dict(name), "source": source, "decided_on": decided_on}
    if CalendarDay.objects.filter(on=on, origin="staff", **decided).exists():
        return
    CalendarDay.objects.update_or_create(on=on, origin="staff", defaults=decided)
    ref = Ref("calendar_day", on.isoformat())
    audit("directory.decide_day", ref, actor=actor, at=at, detail={"kind": kind, "source": source})
    told = CalendarDecided(day=on.isoformat(), is_working=kind == DayKind.WORKING)
    next_edition(city, told, actor=actor, at=at)


@command
def withdraw_day(on: date, *, actor: Actor, at: datetime) -> None:
    """Take back what the staff decided about a day; the pack's or the seed's word stands again. Raises: NotFound."""
    _require_decider(actor)
    city = lock_city()
    if not CalendarDay.objects.filter(on=on, origin="staff").delete()[0]:
        raise NotFound("directory.calendar.no_decision", day=on.isoformat())
    is_working = _is_working_without(on, read_city(city.body)[0])
    audit("directory.withdraw_day", Ref("calendar_day", on.isoformat()), actor=actor, at=at)
    told = CalendarDecided(day=on.isoformat(), is_working=is_working)
    next_edition(city, told, actor=actor, at=at)


@command
def confirm_year(year: int, *, actor: Actor, at: datetime) -> None:
    """Somebody vouches that a year's days off are complete. Once: again changes nothing. Raises: NotFound, Refused."""
    _require_decider(actor)
    city = lock_city()
    row = CalendarYear.objects.filter(year=year).first()
    if row is None:
        raise NotFound("directory.calendar.no_year", year=year)
    if row.confirmed_at is not None:
        return
    row.confirmed_at, row.confirmed_by = at, actor.id
    row.save(update_fields=["confirmed_at", "confirmed_by"])
    audit("directory.confirm_year", Ref("calendar_year", str(year)), actor=actor, at=at)
    next_edition(city, YearConfirmed(year=year), actor=actor, at=at)


@command
def seed_coming_year(*, actor: Actor, at: datetime) -> bool:
    """Write the holidays of the year that is coming into the table, once; whether there was one to write."""
    city = lock_city()
    code = read_city(city.body)[0].calendar_seed
    year = (at + AHEAD).year
    if not seed_years(code, {year}, at):
        return False
    audit("directory.seed_year", Ref("calendar_year", str(year)), actor=actor, at=at)
    next_edition(city, actor=actor, at=at)
    return True


def seed_years(code: str, years: set[int], at: datetime) -> int:
    """Write the holidays of the years that are not in the table yet; how many years."""
    missing = sorted(years - set(CalendarYear.objects.values_list("year", flat=True)))
    days = [day for year in missing for day in (seed_days(code, year) if code else [])]
    CalendarYear.objects.bulk_create([CalendarYear(year=y, seed=code, seeded_at=at) for y in missing])
    CalendarDay.objects.bulk_create(
        [
            CalendarDay(on=d.on, origin="seed", kind=d.kind, name=d.name, source=f"holidays:{code}")
            for d in days
        ]
    )
    return len(missing)


def seed_missing_years(pack: Pack, at: datetime) -> int:
    """Seed the years a pack needs: some of the past, the present, the coming one, and those it confirms or corrects."""
    city = read_city(pack.city)[0]
    years = {*range(at.year - PAST_YEARS, (at + AHEAD).year + 1), *city.confirmed_years}
    years |= {int(on[:4]) for on in pack.rows["calendar"]}
    return seed_years(city.calendar_seed, years, at)


def confirm_from_pack(pack: Pack, at: datetime) -> int:
    """Confirm the years that the pack confirms; how many were not yet."""
    wanted = read_city(pack.city)[0].confirmed_years
    open_years = CalendarYear.objects.filter(year__in=wanted, confirmed_at__isnull=True)
    return open_years.update(confirmed_at=at, confirmed_by=f"pack:{pack.key}")


def pack_days(
    pack: Pack,
    added: list[RowChange],
    changed: list[RowChange],
    removed: list[RowChange],
    *,
    is_first: bool,
    dry_run: bool = False,
) -> list[Event]:
    """Make the pack's decided days those of the table; what changed is appended to the lists, or written if not a dry run.

    The events to tell; none for the first load, when nothing runs yet.
    """
    rows = pack.rows["calendar"]
    live = {row.on.isoformat(): row for row in CalendarDay.objects.filter(origin="pack")}
    fresh = [key for key in rows if key not in live]
    other = [key for key in rows if key in live and _as_row(live[key]) != rows[key]]
    gone = [key for key in live if key not in rows]
    if dry_run:
        added += [RowChange("calendar", key) for key in fresh]
        changed += [RowChange("calendar", key, _fields(live[key], rows[key])) for key in other]
        removed += [RowChange("calendar", key) for key in gone]
        return []
    CalendarDay.objects.filter(origin="pack", on__in=[*gone, *other]).delete()
    CalendarDay.objects.bulk_create([_as_day(rows[key]) for key in (*fresh, *other)])
    if is_first:
        return []
    touched = [(key, rows[key]["kind"] == DayKind.WORKING) for key in (*fresh, *other)]
    city = read_city(pack.city)[0]
    touched += [(key, _is_working_without(date.fromisoformat(key), city)) for key in gone]
    return [CalendarDecided(day=key, is_working=working) for key, working in touched]


def _is_working_without(on: date, city: City) -> bool:
    """Whether a day is worked once a decision about it is gone."""
    days = rules.days_in_force(map(day_record, CalendarDay.objects.filter(on=on)))
    return rules.calendar_of(city.working_hours, days.values(), city.timezone).is_working_day(on)


def _as_row(day: CalendarDay) -> Row:
    decided = day.decided_on.isoformat() if day.decided_on else None
    on = day.on.isoformat()
    return {"date": on, "kind": day.kind, "source": day.source, "decided_on": decided, "name": day.name}


def _as_day(row: Row) -> CalendarDay:
    decided = date.fromisoformat(row["decided_on"]) if row["decided_on"] else None
    on = date.fromisoformat(row["date"])
    return CalendarDay(
        on=on, origin="pack", kind=row["kind"], name=row["name"], source=row["source"], decided_on=decided
    )


def _fields(day: CalendarDay, row: Row) -> dict[str, tuple[object, object]]:
    before = _as_row(day)
    return {name: (before[name], row[name]) for name in row if before[name] != row[name]}
