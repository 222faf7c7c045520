"""Gates and searches as they come out, for their texts."""

from dataclasses import replace
from random import Random

from loadgen.judge.find_max import RateSearch
from loadgen.judge.gate import DEFAULT_MARGINS, Gate, judge_gate, parse_margins
from loadgen.results.find_max import Limit, MaxRate, Trial
from loadgen.results.requests import Latency
from tests.support.results import judged
from tests.support.rounds import ENVIRONMENT, PLAN, baseline, run


def passed() -> Gate:
    """Two thresholds met by one run."""
    return judge_gate([run()], thresholds=["p50 < 20ms", "error_rate < 1%"])


def worse() -> Gate:
    """Slower than the baseline beyond doubt, a rate that cannot be told, and a threshold without data."""
    before = [run(p50_ms=value, rps=rate) for value, rate in ((10, 100), (10.1, 101), (9.9, 99))]
    after = [
        replace(run(p50_ms=value, rps=rate, failed=30), started_at=f"2026-01-06T10:0{minute}:00.000+00:00")
        for minute, (value, rate) in enumerate(((15, 100), (15.2, 60), (14.8, 130)))
    ]
    return judge_gate(
        after,
        thresholds=["p50 < 20ms", "p99.99 < 1s"],
        baseline=baseline(before, parse_margins(DEFAULT_MARGINS, ())),
    )


def doubtful() -> Gate:
    """One run a side, on another machine, near its limits."""
    return judge_gate(
        [run(verdict="limited", environment={**ENVIRONMENT, "cpu": "y"})],
        baseline=baseline([run()], parse_margins("p99: 10%, error_rate: 1%", ()), anyway=True),
    )


def found(edge_rps: float = 2000.0, *, limit: Limit = "", ended_by: str = "completed") -> MaxRate:
    """A search for the edge of a server whose p99 grows towards it."""
    search, trials, random = RateSearch(100.0), [], Random(1)
    while (rate := search.next_rps()) is not None:
        p99_ms = 2.0 / max(0.001, 1 - rate / edge_rps / 1.02) * random.uniform(0.95, 1.05)
        met = p99_ms < 50
        rows = (
            judged("p99 < 50ms", round(p99_ms, 3), "pass" if met else "fail"),
            judged("error_rate < 0.1%", 0.0, "pass"),
        )
        response = Latency(count=round(rate) * 10, p50=p99_ms / 4, p99=p99_ms)
        sent_rps = min(rate, edge_rps)
        trials.append(Trial(rate, met, rate, sent_rps, sent_rps, 10.0, response, 0, rows, "" if met else limit))
        search.take(rate, met=met)
    low, high = search.range_rps
    reasons = ("a worker used 99% of a core",) if limit == "generator" else ()
    return MaxRate(
        "2026-01-05T10:00:00+00:00", PLAN, ENVIRONMENT, ("p99 < 50ms", "error_rate < 0.1%"),
        search.best_rps, low, high, ended_by, tuple(trials), limit, reasons,
    )  # fmt: skip


EVERY_GATE = {"gate_passed": passed, "gate_worse": worse, "gate_doubtful": doubtful}
EVERY_SEARCH = {
    "max_found": found,
    "max_limited": lambda: found(limit="generator"),
    "max_stopped": lambda: found(limit="connections", ended_by="signal"),
    "max_none": lambda: found(edge_rps=0.4),
}
