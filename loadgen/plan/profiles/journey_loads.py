"""Scenarios with a load of their own, side by side: so many users each, a rate of journeys each, or some of both."""

from collections.abc import Iterator

from loadgen.base.units import listed
from loadgen.plan.problems import Problem
from loadgen.plan.profiles.profile import Profile
from loadgen.plan.profiles.scenario_profile import JourneyProfile


def with_loads(profile: Profile) -> Profile:
    """The profile with the sum of its scenarios' users as its connections, or that of their rates as its rate.

    Where there are both, its connections are for the rate alone; `closed_users` are those beside them. A rate that is
    asked for outside the profile, and the stages that go on from that of the scenarios, are dealt out as theirs are.
    """
    loads = _loads(profile)
    users = [item.users for item in loads if item.users is not None]
    rates = [item.rate for item in loads if item.rate is not None]
    if not rates:
        return profile.changed(connections=sum(users)) if users else profile
    if profile.rate is None or not _is_flag(profile, "rate"):
        return profile.changed(rate=sum(rates))
    factor = profile.rate / (sum(rates) or 1.0)
    scenarios = {
        name: item if item.rate is None else item.changed(rate=item.rate * factor)
        for name, item in profile.scenarios.items()
    }
    return profile.changed(scenarios=scenarios)


def closed_users(profile: Profile) -> int:
    """How many users repeat journeys beside those that come at a rate; 0 where all do, or none."""
    loads = _loads(profile)
    return sum(item.users or 0 for item in loads) if any(item.rate is not None for item in loads) else 0


def _is_flag(profile: Profile, key: str) -> bool:
    return key in profile.origins.places.flags


def _loads(profile: Profile) -> list[JourneyProfile]:
    """The scenarios that take part."""
    return [item for name, item in profile.scenarios.items() if not profile.only or name in profile.only]


def load_problems(profile: Profile) -> Iterator[Problem]:
    """What of a profile, as it was given, does not go together with loads of its scenarios."""
    scenarios, given = profile.scenarios, profile.given
    users = {name for name, item in scenarios.items() if item.users is not None}
    rates = {name for name, item in scenarios.items() if item.rate is not None}
    for name, item in scenarios.items():
        if item.start and name not in users:
            yield Problem(("scenarios", name, "start"), "needs users: with a rate or a weight nobody waits to begin")
        if (key := "users" if name in users else "rate" if name in rates else "") and "weight" in item.given:
            yield Problem(("scenarios", name, "weight"), f"cannot be combined with {key}, which says how much of it")
        if name in users & rates:
            yield Problem(("scenarios", name, "rate"), "cannot be combined with users: a scenario has one or the other")
        if (users or rates) and not key:
            loads = " or ".join((["users"] if users else []) + (["a rate"] if rates else []))
            yield Problem(("scenarios", name), f"expected {loads}, as other scenarios have")
    if closed_users(profile) and profile.total_requests is not None:
        why = "how many journeys each would have is not known; say how long with duration"
        yield Problem(("total_requests",), f"cannot be combined with users and rates of scenarios: {why}")
    kind, names = ("rates", rates) if rates else ("users", users)
    for key in ("rate",) if rates else ("connections", "rate", "stages") if users else ():
        if key in given and not (rates and key == "rate" and _is_flag(profile, key)):
            yield Problem((key,), f"cannot be combined with {kind} of scenarios, here of {listed(sorted(names))}")
