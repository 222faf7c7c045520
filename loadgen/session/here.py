"""The plan of a profile on this machine. What runs it is not imported: `loadgen check` only looks."""

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from loadgen.base.environment import gil_enabled, usable_cores
from loadgen.base.redact import Redactor
from loadgen.base.user_code import is_locustfile
from loadgen.plan.build import make_plan
from loadgen.plan.jobs.http import HttpJob, Signing
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.plan.plan import Plan
from loadgen.plan.problems import Problem
from loadgen.plan.profiles.profile import Profile

if TYPE_CHECKING:  # what runs a plan
    from loadgen.executors.places.base import Site
from loadgen.plan.profiles.scenarios import chosen_job


def plan_here(profile: Profile, site: "Site | None" = None) -> Plan:
    """The plan of a checked profile on this machine, or for `site`; a bucket is found by AWS's variables, too.

    Raises UsageError.
    """
    cores, least = (usable_cores(), 1) if site is None else (site.cores, site.least_processes)
    plan = make_plan(profile, cores=cores, gil=gil_enabled(), least_processes=least)
    match plan.job:
        case HttpJob(signing=Signing() as signing):
            from loadgen.workloads.sigv4.credentials import provider_of

            return replace(plan, secrets=(*provider_of(signing, os.environ).current.secrets, *plan.secrets))
        case HttpJob():
            return plan
        case ScenarioJob() as job:
            from loadgen.workloads.callables.job import callable_job
            from loadgen.workloads.locust.job import locust_job
            from loadgen.workloads.scenario.declared.ready import ready_problems
            from loadgen.workloads.scenario.python.file import load_job

            problems: list[Problem] = []
            if job.function is not None:
                job = callable_job(job)
            elif job.file is not None:
                job = locust_job(job) if is_locustfile(job.file) else load_job(job)
                job, problems = chosen_job(profile, job)
            if problems := [*problems, *ready_problems(plan, job)]:
                raise profile.origins.places.error(problems, Redactor(plan.secrets))
            return replace(plan, job=job)
        case S3Job() as job:
            from loadgen.workloads.s3.located import locate

            return locate(plan, job, os.environ)
