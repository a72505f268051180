"""What administrators do that takes more than one room: giving a post, taking in a workbook, testing that an agency answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.core import signing

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Conflict, NotFound, Refused
from ngomon.core.ids import Ref
from ngomon.core.text import in_language
from ngomon.core.texts import LANGUAGES, text
from ngomon.core.units import command
from ngomon.directory import commands as directory_commands
from ngomon.directory import queries as directory
from ngomon.directory.terms import READINESS, WorkbookResult
from ngomon.directory.workbook import WorkbookRows
from ngomon.identity import commands as identity_commands
from ngomon.identity import queries as identity
from ngomon.identity.rules import may, require
from ngomon.identity.terms import AGENCY_ROLES
from ngomon.messages import commands as messages
from ngomon.messages.terms import message_id

SALT = "ngomon.readiness"
LINK_LIVES = timedelta(days=14)
"""How long the link of a test message can be answered."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One test message: to whom, for which of the agency's parts."""

    agency: str
    part: str
    account_id: UUID


def link_of(test: Trial) -> str:
    """The address in a test message. It names agency, part and receiver, and cannot be made by anybody else."""
    return "/desk/ready/" + signing.dumps([test.agency, test.part, str(test.account_id)], salt=SALT)


def trial_of(token: str) -> Trial:
    """What a link of a test message says. Raises: NotFound for a forged or outlived one."""
    try:
        agency, part, account = signing.loads(token, salt=SALT, max_age=LINK_LIVES)
    except signing.BadSignature:
        raise NotFound("web.admin.ready.bad_link") from None
    return Trial(agency, part, UUID(account))


def receivers(agency: str, at: datetime) -> dict[str, UUID]:
    """Who answers for an agency's head, intake clerk and substitute now; a part that nobody holds is left out.

    The substitute is whoever holds a post that stands in for another; where no post says so, the second head or clerk,
    else somebody named as substitute for an absence of either.
    """
    found: dict[str, UUID] = {}
    heads = identity.holders("agency_head", agency, None, at)
    clerks = identity.holders("agency_clerk", agency, None, at)
    for part, held in (("agency_head", heads), ("agency_clerk", clerks)):
        if held:
            found[part] = held[0].account_id
    standing = {str(p.id) for p in directory.posts(agency, directory.local_day(at)) if p.substitute_of}
    named = [holding.account_id for holding, _ in identity.staff_of(agency, at) if holding.post in standing]
    seconds = [holder.account_id for holder in (*heads[1:], *clerks[1:])]
    absences = identity.absences_of(found.values(), at)
    away = [absence.substitute_id for absence in absences if absence.substitute_id is not None]
    candidates = [account for account in (*named, *seconds, *away) if account not in found.values()]
    if candidates:
        found["substitute"] = candidates[0]
    return found


def part_names(part: str) -> dict[str, str]:
    """A part of an agency (head, clerk, substitute) in words."""
    key = "web.admin.role.substitute" if part == "substitute" else f"identity.role.{part}"
    return {language: text(key, language) for language in LANGUAGES}


@command
def send_readiness_test(agency: str, *, actor: Actor, at: datetime) -> dict[str, UUID]:
    """Send a test message to each part of an agency that has not answered one yet; who it went to, by part.

    Once: within one minute the same message is not sent twice. Raises: Refused, NotFound, Conflict (nobody to send to).
    """
    require(actor, "agency.change")
    known = directory.agency(agency)
    missing = directory.readiness(agency).missing
    if not missing:
        raise Conflict("web.admin.ready.all_answered")
    wanted = {part: account for part, account in receivers(agency, at).items() if part in missing}
    if not wanted:
        raise Conflict("web.admin.ready.nobody")
    for part, account in wanted.items():
        link = link_of(Trial(agency, part, account))
        messages.tell(
            account,
            "web.message.readiness",
            {"agency": dict(known.name), "part": part_names(part)},
            of=Ref("agency", agency, in_language(known.name, "vi"), link),
            id=message_id(account, f"{agency}:{part}", f"readiness:{at:%Y%m%d%H%M}"),
            actor=actor,
            at=at,
        )
    audit(
        "web.send_readiness_test",
        Ref("agency", agency),
        actor=actor,
        at=at,
        detail={"parts": sorted(wanted)},
    )
    return wanted


@command
def answer_readiness_test(token: str, *, actor: Actor, at: datetime) -> Trial:
    """The officer who got a test message says that it came; the test. Once: again changes nothing.

    Raises: NotFound for a bad link, Refused for anybody but the receiver, or one who no longer is of the agency.
    """
    test = trial_of(token)
    if actor.account_id != test.account_id:
        raise Refused("web.admin.ready.not_you")
    if not may(actor, "readiness.acknowledge", test.agency):
        raise Refused("web.admin.ready.not_here")
    directory_commands.acknowledge_readiness(test.agency, test.part, actor=actor, at=at)
    return test


@command
def give_post(
    account_id: UUID,
    role: str,
    *,
    agency: str,
    title: Mapping[str, str],
    is_main: bool,
    from_at: datetime,
    to_at: datetime | None,
    actor: Actor,
    at: datetime,
) -> UUID:
    """Somebody takes a post: one of that role which nobody holds, or else a further one is made; the holding's id.

    Raises: Refused, Invalid, NotFound.
    """
    require(actor, "post.give")
    post = _free_post(agency, role, at) or directory_commands.add_post(
        agency, role, title=title, actor=actor, at=at
    )
    return identity_commands.take_post(
        account_id,
        role,
        agency=agency if role in AGENCY_ROLES else "",
        post=str(post),
        title={code: words for code, words in title.items() if words},
        is_main=is_main,
        from_at=from_at,
        to_at=to_at,
        actor=actor,
        at=at,
    )


def _free_post(agency: str, role: str, at: datetime) -> UUID | None:
    held = [holding.post for holding, _ in identity.staff_of(agency, at) if holding.role == role]
    unsaid = held.count("")
    free = [p.id for p in directory.posts(agency, directory.local_day(at), role) if str(p.id) not in held]
    return free[unsaid] if len(free) > unsaid else None


@command
def take_workbook(rows: WorkbookRows, *, actor: Actor, at: datetime) -> WorkbookResult:
    """Take in a workbook: agencies and posts, then the officers' accounts and who holds which post.

    Once: the same workbook again changes nothing. Raises: Refused, Invalid, InvalidData with every problem.
    """
    require(actor, "agency.change")
    taken = directory_commands.import_workbook(rows, actor=actor, at=at)
    identity_commands.take_up_officers(taken.officers, actor=actor, at=at)
    return taken


PARTS = READINESS
