"""Imported texts as the profiles that they are: loaded with a value for every variable of the environment."""

import re
from collections.abc import Callable

from loadgen.plan.build import make_plan
from loadgen.plan.imports.profile_text import profile_text
from loadgen.plan.imports.recorded import Imported
from loadgen.plan.jobs.http import RequestSpec
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.plan.plan import Plan
from loadgen.plan.profiles.document import parse_profile

_OF_ENVIRONMENT = re.compile(r"\benv: \"?([A-Za-z_0-9]+)")


def plan_of(imported: Imported, *, hide: bool = True) -> Plan:
    """What a run of it would do; what was hidden is "hidden:NAME"."""
    text = profile_text(imported, "a test", hide=hide)
    environment = {name: f"hidden:{name}" for name in _OF_ENVIRONMENT.findall(text)}
    return make_plan(parse_profile(text.encode(), {}, environment, {}), cores=2, gil=True)


def requests_of(read: Callable[[str], Imported], text: str, *, hide: bool = False) -> list[RequestSpec]:
    """The requests of a text of another form, as they would be sent."""
    return list(plan_of(read(text), hide=hide).job.requests)


def sent(spec: RequestSpec) -> tuple[str, str, str]:
    """Method, path and body."""
    return spec.method, spec.path, spec.body.decode("utf-8", "replace")


def headers(spec: RequestSpec) -> dict[str, str]:
    """Without the one that every request has."""
    return {name.lower(): value for name, value in spec.headers if name.lower() != "user-agent"}


def pauses(plan: Plan) -> list[float]:
    """Those of the first journey's steps, in seconds."""
    assert isinstance(plan.job, ScenarioJob)
    return [step.think_s[0] for step in plan.job.journeys[0].steps]
