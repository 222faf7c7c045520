from dataclasses import replace

import pytest

from loadgen.base.errors import UsageError
from loadgen.measure.histogram import Histogram
from loadgen.measure.metric_sums import MetricSums
from loadgen.results.block import Block
from loadgen.results.encoded import decode_histogram
from loadgen.results.journeys import CheckResult, Journeys, metric_result
from loadgen.results.merge import merge_results
from loadgen.results.requests import Bytes, ErrorRow, Ledger, RequestResult
from loadgen.results.result import Connections, Generator, Rate, Result, Second, Users, WorkerRow

PLAN = {"target": "http://h", "requests": [{"name": "a", "path": "/a"}], "arrivals": None, "users": 10}


def encoded(*values_us):
    counts = Histogram()
    for value_us in values_us:
        counts.add(value_us)
    return counts.encode()


def one(*values_us, **changes):
    """A run of 10 s with 2 requests in its window for each value."""
    times = len(values_us)
    result = Result(
        plan=PLAN,
        environment={"python": "3.12", "cores": 4},
        started_at="2026-01-01T00:00:00.000+00:00",
        duration_s=10.0,
        users=Users(10, 9, 1),
        ledger=Ledger(2 * times + 1, 2 * times, 1, times, times - 1, 1),
        rate=Rate(0.3 * times, 0.2 * times, 0.1 * times),
        bytes=Bytes(100, 200),
        connections=Connections(10, 5, 1, 2, 3, 4),
        status_codes={"200": times},
        errors=[ErrorRow("timeout", "target", "no reply", 2, "first")],
        requests={"a": RequestResult(Ledger(times, times, 0, times), histograms={"response": encoded(*values_us)})},
        timeline=[Second(0.0, 5, 4, 1, 1.0, 2.0)],
        blocks=[Block(0.0, 1.0, 4, 1, encoded(*values_us))],
        generator=Generator(
            workers=[WorkerRow(1.0, {"p99": 1.0, "max": 2.0})], threads=2, cpu_us_per_request=10.0, peak_rss_mb=40.0
        ),
        histograms={"response": encoded(*values_us), "response_censored": encoded(9_000_000)},
    )
    return replace(result, **changes)


def merged(*results):
    return merge_results({f"{index}.json": result for index, result in enumerate(results)})


LATER = "2026-01-01T00:00:30.000+00:00"


def test_counts_of_runs_at_once_are_added():
    both = merged(one(1000, 2000), one(3000, duration_s=20.0, drain_s=1.5))
    assert both.ledger == Ledger(8, 6, 2, 3, 1, 2)
    assert both.ledger.balanced
    assert both.bytes == Bytes(200, 400)
    assert both.connections == Connections(20, 10, 2, 4, 6, 8)
    assert both.users == Users(20, 18, 2)
    assert both.status_codes == {"200": 3}
    assert both.errors == [ErrorRow("timeout", "target", "no reply", 4, "first")]
    assert both.requests["a"].ledger.sent == 3
    assert (both.duration_s, both.drain_s) == (20.0, 1.5)
    assert (both.generator.processes, len(both.generator.workers), both.generator.peak_rss_mb) == (2, 2, 80.0)


def test_rates_are_what_all_windows_saw_over_the_longest():
    both = merged(one(1, 2), one(3, duration_s=20.0))
    assert both.rate == Rate(offered_rps=0.6, sent_rps=0.4, ok_rps=0.2)


def test_histograms_are_merged_without_loss():
    both = merged(one(1000, 2000), one(3000))
    assert decode_histogram(both.histograms["response"]) == decode_histogram(encoded(1000, 2000, 3000))
    assert decode_histogram(both.histograms["response_censored"]).total == 2
    assert (both.latency_ms["response"].count, both.latency_ms["response"].censored) == (3, 2)
    assert both.latency_ms["response"].p50 == 3.001
    assert both.requests["a"].latency_ms["response"].max == 3.001
    assert decode_histogram(both.blocks[0].response).total == 3


def test_seconds_at_once_are_added_without_percentiles_that_nobody_knows():
    assert merged(one(1), one(2)).timeline == [Second(0.0, 10, 8, 2, None, None)]


def test_rounds_after_each_other_keep_their_users_and_rate():
    rounds = merged(one(2000, 3000, started_at=LATER), one(1000, 2000))
    assert rounds.started_at == "2026-01-01T00:00:00.000+00:00"
    assert (rounds.duration_s, rounds.users) == (20.0, Users(10, 9, 1))
    assert rounds.rate == one(1, 2).rate
    assert rounds.ledger.ok == 4
    assert [row.t_s for row in rounds.timeline] == [row.t_s for row in rounds.blocks] == [0.0, 10.0]
    assert rounds.timeline[1].response_p99_ms == 2.0
    assert (rounds.generator.processes, rounds.generator.threads, rounds.generator.peak_rss_mb) == (1, 2, 40.0)
    assert rounds.generator.workers == [WorkerRow(2.0, {"p99": 1.0, "max": 2.0})]


def test_runs_whose_start_is_not_known_count_as_one_load():
    assert merged(one(1, started_at=""), one(2, started_at=LATER)).duration_s == 10.0


def test_the_worst_ending_and_verdict_are_kept_with_their_reasons():
    doubtful = replace(
        one(1).generator, verdict="limited", reasons=["too little", "35 ms late"], cpu_us_per_request=40.0
    )
    both = merged(
        one(1, generator=doubtful, ended_by="fail_fast", ended_because="10 failures", ended_at_s=3.0),
        one(1, 2, generator=replace(doubtful, verdict="invalid", reasons=["12 ms late"])),
        one(1, 2, 3, ended_by="threshold"),
    )
    assert (both.ended_by, both.ended_because, both.ended_at_s) == ("fail_fast", "10 failures", 3.0)
    assert (both.generator.verdict, both.generator.reasons) == ("invalid", ["too little", "35 ms late"])
    assert both.generator.cpu_us_per_request == 25.0


def test_only_what_all_environments_share_is_stated():
    assert merged(one(1), one(2, environment={"python": "3.11", "cores": 4})).environment == {"cores": 4}


def test_windows_follow_each_other_as_the_rounds_do():
    def of(t_s, length_s=1.0):
        return [Block(t_s, length_s, 1, 0, encoded(1))]

    first = one(
        1, windows=of(0.0), requests={"a": RequestResult(windows=of(1.0))}, checks={"c": CheckResult(1, 0, of(2.0))}
    )
    second = replace(one(1, windows=of(3.0, 2.0), requests={"a": RequestResult(windows=of(4.0))}), started_at=LATER)
    both = merged(first, replace(second, checks={"c": CheckResult(1, 1, of(5.0))}))
    assert [(row.t_s, row.duration_s) for row in both.windows] == [(0.0, 2.0), (12.0, 2.0)]
    assert [row.t_s for row in both.requests["a"].windows] == [1.0, 14.0]
    assert [row.t_s for row in both.checks["c"].windows] == [2.0, 15.0]
    assert merged(first, one(1)).windows == [], "those of one run alone are not those of both"


def test_blocks_of_several_lengths_take_the_longest_and_stay_few():
    short = one(1, blocks=[Block(float(t), 1.0, 1, 0, encoded(1)) for t in range(4)])
    long = one(1, blocks=[Block(0.0, 2.0, 3, 0, encoded(2))])
    assert [(row.t_s, row.duration_s, row.ok) for row in merged(short, long).blocks] == [(0.0, 2.0, 5), (2.0, 2.0, 2)]
    many = one(1, blocks=[Block(float(t), 1.0, 1, 0, "") for t in range(61)])
    assert [row.ok for row in merged(many).blocks] == [2] * 30 + [1]


def test_what_each_run_said_of_itself_is_kept():
    notes = (["cleaned up"], ["3 objects are left under x/"], ["cleaned up"])
    assert merged(*(one(1, notes=said) for said in notes)).notes == ["cleaned up", "3 objects are left under x/"]


def test_one_result_alone_stays_as_it_is():
    alone = merged(one(1000, 2000))
    assert alone.ledger == one(1000, 2000).ledger
    assert merged(alone) == alone


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"target": "http://other"}, "another target, http://other instead of http://h"),
        ({"requests": [{"name": "a", "path": "/b"}]}, "other requests"),
        ({"arrivals": {"stages": []}}, "one ran at a rate, the other did not"),
    ],
)
def test_plans_that_are_not_alike_are_refused(change, said):
    with pytest.raises(UsageError) as caught:
        merged(one(1), one(1, plan=PLAN | change))
    assert str(caught.value) == f"cannot merge 1.json with 0.json: {said}"


def test_plans_that_differ_only_in_the_amount_of_load_are_alike():
    assert merged(one(1), one(1, plan=PLAN | {"users": 500})).ledger.ok == 2


def test_a_damaged_histogram_is_a_usage_error():
    with pytest.raises(UsageError, match="damaged result: histogram 'response'"):
        merged(one(1), one(1, histograms={"response": "x"}))


def test_transactions_are_merged_as_requests_are():
    def of(*values_us):
        part = RequestResult(Ledger(3, 3, 0, 2, 0, 1), payload_bytes=10, histograms={"response": encoded(*values_us)})
        return one(1000, transactions={"upload": part})

    upload = merged(of(2000, 4000), of(8000), one(1000)).transactions["upload"]
    assert (upload.ledger, upload.payload_bytes) == (Ledger(6, 6, 0, 4, 0, 2), 20)
    assert (upload.latency_ms["response"].count, upload.latency_ms["response"].p50) == (3, 4.001)


def test_the_ledger_of_journeys_checks_and_metrics_add_up():
    def of(*values, **more):
        sums = MetricSums(unit="EUR")
        sums.add(list(values))
        ledger, rate = Journeys(5, 4, 1, 2, 1, 1), Rate(5.0, 4.0, 3.0)
        part = RequestResult(Ledger(3, 3, 0, 2, 1), kind="journey", errors=[ErrorRow("check_failed", count=1)])
        metrics = {"basket": metric_result(sums)}
        return one(1000, transactions={"buy": part}, journeys=ledger, journey_rate=rate, metrics=metrics, **more)

    both = merged(of(20.0, 30.0, checks={"a": CheckResult(3, 1)}), of(-1.5, checks={"b": CheckResult(1)}), one(1000))
    assert both.journeys == Journeys(10, 8, 2, 4, 2, 2)
    assert both.journeys.balanced
    assert both.checks == {"a": CheckResult(3, 1), "b": CheckResult(1)}
    basket = both.metrics["basket"]
    assert (basket.unit, basket.count, basket.sum, basket.min, basket.p50, basket.max) == (
        "EUR",
        3,
        48.5,
        -1.5,
        20.0,
        30.0,
    )
    assert (both.transactions["buy"].kind, both.transactions["buy"].errors) == (
        "journey",
        [ErrorRow("check_failed", count=2)],
    )
