"""The stages of a LoadTestShape, found by asking it second by second."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from loadgen.base.errors import UsageError
from loadgen.plan.plan import UserStage
from loadgen.workloads.locust.shape import LoadTestShape, stages_of


def shape(tick: Callable[[Any], Any]) -> LoadTestShape:
    return type("Shape", (LoadTestShape,), {"tick": tick})()


def steps(self: LoadTestShape) -> Any:
    seconds = self.get_run_time()
    return (10, 5) if seconds < 4 else (4, 2.0, ["A"]) if seconds < 8 else None


def test_users_come_and_go_at_the_spawn_rate_and_stay() -> None:
    assert stages_of(shape(steps), None) == (
        UserStage(2, 0, 10),
        UserStage(2, 10, 10),
        UserStage(3, 10, 4),
        UserStage(1, 4, 4),
    )


def test_a_limit_ends_it() -> None:
    assert stages_of(shape(lambda self: (2, 1)), 5) == (UserStage(2, 0, 2), UserStage(3, 2, 2))


def test_without_an_end_and_a_limit_it_is_an_error() -> None:
    with pytest.raises(UsageError, match=r"Shape has no end; say how long with --duration"):
        stages_of(shape(lambda self: (1, 1)), None)


@pytest.mark.parametrize(
    ("tick", "said"),
    [
        (lambda self: 5, r"expected \(users, spawn rate\) or None, got 5"),
        (lambda self: 1 / 0, r"Shape.tick\(\) at 0 s: ZeroDivisionError"),
    ],
)
def test_a_tick_that_is_wrong_is_said(tick: Callable[[Any], Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        stages_of(shape(tick), 5)


def test_a_shape_may_look_at_the_clock_and_at_the_users() -> None:
    clock, began = time.time, time.time()
    seen = []

    def tick(self: LoadTestShape) -> Any:
        seen.append(self.get_current_user_count())
        return (1, 1) if time.time() - began < 3 else None

    assert sum(stage.duration_s for stage in stages_of(shape(tick), 60)) == pytest.approx(3, abs=1)
    assert seen[:3] == [0, 1, 1]
    assert time.time is clock
