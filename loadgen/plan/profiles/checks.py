"""What must hold between the keys of a profile, beyond what each value must be."""

from collections.abc import Collection

from loadgen.base.units import format_duration_s
from loadgen.plan.condition import Condition
from loadgen.plan.jobs.http import HttpJob
from loadgen.plan.named import Named, check_name, names_before
from loadgen.plan.problems import Problem, Where
from loadgen.plan.profiles.dialing import dialing_problems
from loadgen.plan.profiles.open_model import is_open, measured_s, open_model_problems
from loadgen.plan.profiles.profile import Profile
from loadgen.plan.profiles.protocols import protocol_problems
from loadgen.plan.profiles.requests import make_job
from loadgen.plan.profiles.s3_profile import s3_problems
from loadgen.plan.profiles.scenarios import journey_problems
from loadgen.plan.profiles.user_stages import user_stage_problems

_CHAINED = {
    "multipart": "a part waits for its upload to begin, and the end for all parts; the job put takes a rate",
    "batch": "an upload waits for its download and the function",
}
"""Jobs whose requests wait for the replies to others, each with what waits: they cannot be due by the clock."""


_NOT_STEADY = {
    "stages": "they change the load",
    "cool_down": "the run ends as soon as it is steady",
}
"""Keys that --until-steady does not go with."""


def spanning_problems(profile: Profile, failed: Collection[Where]) -> list[Problem]:
    """Every problem that spans keys, apart from those that only follow from values that `failed` already."""
    wrong = {where[0] for where in failed if where}
    timed = not wrong & {"duration", "stages", "total_requests"}
    job, problems = make_job(profile)
    if "target" in wrong:
        problems = [problem for problem in problems if problem.where[-1] != "path"]
    problems = [problem for problem in problems if not _follows(problem.where, failed)]
    if not wrong & {"requests", "scenarios"}:
        names = names_before(job)
        run_s = measured_s(profile) if timed else None
        for index, rule in enumerate(profile.abort_if):
            problems += _condition(("abort_if", index), rule, names)
        for index, threshold in enumerate(profile.thresholds):
            problems += _condition(("thresholds", index), threshold, names, run_s)
    if not wrong & {"cert", "key"}:
        problems += _certificate(profile)
    if timed:
        problems += _times(profile)
    if "s3" not in wrong:
        problems += _s3(profile)
    if profile.targets is not None and not isinstance(job, HttpJob):
        problems.append(Problem(("targets",), "cannot be combined with scenarios or s3: they say what is sent"))
    problems += journey_problems(profile)
    problems += protocol_problems(profile)
    if profile.dns_ttl and not wrong & {"target", "proxy"} and profile.target.origin.is_address and not profile.proxy:
        problems.append(Problem(("dns_ttl",), "cannot be combined with an IP address: there is no name to look up"))
    if profile.warmup and profile.journeys_per_user is not None:
        problems.append(Problem(("warmup",), "cannot be combined with journeys_per_user: it would use them up"))
    elif profile.warmup and job.ends_itself:
        why = "the warm-up would use objects up that are to be measured; a duration in place of objects has no end"
        problems.append(Problem(("warmup",), f"cannot be combined with a job that ends with its objects: {why}"))
    problems += [problem for problem in dialing_problems(profile) if problem.where[0] not in wrong]
    return [*problems, *open_model_problems(profile, wrong), *user_stage_problems(profile, wrong)]


def _follows(where: Where, failed: Collection[Where]) -> bool:
    """Whether a problem in a step may only be there because a value in it, or around it, was left out."""
    around = [(*where[:-1], key) for key in ("group", "repeat")] if where[-1] == "steps" else []
    beside = any(place in around or where[: len(place)] == place or place[: len(where)] == where for place in failed)
    return len(where) > 2 and beside


def _condition(
    where: Where, condition: Condition, names: list[Named] | None, run_s: float | None = None
) -> list[Problem]:
    """What is wrong with a condition; `names` are None where they are not known yet."""
    try:
        check_name(condition.metric, names)
    except ValueError as error:
        return [Problem(where, str(error))]
    problem = _window_problem(condition, run_s) if run_s is not None else None
    return [Problem(where, problem)] if problem else []


def _window_problem(condition: Condition, run_s: float) -> str | None:
    """What the Result of a run of `run_s` seconds will not be able to tell."""
    if condition.window_s is not None and condition.window_s > run_s:
        return f"over: expected at most the {format_duration_s(run_s)} of the run"
    return None


def _times(profile: Profile) -> list[Problem]:
    run_s, problems = measured_s(profile), []
    if profile.until_steady is not None:
        for key, why in _NOT_STEADY.items():
            if getattr(profile, key):
                problems.append(Problem(("until_steady",), f"cannot be combined with {key}: {why}"))
        if run_s is not None and profile.until_steady.over_s > run_s:
            most = format_duration_s(run_s)
            problems.append(Problem(("until_steady",), f"over: expected at most the {most} of the run"))
    if run_s is None and profile.cool_down:
        problems.append(Problem(("cool_down",), "needs a duration: a run of N requests ends with them"))
    if profile.duration is not None and profile.ramp_up > profile.warmup + profile.duration and not is_open(profile):
        most = f"the duration of {profile.duration:g} s"
        if profile.warmup:
            most = f"the {profile.warmup + profile.duration:g} s of warm-up and duration"
        problems.append(Problem(("ramp_up",), f"expected at most {most}"))
    return problems


def _s3(profile: Profile) -> list[Problem]:
    """What an S3 job does not go together with: its requests are its own."""
    if not profile.s3:
        return []
    own = {"requests": "the job makes them", "headers": "requests are signed as they are"}
    problems = [
        Problem((key,), f"cannot be combined with s3: {why}") for key, why in own.items() if getattr(profile, key)
    ]
    if profile.origins.flag_headers and not profile.headers:
        problems.append(Problem(("--header",), f"cannot be combined with s3: {own['headers']}"))
    if profile.variables:
        problems.append(
            Problem(
                ("variables", profile.variables[0].name),
                "one that changes cannot be combined with s3: the job makes its own requests",
            )
        )
    job = profile.s3.job
    if job in _CHAINED and is_open(profile):
        key = "rate" if profile.rate is not None else "stages"
        problems.append(Problem((key,), f"cannot be combined with {job}: {_CHAINED[job]}"))
    return [*problems, *s3_problems(profile.s3)]


def _certificate(profile: Profile) -> list[Problem]:
    if profile.cert is not None and profile.key is None:
        return [Problem(("cert",), "needs a key: the PEM file of the private key")]
    if profile.key is not None and profile.cert is None:
        return [Problem(("key",), "needs a cert: the PEM file of the certificate")]
    return []
