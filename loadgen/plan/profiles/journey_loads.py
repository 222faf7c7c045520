"""Scenarios with a load of their own, side by side: so many users each, or a rate of journeys each."""

from collections.abc import Iterator

from loadgen.base.units import listed
from loadgen.plan.problems import Problem
from loadgen.plan.profiles.profile import Profile


def with_loads(profile: Profile) -> Profile:
    """The profile with the sum of its scenarios' users as its connections, or that of their rates as its rate."""
    users = [item.users for item in profile.scenarios.values() if item.users is not None]
    rates = [item.rate for item in profile.scenarios.values() if item.rate is not None]
    sums = ({"connections": sum(users)} if users else {}) | ({"rate": sum(rates)} if rates and not users else {})
    return profile.model_copy(update=sums) if sums else profile


def load_problems(profile: Profile) -> Iterator[Problem]:
    """What of a profile, as it was given, does not go together with loads of its scenarios."""
    scenarios, given = profile.scenarios, profile.model_fields_set
    users = {name for name, item in scenarios.items() if item.users is not None}
    rates = {name for name, item in scenarios.items() if item.rate is not None}
    for name, item in scenarios.items():
        if item.start and name not in users:
            yield Problem(("scenarios", name, "start"), "needs users: with a rate or a weight nobody waits to begin")
        if (key := "users" if name in users else "rate" if name in rates else "") and "weight" in item.model_fields_set:
            yield Problem(("scenarios", name, "weight"), f"cannot be combined with {key}, which says how much of it")
        if users and rates:
            if name in rates:
                yield Problem(("scenarios", name, "rate"), "expected users, as other scenarios have: all of one kind")
        elif (users or rates) and not key:
            yield Problem(("scenarios", name), f"expected {'users' if users else 'a rate'}, as other scenarios have")
    if users:
        for key in ("connections", "rate", "stages"):
            if key in given:
                yield Problem((key,), f"cannot be combined with users of scenarios, here of {listed(sorted(users))}")
    elif rates:
        for key in ("rate", "stages"):
            if key in given:
                yield Problem((key,), f"cannot be combined with rates of scenarios, here of {listed(sorted(rates))}")
