"""The form in which a forecast is asked for: how far, how often, and what is tried."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django import forms

from ngomon.core.text import in_language
from ngomon.core.texts import text
from ngomon.processes.rules.simulation import Pool
from ngomon.processes.rules.steps import AGENCY_ROLES, main_role
from ngomon.processes.terms import Budget, Definition, Question, StepKind

from .forms import AdminForm, choice, day
from .frame import agency_name, role_name

PEOPLE_ROWS = (1, 2, 3)
STEP_ROWS = (1, 2)
UNITS = ("days", "hours", "minutes")
RUNS = (20, 50, 100)


def _n(least: int, most: int) -> forms.IntegerField:
    return forms.IntegerField(required=False, min_value=least, max_value=most)


class ForecastForm(AdminForm):
    """A question. What is left empty stays as it is."""

    of = choice(required=True)
    horizon_days = forms.IntegerField(min_value=5, max_value=120)
    runs = choice(required=True)
    per_day = forms.DecimalField(required=False, min_value=0, max_value=100_000, max_digits=8)
    pool_1 = choice()
    more_1 = _n(-99, 99)
    pool_2 = choice()
    more_2 = _n(-99, 99)
    pool_3 = choice()
    more_3 = _n(-99, 99)
    of_step_1 = choice()
    step_n_1 = forms.DecimalField(required=False, min_value=0, max_digits=6)
    step_unit_1 = choice()
    of_step_2 = choice()
    step_n_2 = forms.DecimalField(required=False, min_value=0, max_digits=6)
    step_unit_2 = choice()
    whole_n = forms.DecimalField(required=False, min_value=0, max_digits=6)
    whole_unit = choice()
    arrivals_pct = _n(10, 1000)
    storm_on = day(required=False)
    storm_times = forms.DecimalField(required=False, min_value=0, max_value=100, max_digits=5)

    is_few = False
    today: date = date.min

    def clean(self) -> dict[str, Any]:
        """What belongs together is said together."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        self._pairs(said)
        if said.get("whole_n") and not said.get("whole_unit"):
            self.add_error("whole_unit", text("web.admin.forecast.unit_missing"))
        if self.is_few and not said.get("per_day"):
            self.add_error("per_day", text("web.admin.forecast.per_day_missing"))
        on, last = said.get("storm_on"), self.today + timedelta(days=said.get("horizon_days") or 0)
        if on and not self.today <= on < last:
            self.add_error("storm_on", text("web.admin.forecast.storm_outside"))
        if bool(on) != bool(said.get("storm_times")):
            self.add_error("storm_times" if on else "storm_on", text("web.admin.forecast.storm_half"))
        return said

    def _pairs(self, said: dict[str, Any]) -> None:
        for n in PEOPLE_ROWS:
            if said.get(f"more_{n}") and not said.get(f"pool_{n}"):
                self.add_error(f"pool_{n}", text("web.admin.forecast.pool_missing"))
        for n in STEP_ROWS:
            if bool(said.get(f"of_step_{n}")) != bool(said.get(f"step_n_{n}")):
                name = "step_n" if said.get(f"of_step_{n}") else "of_step"
                self.add_error(f"{name}_{n}", text("web.admin.forecast.step_half"))
            elif said.get(f"of_step_{n}") and not _budget(said, f"step_n_{n}", f"step_unit_{n}"):
                self.add_error(f"step_n_{n}", text("web.admin.forecast.whole_days"))
        if said.get("whole_n") and said.get("whole_unit") and not _budget(said, "whole_n", "whole_unit"):
            self.add_error("whole_n", text("web.admin.forecast.whole_days"))

    def question(self) -> Question:
        """What was said, as it is asked."""
        said = self.cleaned_data
        staff = [(said[f"pool_{n}"], said[f"more_{n}"]) for n in PEOPLE_ROWS if said.get(f"more_{n}")]
        times = {
            said[f"of_step_{n}"]: own
            for n in STEP_ROWS
            if said.get(f"of_step_{n}") and (own := _budget(said, f"step_n_{n}", f"step_unit_{n}"))
        }
        storm = ((said["storm_on"], float(said["storm_times"])),) if said.get("storm_on") else ()
        return Question(
            days=said["horizon_days"],
            runs=int(said["runs"]),
            staff=tuple((*pool.split(":", 1), more) for pool, more in staff),
            times=times,
            deadline=_budget(said, "whole_n", "whole_unit"),
            arrivals=(said.get("arrivals_pct") or 100) / 100,
            storm=storm,
            per_day=float(said.get("per_day") or 0) if self.is_few else 0.0,
        )


def _budget(said: Mapping[str, Any], n: str, unit: str) -> Budget | None:
    """A time; None where it is not whole days."""
    if not said.get(n) or not said.get(unit):
        return None
    value = said[n]
    if said[unit] == "days":
        return Budget("days", int(value)) if value == int(value) and value <= 365 else None
    return Budget(said[unit], float(value))


def offered(definition: Definition, staff: Mapping[Pool, int], language: str) -> dict[str, Any]:
    """What the selects offer for a definition: its queues with how many serve them, and its steps with a time."""
    none = [("", text("web.admin.none", language))]
    pools = none + _pools(definition, staff, language)
    steps = none + [
        (s.key, in_language(s.name, language) or s.key)
        for s in definition.steps.values()
        if s.kind == StepKind.TASK or (s.kind == StepKind.WAIT and s.lapse and s.lapse.after)
    ]
    units = [(u, text(f"web.admin.unit.{u}", language)) for u in UNITS]
    return {
        "runs": [(str(n), text("web.admin.forecast.runs", language, n=n)) for n in RUNS],
        **{f"pool_{n}": pools for n in PEOPLE_ROWS},
        **{f"of_step_{n}": steps for n in STEP_ROWS},
        **{f"step_unit_{n}": units for n in STEP_ROWS},
        "whole_unit": none + units,
    }


def _pools(definition: Definition, staff: Mapping[Pool, int], language: str) -> list[tuple[str, str]]:
    roles = dict.fromkeys(main_role(s) for s in definition.steps.values() if s.kind == StepKind.TASK)
    found = []
    for role in roles:
        name = role_name(role, language)
        if role not in AGENCY_ROLES:
            found.append((f"{role}:", _people(name, staff.get((role, ""), 0), language)))
            continue
        found.append((f"{role}:*", text("web.admin.forecast.each_agency", language, role=name)))
        served = sorted(
            (agency_name(agency, language), agency, n)
            for (r, agency), n in staff.items()
            if r == role and agency
        )
        found += [(f"{role}:{agency}", _people(f"{name}, {said}", n, language)) for said, agency, n in served]
    return found


def _people(name: str, n: int, language: str) -> str:
    return text("web.admin.forecast.pool", language, pool=name, n=n)
