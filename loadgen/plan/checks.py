"""What must hold between the keys of a profile, beyond what each value must be."""

from collections.abc import Collection

from loadgen.plan.condition import parse_condition
from loadgen.plan.problems import Problem, Where
from loadgen.plan.profile import Profile
from loadgen.plan.requests import make_requests


def spanning_problems(profile: Profile, failed: Collection[Where]) -> list[Problem]:
    """Every problem that spans keys, apart from those that only follow from values that `failed` already."""
    requests, problems = make_requests(profile)
    if ("target",) in failed:
        problems = [problem for problem in problems if problem.where[-1] != "path"]
    if not any(where[0] == "requests" for where in failed):
        problems += _conditions(profile, [request.name for request in requests])
    if ("cert",) not in failed and ("key",) not in failed:
        problems += _certificate(profile)
    if profile.duration is not None and profile.ramp_up > profile.duration:
        problems.append(Problem(("ramp_up",), f"expected at most the duration of {profile.duration:g} s"))
    return problems


def _conditions(profile: Profile, names: list[str]) -> list[Problem]:
    problems = []
    for index, text in enumerate(profile.abort_if):
        try:
            parse_condition(text, use="abort", names=names)
        except ValueError as error:
            problems.append(Problem(("abort_if", index), str(error)))
    return problems


def _certificate(profile: Profile) -> list[Problem]:
    if profile.cert is not None and profile.key is None:
        return [Problem(("cert",), "expected a key beside it: the PEM file of the private key")]
    if profile.key is not None and profile.cert is None:
        return [Problem(("key",), "expected a cert beside it: the PEM file of the certificate")]
    return []
