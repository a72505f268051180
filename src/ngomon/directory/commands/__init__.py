"""What somebody can do to the directory. Each command runs inside a unit and takes `actor` and `at`."""

from ngomon.directory.commands.agencies import (
    acknowledge_readiness,
    add_agency,
    close_agency,
    edit_agency,
    settle_successions,
    withdraw_readiness,
)
from ngomon.directory.commands.calendar import confirm_year, decide_day, seed_coming_year, withdraw_day
from ngomon.directory.commands.catalogue import (
    add_category,
    add_routing,
    edit_category,
    edit_standard_text,
    end_routing,
)
from ngomon.directory.commands.packs import load_pack, pack_diff
from ngomon.directory.commands.posts import add_post, end_post, set_roster
from ngomon.directory.commands.workbook import import_workbook
from ngomon.directory.workbook import read_workbook, write_workbook

__all__ = [
    "acknowledge_readiness",
    "add_agency",
    "add_category",
    "add_post",
    "add_routing",
    "close_agency",
    "confirm_year",
    "decide_day",
    "edit_agency",
    "edit_category",
    "edit_standard_text",
    "end_post",
    "end_routing",
    "import_workbook",
    "load_pack",
    "pack_diff",
    "read_workbook",
    "seed_coming_year",
    "set_roster",
    "settle_successions",
    "withdraw_day",
    "withdraw_readiness",
    "write_workbook",
]
