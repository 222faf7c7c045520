"""LoadTestShape: how many users there are, by a function of the file; and its stages, found by asking it beforehand."""

import time
from collections.abc import Iterator
from typing import Any

from loadgen.base.errors import UsageError
from loadgen.plan.plan import UserStage

LONGEST_S = 24 * 3600


class LoadTestShape:
    """`tick()` gives the users, and how many of them begin or end a second; None ends the run."""

    abstract = False
    use_common_options = False
    runner: Any = None

    def __init__(self) -> None:
        self._time_s = 0.0
        self._users = 0

    def tick(self) -> Any:
        """To be written by the file."""
        raise NotImplementedError(f"{type(self).__name__} has no tick()")

    def get_run_time(self) -> float:
        """Seconds since the beginning."""
        return self._time_s

    def get_current_user_count(self) -> int:
        """The users that are up."""
        return self._users

    def reset_time(self) -> None:
        """The time begins again at 0."""
        self._time_s = 0.0

    def stand(self, time_s: float, users: int) -> None:
        """Be asked as at that time, with so many users."""
        self._time_s = time_s
        self._users = users


def stages_of(shape: LoadTestShape, limit_s: float | None) -> tuple[UserStage, ...]:
    """What the shape says second by second, until its end or for `limit_s`; stretches of the same kind are one.

    Raises UsageError for a tick that gives something else, and for a shape without an end and without a limit.
    """
    name = type(shape).__name__
    counts = [0]
    users, second = 0.0, 0
    with _Clocks() as clocks:
        while limit_s is None or second < limit_s:
            if second > LONGEST_S:
                raise UsageError(f"{name} has no end; say how long with --duration")
            clocks.second = second
            shape.stand(second, round(users))
            if (asked := _asked(shape, f"{name}.tick() at {second} s")) is None:
                break
            target, step = asked
            users = min(users + step, target) if target > users else max(users - step, target)
            counts.append(round(users))
            second += 1
    return tuple(_joined(counts))


def _asked(shape: LoadTestShape, where: str) -> tuple[float, float] | None:
    """Users and how many of them a second; None at the end. A third value, of user classes, is left out."""
    try:
        tick = shape.tick()
    except Exception as error:
        raise UsageError(f"{where}: {type(error).__name__}: {error}") from None
    if tick is None:
        return None
    try:
        users, rate = float(tick[0]), float(tick[1])
    except (TypeError, ValueError, IndexError, KeyError):
        raise UsageError(f"{where}: expected (users, spawn rate) or None, got {tick!r}") from None
    return max(users, 0.0), max(rate, 0.001)


class _Clocks:
    """In its block the functions of `time` tell the time of the shape, for those that ask them."""

    def __init__(self) -> None:
        self.second = 0
        self._kept = {name: getattr(time, name) for name in ("time", "monotonic", "perf_counter")}

    def __enter__(self) -> "_Clocks":
        for name, clock in self._kept.items():
            began = clock()
            setattr(time, name, lambda began=began: began + self.second)
        return self

    def __exit__(self, *_: object) -> None:
        for name, clock in self._kept.items():
            setattr(time, name, clock)


def _joined(counts: list[int]) -> Iterator[UserStage]:
    """Counts at 0 s, 1 s, 2 s ...: the stretches in which they change by the same number each second."""
    start = 0
    for at in range(1, len(counts)):
        if at + 1 == len(counts) or counts[at + 1] - counts[at] != counts[at] - counts[at - 1]:
            yield UserStage(float(at - start), counts[start], counts[at])
            start = at
