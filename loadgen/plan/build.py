"""Profile -> Plan: the last step before a run, where the machine's cores and the files on its disk come in."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from loadgen.base.endpoint import Tls
from loadgen.base.imported import imported
from loadgen.base.redact import Redactor
from loadgen.plan.jobs.http import HttpJob, RequestSpec
from loadgen.plan.jobs.scenario import FeedSpec, ScenarioJob, Step, inside
from loadgen.plan.plan import Job, Plan, StopRules
from loadgen.plan.problems import Problem, Where
from loadgen.plan.profiles.dialing import make_dialing, proxy_secrets
from loadgen.plan.profiles.journey_loads import closed_users
from loadgen.plan.profiles.journey_order import order_problems
from loadgen.plan.profiles.open_model import make_arrivals, measured_s
from loadgen.plan.profiles.profile import Profile
from loadgen.plan.profiles.protocols import http_of, streams_of
from loadgen.plan.profiles.requests import collect_secrets, make_job
from loadgen.plan.profiles.user_stages import make_user_stages, most_users, with_needed_users
from loadgen.plan.topology import TopologyError, choose

LARGEST_BODY_IN_MEMORY = 8 << 20


def make_plan(
    profile: Profile,
    *,
    cores: int,
    gil: bool,
    least_processes: int = 1,
    environment: Mapping[str, str] = os.environ,
) -> Plan:
    """The plan of a checked profile. Raises ProfileError for unreadable files and for an impossible topology.

    `cores` are the usable ones, `gil` whether the interpreter runs with it; `environment` may have proxies. A
    `body_file` of up to 8 MiB becomes the body, where `${name}` is replaced as in any body; a larger one is streamed as
    it is.
    """
    profile = with_needed_users(profile, least_processes)
    job, problems = make_job(profile)
    if isinstance(job, HttpJob):
        specs = (_with_file(profile, spec, ("requests", at), problems) for at, spec in enumerate(job.requests))
        job = replace(job, requests=tuple(specs))
        if profile.targets is not None and not problems:
            job = imported("loadgen.plan.listed", "with_targets")(profile, job, problems)
    elif isinstance(job, ScenarioJob):
        job = _with_files(profile, job, problems)
        problems += order_problems(job)  # of bodies that are read only now
    tls = Tls(
        verify=not profile.insecure,
        ca_file=_readable(profile, ("cacert",), profile.cacert, problems),
        cert_file=_readable(profile, ("cert",), profile.cert, problems),
        key_file=_readable(profile, ("key",), profile.key, problems),
        server_name=profile.sni,
        min_version=profile.tls_min,
        max_version=profile.tls_max,
        ciphers=profile.ciphers,
        resume=profile.tls_resume,
    )
    dialing = make_dialing(profile, environment, problems)
    processes, workers = _topology(profile, (cores, gil, least_processes), problems)
    secrets = tuple(dict.fromkeys((*proxy_secrets(dialing), *collect_secrets(profile, _contents(job)))))
    if problems:
        raise profile.origins.places.error(problems, Redactor(secrets))
    return Plan(
        name=Redactor(secrets).address(profile.name or str(profile.target.origin)),
        origin=profile.target.origin,
        job=job,
        users=closed_users(profile) + most_users(profile),
        requests_limit=profile.total_requests,
        duration_s=measured_s(profile),
        think_s=profile.think,
        ramp_up_s=profile.ramp_up,
        user_stages=make_user_stages(profile),
        mode=profile.mode,
        processes=processes,
        workers=workers,
        client=profile.client,
        http=http_of(profile),
        streams=streams_of(profile),
        timeout_s=profile.timeout,
        connect_timeout_s=min(profile.connect_timeout, profile.timeout),
        dns_ttl_s=profile.dns_ttl,
        wait_s=profile.wait,
        grace_s=profile.grace,
        keep_alive=profile.keepalive,
        tls=tls,
        dialing=dialing,
        stop=StopRules(_most_errors(profile), profile.abort_if),
        arrivals=make_arrivals(profile),
        closed_users=closed_users(profile),
        warmup_s=profile.warmup,
        cool_down_s=profile.cool_down,
        thresholds=profile.thresholds,
        strict=profile.strict,
        phases=profile.phases or bool(profile.s3),
        until_steady=profile.until_steady,
        seed=profile.seed,
        secrets=secrets,
    )


def _contents(job: Job) -> Iterator[tuple[str, Iterable[tuple[str, str]], bytes]]:
    """Path, headers and body of what is looked through for secrets."""
    for spec in job.requests:
        yield spec.path, spec.headers, spec.body
    if isinstance(job, HttpJob) and job.targets is not None:
        yield from imported("loadgen.plan.target_list", "credentials_in")(job.targets.lines)


def _most_errors(profile: Profile) -> int | None:
    """A batch is a job to be done whole, so it stops at the first failure unless a number is given."""
    whole = profile.s3 and profile.s3.job == "batch" and "fail_fast" not in profile.given
    return 1 if profile.fail_fast or (whole and profile.max_errors is None) else profile.max_errors


def topology_of(profile: Profile, room: tuple[int, bool, int]) -> tuple[int, int]:
    """Processes, and workers in each; `room` is cores, GIL, least processes. Raises TopologyError."""
    profile = with_needed_users(profile, room[2])
    return choose(
        profile.mode, most_users(profile), profile.processes, profile.workers, *room, closed=closed_users(profile)
    )


def _topology(profile: Profile, room: tuple[int, bool, int], problems: list[Problem]) -> tuple[int, int]:
    try:
        return topology_of(profile, room)
    except TopologyError as error:
        problems.append(Problem((error.key,), error.text))
        return 1, 1


def _with_files(profile: Profile, job: ScenarioJob, problems: list[Problem]) -> ScenarioJob:
    """The job with the body files of its steps read, and the full names of its feeds."""

    def read(steps: tuple[Step, ...], where: Where) -> tuple[Step, ...]:
        return tuple(read_one(step, (*where, index)) for index, step in enumerate(steps))

    def read_one(step: Step, where: Where) -> Step:
        request = step.request and _with_file(profile, step.request, where, problems)
        return replace(step, request=request, steps=read(step.steps, (*where, inside(step))))

    file = _readable(profile, ("scenario",), job.file, problems)
    return replace(
        job,
        file=file,
        digest=hashlib.sha256(Path(file).read_bytes()).hexdigest() if file else "",
        journeys=tuple(
            replace(item, steps=read(item.steps, ("scenarios", item.name, "steps"))) for item in job.journeys
        ),
        user_start=read(job.user_start, ("per_user", "start")),
        user_end=read(job.user_end, ("per_user", "end")),
        feeds=tuple(_feed(profile, feed, problems) for feed in job.feeds),
    )


def _feed(profile: Profile, feed: FeedSpec, problems: list[Problem]) -> FeedSpec:
    return replace(feed, file=_readable(profile, ("feeds", feed.name, "file"), feed.file, problems) or "")


def _with_file(profile: Profile, spec: RequestSpec, request: Where, problems: list[Problem]) -> RequestSpec:
    """The request with its body file read, or with the file's full name where it is too large to keep."""
    if spec.multipart:
        return _with_parts(profile, spec, (*request, "multipart"), problems)
    where = (*request, "body_file")
    name = _readable(profile, where, spec.body_file, problems)
    if name is None:
        return spec
    path = Path(name)
    if path.stat().st_size > LARGEST_BODY_IN_MEMORY:
        return replace(spec, body_file=name)
    return replace(spec, body=path.read_bytes(), body_file=None)


def _with_parts(profile: Profile, spec: RequestSpec, where: Where, problems: list[Problem]) -> RequestSpec:
    """The request with its parts as its body, and the boundary between them among its headers."""
    from loadgen.plan.forms import file_type, multipart

    files: list[tuple[str, tuple[Any, ...]]] = []
    for part in spec.multipart:
        content: bytes = part.text.encode("utf-8", "surrogateescape")
        name, kind = part.file_name, part.type
        if part.file is not None:
            file = _readable(profile, where, part.file, problems)
            if file is None:
                continue
            content = Path(file).read_bytes()
            name = Path(file).name if name is None else name or None
            kind = kind or (file_type(name) if name else None)
        files.append((part.name, (name, content, kind)))
    if sum(len(content) for _, (_, content, _) in files) > LARGEST_BODY_IN_MEMORY:
        problems.append(Problem(where, "expected parts of at most 8 MiB together"))
        files = []
    content_type, body = multipart((), files)
    headers = tuple(pair for pair in spec.headers if pair[0].lower() != "content-type")
    return replace(spec, multipart=(), body=body, headers=(*headers, ("Content-Type", content_type)))


def _readable(profile: Profile, where: Where, name: str | None, problems: list[Problem]) -> str | None:
    """The file's full name; None, and a problem, where it cannot be read."""
    if name is None:
        return None
    path = profile.origins.places.file(where, name)
    try:
        with path.open("rb") as file:
            file.read(1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it cannot be opened"
        problems.append(Problem(where, f"cannot read {path}: {reason}"))
        return None
    return str(path)
