"""When a run has become steady."""

import pytest

from loadgen.judge.steady import spread
from loadgen.plan.steady import Steady, parse_steady

TEN = Steady(0.05, 10)


def by_second(values: list[float]) -> dict[int, float]:
    return dict(enumerate(values))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], None),
        ([100.0] * 9, None),
        ([100.0] * 10, 0.0),
        ([0.0] * 10, None),
        ([0.0] * 90 + [100.0] * 10, 0.0),
        ([90.0, 110.0] * 5, 0.0),
        ([100.0] * 8 + [110.0] * 2, 8 / 102),
        ([float(second) for second in range(100, 110)], 8 / 209),
    ],
)
def test_five_stretches_of_the_last_seconds_are_set_beside_their_mean(
    values: list[float], expected: float | None
) -> None:
    found = spread(by_second(values), TEN)
    assert found == (None if expected is None else pytest.approx(expected, abs=1e-9))


def test_a_second_that_is_missing_had_nothing_in_it() -> None:
    values = by_second([100.0] * 10)
    del values[4]
    assert spread(values, TEN) == pytest.approx(4 / 9)


@pytest.mark.parametrize(
    ("text", "rule"),
    [("5%", Steady(0.05, 10)), ("7.5 % over 20s", Steady(0.075, 20)), (" 1% over 5 ", Steady(0.01, 5))],
)
def test_a_rule_is_a_share_and_a_time(text: str, rule: Steady) -> None:
    assert parse_steady(text) == rule


@pytest.mark.parametrize(
    ("text", "problem"),
    [("soon", "'5%' or '5% over 10s'"), ("5", "'5%' or"), ("0%", "between 0 % and"), ("5% over 7s", "multiple of 5s")],
)
def test_what_is_no_rule_is_said(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_steady(text)
