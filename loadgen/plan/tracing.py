"""A plan whose requests can be followed at the target: each carries a trace id of its own."""

from dataclasses import replace

from loadgen.plan.jobs.http import HttpJob, Variable
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.plan.plan import Plan

HEADER = "traceparent"
NAME = "_traceparent"


def with_traces(plan: Plan) -> Plan:
    """The plan with a W3C `traceparent` on each request that has none of its own, and the slowest kept. Raises
    ValueError where that cannot be: an S3 request is signed, and a function sends what it wants.
    """
    job = plan.job
    if isinstance(job, ScenarioJob):
        if job.function is not None:
            raise ValueError("TARGET is a function, whose requests are its own")
        return replace(plan, slowest=True, job=replace(job, traces=True))
    if not isinstance(job, HttpJob):
        raise ValueError("TARGET is a job of S3, whose requests are signed as they are")
    requests = tuple(
        request
        if any(name.lower() == HEADER for name, _ in request.headers)
        else replace(request, headers=(*request.headers, (HEADER, f"${{{NAME}}}")))
        for request in job.requests
    )
    variables = (*job.variables, Variable(NAME, "trace"))
    return replace(plan, slowest=True, job=replace(job, requests=requests, variables=variables))
