"""How long a user waits between two tasks, in seconds: functions that are given the user."""

import time
from collections.abc import Callable
from typing import Any

WaitTime = Callable[[Any], float]


def between(min_wait: float, max_wait: float) -> WaitTime:
    """Any time of a range."""
    span = max_wait - min_wait

    def wait(user: Any) -> float:
        return float(min_wait + random_of(user).random() * span)

    return wait


def constant(wait_time: float) -> WaitTime:
    """Always so long."""

    def wait(_user: Any) -> float:
        return wait_time

    return wait


def constant_pacing(wait_time: float) -> WaitTime:
    """Tasks begin that far apart, or follow at once where they take longer."""

    def wait(user: Any) -> float:
        now = time.monotonic()
        due = max(now, getattr(user, "_paced_until", now) + wait_time)
        user._paced_until = due
        return due - now

    return wait


def constant_throughput(task_runs_per_second: float) -> WaitTime:
    """At most so many tasks a second."""
    return constant_pacing(1 / task_runs_per_second)


def poisson(rate: float) -> WaitTime:
    """Random, as the gaps between independent events are: `rate` tasks a second on average."""

    def wait(user: Any) -> float:
        return float(random_of(user).expovariate(rate))

    return wait


def random_of(instance: Any) -> Any:
    """The random numbers of a user, or of a TaskSet's."""
    return getattr(instance, "user", instance)._hub.random
