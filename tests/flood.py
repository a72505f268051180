"""An hour of a flood, for running servers: calls for rescue and reports from several wards, each at its minute.

python -m tests.flood 400        # prints how many were taken
python -m tests.flood rewrite    # tries to change the log of every room
python -m tests.flood moving ID  # a room at alarm 2, where households move; ticks and ticked households
"""

from __future__ import annotations

import json
import os
import random
import sys
from datetime import timedelta
from uuid import UUID

import django
from django.db import DatabaseError

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ngomon.settings")
    django.setup()

from ngomon.cases.commands import file_report
from ngomon.cases.terms import Filing
from ngomon.core import clock
from ngomon.core.actors import ANONYMOUS
from ngomon.core.errors import CityError
from ngomon.core.units import unit
from ngomon.identity.queries import actor_of
from ngomon.incidents import commands, queries
from ngomon.incidents.models import LogLine, Tick
from tests.city import CORNER

WARDS = (CORNER, (107.6050, 16.4790), (107.5560, 16.4570), (107.5800, 16.4790))
CALLS = (
    ("Nước lên tới mái, mắc kẹt, cần thuyền", "flood_rescue"),
    ("Ngập tới cổ, nhà có mệ già, xin xuồng cứu hộ", "flood_rescue"),
    ("Nước vô tận giường, hai đứa nhỏ, chờ cứu", "flood_rescue"),
    ("Đường ngập sâu xe chết máy", "street_flooding"),
    ("Cây ngã chắn lối ra kiệt", "tree_fallen"),
)


def pour(n: int) -> int:
    """File so many reports over the last hour; how many were taken."""
    dice, now, taken = random.Random(1999), clock.now(), 0
    for i in range(n):
        text, category = dice.choice(CALLS)
        lon, lat = dice.choice(WARDS)
        said = f"{text}, nhà số {i} kiệt {dice.randrange(1, 200)}"
        place = (lon + dice.uniform(-0.004, 0.004), lat + dice.uniform(-0.004, 0.004))
        filing = Filing(
            text=said,
            lon=place[0],
            lat=place[1],
            category=category,
            source="hotline",
            external_id=f"flood:{i}",
        )
        try:
            with unit():
                at = now - timedelta(minutes=58) + timedelta(minutes=57 * i / n)
                file_report(filing, actor=ANONYMOUS, at=at)
            taken += 1
        except CityError:
            continue
    return taken


def rewrite() -> str:
    """Try to change the log of every room behind everybody's back; what the database says to it."""
    try:
        LogLine.objects.update(words="x")
    except DatabaseError as error:
        return str(error)
    return "changed"


def moving(leader_id: str) -> dict[str, int]:
    """See to it that a room is at alarm 2; how many ticks there are, of how many households."""
    if not queries.rooms_living():
        leader = actor_of(UUID(leader_id), clock.now())
        with unit():
            number = commands.open_room("Lũ", kind="flood", actor=leader, at=clock.now())
            commands.set_alarm(number, 2, actor=leader, at=clock.now())
    return {"ticks": Tick.objects.count(), "households": Tick.objects.values("household").distinct().count()}


if __name__ == "__main__":
    if sys.argv[1] == "moving":
        sys.stdout.write(json.dumps(moving(sys.argv[2])) + "\n")
        sys.exit()
    told = {"log": rewrite()} if sys.argv[1] == "rewrite" else {"taken": pour(int(sys.argv[1]))}
    sys.stdout.write(json.dumps(told) + "\n")
