"""From a baseline's rounds to today's: known truths, false alarms and power."""

from dataclasses import replace
from random import Random

import pytest

from loadgen.judge.change import are_pairs, changes_of
from loadgen.judge.comparison import compare
from loadgen.judge.gate import judge_gate, parse_margins
from loadgen.measure.histogram import Histogram, bucket_of
from loadgen.plan.condition import parse_metric
from loadgen.plan.named import Named
from loadgen.report.campaigns.comparison_cells import cells
from loadgen.results.requests import Ledger, RequestResult
from loadgen.results.rounds import Rounds
from tests.support.rounds import baseline, blocks, run


def change(metric, before, after):
    return changes_of([parse_metric(metric)], before, after)[0]


def diff(before, after):
    """What `loadgen diff` says of the same."""
    sides = [Rounds(tuple(before), "a"), Rounds(tuple(after), "b")]
    return compare(sides, by_turns=False).against[0]


def test_a_latency_is_compared_by_ratios_and_more_is_worse():
    found = change(
        "p50", [run(p50_ms=value) for value in (10, 10.2, 9.8)], [run(p50_ms=value) for value in (15, 15.3, 14.7)]
    )
    assert found.before == pytest.approx(10, rel=0.01)
    assert found.after == pytest.approx(15, rel=0.01)
    assert found.amount == pytest.approx(0.5, rel=0.02)
    assert 0.4 < found.low < found.amount < found.high < 0.6
    assert found.p < 0.001


def test_of_a_rate_less_is_worse():
    found = change("rps", [run(rps=value) for value in (100, 101, 99)], [run(rps=value) for value in (80, 81, 79)])
    assert found.amount == pytest.approx(0.2, rel=0.02)
    assert 0.15 < found.low < found.high < 0.25


def test_shares_are_compared_by_their_difference():
    found = change(
        "error_rate", [run(failed=value) for value in (0, 0, 0)], [run(failed=value) for value in (20, 22, 18)]
    )
    assert (found.before, found.after) == (0.0, pytest.approx(0.02))
    assert found.amount == pytest.approx(0.02)
    assert 0.01 < found.low < 0.02 < found.high < 0.03


def test_nothing_at_all_is_no_change_of_a_share():
    found = change("error_rate", [run(), run()], [run(), run()])
    assert (found.amount, found.low, found.high, found.p) == (0.0, 0.0, 0.0, 1.0)


def test_a_single_run_is_taken_to_vary_as_the_rounds_beside_it():
    rounds = [run(rps=value) for value in (100, 110, 90, 105, 95)]
    there, back = change("rps", rounds, [run(rps=99)]), change("rps", [run(rps=99)], rounds)
    assert there.low < 0 < there.high
    assert there.high - there.low == pytest.approx(back.high - back.low, rel=0.1)
    assert there.high - there.low > 0.3


@pytest.mark.parametrize("metric", ["p99", "a:p50"])
def test_what_has_no_data_has_no_change(metric):
    found = changes_of([parse_metric(metric)], [run(samples=10)], [run(samples=10)])[0]
    assert (found.before, found.amount, found.p) == (None, None, None)


def test_replies_that_never_came_make_the_change_a_least_one():
    bounds = Histogram([(60_000_000, 500)]).encode()
    slow = run(p50_ms=10, histograms={"response_censored": bounds})
    found = change("p99", [run(p50_ms=value) for value in (10, 10.1, 9.9)], [slow, slow])
    assert found.at_least
    assert found.amount > 100


def test_of_a_baseline_that_is_only_a_bound_nothing_can_be_said():
    bounds = Histogram([(60_000_000, 500)]).encode()
    slow = run(p50_ms=10, histograms={"response_censored": bounds})
    assert change("p99", [slow, slow], [run(), run()]).amount is None


@pytest.mark.slow  # draws blocks again and again
@pytest.mark.parametrize("metric", ["p99", "mean", "rps", "ok_rps", "error_rate"])
def test_of_one_run_a_side_the_timeline_tells(metric):
    random = Random(1)
    same = change(metric, [blocks(random, 10.0, 20)], [blocks(random, 10.0, 20)])
    worse = change(metric, [blocks(random, 10.0, 20)], [blocks(random, 20.0, 20, failing=0.2)])
    assert same.low < 0.001 + max(0.0, same.amount)
    assert same.p is not None
    assert worse.low > 0
    assert worse.p < 0.01


@pytest.mark.parametrize("metric", ["service.p99", "max", "failed", "bytes_received_per_s"])
def test_what_the_timeline_does_not_hold_has_no_interval(metric):
    random = Random(1)
    found = change(metric, [blocks(random, 10.0, 20)], [blocks(random, 10.0, 20)])
    assert (found.low, found.p) == (None, None)


def test_too_few_blocks_have_no_interval():
    random = Random(1)
    assert change("p50", [blocks(random, 10.0, 5)], [blocks(random, 10.0, 5)]).p is None


# The promise of the gate: what is worse by chance alone passes, what is truly worse does not.


def words(trials, shift, rounds, noise=0.03):
    """The gate's word for each trial; every rate varies by `noise`, and today's is a `shift`-th of the baseline's."""
    random = Random(11)

    def side(factor):
        rates = [100 / factor * random.lognormvariate(0, noise) for _ in range(rounds)]
        return [run(samples=0, rps=rate) for rate in rates]

    gates = [
        judge_gate(side(shift), baseline=baseline(side(1.0), parse_margins("rps: 10%", ()))) for _ in range(trials)
    ]
    return [gate.regressions[0].verdict for gate in gates]


@pytest.mark.slow  # 200 gates
@pytest.mark.parametrize(("rounds", "passing"), [(3, 130), (5, 180)])
def test_no_change_is_hardly_ever_called_worse(rounds, passing):
    found = words(200, 1.0, rounds)
    assert found.count("worse") <= 2
    assert found.count("pass") >= passing


@pytest.mark.slow  # gates in numbers, from eight rounds on with resamples
@pytest.mark.parametrize(("rounds", "trials"), [(5, 100), (8, 25)])
def test_a_quarter_more_is_called_worse(rounds, trials):
    assert words(trials, 1.25, rounds).count("worse") >= 0.95 * trials


@pytest.mark.slow  # 100 gates
def test_what_lies_near_the_margin_in_noise_cannot_be_told():
    found = words(100, 1.08, 3, noise=0.08)
    assert found.count("cannot tell") >= 70
    assert found.count("worse") <= 20


def test_worse_needs_the_margin_and_the_statistics():
    before = [run(p50_ms=value) for value in (10, 10.01, 9.99)]
    little = judge_gate(
        [run(p50_ms=value) for value in (10.5, 10.51, 10.49)],
        baseline=baseline(before, parse_margins("p50: 10%", ())),
    )
    noisy = judge_gate(
        [run(p50_ms=value) for value in (10, 16, 12)], baseline=baseline(before, parse_margins("p50: 10%", ()))
    )
    much = judge_gate(
        [run(p50_ms=value) for value in (12, 12.01, 11.99)],
        baseline=baseline(before, parse_margins("p50: 10%", ())),
    )
    assert [gate.regressions[0].verdict for gate in (little, noisy, much)] == ["pass", "cannot tell", "worse"]


def test_from_eight_rounds_on_resamples_say_how_likely_chance_is():
    """Then a p-value is a number of 2,000 resamples; with seven rounds it is Student's."""

    def p(rounds):
        found = change("rps", *([run(rps=start + step) for step in range(rounds)] for start in (100, 98)))
        return found.p * 2001

    assert p(8) == pytest.approx(round(p(8)), abs=1e-6)
    assert p(7) != pytest.approx(round(p(7)), abs=1e-6)
    assert p(8) == pytest.approx(p(7), rel=0.5)


@pytest.mark.parametrize(("before", "after"), [(3, 7), (9, 9), (9, 12)])
def test_rounds_that_never_vary_are_certain(before, after):
    old = [run(rps=33.3)] * before  # the mean of as many is off by rounding
    found = change("rps", old, [run(rps=23.32)] * after)
    assert found.low == pytest.approx(found.high) == pytest.approx(0.29970, abs=1e-5)
    assert found.p == 0
    assert change("rps", old, [run(rps=33.3)] * after).p == 1


def test_one_round_unlike_seven_says_nothing_of_how_far_others_may_be():
    found = change("error_rate", [run() for _ in range(8)], [*(run() for _ in range(7)), run(failed=30)])
    assert found.amount == pytest.approx(0.00375)
    assert (found.low, found.high) == (None, None)
    assert 0.05 < found.p < 1


def test_the_more_metrics_are_tested_the_surer_each_must_be():
    """12 % less with p = 0.04 is not worse: it is one of several differences that could be looked at."""
    before = [run(rps=value) for value in (100, 104, 96)]
    after = [run(rps=value) for value in (88, 92, 84)]
    judged = judge_gate(after, baseline=baseline(before, parse_margins("rps: 10%", ())))
    assert 0.017 < judged.regressions[0].change.p < 0.05
    assert judged.regressions[0].verdict == "cannot tell"


@pytest.mark.parametrize("rounds", [(1, 1), (1, 5), (2, 2), (3, 3), (5, 5), (8, 8), (5, 9)])
def test_a_gate_and_a_diff_of_the_same_results_never_contradict_each_other(rounds):
    random = Random(7)
    seen = set()
    for _ in range(12 if sum(rounds) < 10 else 3):
        slower = random.choice((1.0, 1.1, 1.5))
        noise = random.choice((0.001, 0.05))
        sides = [
            [blocks(random, 10 * factor * random.lognormvariate(0, noise), 6) for _ in range(count)]
            for count, factor in zip(rounds, (1.0, slower), strict=True)
        ]
        judged = judge_gate(
            sides[1], baseline=baseline(sides[0], parse_margins("p50: 0%, p99: 0%, error_rate: 0%", ()))
        )
        (against,) = compare(
            [Rounds(tuple(side), name) for side, name in zip(sides, "ab", strict=True)], by_turns=False
        ).against
        for row in judged.regressions:
            said = against.row(row.text.partition(":")[0])
            assert said is not None
            seen.add((row.verdict, said.verdict))
            assert (row.verdict == "worse") <= (said.verdict == "worse"), (row, said)
            assert (row.verdict == "pass") <= (said.verdict != "worse"), (row, said)
    assert len(seen) > 1


def test_rounds_that_were_done_by_turns_are_pairs_for_both():
    drift = (1.0, 1.3, 1.7, 2.2, 2.9)
    sides = [
        [
            replace(run(p50_ms=10 * factor * by), started_at=f"2026-01-05T10:{at:02d}:{second}")
            for at, by in enumerate(drift)
        ]
        for factor, second in ((1.0, "00"), (1.1, "30"))
    ]
    assert are_pairs(*sides)
    assert not are_pairs(sides[0], sides[0])
    (judged,) = judge_gate(sides[1], baseline=baseline(sides[0], parse_margins("p50: 5%", ()))).regressions
    (against,) = compare(
        [Rounds(tuple(side), name) for side, name in zip(sides, "ab", strict=True)], by_turns=False
    ).against
    assert (judged.verdict, against.row("p50").verdict) == ("worse", "worse")


@pytest.mark.parametrize("count", [2, 3, 4])
def test_an_interval_takes_four_rounds(count):
    before, after = ([run(rps=base + at) for at in range(count)] for base in (100, 60))
    (judged,) = judge_gate(after, baseline=baseline(before, parse_margins("ok_rps: 5%", ()))).regressions
    (against,) = compare(
        [Rounds(tuple(side), name) for side, name in ((before, "a"), (after, "b"))], by_turns=False
    ).against
    row = against.row("ok_rps")
    assert ((judged.change.low is None), (row.estimate.low is None)) == (count < 4, count < 4)
    assert judged.change.amount == pytest.approx(0.4, abs=0.01)
    assert cells(row)[3].startswith("less in each" if count < 4 else "0.5")


def test_journeys_that_are_always_under_way_at_the_end_do_not_hide_a_change():
    def journeys(p50_ms):
        counts = Histogram([(bucket_of(round(p50_ms * 1000)), 100), (bucket_of(round(p50_ms * 1003)), 100)])
        encoded = {"response": counts.encode(), "response_censored": Histogram([(1, 2)]).encode()}
        part = RequestResult(Ledger(202, 202, 0, 200, 0, 2), kind="journey", histograms=encoded)
        return replace(run(), transactions={"buy": part})

    margins = parse_margins("buy:p50: 10%", [Named("journey", "buy")])
    gate = judge_gate(
        [journeys(value) for value in (20, 21, 20)],
        baseline=baseline([journeys(value) for value in (10, 10, 11)], margins),
    )
    assert [row.verdict for row in gate.regressions] == ["worse"]
