"""Student's t against printed tables (two-sided): 95 % and 99 % points to three decimals."""

from math import inf

import pytest

from loadgen.judge.statistics import quantile, two_sided_p

TABLE = [
    (1, 12.706, 63.657),
    (2, 4.303, 9.925),
    (3, 3.182, 5.841),
    (4, 2.776, 4.604),
    (5, 2.571, 4.032),
    (6, 2.447, 3.707),
    (7, 2.365, 3.499),
    (10, 2.228, 3.169),
    (19, 2.093, 2.861),
    (30, 2.042, 2.750),
]


@pytest.mark.parametrize(("freedom", "at_95", "at_99"), TABLE)
def test_quantiles_are_those_of_the_tables(freedom: int, at_95: float, at_99: float) -> None:
    assert round(quantile(freedom), 3) == at_95
    assert round(quantile(freedom, 0.99), 3) == at_99


@pytest.mark.parametrize(("freedom", "at_95", "at_99"), TABLE)
def test_p_values_turn_them_round(freedom: int, at_95: float, at_99: float) -> None:
    assert two_sided_p(at_95, freedom) == pytest.approx(0.05, rel=1e-3)
    assert two_sided_p(-at_99, freedom) == pytest.approx(0.01, rel=1e-3)


def test_the_ends() -> None:
    assert two_sided_p(0.0, 4) == 1.0
    assert two_sided_p(inf, 4) == 0.0
    assert two_sided_p(1e9, 40) == 0.0
