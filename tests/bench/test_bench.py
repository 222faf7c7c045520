"""The arithmetic of the benchmarks, on made-up figures: nothing is run or timed here."""

import signal
from dataclasses import replace
from pathlib import Path

import pytest

from loadgen.results.requests import Latency, Ledger
from loadgen.results.result import Generator, Rate, Result
from tests.bench import readers
from tests.bench.compare import Goal, Pairs, Ratio, alternate, medians
from tests.bench.jobs import Reported
from tests.bench.measure import Sample, Usage, steady
from tests.bench.peers import find
from tests.bench.runs import Run
from tests.bench.servers import Count, end_as_an_exception
from tests.bench.table import as_markdown, as_text, comparison
from tests.support.command import save


def usage(stdout: str = "", samples: tuple[Sample, ...] = ()) -> Usage:
    return Usage(0, stdout, "", wall_s=5.0, cpu_s=4.0, peak_rss_mb=10.0, switches=0, requests=100_000, samples=samples)


def samples_of(*requests: int) -> tuple[Sample, ...]:
    """A sample a second; CPU is 0.5 s a second."""
    return tuple(Sample(t, t / 2, 1.0, Count(total, 65)) for t, total in enumerate(requests))


def pairs(ours: list[float], theirs: list[float]) -> Pairs:
    return Pairs("job", tuple(Run("loadgen", rps=n) for n in ours), tuple(Run("other", rps=n) for n in theirs))


def test_the_steady_part_leaves_out_start_ramp_and_end() -> None:
    samples = samples_of(0, 0, 100, 1_100, 2_100, 3_100, 3_110)
    assert steady(samples) == (samples[3], samples[4])


def test_the_cost_of_a_steady_request_does_not_count_the_start() -> None:
    measured = usage(samples=samples_of(0, 0, 100, 1_100, 2_100, 3_100, 3_110))
    assert measured.cpu_us_net == pytest.approx(500)
    assert measured.server_rps == pytest.approx(1_000)
    assert measured.cpu_us == pytest.approx(40)
    assert measured.connections == 64


@pytest.mark.parametrize("requests", [(), (0,), (0, 0), (0, 1_000), (0, 0, 0, 0)])
def test_a_run_too_short_to_have_a_steady_part_has_no_net_cost(requests: tuple[int, ...]) -> None:
    assert usage(samples=samples_of(*requests)).cpu_us_net is None


def test_ratios_are_taken_pair_by_pair() -> None:
    drifting = pairs([10.0, 20.0, 40.0], [10.0, 10.0, 40.0])
    assert drifting.ratio("rps") == Ratio(1.0, 1.0, 2.0)
    assert drifting.ratio("p50_ms") is None
    assert medians(drifting.ours)["rps"] == 20.0


def test_runs_alternate_and_end_at_the_first_failure() -> None:
    order: list[str] = []

    def run(name: str, problem: str = "") -> Run:
        order.append(name)
        return Run(name, rps=1.0, problem=problem)

    alternate("job", 2, lambda: run("a"), lambda: run("b"))
    assert order == ["a", "b", "a", "b"]
    order.clear()
    alternate("job", 5, lambda: run("a"), lambda: run("b", "exit 1"))
    assert order == ["a", "b"]


def test_a_goal_says_what_was_wanted_and_reached() -> None:
    goal = Goal("throughput", "job", "other", "rps", at_least=2)
    assert goal.verdict([pairs([30.0], [10.0])]) == "throughput >= 2: 3.00 (3.00-3.00): met"
    assert goal.verdict([pairs([10.0], [10.0])]) == "throughput >= 2: 1.00 (1.00-1.00): NOT met"
    assert goal.verdict([]) == "throughput >= 2: not measured"
    assert replace(goal, at_least=None, at_most=1).verdict([pairs([10.0], [10.0])]).endswith(": met")


def test_a_failed_tool_is_a_row_of_dashes_and_a_note() -> None:
    compared = Pairs("job", (Run("loadgen", rps=1234.5),), (Run("other", problem="exit 1: no"),))
    section = comparison("http", "Title", [compared])
    assert "other: exit 1: no" in section.notes
    assert "1,234" in as_text({}, [section])
    assert "| job | other | - |" in as_markdown({}, [section])


def test_unknown_tools_are_named() -> None:
    with pytest.raises(ValueError, match="unknown tools: wrl; known: wrk, ab"):
        find(["wrl"])


WRK = """\
  Latency Distribution
     50%  580.00us
     99%    1.33ms
  Socket errors: connect 0, read 2, write 0, timeout 1
  Non-2xx or 3xx responses: 4
Requests/sec:  90715.12
"""
HEY = """\
  Requests/sec:\t33472.5
  50%% in 0.0017 secs
  99%% in 0.0062 secs
Status code distribution:
  [200]\t1000 responses
  [500]\t3 responses
Error distribution:
  [2]\tGet: connection refused
"""


def test_wrk_is_read() -> None:
    assert readers.wrk(usage(WRK), Path()) == Reported(90715.12, 0.58, 1.33, 7)


def test_hey_is_read() -> None:
    assert readers.hey(usage(HEY), Path()) == Reported(33472.5, 1.7, 6.2, 5)


def test_a_result_file_of_loadgen_is_read(tmp_path: Path) -> None:
    result = Result(
        opening_s=0.5,
        rate=Rate(ok_rps=90_000.0),
        ledger=Ledger(failed=2),
        latency_ms={"response": Latency(p50=0.5, p99={"at_least": 7.0})},
        generator=Generator(cpu_us_per_request=9.5, peak_rss_mb=30.0),
    )
    save(result, tmp_path / "result.json")
    reported = readers.loadgen(usage(), tmp_path)
    assert (reported.rps, reported.p50_ms, reported.p99_ms, reported.errors) == (90_000.0, 0.5, 7.0, 2)
    assert reported.extra == {"opening_s": 0.5, "started": 0, "peak_rss_mb": 30.0, "cpu_us_self": 9.5}


def test_output_without_a_rate_is_an_error() -> None:
    with pytest.raises(ValueError, match="Requests/sec"):
        readers.wrk(usage("unable to connect"), Path())


def test_quantiles_of_counted_values_are_by_nearest_rank() -> None:
    values = [(5.0, 1), (1.0, 98), (2.0, 1)]
    assert [readers.weighted_quantile(values, share) for share in (0.5, 0.98, 0.99, 1.0)] == [1.0, 1.0, 2.0, 5.0]
    assert readers.weighted_quantile([], 0.5) is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_benchmark_that_is_ended_stops_what_it_started(number: signal.Signals) -> None:
    stopped = []

    def measure() -> None:
        end_as_an_exception()
        try:
            signal.raise_signal(number)
        finally:
            signal.raise_signal(number)  # a second one leaves it the time
            stopped.append("server")

    before = {each: signal.signal(each, signal.SIG_DFL) for each in (signal.SIGTERM, signal.SIGHUP)}
    try:
        with pytest.raises(SystemExit, match=str(128 + number)):
            measure()
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    assert stopped == ["server"]
