import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadgen.judge.observe import Stretch, Sums, is_supported, observe
from loadgen.judge.thresholds import judge_thresholds
from loadgen.measure.histogram import Histogram
from loadgen.plan.metrics import metric_named
from loadgen.results.block import Block
from loadgen.results.documents import from_json, to_json
from loadgen.results.journeys import CheckResult, MetricResult
from loadgen.results.requests import Bytes, ErrorRow, Ledger, RequestResult
from loadgen.results.result import Generator, Rate, Result, Second, ThresholdRow
from loadgen.results.summary import summarise
from tests.support.fakes import thresholds


def counts(*milliseconds):
    """Histogram of whole milliseconds."""
    found = Histogram()
    for value in milliseconds:
        found.add(value * 1000)
    return found


def encoded(*milliseconds):
    return counts(*milliseconds).encode()


def judged(result, *texts):
    """The rows of some thresholds."""
    return judge_thresholds(result, thresholds(*texts))


def verdict(result, text):
    (row,) = judged(result, text)
    return row.verdict, row.observed


@pytest.fixture(scope="module")
def run():
    """200 good replies of 1 to 200 ms and 50 bad ones in 10 s; 10 more of each came while it drained."""
    return Result(
        duration_s=10.0,
        ledger=Ledger(310, 272, 38, 210, 60, 2),
        rate=Rate(29.0, 25.2, 20.0),
        bytes=Bytes(10_500, 210_000),
        status_codes={"200": 210, "500": 60},
        requests={
            "a": RequestResult(Ledger(68, 68, 0, 63, 5, 0), Bytes(3150, 63_000), histograms={"response": encoded(5)}),
            "b": RequestResult(Ledger(204, 204, 0, 147, 55, 2)),
        },
        histograms={
            "response": encoded(*range(1, 201)),
            "service": encoded(*[7] * 200),
            "send_lag": encoded(*[0] * 199, 3),
            "failed": encoded(*[30] * 60),
        },
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Nearest rank: of 200 values the 198th is the p99, the 100th the median. 3 digits: 198.015 is 198's bucket.
        ("p99 < 250ms", ("pass", 198.015)),
        ("p99 < 198ms", ("fail", 198.015)),
        ("med <= 101", ("pass", 100.031)),
        ("p(50) > 100", ("pass", 100.031)),
        ("p0.5 < 2ms", ("pass", 1.0)),
        ("min >= 1ms", ("pass", 1.0)),
        ("max < 200ms", ("fail", 200.063)),
        ("service.p99 < 8ms", ("pass", 7.003)),
        ("service.mean < 8ms", ("pass", 7.002)),
        ("send_lag.max <= 3ms", ("fail", 3.001)),
        ("failed.p90 < 31ms", ("pass", 30.015)),
        # 60 of the 270 that ended in a reply or an error; two are unknown, and 38 were never sent.
        ("error_rate < 25%", ("pass", 0.222222)),
        ("error_rate < 22%", ("fail", 0.222222)),
        ("ok_rate > 77%", ("pass", 0.777778)),
        # Histogram are of the whole run, rates of its ten seconds.
        ("ok >= 210", ("pass", 210)),
        ("failed < 60", ("fail", 60)),
        ("unknown == 2", ("pass", 2)),
        ("sent > 272", ("fail", 272)),
        ("rps >= 25/s", ("pass", 25.2)),
        ("ok_rps > 20", ("fail", 20)),
        # 200 of the 210 good replies came in time, and with them as large a part of the bytes.
        ("bytes_received_per_s >= 20kB", ("pass", 20_000)),
        ("bytes_sent_per_s < 1kB/s", ("fail", 1000)),
        # One request name has its share: 63 of 210 good replies.
        ("a:ok_rps > 5", ("pass", 6)),
        ("a:rps < 6.3", ("fail", 6.3)),
        ("a:bytes_received_per_s > 1kB", ("pass", 6000)),
        ("a:error_rate < 10%", ("pass", 0.073529)),
        ("a:max < 6ms", ("pass", 5.003)),
        ("b:ok < 100", ("fail", 147)),
        ("b:max < 6ms", ("no_data", None)),  # no histogram of it
    ],
)
def test_every_metric_is_judged_over_the_whole_run(run, text, expected):
    found, observed = verdict(run, text)
    assert (found, observed) == (expected[0], pytest.approx(expected[1], abs=1e-6))


def test_thresholds_are_judged_in_order_and_a_saved_result_gives_the_same_rows(run):
    rows = judged(run, "p99 < 250ms", "ok > 999")
    assert rows == [
        ThresholdRow("p99 < 250ms", 198.015, "pass", metric="p99", limit=250.0, unit="ms"),
        ThresholdRow("ok > 999", 210.0, "fail", metric="ok", limit=999.0, unit="count"),
    ]
    assert judged(from_json(to_json(run)), "p99 < 250ms", "ok > 999") == rows
    assert judged(run) == []


def test_a_request_that_the_run_did_not_have_is_no_data(run):
    assert verdict(run, "c:p99 < 1s") == ("no_data", None)


def test_a_damaged_histogram_is_no_data(run):
    damaged = replace(run, histograms={"response": run.histograms["response"][:40]})
    assert [row.verdict for row in judged(damaged, "p99 < 1s", "error_rate < 50%")] == ["no_data", "pass"]


def test_nothing_happened_is_no_data_but_for_counts():
    rows = judged(Result(), "p99 < 1s", "mean < 1s", "error_rate < 1%", "rps < 5", "failed < 1", "ok > 0")
    assert [row.verdict for row in rows] == ["no_data"] * 4 + ["pass", "fail"]


def test_an_invalid_run_keeps_what_was_observed(run):
    assert verdict(replace(run, generator=Generator(verdict="invalid")), "ok >= 1") == ("pass", 210)


# Samples.


@pytest.mark.parametrize(
    ("quantile", "enough"), [("p50", 2), ("p90", 10), ("p95", 20), ("p99", 100), ("p99.9", 1000), ("p1", 100)]
)
def test_a_percentile_takes_a_sample_beyond_it(quantile, enough):
    def with_samples(count):
        return verdict(Result(histograms={"response": Histogram([(5000, count)]).encode()}), f"{quantile} < 1s")

    assert with_samples(enough)[0] == "pass"
    assert with_samples(enough - 1) == ("no_data", None)


def test_a_least_count_can_be_asked_for(run):
    assert verdict(run, "error_rate < 50% min 270")[0] == "pass"
    assert verdict(run, "error_rate < 50% min 271") == ("no_data", None)
    assert verdict(run, "p99 < 1s min 200")[0] == "pass"
    assert verdict(run, "p99 < 1s min 201") == ("no_data", None)


# Faults.


def test_failures_of_the_generator_do_not_count(run):
    errors = [ErrorRow("no_ports", "generator", count=40), ErrorRow("timeout", "target", count=20)]
    ours = replace(run, errors=errors)
    assert verdict(ours, "failed <= 20") == ("pass", 20)
    assert verdict(ours, "error_rate < 9%") == ("pass", pytest.approx(20 / 230, abs=1e-6))


def test_whose_failures_those_of_one_request_were_may_not_be_known(run):
    """Of the 55 failures of b up to 40 may be the generator's: 15 of 162 to 55 of 202 are the target's."""
    ours = replace(run, errors=[ErrorRow("no_ports", "generator", count=40)])
    assert verdict(ours, "b:error_rate < 28%") == ("pass", pytest.approx(55 / 202, abs=1e-6))
    assert verdict(ours, "b:error_rate < 9%") == ("fail", pytest.approx(15 / 162, abs=1e-6))
    assert verdict(ours, "b:error_rate < 20%") == ("no_data", pytest.approx(15 / 162, abs=1e-6))
    assert verdict(ours, "b:failed < 55") == ("no_data", 15)


# Censored values.


def censored(values, bounds):
    return Result(histograms={"response": encoded(*values), "response_censored": encoded(*bounds)})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # 95 replies of 10 ms and 5 that never came in 200 ms. The 95th of 100 is known, the 99th is a bound.
        ("p95 < 11ms", ("pass", 10.007)),
        ("p95 < 10ms", ("fail", 10.007)),
        ("p99 < 100ms", ("fail", 200.063)),  # the bound itself breaks it
        ("p99 < 500ms", ("no_data", 200.063)),  # what is beyond the bound is not known
        ("p99 > 100ms", ("pass", 200.063)),  # at least 200 ms is more than 100 ms in any case
        ("p99 > 500ms", ("no_data", 200.063)),
        ("p99 == 100ms", ("fail", 200.063)),
        ("max < 1s", ("no_data", 200.063)),
        ("min < 11ms", ("pass", 10.0)),
        ("mean < 10ms", ("fail", pytest.approx(19.5, rel=0.001))),  # (95 x 10 + 5 x 200) / 100, at least
        ("mean < 1s", ("no_data", pytest.approx(19.5, rel=0.001))),
    ],
)
def test_a_lower_bound_fails_what_it_breaks_and_cannot_pass_what_it_leaves_open(text, expected):
    assert verdict(censored([10] * 95, [200] * 5), text) == expected


@pytest.mark.parametrize(
    ("text", "at_least"),
    [("p95 < 11ms", False), ("p99 < 100ms", True), ("p99 < 500ms", True), ("p99 > 100ms", True), ("p95 < 10ms", False)],
)
def test_what_is_a_lower_bound_is_marked(text, at_least):
    (row,) = judged(censored([10] * 95, [200] * 5), text)
    assert row.at_least is at_least


def test_a_bound_that_could_only_move_a_rank_a_little_leaves_a_safe_verdict():
    """Of 10, 20 .. 90 ms and one reply cut at 5 ms the median is 40 ms, or 50 ms where the cut one was slow."""
    cut = censored(range(10, 100, 10), [5])
    assert verdict(cut, "p50 < 55ms") == ("pass", pytest.approx(50, rel=0.001))
    assert verdict(cut, "p50 < 35ms") == ("fail", pytest.approx(40, rel=0.001))
    assert verdict(cut, "p50 < 45ms") == ("no_data", pytest.approx(40, rel=0.001))


def test_nothing_but_bounds_is_judged_by_them():
    none = censored([], [100] * 200)
    assert verdict(none, "p99 < 50ms")[0] == "fail"
    assert verdict(none, "p99 < 1s")[0] == "no_data"
    assert verdict(none, "min < 50ms")[0] == "fail"


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 40), max_size=30),
    st.lists(st.integers(0, 40), max_size=10),
    st.lists(st.integers(0, 60), min_size=10, max_size=10),
    st.sampled_from(["p50", "p75", "p90", "min", "max", "mean"]),
)
def test_the_interval_holds_whatever_the_censored_values_really_were(measured, bounds, waited, statistic):
    metric = metric_named(statistic)
    window = Stretch(Sums(), 1.0, {"response": counts(*measured), "response_censored": counts(*bounds)})
    found = observe(metric, window)
    truth = [*measured, *(bound + more for bound, more in zip(bounds, waited, strict=False))]
    if found is None:
        assert not truth
        return
    assert (found.samples, found.censored) == (len(truth), len(bounds))
    assert is_supported(metric, found) == (len(truth) >= round(1 / (1 - (metric.quantile or 0))))
    exact = {"min": min(truth), "max": max(truth), "mean": sum(truth) / len(truth)}
    if metric.quantile is not None:
        exact[statistic] = sorted(truth)[math.ceil(metric.quantile * len(truth)) - 1]
    assert found.low * 0.999 <= exact[statistic] <= found.high * 1.001
    if not bounds:
        assert found.low == found.high == getattr(summarise(counts(*measured)), statistic)


# Windows.


def seconds(*rows):
    """A run with these (ok, failed) in its seconds."""
    return Result(
        duration_s=float(len(rows)),
        timeline=[Second(float(t_s), ok + failed, ok, failed) for t_s, (ok, failed) in enumerate(rows)],
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Seconds with 10, 10, 0, 10, 30 good and 0, 0, 10, 10, 0 failed requests.
        ("error_rate < 60% over 1s", ("fail", 1.0)),  # the third second
        ("error_rate < 70% over 2s", ("pass", 0.666667)),  # the third and the fourth: 20 of 30
        ("error_rate < 50% over 2s", ("fail", 0.666667)),
        ("ok_rate > 30% over 2s", ("pass", 0.333333)),
        ("error_rate < 30% over 5s", ("pass", 0.25)),
        ("error_rate < 99% over 6s", ("no_data", None)),  # there is no such window
        ("rps > 9 over 1s", ("pass", 10)),
        ("ok_rps > 5 over 1s", ("fail", 0)),
        ("ok_rps < 20 over 2s", ("fail", 20)),  # the last two: 40 in 2 s
        ("sent >= 20 over 2s", ("pass", 20)),
        ("failed <= 10 over 1s", ("pass", 10)),
        ("failed == 0 over 1s", ("fail", 10)),
        ("ok < 31 over 1s", ("pass", 30)),
        ("error_rate < 40% over 1s min 20", ("fail", 0.5)),  # only the last two have so many
        ("error_rate < 1% over 1s min 31", ("no_data", None)),
    ],
)
def test_the_worst_window_decides(text, expected):
    run = seconds((10, 0), (10, 0), (0, 10), (10, 10), (30, 0))
    assert verdict(run, text) == (expected[0], pytest.approx(expected[1], abs=1e-6))


def test_a_second_without_a_row_had_nothing_in_it():
    run = replace(seconds((5, 0), (5, 0), (5, 0)), duration_s=4.0)
    assert verdict(run, "rps >= 5 over 1s") == ("fail", 0)
    assert verdict(run, "error_rate < 1% over 1s") == ("pass", 0)


def test_a_last_second_that_is_not_whole_is_no_window():
    run = seconds((5, 0), (5, 0), (1, 0))
    assert verdict(replace(run, duration_s=2.2), "rps >= 5 over 1s") == ("pass", 5)
    assert verdict(replace(run, duration_s=2.97), "rps >= 5 over 1s") == ("fail", 1)  # but for a rounding


def test_failures_of_the_generator_may_have_been_in_any_second():
    run = replace(seconds((10, 0), (8, 2)), errors=[ErrorRow("no_ports", "generator", count=2)])
    assert verdict(run, "error_rate < 30% over 1s") == ("pass", 0.2)
    assert verdict(run, "error_rate < 10% over 1s")[0] == "no_data"


def blocks(*parts, block_s=1):
    """A run whose blocks have these response times, all good."""
    length = len(parts) * block_s
    timeline = [Second(float(t_s), len(parts[t_s // block_s]), len(parts[t_s // block_s])) for t_s in range(length)]
    return Result(
        duration_s=float(length),
        timeline=timeline,
        blocks=[
            Block(float(index * block_s), float(block_s), len(part), 0, encoded(*part) if part else "")
            for index, part in enumerate(parts)
        ],
    )


def test_latencies_over_windows_come_from_the_blocks():
    rows = judged(
        blocks([5] * 10, [20] * 10, [5] * 10),
        "p90 < 21ms over 1s",
        "p90 < 10ms over 1s",
        "p50 < 10ms over 2s",  # ten of twenty are 5 ms in either pair
        "mean < 12ms over 2s",
        "min > 6ms over 1s",
        "max < 1s over 3s",
    )
    assert [row.verdict for row in rows] == ["pass", "fail", "pass", "fail", "fail", "pass"]
    assert [row.observed for row in rows] == pytest.approx([20, 20, 5, 12.5, 5, 20], rel=0.001)


def named(*parts, kind="request", failed=0):
    """A part of a run with these windows, each of a second with so many failed beside those good response times."""
    return RequestResult(
        Ledger(0, 0, 0, sum(map(len, parts)), failed * len(parts)), kind=kind,
        windows=[Block(float(t_s), 1.0, len(part), failed, encoded(*part)) for t_s, part in enumerate(parts)],
    )  # fmt: skip


def test_windows_of_one_name_are_judged_by_its_own():
    run = Result(
        duration_s=3.0,
        requests={"buy/pay": named([5] * 10, [20] * 10, [5] * 10, failed=10), "home": named([1], [1], [1])},
        transactions={
            "buy": named([50], [60], [70], kind="journey"), "browse": named([1] * 9, [1] * 9, [1] * 9, kind="journey"),
        },
        checks={"total": CheckResult(30, 10, [Block(0.0, 1.0, 30, 0), Block(2.0, 1.0, 0, 10)])},
        metrics={"wait": MetricResult("trend", "ms", 1, 5.0)},
    )  # fmt: skip
    rows = judged(
        run,
        "pay:p90 < 10ms over 1s",
        "pay:p50 < 10ms over 2s",
        "pay:error_rate < 60% over 1s",
        "pay:sent >= 40 over 2s",
        "buy:min > 55ms over 2s",
        "journeys:rps > 9 over 1s",
        "total:ok_rate > 90% over 1s",
        "total:failed < 20 over 1s min 20",
        "home:p50 < 1s over 4s",
        "wait:p50 < 9ms over 1s",
    )
    verdicts = ["fail", "pass", "pass", "pass", "fail", "pass", "fail", "pass", "no_data", "no_data"]
    assert [row.verdict for row in rows] == verdicts
    assert [row.observed for row in rows[:7]] == pytest.approx([20, 5, 0.5, 40, 50, 10, 0.0], rel=0.001)
    assert rows[8].hint == "too few samples: it takes 2, and it has no whole window"
    assert rows[9].hint == "the values of a metric are known for the whole run only; leave 'over' out"


def test_windows_of_a_name_that_were_not_kept_are_not_made_up():
    run = Result(duration_s=3.0, requests={"home": RequestResult(Ledger(9, 9, 0, 9))}, blocks=blocks([5] * 9).blocks)
    [row] = judged(run, "home:p50 < 1s over 1s")
    assert (row.verdict, row.hint) == (
        "no_data",
        "windows of a name are kept by a run that has the threshold itself, and are not in merged results",
    )


def test_windows_of_all_are_finer_than_the_blocks_where_they_were_kept():
    run = replace(blocks([5] * 10, [20] * 10, block_s=4), windows=blocks([5] * 5, [5] * 5, [20] * 9, block_s=2).blocks)
    assert verdict(run, "p50 < 10ms over 2s")[0] == "fail"


def test_a_window_is_a_number_of_whole_blocks():
    texts = ["p50 < 10ms over 4s", "p50 < 10ms over 8s", "p50 < 1s over 2s"]
    rows = judged(blocks([5] * 10, [20] * 10, block_s=4), *texts)
    assert [row.verdict for row in rows] == ["fail", "pass", "no_data"]
    assert verdict(Result(duration_s=9.0), "p50 < 1s over 2s") == ("no_data", None)


@pytest.mark.parametrize(
    ("parts", "text", "expected"),
    [
        (([5] * 100, [5] * 99), "p99 < 1s over 1s", "no_data"),
        (([5] * 100, [5] * 99), "p99 < 1s over 1s min 100", "pass"),
        (([5] * 100, []), "p99 < 1s over 1s", "pass"),  # nothing came due in one
        (([5000] * 100, [5] * 99), "p99 < 1s over 1s", "fail"),  # whatever the other was
    ],
)
def test_a_window_with_too_few_samples_passes_nothing_unless_it_is_left_out(parts, text, expected):
    assert verdict(blocks(*parts), text)[0] == expected


def test_replies_that_never_came_may_have_been_in_any_window_with_failures():
    timeline = [Second(0.0, 200, 190, 10), Second(1.0, 190, 190, 0)]
    failing = replace(blocks([5] * 190, [5] * 190), timeline=timeline)
    assert verdict(failing, "p99 < 10ms over 1s")[0] == "pass"  # no reply was missing: they were errors
    timed_out = replace(failing, histograms={"response_censored": encoded(*[10_000] * 10)})
    rows = judged(timed_out, "p99 < 10ms over 1s", "p90 < 10ms over 1s", "p90 < 4ms over 1s")
    assert [row.verdict for row in rows] == ["no_data", "pass", "fail"]
