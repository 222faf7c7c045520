from math import log, sqrt
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadgen.judge.change_points import LEAST_SIDE, best_split, change_points

LEAST = log(1.05)


def history(count: int, noise: float, step: float = 0.0, at: int = 0, seed: int = 1) -> list[float]:
    """Logarithms of figures that vary by a share, and from one of them on are higher by another."""
    random, spread = Random(seed), sqrt(log(1 + noise * noise))
    return [random.gauss(0.0, spread) + (log(1 + step) if index >= at else 0.0) for index in range(count)]


def test_a_step_is_found_where_it_is() -> None:
    (split,) = change_points(history(40, 0.05, 0.2, 25), LEAST)
    assert abs(split.index - 25) <= 1
    assert split.shift == pytest.approx(log(1.2), abs=0.04)
    assert split.p < 0.001


def test_several_steps_are_found() -> None:
    values = [value + (0.3 if 20 <= index < 40 else 0.0) for index, value in enumerate(history(60, 0.05))]
    assert [abs(split.index - at) <= 1 for split, at in zip(change_points(values), (20, 40), strict=True)] == [
        True,
        True,
    ]


def test_steps_smaller_than_asked_for_are_none() -> None:
    assert change_points(history(40, 0.001, 0.02, 20), LEAST) == []
    assert len(change_points(history(40, 0.001, 0.02, 20))) == 1


@pytest.mark.parametrize("values", [[], [1.0], [1.0] * 5, [1.0] * 40, [1.0, 9.0, 1.0, 9.0, 1.0, 9.0]])
def test_without_enough_or_without_a_change_there_is_none(values: list[float]) -> None:
    assert change_points(values) == []


def test_levels_without_any_noise_are_told_apart() -> None:
    (split,) = change_points([0.0] * 5 + [1.0] * 3)
    assert (split.index, split.shift, split.p) == (5, 1.0, 0.0)


def test_one_outlier_is_no_change() -> None:
    values = history(30, 0.05)
    values[15] += 1.0
    assert change_points(values, LEAST) == []


@pytest.mark.slow  # 400 histories
def test_false_alarms_and_misses_are_as_the_chapter_says() -> None:
    alarms = sum(bool(change_points(history(40, 0.1, seed=seed), LEAST)) for seed in range(200))
    found = [change_points(history(40, 0.05, 0.1, 30, 1000 + seed), LEAST) for seed in range(200)]
    missed = sum(not any(split.shift > 0 and abs(split.index - 30) <= 3 for split in splits) for splits in found)
    assert (alarms, missed) == (5, 23)


@settings(max_examples=30)
@given(st.lists(st.floats(-5, 5), min_size=2 * LEAST_SIDE, max_size=14))
def test_the_best_split_has_the_greatest_energy_distance(values: list[float]) -> None:
    def energy(index: int) -> float:
        left, right = values[:index], values[index:]
        m, n = len(left), len(right)
        between = sum(abs(x - y) for x in left for y in right)
        within = [sum(abs(x - y) for x in side for y in side) / 2 for side in (left, right)]
        distance = 2 * between / (m * n) - 2 * within[0] / (m * (m - 1)) - 2 * within[1] / (n * (n - 1))
        return m * n / (m + n) * distance

    best = max(energy(index) for index in range(LEAST_SIDE, len(values) - LEAST_SIDE + 1))
    assert energy(best_split(values)) == pytest.approx(best, abs=1e-6)
