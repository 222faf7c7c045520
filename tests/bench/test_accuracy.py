"""The arithmetic of the accuracy scenarios, on made-up figures: nothing is run or timed here."""

import pytest

from loadgen.results.result import Generator, Result
from tests.bench.accuracy import SERVICE_MS, frozen_quantile_ms, md1_ms
from tests.bench.accuracy_flags import check, few_check
from tests.bench.accuracy_runs import (
    Check,
    Finished,
    at_most,
    close_to,
    furthest_off,
    nearest_rank,
    per_second,
    standard_error,
)

GAP_NS = 1_000_000


def timetable(count: int) -> list[int]:
    return [7 + index * GAP_NS for index in range(count)]


def test_a_true_timetable_has_the_rate_in_every_second() -> None:
    assert per_second(timetable(3000), 1000) == [1000, 1000, 1000]
    assert furthest_off([1000, 1000, 1000], 1000, 3) == 0


@pytest.mark.parametrize("rate", [3, 7, 300, 700, 999, 1000])
def test_gaps_that_are_no_whole_nanoseconds_do_not_move_a_request(rate: int) -> None:
    began_ns = 10**14
    assert per_second([began_ns + round(index * 1e9 / rate) for index in range(3 * rate)], rate) == [rate] * 3


def test_a_late_request_counts_in_the_second_in_which_it_came() -> None:
    arrivals = timetable(3000)
    arrivals[999] += 2 * GAP_NS
    assert per_second(arrivals, 1000) == [999, 1001, 1000]


def test_a_late_start_does_not_move_the_grid() -> None:
    arrivals = timetable(2000)
    arrivals[0] += GAP_NS // 2
    assert per_second(arrivals, 1000) == [1000, 1000]


@pytest.mark.parametrize(
    ("counts", "off"), [([1000, 998], 2), ([1000], 1000), ([1000, 1000, 3], 3), ([], 1000), ([1001, 1000], 1)]
)
def test_the_worst_second_is_missing_or_left_over_requests(counts: list[int], off: int) -> None:
    assert furthest_off(counts, 1000, 2) == off


def test_a_freeze_shows_in_the_quantiles_it_reaches() -> None:
    shares = (0.5, 0.94, 0.99, 0.999)
    assert [frozen_quantile_ms(1.0, 1.0, 20, share) for share in shares] == pytest.approx([1, 1, 801, 981])


def test_the_mean_of_a_queue_is_the_closed_form() -> None:
    assert [md1_ms(rho) / SERVICE_MS for rho in (0.0, 0.5, 0.8)] == pytest.approx([1.0, 1.5, 3.0])


def test_the_error_of_a_mean_is_that_of_its_batches() -> None:
    assert standard_error([1.0] * 100) == 0
    slow_and_fast = [0.0] * 50 + [1.0] * 50
    assert standard_error(slow_and_fast, 2) == pytest.approx(0.5)


def test_quantiles_are_by_nearest_rank() -> None:
    assert [nearest_rank([1, 2, 3, 4], share) for share in (0.01, 0.5, 0.51, 1.0)] == [1, 2, 3, 4]


def finished(verdict: str, code: int = 0) -> Finished:
    return Finished(code, "", Result(generator=Generator(verdict=verdict)))


def test_a_disturbance_that_is_not_flagged_is_a_miss_and_a_flag_without_one_a_false_alarm() -> None:
    assert check("undisturbed, 1,000/s", finished("valid")).met is True
    assert check("same core: undisturbed, 1,000/s", finished("limited", 121)).met is False
    assert check("a CPU hog", finished("limited", 121)).met is True
    assert check("a CPU hog", finished("valid")).met is False
    assert check("same core: at full speed, 64 users", finished("limited", 121)).met is None
    assert check("a CPU hog", Finished(2, "no", None)).met is True


def test_runs_of_few_requests_are_not_judged_all_of_them() -> None:
    few = [finished("not_judged")] * 3
    assert few_check("5 requests", few) == Check("5 requests", "3 x not_judged, exit 0", "not judged, exit 0", True)
    mixed = few_check("5 requests", [*few, finished("invalid", 121)])
    assert (mixed.reached, mixed.met) == ("3 x not_judged, exit 0; 1 x invalid, exit 121", False)


def test_a_check_says_what_was_wanted_and_reached() -> None:
    assert at_most("lag", 150.0, 200, "us").row == ("lag", "150 us", "<= 200 us", "met")
    assert at_most("lag", None, 200, "us").row == ("lag", "none", "<= 200 us", "NOT met")
    assert close_to("N", 51.5, 50, 1, "users").row == ("N", "51.5 users", "50 +- 1 users", "NOT met")
    assert Check("told", "1 us").row == ("told", "1 us", "", "")
