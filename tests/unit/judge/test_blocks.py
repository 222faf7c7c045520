"""One run on each side: blocks drawn again."""

import math
from random import Random

import pytest

from loadgen.judge.blocks import compare_blocks, mean_of, quantile_of, ratio_of
from loadgen.judge.statistics import Estimate, quantile
from loadgen.measure.histogram import Histogram


def counts(*values_us: int) -> Histogram:
    found = Histogram()
    for value_us in values_us:
        found.add(value_us)
    return found


def test_a_quantile_is_that_of_all_blocks_together_by_weight() -> None:
    measure = quantile_of([counts(1000, 1001), counts(2000), counts()], 0.5)
    assert measure([1, 1, 1]) == 1.001
    assert measure([1, 4, 0]) == 2.0
    assert measure([0, 0, 3]) is None


def test_quantiles_agree_with_merged_counts() -> None:
    random = Random(3)
    blocks = [counts(*(int(random.lognormvariate(9, 1)) for _ in range(50))) for _ in range(7)]
    weights = [0, 2, 1, 3, 0, 0, 1]
    merged = Histogram()
    for block, times in zip(blocks, weights, strict=True):
        for _ in range(times):
            merged.merge(block)
    for share in (0.5, 0.9, 0.99, 0.999):
        assert quantile_of(blocks, share)(weights) == merged.quantiles_us([share])[0] / 1000
    assert mean_of(blocks)(weights) == pytest.approx(merged.mean_us() / 1000)


def test_a_ratio_is_of_sums() -> None:
    assert ratio_of([10, 20], [1, 2])([3, 1]) == 50 / 5
    assert ratio_of([10], [0])([1]) is None


def alarms(count: int, phi: float, shift: float, trials: int) -> int:
    """How many of so many pairs of runs are told apart; each block resembles the one before it by `phi`."""
    random, told = Random(count), 0
    for _ in range(trials):
        sides = []
        for side in range(2):
            level, rates = 0.0, []
            for _ in range(count):
                level = phi * level + random.gauss(0.0, 0.03)
                rates.append(math.exp(level + side * shift))
            sides.append(ratio_of(rates, [1] * count))
        found = compare_blocks((sides[0], count), (sides[1], count))
        told += found.p is not None and found.p <= 0.05
    return told


@pytest.mark.slow  # hundreds of pairs of runs, 800 resamples each
@pytest.mark.parametrize(("count", "phi"), [(10, 0.0), (10, 0.3)])
def test_runs_that_are_alike_are_seldom_told_apart(count: int, phi: float) -> None:
    assert alarms(count, phi, 0.0, 120) <= 0.08 * 120


@pytest.mark.slow  # the same
def test_a_tenth_more_is_found() -> None:
    assert alarms(30, 0.3, math.log(1.1), 40) >= 0.9 * 40


@pytest.mark.slow  # a hundred pairs of runs, 800 resamples each
def test_the_error_of_few_blocks_is_not_too_small() -> None:
    random, noise, squares = Random(2), 0.03, []
    for _ in range(100):
        sides = [ratio_of([math.exp(random.gauss(0.0, noise)) for _ in range(8)], [1] * 8) for _ in range(2)]
        found = compare_blocks((sides[0], 8), (sides[1], 8))
        assert found.low is not None
        assert found.high is not None
        half = math.log(found.high / found.low) / 2
        squares.append((half / quantile(3)) ** 2)  # 4 pairs of neighbours
    assert sum(squares) / len(squares) == pytest.approx(2 * noise**2 / 8, rel=0.15)


def test_short_runs_give_a_ratio_only() -> None:
    five = ratio_of([2, 2, 2, 2, 2], [1] * 5)
    assert compare_blocks((five, 5), (ratio_of([3] * 9, [1] * 9), 9)) == Estimate(
        math.log(1.5), None, pytest.approx(1.5)
    )


def test_no_data_gives_nothing() -> None:
    nothing, something = ratio_of([0] * 9, [0] * 9), ratio_of([1] * 9, [1] * 9)
    assert compare_blocks((nothing, 9), (something, 9)) == Estimate()
    assert compare_blocks((something, 9), (ratio_of([0] * 9, [1] * 9), 9)) == Estimate()


def test_steady_runs_are_told_apart_beyond_the_resolution() -> None:
    one, other = (ratio_of([value] * 9, [1] * 9) for value in (0.052, 0.053))
    assert compare_blocks((one, 9), (other, 9), step=0.001).p == 1.0
    assert compare_blocks((one, 9), (other, 9)).p == 0.0


def test_the_same_runs_give_the_same_estimate() -> None:
    random = Random(1)
    sides = [quantile_of([counts(random.randrange(500, 2000)) for _ in range(12)], 0.9) for _ in range(2)]
    assert compare_blocks((sides[0], 12), (sides[1], 12)) == compare_blocks((sides[0], 12), (sides[1], 12))
