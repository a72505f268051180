"""Who may do what: permissions as data, denied unless a row allows. Pure.

A permission names the roles that have it and its scope: where a post counts. `city`: anywhere; `agency`: for things of
the post's own agency; `area`: of its own agency and area. A service's manifest may add rows with `declare`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ngomon.core.actors import Actor
from ngomon.core.errors import Invalid, Refused
from ngomon.core.masks import MASKS
from ngomon.core.text import clean
from ngomon.identity.terms import AGENCY_ROLES, IOC_ROLES, Contact, ContactKind, Requirement, Role

R = Role


@dataclass(frozen=True, slots=True)
class Permission:
    """One row of the rights table."""

    action: str
    roles: frozenset[str]
    scope: str = "city"


_table: dict[str, Permission] = {}


def declare(action: str, roles: Iterable[str], scope: str = "city") -> None:
    """Add a row to the rights table. Raises: ValueError for a second, different row of one action or an unknown scope."""
    row = Permission(action, frozenset(roles), scope)
    if scope not in {"city", "agency", "area", "signed_in"}:
        raise ValueError(f"{action}: unknown scope {scope}")
    if _table.get(action, row) != row:
        raise ValueError(f"{action} is declared twice")
    _table[action] = row


def permissions() -> dict[str, Permission]:
    """The whole table, for tests and the page that shows it."""
    return dict(_table)


def scope_role(scope: str) -> str:
    """The role an API client's grant bears for one of its scopes."""
    return f"scope:{scope}"


def may(actor: Actor, action: str, agency: str | None = None, area: str | None = None) -> bool:
    """Whether the actor has the permission here. Unknown actions are denied; the system may do everything.

    Without `agency`, a permission scoped to agencies asks whether the actor has it in any.
    """
    row = _table.get(action)
    if row is None:
        return False
    if actor.kind == "system":
        return True
    if row.scope == "signed_in":
        return actor.kind == "account"
    return any(
        _covers(row, grant.agency, grant.area, agency, area)
        for grant in actor.grants
        if grant.role in row.roles
    )


def _covers(
    row: Permission, held: str | None, held_area: str | None, agency: str | None, area: str | None
) -> bool:
    if row.scope == "city":
        return True
    is_there = agency is None or held is None or held == agency
    if row.scope == "agency":
        return is_there
    return is_there and (area is None or held_area is None or held_area == area)


def require(actor: Actor, action: str, agency: str | None = None, area: str | None = None) -> None:
    """Refuse unless the actor has the permission here. Raises: Refused."""
    if not may(actor, action, agency, area):
        raise Refused("identity.refused.right", action=action)


ANY_STAFF = frozenset(Role)
IOC = IOC_ROLES
DESK = IOC_ROLES | {R.CITY_OFFICE}

for _action, _roles, _scope in (
    ("account.own", (), "signed_in"),
    ("desk.see", ANY_STAFF - {R.PRIVACY_OFFICER}, "agency"),
    ("console.see", DESK | {R.LEADER, R.ADMIN}, "city"),
    ("leader.see", {R.LEADER, R.CITY_OFFICE}, "city"),
    ("admin.see", {R.ADMIN}, "city"),
    ("catalogue.see", {R.ADMIN, R.IOC_LEAD, R.CITY_OFFICE}, "city"),
    ("catalogue.change", {R.ADMIN}, "city"),
    ("agency.change", {R.ADMIN}, "city"),
    ("calendar.decide", {R.ADMIN, R.CITY_OFFICE}, "city"),
    ("process.publish", {R.ADMIN}, "city"),
    ("roster.see", {R.ADMIN, R.CITY_OFFICE, R.AGENCY_HEAD, R.AGENCY_CLERK}, "agency"),
    ("roster.change", {R.ADMIN, R.AGENCY_HEAD}, "agency"),
    ("readiness.acknowledge", AGENCY_ROLES, "agency"),
    ("post.give", {R.ADMIN}, "city"),
    ("absence.set", {R.ADMIN, R.AGENCY_HEAD}, "agency"),
    ("delegation.give", {R.ADMIN}, "city"),
    ("account.see", {R.ADMIN, R.PRIVACY_OFFICER}, "city"),
    ("account.lock", {R.ADMIN, R.IOC_LEAD}, "city"),
    ("account.decide_appeal", {R.ADMIN, R.PRIVACY_OFFICER}, "city"),
    ("person.register", {R.IOC_OPERATOR, R.IOC_LEAD, R.ADMIN}, "city"),
    ("person.merge", {R.ADMIN, R.PRIVACY_OFFICER}, "city"),
    ("person.verify", {R.ADMIN, R.IOC_OPERATOR, R.IOC_LEAD}, "city"),
    ("contact.see", {R.ADMIN, R.PRIVACY_OFFICER, R.IOC_LEAD, R.IOC_OPERATOR}, "city"),
    ("client.manage", {R.ADMIN}, "city"),
    ("message.see", DESK | {R.ADMIN}, "city"),
    ("message.resend", {R.ADMIN, R.IOC_LEAD, R.IOC_OPERATOR}, "city"),
    ("alarm.see", ANY_STAFF - {R.PRIVACY_OFFICER}, "agency"),
    ("alarm.steer", {R.IOC_OPERATOR, R.IOC_LEAD}, "city"),
    ("audit.see", {R.ADMIN, R.PRIVACY_OFFICER}, "city"),
    ("personal.see", {R.PRIVACY_OFFICER}, "city"),
    ("retention.see", {R.ADMIN, R.PRIVACY_OFFICER}, "city"),
    ("retention.decide", {R.PRIVACY_OFFICER}, "city"),
    ("retention.hold", {R.ADMIN, R.PRIVACY_OFFICER}, "city"),
    ("case.see", ANY_STAFF - {R.PRIVACY_OFFICER}, "agency"),
    ("case.see_unmasked", IOC, "city"),
    ("case.see_all", DESK | {R.LEADER, R.ADMIN}, "city"),
    ("case.see_secret", {R.IOC_OPERATOR, R.IOC_LEAD}, "city"),
    ("case.file_on_behalf", {R.IOC_OPERATOR, R.IOC_LEAD}, "city"),
    ("case.triage", {R.IOC_OPERATOR, R.IOC_LEAD}, "city"),
    ("case.publish", {R.IOC_EDITOR, R.IOC_LEAD}, "city"),
    ("case.redact", {R.IOC_EDITOR, R.IOC_LEAD, R.PRIVACY_OFFICER}, "city"),
    ("case.reporter", {R.IOC_OPERATOR, R.IOC_LEAD}, "city"),
    ("reporter.see", {R.IOC_OPERATOR, R.IOC_LEAD, R.PRIVACY_OFFICER}, "city"),
    ("case.note", ANY_STAFF - {R.PRIVACY_OFFICER, R.LEADER}, "agency"),
    ("case.bulk", ANY_STAFF - {R.PRIVACY_OFFICER, R.LEADER}, "agency"),
    ("case.hand_over", {R.IOC_LEAD, R.CITY_OFFICE, R.AGENCY_HEAD}, "agency"),
    ("workload.see", {R.IOC_LEAD, R.CITY_OFFICE, R.AGENCY_HEAD}, "agency"),
    ("case.direct", {R.LEADER, R.CITY_OFFICE}, "city"),
    ("incident.see", DESK | {R.LEADER, R.ADMIN}, "city"),
    ("incident.open", {R.LEADER, R.CITY_OFFICE, R.IOC_LEAD}, "city"),
    ("incident.command", {R.LEADER, R.CITY_OFFICE, R.IOC_LEAD, R.IOC_OPERATOR}, "city"),
    ("household.list", {R.LEADER, R.CITY_OFFICE, R.IOC_LEAD, R.AGENCY_HEAD, R.AGENCY_CLERK}, "agency"),
    ("household.tick", AGENCY_ROLES | {R.IOC_OPERATOR, R.IOC_LEAD}, "agency"),
    ("ticket.claim", (), "signed_in"),
    (
        "ticket.take_in",
        {R.LEADER, R.CITY_OFFICE, R.IOC_LEAD, R.IOC_OPERATOR, scope_role("tickets.write")},
        "city",
    ),
    ("shift.see", DESK | {R.LEADER, R.ADMIN}, "city"),
    ("shift.hand_over", {R.IOC_LEAD}, "city"),
    ("order.see", AGENCY_ROLES, "agency"),
    ("directive.give", {R.LEADER, R.CITY_OFFICE}, "city"),
    ("directive.see_all", {R.LEADER, R.CITY_OFFICE, R.IOC_LEAD}, "city"),
    ("directive.see", AGENCY_ROLES | {R.LEADER, R.CITY_OFFICE, R.IOC_LEAD}, "agency"),
):
    declare(_action, _roles, _scope)


_EMAIL = re.compile(
    r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+"
)
_DIGITS = re.compile(r"[\s().\-]")


def read_contact(text: str) -> Contact:
    """The contact a person typed: a Vietnamese or international phone number, or an e-mail address.

    Shape: phone in E.164 (`0905 123 456` → `+84905123456`), e-mail in lower case. Source: ITU-T E.164; RFC 5321 §4.5.3.1.
    Raises: Invalid.
    """
    typed = clean(text)
    if "@" in typed:
        value = typed.lower()
        if len(value) > 254 or len(value.split("@")[0]) > 64 or not _EMAIL.fullmatch(value):
            raise Invalid.field("contact", "identity.contact.bad_email")
        return Contact(ContactKind.EMAIL, value)
    number = _DIGITS.sub("", typed)
    if number.startswith("00"):
        number = "+" + number[2:]
    elif number.startswith("0"):
        number = "+84" + number[1:]
    elif number.startswith("84"):
        number = "+" + number
    if not re.fullmatch(r"\+[1-9][0-9]{7,14}", number):
        raise Invalid.field("contact", "identity.contact.bad")
    if number.startswith("+84") and len(number) not in {12, 13}:
        raise Invalid.field("contact", "identity.contact.bad_phone")
    return Contact(ContactKind.PHONE, number)


def mask(contact: Contact) -> str:
    """A contact as shown where the whole of it is nobody's business: `09•••••678`, `ng•••@hue.gov.vn`."""
    return MASKS["email" if contact.kind == ContactKind.EMAIL else "phone"](contact.value)


_TAX_WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)


def is_tax_code(text: str) -> bool:
    """Whether this is a mã số thuế: ten digits, the last a check digit, with a branch `-001` or without.

    Source: Thông tư 105/2020/TT-BTC art. 5; the check digit as published by the tax department.
    """
    found = re.fullmatch(r"([0-9]{9})([0-9])(?:-?[0-9]{3})?", text)
    if not found:
        return False
    total = sum(int(d) * w for d, w in zip(found[1], _TAX_WEIGHTS, strict=True))
    return 10 - total % 11 == int(found[2])


def is_national_id(text: str) -> bool:
    """Whether this has the shape of a số định danh cá nhân: twelve digits. Source: Luật Căn cước 2023 art. 12."""
    return re.fullmatch(r"[0-9]{12}", text) is not None


def given_name(name: str) -> str:
    """The part of a Vietnamese name people are called and sorted by: the last word (Nguyễn Thị *Hồng*)."""
    return name.split()[-1] if name.split() else ""


def requirement_for(channel: str, category: str, policy: Iterable[tuple[str, str, str]]) -> Requirement:
    """What a policy of (channel, category, requires) rows asks: the most specific row, the first of equals; else an account."""
    fitting = [row for row in policy if row[0] in {channel, "*"} and row[1] in {category, "*"}]
    if not fitting:
        return Requirement.ACCOUNT
    best = min(fitting, key=lambda row: (row[1] == "*", row[0] == "*"))
    return Requirement(best[2])


_BROWSERS = (
    *(
        ("Zalo", "Zalo"),
        ("Coc Coc", "coc_coc"),
        ("Edge", "Edg"),
        ("Opera", "OPR/"),
        ("Samsung Internet", "SamsungBrowser"),
    ),
    *(
        ("Firefox", "Firefox"),
        ("Firefox", "FxiOS"),
        ("Chrome", "Chrome"),
        ("Chrome", "CriOS"),
        ("Safari", "Safari"),
    ),
)
_SYSTEMS = (
    *(("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows")),
    *(("macOS", "Mac OS X"), ("Linux", "Linux")),
)


def device(agent: str) -> tuple[str, bool]:
    """A browser and its system as people know them (`Chrome · Android`), and whether it is a phone; the raw word else."""
    browser = next((name for name, mark in _BROWSERS if mark in agent), "")
    system = next((name for name, mark in _SYSTEMS if mark in agent), "")
    words = " · ".join(part for part in (browser, system) if part)
    return words or agent[:60], system in {"Android", "iPhone"}


def spoken(contact: Contact) -> str:
    """A contact as people write it: Vietnamese numbers from 0, in groups (0905 123 456)."""
    if contact.kind == ContactKind.EMAIL or not contact.value.startswith("+84"):
        return contact.value
    local = "0" + contact.value[3:]
    return f"{local[:4]} {local[4:7]} {local[7:]}"
