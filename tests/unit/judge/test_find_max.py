"""The search for the highest rate, against simulated servers of known capacity."""

from random import Random

import pytest

from loadgen.judge.find_max import AGREEING, GROWTH, LOWEST_RPS, MOST_RUNS, RESOLUTION, RateSearch, rounded


def searched(is_met, start=100.0, **options):
    """The search and the rates it tried."""
    search, tried = RateSearch(start, **options), []
    while (rate := search.next_rps()) is not None:
        tried.append(rate)
        search.take(rate, met=is_met(rate))
    return search, tried


def queue_p99_ms(random, rate_rps, capacity_rps, seconds=3.0):
    """A single server that takes 1/capacity for each request (M/D/1): Lindley's recursion over one run."""
    service_s, wait_s, at_s, times = 1 / capacity_rps, 0.0, 0.0, []
    while at_s < seconds:
        gap_s = random.expovariate(rate_rps)
        at_s += gap_s
        wait_s = max(0.0, wait_s + service_s - gap_s)
        times.append(wait_s + service_s)
    return sorted(times)[int(0.99 * len(times))] * 1000


@pytest.mark.parametrize("edge", [0.7, 7.0, 90.0, 100.0, 130.0, 1999.0, 2000.0, 123_456.0])
def test_the_edge_is_found_within_the_resolution(edge):
    search, tried = searched(lambda rate: rate <= edge)
    assert search.best_rps <= edge < search.best_rps * (1 + RESOLUTION) * 1.001
    low, high = search.range_rps
    assert low == search.best_rps
    assert edge < high
    assert len(tried) <= 30


def test_it_grows_then_halves_and_repeats_near_the_edge():
    _, tried = searched(lambda rate: rate <= 300)
    assert tried[:4] == [100, 200, 400, 400]
    assert tried[4:6] == [283, 336]
    assert tried.count(tried[-1]) == AGREEING


@pytest.mark.slow  # 8 searches in simulated queues
def test_a_queue_of_known_capacity_is_found_within_a_tenth():
    """P(W > t) of an M/D/1 queue falls as exp(-2 (1 - load) t / service): p99 < 50 ms holds up to 98 % of 2,000/s."""
    for seed in range(8):
        random = Random(seed)
        search, tried = searched(lambda rate, random=random: queue_p99_ms(random, rate, 2000.0) < 50, start=500.0)
        assert 1800 <= search.best_rps <= 2100
        low, high = search.range_rps
        assert low <= search.best_rps <= high <= 2500
        assert len(tried) <= 30


def test_one_wrong_answer_in_thirty_hardly_ever_misleads_it():
    def found(seed):
        random = Random(seed)
        return searched(lambda rate: (rate <= 2000) != (random.random() < 0.03))[0].best_rps

    assert sum(1800 <= found(seed) <= 2200 for seed in range(200)) >= 190


def test_a_fluke_while_growing_is_looked_at_again():
    answers = iter([True, False, True, True])

    def is_met(rate):
        return next(answers, rate <= 5000)

    search, tried = searched(is_met)
    assert tried[:5] == [100, 200, 200, 200, 400]
    assert search.best_rps == pytest.approx(5000, rel=RESOLUTION)
    assert search.range_rps[0] == 100, "below the fluke everything was met"


def test_a_rate_that_was_met_by_luck_is_given_up():
    """400 is met at first, and never again: the search comes to rest below it."""
    seen = []

    def is_met(rate):
        seen.append(rate)
        return rate <= 300 or (rate < 420 and seen.count(rate) == 1)

    search, _ = searched(is_met)
    assert 285 <= search.best_rps <= 300
    assert search.range_rps[1] > 400


def test_what_is_never_met_ends_without_a_rate():
    search, tried = searched(lambda _: False)
    assert search.best_rps is None
    assert search.range_rps == (None, tried[-1])
    assert tried[-1] == LOWEST_RPS


def test_what_is_always_met_ends_after_the_most_runs():
    search, tried = searched(lambda _: True, most_runs=10)
    assert len(tried) == 10
    assert search.best_rps == rounded(100 * GROWTH**9)
    assert search.range_rps == (search.best_rps, None)


def test_any_answers_come_to_an_end():
    for seed in range(300):
        random = Random(seed)
        search, tried = searched(lambda _, random=random: random.random() < 0.5)
        assert len(tried) <= MOST_RUNS
        low, high = search.range_rps
        if search.best_rps is not None:
            assert (low or 0) <= search.best_rps
            assert high is None or search.best_rps < high
