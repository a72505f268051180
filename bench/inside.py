"""What benches ask of an installation from inside: `python -m bench.inside ASK …`, the answer as JSON in the last line.

statements METHOD PATH HEADERS BODY   the SQL of one warm request, without BEGIN and COMMIT
session NAME                          cookie and CSRF headers of somebody of the small city, by account id
cases STEP N                          ids and numbers of open cases at a step
queue ROLE STEPS N                    the cursor behind the first N lines of a queue
"""

from __future__ import annotations

import json
import os
import sys
import uuid
from typing import Any

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ngomon.settings")
    django.setup()

from django.conf import settings
from django.db import connection
from django.test import Client

from ngomon.cases.filtering import Listed, Wanted, waiting
from ngomon.cases.models import Case
from ngomon.core import clock
from ngomon.core.rows import parted
from ngomon.identity.models import Holding
from ngomon.identity.queries import actor_of
from ngomon.identity.sessions import ACCOUNT_KEY

WARM = 3
APART = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")


def statements(method: str, path: str, headers: str, body: str) -> list[str]:
    """The SQL of one request in a warm process; `{id}` in the body is fresh each time."""
    seen: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.extend(parted(sql))
        return execute(sql, params, many, context)

    client = Client(headers=json.loads(headers))
    for _ in range(WARM + 1):
        seen.clear()
        with connection.execute_wrapper(note):
            answer = client.generic(
                method, path, body.replace("{id}", str(uuid.uuid4())), content_type="application/json"
            )
        assert answer.status_code in (200, 201), (answer.status_code, answer.content[:500])
    return [sql for sql in seen if not sql.lstrip().upper().startswith(APART)]


def once(method: str, path: str, headers: str, body: str) -> list[str]:
    """The SQL of one request that cannot be repeated, after a page of the same session warmed the process."""
    global WARM
    Client(headers=json.loads(headers)).get("/api/v1/cases")
    WARM = 0
    return statements(method, path, headers, body)


def session(account: str) -> dict[str, str]:
    """Headers of a browser that is signed in."""
    client = Client()
    made = client.session
    made[ACCOUNT_KEY] = account
    made.save()
    token = "b" * 32
    return {
        "Cookie": f"{settings.SESSION_COOKIE_NAME}={made.session_key}; csrftoken={token}",
        "X-CSRFToken": token,
    }


def cases(step: str, n: str) -> list[tuple[str, str, int]]:
    """Id, number and version of open cases at a step."""
    rows = Case.objects.filter(step=step, is_open=True).order_by("-id").values_list("id", "number", "version")
    return [(str(id), number, version) for id, number, version in rows[: int(n)]]


def queue(role: str, steps: str, n: str) -> str:
    """The cursor behind the first n lines of a queue."""
    holding = Holding.objects.filter(role=role).order_by("-id").first()
    assert holding is not None
    actor = actor_of(holding.account_id, clock.now())
    listed = Listed(tuple(steps.split(",")), False, Wanted())
    return waiting(listed, actor=actor, at=clock.now(), size=int(n)).next


def main() -> None:
    """Answer one ask."""
    ask, *rest = sys.argv[1:]
    asks = {"statements": statements, "once": once, "session": session, "cases": cases, "queue": queue}
    sys.stdout.write(json.dumps(asks[ask](*rest)) + "\n")  # type: ignore[operator]


if __name__ == "__main__":
    main()
