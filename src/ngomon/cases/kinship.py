"""Whether two reports may come from one household: by keyed hashes of person, contact and network, never by their words.

Nothing here says who somebody is. Reports that bear neither account nor contact are taken for one person's.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from datetime import datetime

from ngomon.core.actors import Actor
from ngomon.core.errors import CityError
from ngomon.core.secrets import blind
from ngomon.directory import queries as directory
from ngomon.identity import queries as identity
from ngomon.identity.rules import read_contact

from .rules.evidence import UNKNOWN
from .terms import Filing

PERSON, CONTACT, NETWORK = "p", "c", "n"


def kin_of(filing: Filing, *, actor: Actor, at: datetime) -> str:
    """The keyed hashes kept beside a reporter, each with a letter: person, contact left, network. No statement.

    What an officer or a program writes down for somebody is not theirs: then the contact alone counts. The network's hash
    is another one each month, so that nobody can be followed by it through the year.
    """
    found: list[str] = []
    is_own = actor.kind in {"account", "anonymous"} and not filing.on_behalf
    if is_own and actor.person_id is not None:
        found.append(PERSON + blind(str(actor.person_id), "person"))
    contact = _contact(filing)
    if contact:
        found.append(CONTACT + blind(contact, "contact"))
    network = _network(actor.address) if is_own else ""
    if network:
        month = directory.local_day(at).strftime("%Y-%m")
        found.append(NETWORK + blind(f"{month} {network}", "network"))
    return " ".join(found)


def _contact(filing: Filing) -> str:
    """The contact as identity keeps it, the telephone before the e-mail address; empty for none that can be read."""
    for value in (filing.contact.phone, filing.contact.email):
        try:
            if value:
                return read_contact(value).value
        except CityError:
            continue
    return ""


def _network(address: str) -> str:
    """What one connection has in common: an IPv4 address, the first 64 bits of an IPv6 one; empty where it says nothing."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if not found.is_global:
        return ""
    return str(ipaddress.ip_network(f"{found}/64", strict=False)) if found.version == 6 else str(found)


def origins_of(account_blind: str, kin: str, known: Mapping[str, str]) -> frozenset[str]:
    """The origins of one report. `known`: persons by the contacts that they proved to be theirs, see `persons_behind`."""
    marks = kin.split()
    found = {f"a{account_blind}"} if account_blind else set()
    found |= set(marks)
    found |= {PERSON + known[mark[1:]] for mark in marks if mark[1:] in known and mark[0] == CONTACT}
    is_known = any(mark[0] in {"a", PERSON, CONTACT} for mark in found)
    return frozenset(found if is_known else found | {UNKNOWN})


def persons_behind(kins: Iterable[str]) -> dict[str, str]:
    """Whose the contacts are that were left, as keyed hashes on both sides: who calls the hotline after reporting by account
    is one person. One statement, none without contacts."""
    contacts = {mark[1:] for kin in kins for mark in kin.split() if mark[0] == CONTACT}
    if not contacts:
        return {}
    return {hashed: blind(str(person), "person") for hashed, person in identity.persons_by_contact(contacts)}
