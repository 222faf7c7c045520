"""Stages of users in a profile: the closed model with a number of users that changes."""

from collections.abc import Iterator, Set

from loadgen.plan.plan import UserStage
from loadgen.plan.problems import Problem
from loadgen.plan.profiles.profile import Profile


def has_user_stages(profile: Profile) -> bool:
    """Whether the profile's stages are of users."""
    return any(stage.of == "users" for stage in profile.stages)


def make_user_stages(profile: Profile) -> tuple[UserStage, ...]:
    """The stages of a checked profile, each from where the one before it ended; the first from `connections`, if given.

    Empty for a profile without stages of users.
    """
    if not has_user_stages(profile):
        return ()
    at = profile.connections if "connections" in profile.given else 0
    stages = []
    for duration_s, to, _ in profile.stages:
        stages.append(UserStage(duration_s, at, int(to)))
        at = int(to)
    return tuple(stage for stage in stages if stage.duration_s > 0)


def with_needed_users(profile: Profile, least_processes: int = 1) -> Profile:
    """The profile with no more users than it has requests or journeys for, where nobody said how many they are.

    A warm-up is beside what is counted, users of a locustfile and of stages are what their file says, and those of S3
    also prepare. A worker that was asked for has one at least.
    """
    most, given = profile.total_requests, "connections" in profile.given
    if most is None or given or profile.warmup or profile.stages or profile.s3 or profile.locust is not None:
        return profile
    workers = max(profile.processes or 1, least_processes) * (profile.workers or 1)
    users = min(profile.connections, max(most, workers))
    return profile if users == profile.connections else profile.changed(connections=users)


def most_users(profile: Profile) -> int:
    """The users of a profile, at the most: of a rate, no more than may have a connection."""
    stages = make_user_stages(profile)
    if profile.max_connections is not None and not profile.open_ahead:
        return min(profile.connections, profile.max_connections)
    return max((max(stage.from_users, stage.to_users) for stage in stages), default=profile.connections)


def user_stage_problems(profile: Profile, wrong: Set[str | int]) -> Iterator[Problem]:
    """Every problem that spans keys, apart from those that follow from the keys that are `wrong`."""
    if wrong & {"stages", "connections"} or not has_user_stages(profile):
        return
    if any(stage.of == "rate" for stage in profile.stages) or profile.rate is not None:
        yield Problem(("stages",), "expected stages of users (30s:100) or of a rate (30s:1000/s), not both")
        return
    if sum(stage.duration_s for stage in profile.stages) and not most_users(profile):
        yield Problem(("stages",), "expected at least one user, such as 30s:100")
    for key in ("ramp_up", "warmup", "cool_down"):
        if getattr(profile, key):
            yield Problem((key,), "cannot be combined with stages of users: say it with a stage, such as 10s:100")
