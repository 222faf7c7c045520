"""The files that a plan names, and the same plan where they lie elsewhere."""

from collections.abc import Callable
from dataclasses import replace

from loadgen.plan.jobs.http import HttpJob, RequestSpec
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.jobs.scenario import ScenarioJob, Step
from loadgen.plan.plan import Plan

Moved = Callable[[str], str]
"""Takes the name of a file, and gives the one that it is to be read by."""


def with_files(plan: Plan, moved: Moved) -> Plan:
    """The plan with each file that is read while it runs by the name that `moved` gives; what is written stays."""
    tls = plan.tls
    tls = replace(
        tls,
        ca_file=tls.ca_file and moved(tls.ca_file),
        cert_file=tls.cert_file and moved(tls.cert_file),
        key_file=tls.key_file and moved(tls.key_file),
    )
    return replace(plan, tls=tls, job=_job(plan.job, moved))


def files_of(plan: Plan) -> list[str]:
    """Their names, each once."""
    names: dict[str, None] = {}

    def seen(name: str) -> str:
        names[name] = None
        return name

    with_files(plan, seen)
    return list(names)


def _job(job: HttpJob | S3Job | ScenarioJob, moved: Moved) -> HttpJob | S3Job | ScenarioJob:
    match job:
        case HttpJob():
            return replace(job, requests=tuple(_request(request, moved) for request in job.requests))
        case S3Job():
            content = f"@{moved(job.content[1:])}" if job.content.startswith("@") else job.content
            return replace(job, content=content, function=_function(job.function, moved))
        case ScenarioJob():
            return replace(
                job,
                file=job.file and moved(job.file),
                function=_function(job.function, moved),
                feeds=tuple(replace(feed, file=moved(feed.file)) for feed in job.feeds),
                journeys=tuple(replace(journey, steps=_steps(journey.steps, moved)) for journey in job.journeys),
                user_start=_steps(job.user_start, moved),
                user_end=_steps(job.user_end, moved),
            )


def _function(name: str | None, moved: Moved) -> str | None:
    """Of "FILE.py:NAME" the file; a module is found by its name."""
    file, _, function = (name or "").rpartition(":")
    return f"{moved(file)}:{function}" if file.endswith(".py") else name


def _steps(steps: tuple[Step, ...], moved: Moved) -> tuple[Step, ...]:
    return tuple(
        replace(step, request=step.request and _request(step.request, moved), steps=_steps(step.steps, moved))
        for step in steps
    )


def _request(request: RequestSpec, moved: Moved) -> RequestSpec:
    return replace(request, body_file=moved(request.body_file)) if request.body_file else request
