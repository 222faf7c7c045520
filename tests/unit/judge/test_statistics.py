"""Paired rounds: known truth on synthetic data, seeded; and the cases that have no noise."""

import math
from random import Random

import pytest

from loadgen.judge.statistics import Estimate, Verdict, holm, paired, verdict_of

TRIALS = 1000


def trials(rounds: int, shift: float, noise: float, times: int = TRIALS) -> list[Verdict]:
    """Verdicts on two sides whose figures vary by `noise`, the other being `shift` times the first; less is better."""
    random = Random(rounds)
    verdicts = []
    for _ in range(times):
        first, other = ([math.exp(random.gauss(0.0, noise)) for _ in range(rounds)] for _ in range(2))
        found = paired(first, [shift * value for value in other])
        verdicts.append(verdict_of(found.shift, found.p, "lower"))
    return verdicts


@pytest.mark.parametrize("rounds", [3, 5, 7])
def test_few_rounds_of_the_same_give_a_false_alarm_in_one_of_twenty(rounds: int) -> None:
    assert TRIALS * 0.02 < TRIALS - trials(rounds, 1.0, 0.03).count("cannot tell") < TRIALS * 0.06


@pytest.mark.slow  # a thousand bootstraps of 2,000 resamples each
def test_from_8_rounds_on_the_bootstrap_keeps_that() -> None:
    assert TRIALS * 0.02 < TRIALS - trials(8, 1.0, 0.03).count("cannot tell") < TRIALS * 0.06


def test_a_tenth_more_is_found_and_called_worse() -> None:
    assert trials(5, 1.1, 0.03).count("worse") >= 0.9 * TRIALS
    assert trials(5, 1 / 1.1, 0.03).count("better") >= 0.9 * TRIALS
    assert trials(10, 1.1, 0.03, 60).count("worse") >= 0.9 * 60


def test_a_difference_within_the_noise_cannot_be_told_most_of_the_time() -> None:
    unsure = trials(5, 1.02, 0.03).count("cannot tell")
    assert 0.7 * TRIALS < unsure < TRIALS


def test_a_ratio_is_the_geometric_mean_with_students_interval() -> None:
    found = paired([1.0, 1.0, 1.0], [2.0, 8.0, 4.0])
    assert found.ratio == pytest.approx(4.0)
    assert found.low is not None
    assert found.high is not None
    half = 4.302653 * math.log(2) / math.sqrt(3)  # t of 2 degrees of freedom, deviation ln 2
    assert math.log(found.high / 4) == pytest.approx(half, rel=1e-6)
    assert math.log(4 / found.low) == pytest.approx(half, rel=1e-6)
    assert found.p == pytest.approx(0.0742, abs=1e-4)


def test_twice_and_half_are_mirror_images() -> None:
    first, other = [1.0, 1.1, 0.9, 1.2], [2.0, 2.5, 1.7, 2.1]
    there, back = paired(first, other), paired(other, first)
    assert there.ratio == pytest.approx(1 / back.ratio)  # type: ignore[operator]
    assert there.low == pytest.approx(1 / back.high)  # type: ignore[operator]
    assert there.p == pytest.approx(back.p)


def test_interval_and_p_value_agree() -> None:
    random = Random(4)
    for rounds in (3, 6, 8, 12):
        for _ in range(20):
            first, other = ([math.exp(random.gauss(0.0, 0.1)) for _ in range(rounds)] for _ in range(2))
            found = paired(first, other)
            assert found.low is not None
            assert found.high is not None
            assert found.p is not None
            assert (found.p > 0.05) == (found.low <= 1 <= found.high)


def test_the_same_figures_give_the_same_estimate() -> None:
    first, other = [float(n) for n in range(1, 11)], [float(n * n) for n in range(1, 11)]
    assert paired(first, other) == paired(first, other)


def test_no_round_says_nothing_and_one_only_a_ratio() -> None:
    assert paired([], []) == Estimate()
    assert paired([2.0], [3.0]) == Estimate(math.log(1.5), None, pytest.approx(1.5))


def test_what_never_varies_is_certain() -> None:
    assert paired([2.0] * 5, [2.0] * 5) == Estimate(0.0, 1.0, 1.0, 1.0, 1.0)
    assert paired([2.0] * 5, [3.0] * 5).p == 0.0


@pytest.mark.parametrize("rounds", [5, 9])
def test_a_steady_difference_within_the_resolution_is_none(rounds: int) -> None:
    steady = paired([0.052] * rounds, [0.053] * rounds, step=0.001)
    assert steady.p == 1.0
    assert steady.low is not None
    assert steady.low <= 1.0
    assert paired([0.052] * rounds, [0.055] * rounds, step=0.001).p == 0.0


def test_where_a_value_is_zero_differences_are_told_without_a_ratio() -> None:
    found = paired([0.0, 0.0, 0.0, 0.001], [0.05, 0.052, 0.049, 0.05])
    assert (found.ratio, found.low, found.high) == (None, None, None)
    assert verdict_of(found.shift, found.p, "lower") == "worse"
    assert paired([0.0] * 5, [0.0] * 5) == Estimate(0.0, 1.0)


def test_nine_rounds_of_which_eight_are_alike_are_no_division_by_zero() -> None:
    found = paired([1.0] * 9, [1.1] * 8 + [1.2])
    assert found.p is not None
    assert (found.low, found.high) == (None, None), "how far others may be is not known"


@pytest.mark.parametrize(
    ("p_values", "corrected"),
    [
        ([0.01, 0.04, 0.03], [0.03, 0.06, 0.06]),
        ([0.04], [0.04]),
        ([0.5, 0.6], [1.0, 1.0]),
        ([0.02, None, 0.02], [0.04, None, 0.04]),
        ([], []),
    ],
)
def test_holm(p_values: list[float | None], corrected: list[float | None]) -> None:
    assert holm(p_values) == pytest.approx(corrected)


@pytest.mark.slow  # 9,000 rows
def test_a_table_of_nine_rows_has_a_false_alarm_in_one_of_twenty() -> None:
    random, alarms = Random(7), 0
    for _ in range(TRIALS):
        rows = [paired(*([math.exp(random.gauss(0.0, 0.03)) for _ in range(5)] for _ in range(2))) for _ in range(9)]
        alarms += any(p is not None and p <= 0.05 for p in holm([row.p for row in rows]))
    assert TRIALS * 0.02 < alarms < TRIALS * 0.06


@pytest.mark.parametrize(
    ("shift", "p", "better", "said"),
    [
        (0.1, 0.01, "lower", "worse"),
        (-0.1, 0.01, "lower", "better"),
        (0.1, 0.01, "higher", "better"),
        (-0.1, 0.01, "higher", "worse"),
        (0.1, 0.06, "lower", "cannot tell"),
        (0.1, None, "lower", "cannot tell"),
        (None, None, "lower", "cannot tell"),
        (0.1, 0.01, None, "cannot tell"),
        (0.0, 0.0, "lower", "cannot tell"),
    ],
)
def test_words(shift: float | None, p: float | None, better: str | None, said: str) -> None:
    assert verdict_of(shift, p, better) == said  # type: ignore[arg-type]
