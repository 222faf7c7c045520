"""What whoever has the page may ask for: less than was allowed, of the plan that was given, and of nothing else."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from loadgen.base.dataclass import dataclass
from loadgen.base.errors import UsageError
from loadgen.base.units import counted, format_duration_s, listed, parse_duration_s, parse_rate, shown
from loadgen.plan.jobs.http import HttpJob
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.plan.plan import Plan, UserStage
from loadgen.report.draw.style import format_rate

FLAGS = {"rate": "rate", "users": "connections", "duration": "duration"}
"""The key of the profile that stands for each."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The most of each; None: it cannot be chosen, since the plan does not have it, or says it stage by stage."""

    rate: float | None = None
    users: float | None = None
    duration: float | None = None

    def words(self) -> str:
        """What may be asked for."""
        most = []
        if self.rate is not None:
            most.append(f"{format_rate(self.rate)} requests/s")
        if self.users is not None:
            most.append(counted(round(self.users), "user"))
        if self.duration is not None:
            most.append(format_duration_s(self.duration))
        return f"up to {listed(most)}" if most else "nothing can be chosen"


@dataclass(frozen=True, slots=True)
class Field:
    """One that can be chosen: what stands there at first, and the most, as they are typed."""

    name: str
    label: str
    given: str
    most: str


def limits_of(plan: Plan, asked: Mapping[str, float | None]) -> Limits:
    """Those that were given, else what the plan itself does. Raises UsageError for a limit of what cannot be chosen."""
    own = _own(plan)
    for name, most in asked.items():
        if most is not None and own[name] is None:
            raise UsageError(f"--limit-{name}: {_WHY_NOT[name]}")
        if most is not None and most < (own[name] or 0.0):
            raise UsageError(f"--limit-{name}: the plan itself asks for more ({_typed(name, own[name] or 0.0)})")
    return Limits(**{name: None if value is None else asked.get(name) or value for name, value in own.items()})


_WHY_NOT = {
    "rate": "the plan has no constant rate that could be changed; give it one with --rate",
    "users": "the plan says how many users there are stage by stage",
    "duration": "the plan has no duration; give it one with --duration",
}


def _own(plan: Plan) -> dict[str, float | None]:
    stages = plan.arrivals.stages if plan.arrivals is not None else ()
    constant = len(stages) == 1 and stages[0].from_rps == stages[0].to_rps
    by_stage = bool(plan.user_stages) or len(stages) > 1 or bool(stages and not constant)
    return {
        "rate": stages[0].to_rps if constant else None,
        "users": None if plan.user_stages else float(plan.users),
        "duration": None if by_stage else plan.duration_s,
    }


def fields(plan: Plan, limits: Limits) -> list[Field]:
    """What can be chosen, with what the plan has."""
    own = _own(plan)
    labels = {"rate": "requests/s", "users": "users", "duration": "duration"}
    most = {"rate": limits.rate, "users": limits.users, "duration": limits.duration}
    return [
        Field(name, label, _typed(name, own[name] or 0.0), _typed(name, most[name] or 0.0))
        for name, label in labels.items()
        if most[name] is not None
    ]


def chosen(values: Mapping[str, Any], limits: Limits) -> dict[str, str]:
    """The flags of a run. Raises UsageError for what is no value, too much, or not to be chosen."""
    flags = {}
    for name, given in values.items():
        value = f"{given}" if type(given) in (int, float) else given
        most = getattr(limits, name, None) if name in FLAGS else None
        if most is None:
            raise UsageError(f"{shown(name)} cannot be chosen here")
        if not isinstance(value, str):
            raise UsageError(f"{name}: expected a text or a number, got {shown(value)}")
        try:
            asked = _parsed(name, value.strip())
        except ValueError as error:
            raise UsageError(f"{name}: {error}") from None
        if asked > most:
            raise UsageError(f"{name}: {value.strip()} is above the limit, {_typed(name, most)}")
        flags[FLAGS[name]] = value.strip()
    return flags


def steered(plan: Plan, limits: Limits) -> Plan:
    """The plan as one that may be changed while it lasts, where it can be: a rate that is constant, or the users of a
    closed model on event loops, of whom there are then as many as there may ever be.
    """
    if plan.arrivals is not None:
        return replace(plan, steered=limits.rate is not None)
    if limits.users is None or not _can_leave(plan):
        return plan
    stage = UserStage(plan.planned_s or 0.0, plan.users, plan.users)
    return replace(plan, steered=True, users=max(plan.users, round(limits.users)), user_stages=(stage,))


def _can_leave(plan: Plan) -> bool:
    """Whether users are all alike, so that any may leave and come back."""
    job = plan.job
    if isinstance(job, ScenarioJob):
        alike = job.function is None and job.dialect == "loadgen" and all(feed.pick != "own" for feed in job.feeds)
        alike = alike and not (job.journeys_per_user or any(journey.users for journey in job.journeys))
    else:
        alike = isinstance(job, HttpJob)
    on_loops = plan.mode != "threads" and plan.client == "raw"
    return alike and on_loops and plan.requests_limit is None and plan.duration_s is not None and not plan.ramp_up_s


def changes_of(plan: Plan, limits: Limits) -> str:
    """The name of what can be changed while a run lasts; empty for nothing."""
    if not steered(plan, limits).steered:
        return ""
    return "users" if plan.arrivals is None else "rate"


def changed(values: Mapping[str, Any], limits: Limits, name: str) -> float:
    """What is asked for while a run lasts, where it is that of this name. Raises UsageError."""
    if not name:
        raise UsageError("this run cannot be changed while it lasts")
    if set(values) != {name}:
        raise UsageError(f"while a run lasts {name} alone can be changed")
    return _parsed(name, chosen(values, limits)[FLAGS[name]])


def _parsed(name: str, value: str) -> float:
    if name == "rate":
        return parse_rate(value)
    if name == "duration":
        return parse_duration_s(value)
    if not value.isdecimal() or not int(value):
        raise ValueError(f"expected a number of at least 1, got {shown(value)}")
    return float(value)


def _typed(name: str, value: float) -> str:
    if name == "duration":
        words = format_duration_s(value)
        return words if parse_duration_s(words) == value else f"{value:g}s"
    return f"{value:.10g}"
