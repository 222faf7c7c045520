"""A plan of plain requests as one that does each of them once: journeys of one step, in their order."""

from dataclasses import replace

from loadgen.plan.jobs.http import HttpJob, RequestSpec
from loadgen.plan.jobs.scenario import Journey, ScenarioJob, Step
from loadgen.plan.plan import Plan
from loadgen.plan.target_list import first_specs

MOST_LISTED = 100
"""Of a list of requests: nobody looks at more."""


def each_once(plan: Plan, job: HttpJob) -> Plan:
    """What signs its requests is not in it."""
    specs = job.requests
    if job.targets is not None:
        specs = _named(first_specs(job.targets.lines, job.requests[0], MOST_LISTED))
    journeys = tuple(
        Journey(spec.name, steps=(Step("request", spec.name, replace(spec, stream=None), redirects=job.redirects),))
        for spec in specs
    )
    return replace(plan, job=ScenarioJob(journeys, variables=job.variables))


def _named(specs: list[RequestSpec]) -> tuple[RequestSpec, ...]:
    """Each with its place in the list, as several may ask for the same."""
    return tuple(replace(spec, name=f"{number}: {spec.method} {spec.path}") for number, spec in enumerate(specs, 1))
