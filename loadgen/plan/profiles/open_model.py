"""The open model of a profile: arrivals at a rate, in stages, whatever the server does."""

from collections.abc import Iterator, Set
from math import inf

from loadgen.base.units import format_duration_s
from loadgen.plan.jobs.s3 import ends_itself
from loadgen.plan.plan import Arrivals, Stage
from loadgen.plan.problems import Problem
from loadgen.plan.profiles.keys import keys_of
from loadgen.plan.profiles.profile import Profile
from loadgen.plan.steady import LONGEST_S

DEFAULT_DURATION_S = 10.0


def is_open(profile: Profile) -> bool:
    """Whether requests are due by a rate instead of by the replies before them."""
    return profile.rate is not None or any(stage.of == "rate" for stage in profile.stages)


def measured_s(profile: Profile) -> float | None:
    """Seconds of the measured window; None where only the number of requests ends it."""
    if profile.stages:
        return _sum_s(profile)
    if profile.duration is None and profile.until_steady is not None:
        return LONGEST_S
    if profile.duration is None and profile.total_requests is None:
        ends = profile.journeys_per_user is not None or (profile.s3 and ends_itself(profile.s3.job))
        return None if ends else DEFAULT_DURATION_S
    return profile.duration


def make_arrivals(profile: Profile) -> Arrivals | None:
    """The arrivals of a checked profile; None in the closed model.

    The warm-up goes on at the rate with which the stages begin, the cool-down at the one with which they end.
    """
    if not is_open(profile):
        return None
    stages = _stages(profile)
    if profile.stages:
        stages = (
            Stage(profile.warmup, stages[0].from_rps, stages[0].from_rps),
            *stages,
            Stage(profile.cool_down, stages[-1].to_rps, stages[-1].to_rps),
        )
    return Arrivals(
        stages=tuple(stage for stage in stages if stage.duration_s > 0),
        kind=profile.arrival,
        max_connections=profile.max_connections or profile.connections,
        when_busy=profile.when_busy,
        precise=profile.precise,
        open_ahead=profile.open_ahead,
    )


def open_model_problems(profile: Profile, wrong: Set[str | int]) -> list[Problem]:
    """Every problem that spans keys of the open model, apart from those that follow from the keys that are `wrong`."""
    if wrong & {"rate", "stages"}:
        return []
    if not is_open(profile):
        return [*_needs_a_rate(profile), *_times(profile)]
    problems = [*_closed_only(profile), *_rates(profile), *_times(profile)]
    return problems if "connections" in wrong else [*problems, *_connections(profile)]


def _stages(profile: Profile) -> tuple[Stage, ...]:
    """Ramps, each from where the one before it ended; one of no duration is a jump, and stays here as such."""
    if not profile.stages:
        rate, measured = profile.rate or 0.0, measured_s(profile)
        return (Stage(inf if measured is None else profile.warmup + measured + profile.cool_down, rate, rate),)
    at_rps = profile.stages[0].to if profile.rate is None else profile.rate
    stages = []
    for duration_s, to_rps, _ in profile.stages:
        stages.append(Stage(duration_s, at_rps, to_rps))
        at_rps = to_rps
    return tuple(stages)


def _sum_s(profile: Profile) -> float:
    return sum(stage.duration_s for stage in profile.stages)


def _needs_a_rate(profile: Profile) -> Iterator[Problem]:
    """What says something about arrivals says nothing in the closed model."""
    for key in ("arrival", "max_connections", "when_busy", "precise", "open_ahead"):
        if getattr(profile, key) != keys_of(Profile)[key].default:
            yield Problem((key,), "needs a rate or stages: without them nothing arrives by a clock")


def _closed_only(profile: Profile) -> Iterator[Problem]:
    if profile.think != (0.0, 0.0):
        own = "; a scenario may have one of its own" if profile.scenarios else ""
        why = f"think time belongs to the closed model{own}"
        yield Problem(("think",), f"cannot be combined with a rate or stages: {why}")
    if profile.journeys_per_user is not None:
        yield Problem(
            ("journeys_per_user",), "cannot be combined with a rate or stages: total_requests counts journeys"
        )
    if profile.ramp_up:
        yield Problem(
            ("ramp_up",),
            "cannot be combined with a rate or stages: connections are opened as arrivals need them; "
            "to raise the rate slowly, begin with a stage (--stage)",
        )


def _rates(profile: Profile) -> Iterator[Problem]:
    rates = [stage.to for stage in profile.stages]
    if not profile.rate and not any(rates):
        yield Problem(("stages" if rates else "rate",), "expected a rate above zero, such as 100/s")
    elif profile.warmup and _stages(profile)[0].from_rps == 0:
        yield Problem(
            ("warmup",), "cannot be combined with stages that begin at a rate of 0: nothing would arrive in it"
        )


def _times(profile: Profile) -> Iterator[Problem]:
    if not profile.stages:
        return
    whole_s = _sum_s(profile)
    if whole_s == 0:
        yield Problem(("stages",), "expected at least one stage with a duration above zero")
    elif profile.duration is not None and abs(profile.duration - whole_s) > 1e-6:
        yield Problem(
            ("duration",),
            f"cannot be combined with stages: they take {format_duration_s(whole_s)} together, "
            f"not {format_duration_s(profile.duration)}",
        )


def _connections(profile: Profile) -> Iterator[Problem]:
    """Only the reactor has more connections than users, and only it can spin."""
    most, fixed = profile.max_connections, profile.mode == "threads" or profile.client == "httpx"
    if most is not None and most < profile.connections and profile.open_ahead:
        yield Problem(
            ("max_connections",),
            f"expected at least the {profile.connections} connections that are opened ahead, got {most}",
        )
    elif most is not None and fixed and most > profile.connections:
        yield Problem(
            ("max_connections",),
            "cannot be above connections in threads mode and with httpx, where each user has one: "
            f"use connections: {most} (-c {most})",
        )
    if profile.precise and fixed:
        yield Problem(("precise",), "cannot be combined with threads mode or httpx: only the raw client can spin")
