"""A plan whose requests can be followed at the target: each carries a trace id of its own."""

from dataclasses import replace

from loadgen.plan.jobs.http import HttpJob, Variable
from loadgen.plan.plan import Plan

HEADER = "traceparent"
NAME = "_traceparent"


def with_traces(plan: Plan) -> Plan:
    """The plan with a W3C `traceparent` on each request, and the slowest kept. Raises ValueError for other jobs than
    plain requests: a scenario says what it sends, and an S3 request is signed.
    """
    job = plan.job
    if not isinstance(job, HttpJob):
        raise ValueError("TARGET is no plain request: give its requests a traceparent header of their own")
    requests = tuple(
        replace(request, headers=(*request.headers, (HEADER, f"${{{NAME}}}")))
        for request in job.requests
        if all(name.lower() != HEADER for name, _ in request.headers)
    )
    if len(requests) < len(job.requests):
        raise ValueError("a request has a traceparent header already")
    variables = (*job.variables, Variable(NAME, "trace"))
    return replace(plan, slowest=True, job=replace(job, requests=requests, variables=variables))
