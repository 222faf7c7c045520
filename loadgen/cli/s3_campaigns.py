"""`loadgen s3 compare URL URL JOB` and `loadgen s3 find-max JOB`: what is to be run, and what does not go with it."""

from collections.abc import Sequence
from contextlib import closing, nullcontext
from dataclasses import replace

from loadgen.base.errors import UsageError
from loadgen.base.units import listed
from loadgen.cli.commands.s3 import S3
from loadgen.cli.elsewhere import opened
from loadgen.cli.plans import SEARCH_FROM, Comparison, Search
from loadgen.cli.readings import S3 as PLACE
from loadgen.cli.readings import reading_of_place
from loadgen.cli.s3_endpoints import with_endpoints
from loadgen.cli.variants import target_labels
from loadgen.plan.jobs.s3 import JOBS
from loadgen.plan.plan import Plan
from loadgen.plan.profiles.document import profile_for_s3
from loadgen.plan.profiles.s3_values import read_place
from loadgen.report.exports import EXPORTS, Kind
from loadgen.session.here import plan_here

ROUNDS, SETTLE = 5, "1s"
"""As of `loadgen compare`."""
_KINDS: dict[str, Kind] = {"compare": "comparison", "find-max": "search"}
_EXAMPLES = {
    "compare": "loadgen s3 compare http://127.0.0.1:9000 http://127.0.0.1:9001 get --bucket trial",
    "find-max": "loadgen s3 find-max get --bucket trial --slo 'get:p99 < 50ms'",
}


def with_place(given: S3) -> S3:
    """The same with the bucket and prefix of a word `s3://BUCKET/PREFIX` behind the job. Raises UsageError."""
    if given.job.startswith(PLACE):
        raise UsageError(reading_of_place(given.job))
    words = given.more or []
    place, *others = [word for word in words if word.startswith(PLACE)] or [""]
    if not place:
        return given
    if others:
        raise UsageError(f"expected one s3://BUCKET/PREFIX, got {' '.join([place, *others])}")
    try:
        bucket, prefix = read_place(place)
    except ValueError as error:
        raise UsageError(str(error)) from None
    said = {"bucket": bucket} | ({"prefix": prefix if prefix.endswith("/") else f"{prefix}/"} if prefix else {})
    for key, value in said.items():
        if given.section.get(key, value) != value:
            raise UsageError(f"--{key}: {place} says it already")
    return replace(given, more=[word for word in words if word != place], section={**given.section, **said})


def check_words(given: S3) -> None:
    """Raise UsageError for words behind the job, options and files that this command has for others."""
    kind = _KINDS.get(given.job, "run")
    if kind == "run" and given.job not in (*JOBS, "sweep"):
        known = (*JOBS, "sweep", *_KINDS)
        raise UsageError(f"JOB: expected {listed(known, 'or')}, got {given.job!r}")
    if kind == "run" and given.more:
        raise UsageError(f"expected one job, got {given.job} {' '.join(given.more)}")
    if kind != "search" and given.slo:
        raise UsageError(f"--slo: only for find-max, and the job is {given.job}; a run has --threshold")
    for row in EXPORTS:
        if kind not in row.renderers and (row.name in given.output.files or row.name == given.output.form):
            flag = f"--format {row.name}" if row.name == given.output.form else row.flag
            raise UsageError(f"{flag}: {given.job} has no such form")
    if kind == "run":
        return
    asked = {"--label": given.labels, "--slowest": given.slowest, "--baseline": given.against.asked}
    for flag, value in asked.items():
        if value:
            raise UsageError(f"{flag}: {given.job} takes no such option")


def plan_comparison(given: S3) -> Comparison:
    """Stores with the same job. Raises UsageError."""
    *endpoints, job = given.more or ("",)
    if job not in JOBS or len(endpoints) < 2:
        raise UsageError(f"compare: expected the URLs of two stores or more, and a job, as {_EXAMPLES['compare']!r}")
    if given.section.get("endpoint"):
        raise UsageError("--endpoint: compare has the URLs of its stores before the job")
    labels = target_labels(endpoints)
    variants = {
        f"{label} ({labels[:number].count(label) + 1})" if label in labels[:number] else label: _plan(given, job, [url])
        for number, (label, url) in enumerate(zip(labels, endpoints, strict=True))
    }
    rounds = ROUNDS if given.rounds == 1 else given.rounds
    return Comparison(variants, (), rounds, SETTLE, given)


def plan_search(given: S3) -> Search:
    """A job at higher and higher rates. Raises UsageError."""
    if given.more is None or len(given.more) != 1 or given.more[0] not in JOBS:
        raise UsageError(f"find-max: expected a job, as {_EXAMPLES['find-max']!r}")
    plan = _plan(given, given.more[0], given.section.get("endpoint"), rate=given.flags.get("rate", SEARCH_FROM))
    return Search(plan, given.slo or (), "max_connections" not in given.flags, given)


def _plan(given: S3, job: str, endpoints: Sequence[str] | None, **more: str) -> Plan:
    section, flags = with_endpoints({**given.section, "endpoint": endpoints}, {**given.flags, **more})
    where = given.elsewhere.where
    with nullcontext() if where is None else closing(opened(where)) as site:
        return plan_here(profile_for_s3({"job": job, **section}, flags), site)
