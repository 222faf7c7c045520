"""`loadgen s3`, its plan."""

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from loadgen.base.errors import UsageError
from loadgen.cli.commands.s3 import S3
from loadgen.cli.elsewhere import opened
from loadgen.cli.exporting import asked_outs, with_log
from loadgen.cli.labels import parse_labels
from loadgen.cli.live_form import check_form
from loadgen.cli.output import Delivery
from loadgen.cli.plans import Comparison, Planned, Preview, Search, Sweep
from loadgen.cli.readings import S3 as S3_PLACE
from loadgen.cli.s3_campaigns import check_words, plan_comparison, plan_search, with_place
from loadgen.cli.s3_endpoints import with_endpoints
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.plan import Plan
from loadgen.plan.profiles.document import profile_for_s3
from loadgen.plan.profiles.s3_values import read_place
from loadgen.session.here import plan_here

_OF_SWEEP = ("endpoint", "bucket", "region", "addressing", "aws_profile", "prefix")


def plan_s3(given: S3) -> Planned | Sweep | Preview | Comparison | Search:
    """Raises UsageError."""
    given = with_place(given)
    check_words(given)
    if given.job == "compare":
        return plan_comparison(given)
    if given.job == "find-max":
        return plan_search(given)
    section = _with_bucket(given.section)
    run_id, dry_run = section.pop("run", None), section.pop("dry_run", None) or False
    section, flags = with_endpoints(section, given.flags)
    if given.job == "sweep":
        if "endpoints" in section:
            raise UsageError("--endpoint: sweep takes one: a store has the same objects at all of them")
        if others := [key for key, value in section.items() if value not in (None, False) and key not in _OF_SWEEP]:
            raise UsageError(f"--{others[0].replace('_', '-')}: sweep takes no such option")
        plan = plan_here(profile_for_s3({"job": "list", **section}, flags))
        return Sweep(plan, run_id, dry_run, given.output.quiet)
    if run_id is not None:
        raise UsageError(f"--run: only for sweep, and the job is {given.job}")
    if dry_run and (given.job != "batch" or section.get("source") is None):
        raise UsageError(f"--dry-run: only for sweep, and batch with --source; the job is {given.job}")
    delivery = Delivery(given.output)
    check_form(given.live)
    labels, outs = parse_labels(given.labels, os.environ), asked_outs(given.outs, given.web)
    where = given.elsewhere.where
    site = None if where is None else opened(where)
    plan = plan_here(profile_for_s3({"job": given.job, **section}, flags), site)
    if dry_run:
        return Preview(plan)
    plan = replace(plan, slowest=given.slowest)
    plan = with_log(plan, outs, several=given.rounds > 1 or given.against.asked)
    begins = "" if given.output.quiet else _where(plan)
    return Planned(
        plan,
        delivery,
        given.rounds,
        given.against,
        outs=outs,
        site=site,
        live=given.live,
        begins=begins,
        labels=labels,
        linger=given.web.linger,
    )


def _with_bucket(given: Mapping[str, Any]) -> dict[str, Any]:
    """The options with the bucket of a source that names one."""
    section = dict(given)
    source = section.get("source") or ""
    if source.startswith(S3_PLACE):
        try:
            bucket, section["source"] = read_place(source)
        except ValueError as error:
            raise UsageError(f"--source: {error}") from None
        if section.setdefault("bucket", bucket) != bucket:
            raise UsageError(f"--bucket: the source is in the bucket {bucket!r}")
    return section


def _where(plan: Plan) -> str:
    """What to look for where a run is killed."""
    if not isinstance(plan.job, S3Job) or plan.job.is_of_others:
        return ""
    return f"Run {plan.job.run_id}: all that it puts is under {plan.job.bucket}/{plan.job.own_prefix}\n"
