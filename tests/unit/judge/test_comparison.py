"""Rounds of variants against the first: which pairs count, what bounds leave, one run on a side."""

from dataclasses import replace
from functools import cache
from random import Random
from typing import Any

import pytest

from loadgen.base.errors import UsageError
from loadgen.judge.comparison import COMPARED, Against, Row, compare, summary
from loadgen.judge.observe import Observed
from loadgen.measure.histogram import Histogram, bucket_of
from loadgen.plan.metrics import metric_named
from loadgen.results.block import Block
from loadgen.results.journeys import Journeys
from loadgen.results.requests import Ledger, RequestResult
from loadgen.results.result import Generator, Rate, Result, Second, WorkerRow
from loadgen.results.rounds import Rounds


def replies(p99_ms: float, *, bounds: bool = False) -> dict[str, str]:
    """1,000 replies: 980 of 1 ms, 15 around the p99, or cut off there, and 5 of 20 ms."""
    tail = Histogram([(bucket_of(round(p99_ms * 1000)), 15)])
    rest = Histogram([(1000, 980), (bucket_of(20_000), 5)])
    if bounds:
        return {"response": rest.encode(), "response_censored": tail.encode()}
    rest.merge(tail)
    return {"response": rest.encode()}


def run(rps: float = 100.0, p99: float = 10.0, *, bounds: bool = False, **changes: Any) -> Result:
    result = Result(
        duration_s=10.0,
        ledger=Ledger(1000, 1000, 0, 1000),
        rate=Rate(ok_rps=rps),
        histograms=replies(p99, bounds=bounds),
        generator=Generator(
            workers=[WorkerRow(1.0, {"p99": 0.2}), WorkerRow(1.0, {"p99": 0.4})],
            threads=3,
            cpu_us_per_request=9.0,
            peak_rss_mb=30.0,
            context_switches=20,
        ),
    )
    return replace(result, **changes)


def against(first: list[Result], other: list[Result]) -> Against:
    return compare([Rounds(tuple(first), "a"), Rounds(tuple(other), "b")]).against[0]


def known(value: float) -> Observed:
    return Observed(pytest.approx(value), pytest.approx(value))


def row(found: Against, key: str) -> Row:
    item = found.row(key)
    assert item is not None
    return item


def test_every_metric_is_read() -> None:
    result = run(histograms=replies(10.0) | {"send_lag": Histogram([(300, 99), (500, 1)]).encode()})
    assert {name: observed and observed.low for name, observed in summary([result]).items()} == pytest.approx(
        {
            "ok_rps": 100.0,
            "p50": 1.0,
            "p99": 10.007,
            "p99.9": 20.015,
            "send_lag.p99": 0.3,
            "loop_lag.p99": 0.4,
            "cpu_us": 9.0,
            "peak_rss_mb": 30.0,
            "threads": 3.0,
            "context_switches": 0.02,
            "error_rate": 0.0,
        }
    )
    assert list(summary([result])) == [metric.name for metric in COMPARED]


def test_nothing_is_known_of_a_run_that_never_was() -> None:
    assert set(summary([Result()]).values()) == {None}


def test_a_closed_loop_has_no_send_lag() -> None:
    closed = run(histograms={"send_lag": Histogram([(0, 9)]).encode()})
    assert summary([closed])["send_lag.p99"] is None


def test_sides_are_geometric_means_so_that_the_ratio_is_theirs() -> None:
    found = row(against([run(100.0), run(400.0)], [run(200.0), run(800.0)]), "ok_rps")
    assert (found.first, found.other) == (known(200.0), known(400.0))
    assert found.estimate.ratio == pytest.approx(2.0)
    assert found.verdict == "better"


def test_lower_latency_is_better_and_threads_are_neither() -> None:
    first = [run(p99=value) for value in (10.0, 10.1, 9.9, 10.05)]
    other = [
        run(p99=value / 2, generator=replace(run().generator, threads=60)) for value in (10.1, 10.0, 10.0, 9.9)
    ]  # fmt: skip
    found = against(first, other)
    assert row(found, "p99").verdict == "better"
    assert row(found, "threads").verdict == "cannot tell"
    assert row(found, "threads").p is None


def test_words_are_corrected_for_all_rows_of_the_table() -> None:
    random = Random(5)
    noisy = [[run(random.gauss(100, 3)) for _ in range(4)] for _ in range(2)]
    found = against(noisy[0], [replace(item, rate=Rate(ok_rps=item.rate.ok_rps * 1.09)) for item in noisy[1]])
    rps = row(found, "ok_rps")
    assert rps.estimate.p is not None
    assert rps.p is not None
    assert rps.estimate.p <= 0.05 < rps.p
    assert rps.verdict == "cannot tell"


def test_runs_that_ended_early_are_left_out_and_rounds_paired() -> None:
    cut = run(1.0, ended_by="signal")
    found = against([run(100.0), run(101.0), run(99.0)], [run(100.0), run(101.0), cut])
    assert found.rounds == 2
    assert row(found, "ok_rps").estimate.ratio == pytest.approx(1.0)


def test_what_only_one_side_knows_is_shown_without_a_ratio() -> None:
    loopless = replace(run().generator, workers=[WorkerRow(1.0)])
    found = row(against([run(), run()], [run(generator=loopless)] * 2), "loop_lag.p99")
    assert (found.first, found.other, found.estimate.ratio) == (known(0.4), None, None)


def test_a_lower_bound_may_only_make_things_worse() -> None:
    exact = [run(p99=value) for value in (10.0, 10.1, 9.9)]
    bounds = [run(p99=value, bounds=True) for value in (99.0, 101.0, 100.0)]
    low_bounds = [run(p99=value, bounds=True) for value in (1.0, 1.01, 0.99)]
    higher = row(against(exact, bounds), "p99")
    assert (higher.verdict, higher.bound, higher.estimate.high) == ("worse", "at least", None)
    lower = row(against(exact, low_bounds), "p99")
    assert (lower.verdict, lower.bound, lower.estimate.p) == ("cannot tell", "at least", None)
    turned = row(against(bounds, exact), "p99")
    assert (turned.verdict, turned.bound, turned.estimate.low) == ("better", "at most", None)
    both = row(against(bounds, bounds), "p99")
    assert (both.verdict, both.estimate.ratio) == ("cannot tell", None)


def test_errors_out_of_nothing_are_worse_without_a_ratio() -> None:
    failing = [run(ledger=Ledger(1000, 1000, 0, 990 - n, 10 + n)) for n in range(3)]
    found = row(against([run()] * 3, failing), "error_rate")
    assert (found.estimate.ratio, found.verdict) == (None, "worse")


@cache
def blocks(seed: int, factor: float, count: int = 8) -> dict[str, Any]:
    """A run of so many seconds with 100 replies in each."""
    random, rows, every = Random(seed), [], Histogram()
    for second in range(count):
        counts = Histogram()
        for _ in range(100):
            counts.add(round(factor * random.lognormvariate(7, 0.3)))
        every.merge(counts)
        rows.append(Block(float(second), 1.0, round(random.gauss(100, 3) / factor), 0, counts.encode()))
    ok_rps = sum(item.ok for item in rows) / count
    return {
        "blocks": rows,
        "timeline": [Second(row.t_s, row.ok, row.ok) for row in rows],
        "duration_s": float(count),
        "rate": Rate(ok_rps=ok_rps),
        "histograms": {"response": every.encode()},
    }


@pytest.mark.slow  # reads 16 histograms, and draws blocks thousands of times
def test_one_run_on_each_side_is_told_by_its_blocks() -> None:
    found = against([run(**blocks(1, 1.0))], [run(**blocks(2, 1.5))])
    assert (found.basis, found.rounds) == ("blocks", 1)
    assert row(found, "p50").verdict == "worse"
    assert row(found, "p50").estimate.ratio == pytest.approx(1.5, rel=0.05)
    assert row(found, "ok_rps").verdict == "worse"
    assert row(found, "cpu_us").verdict == "cannot tell", "of which blocks know nothing"


@pytest.mark.slow  # the same
def test_blocks_of_the_same_cannot_be_told_apart() -> None:
    found = against([run(**blocks(1, 1.0))], [run(**blocks(2, 1.0))])
    assert {item.verdict for item in found.rows} == {"cannot tell"}


@pytest.mark.slow  # the same
def test_a_last_block_that_is_not_whole_does_not_count() -> None:
    short = blocks(1, 1.0)
    last = Histogram([(bucket_of(500_000), 900)]).encode()
    short |= {
        "blocks": [*short["blocks"], Block(8.0, 1.0, 1, 0, last)],
        "timeline": [*short["timeline"], Second(8.0, 1, 1)],
    }
    found = against([run(**short)], [run(**blocks(1, 1.0))])
    assert row(found, "ok_rps").estimate.ratio == row(found, "p99").estimate.ratio == 1.0


def test_short_single_runs_have_ratios_only() -> None:
    found = against([run(100.0)], [run(150.0)])
    assert found.basis == "none"
    assert row(found, "ok_rps").estimate.ratio == pytest.approx(1.5)
    assert {item.verdict for item in found.rows} == {"cannot tell"}


def test_a_damaged_block_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="damaged result"):
        against([run(blocks=[Block(0.0, 1.0, 1, 0, "x")])], [run()])


def test_all_variants_are_set_against_the_first() -> None:
    found = compare([Rounds((run(), run()), label) for label in "abc"])
    assert found.first == "a"
    assert [item.label for item in found.against] == ["b", "c"]


def journeys(per_s: float, p99_ms: float, under_way: int = 0) -> Result:
    """A run of a thousand journeys, of which some were under way at its end for next to no time."""
    counts, ok = Histogram([(1000, 980), (round(p99_ms * 1000), 20)]), 1000
    clocks = {"response": counts.encode()}
    if under_way:
        clocks["response_censored"] = Histogram([(1, under_way)]).encode()
    part = RequestResult(Ledger(ok + under_way, ok + under_way, 0, ok, 0, under_way), kind="journey", histograms=clocks)
    ledger = Journeys(ok + under_way, ok + under_way, 0, ok, 0, under_way)
    return replace(run(), transactions={"buy": part}, journeys=ledger, journey_rate=Rate(per_s, per_s, per_s))


def test_runs_of_journeys_are_compared_by_these_first() -> None:
    found = against([journeys(100.0, 10.0)] * 3, [journeys(50.0, 20.0)] * 3)
    assert [row.metric.title for row in found.rows][:4] == [
        "journeys/s",
        "journey p50",
        "journey p99",
        "journeys failed",
    ]
    assert row(found, "journeys:ok_rps").estimate.ratio == pytest.approx(0.5)
    assert row(found, "journeys:p99").estimate.ratio == pytest.approx(2.0, rel=0.01)
    assert row(found, "ok_rps").estimate.ratio == pytest.approx(1.0)


def test_runs_of_calls_are_compared_by_these_and_not_by_requests() -> None:
    calls = [replace(journeys(100.0, 10.0), plan={"counted": {"noun": "calls"}})] * 3
    titles = [row.metric.title for row in against(calls, calls).rows]
    assert titles[:4] == ["calls/s", "call p50", "call p99", "calls failed"]
    assert metric_named("ok_rps").title not in titles


def test_a_run_without_journeys_has_no_such_rows() -> None:
    found = against([journeys(100.0, 10.0)], [run()])
    assert found.row("journeys:ok_rps") is None


def test_bounds_that_are_next_to_each_other_are_one_value() -> None:
    """A few journeys are always under way at the end: they move the percentiles by next to nothing."""
    found = against([journeys(100.0, 10.0, 1)] * 3, [journeys(100.0, 10.0, 1)] * 3)
    p50 = row(found, "journeys:p50")
    assert p50.bound == ""
    assert p50.estimate.ratio == pytest.approx(1.0)
