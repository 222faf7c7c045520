"""A run that ends when it is steady says so, and one that is not does."""

from dataclasses import replace

from loadgen.plan.plan import Arrivals, Stage
from loadgen.plan.steady import Steady
from loadgen.session.collector import SecondRow
from loadgen.session.steady import SteadyWatch
from tests.support.plans import one_url


def rows(rates: list[int], medians: list[int] | None = None) -> list[SecondRow]:
    medians = medians or [1000] * len(rates)
    return [
        SecondRow(second, ok, 0, ok, median, median)
        for second, (ok, median) in enumerate(zip(rates, medians, strict=True))
    ]


def test_a_watch_says_when_and_how_steady_and_otherwise_how_far_from_it() -> None:
    watch = SteadyWatch(replace(one_url(), until_steady=Steady(0.05, 5)))
    rising = rows([50, 80, 95, 100, 101, 99, 100])
    assert [watch.check(rising[:count]) for count in range(7)] == [None] * 7
    assert (
        watch.check(rising)
        == "steady after 7 s: the rates of the last 5 stretches of 1 s lie within 4.0% of their mean"
    )
    assert watch.failure(rising[:5]).endswith("lie within 41.3% of their mean, and 5% over 5s was asked for")
    assert watch.failure(rising[:3]) == "not steady: there were no 5s with good replies"
    nobody = SteadyWatch(one_url())
    assert (nobody.check(rising), nobody.failure(rising)) == (None, "")


def test_where_requests_are_due_by_a_rate_it_is_the_median_that_is_steady() -> None:
    plan = replace(one_url(), until_steady=Steady(0.1, 5), arrivals=Arrivals((Stage(300.0, 10.0, 10.0),)))
    watch = SteadyWatch(plan)
    assert watch.check(rows([10] * 5, [900, 500, 400, 300, 200])) is None
    said = watch.check(rows([10] * 8, [900, 500, 400, 205, 200, 200, 195, 200]))
    assert said == "steady after 8 s: the medians of the last 5 stretches of 1 s lie within 2.5% of their mean"
