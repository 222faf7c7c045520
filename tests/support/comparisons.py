"""Rounds as a comparison would make them, for its texts. Seeded, so that every figure is the same each time."""

import math
from collections.abc import Sequence
from functools import cache
from random import Random

from loadgen.judge.comparison import compare
from loadgen.judge.explain import doubts, explain
from loadgen.report.campaigns.comparison import Page
from loadgen.results.requests import Ledger
from loadgen.results.result import Generator, Rate, Result, Users, WorkerRow
from loadgen.results.rounds import Rounds
from tests.support.results import histogram, latency, lognormal_ms, plan

SAMPLES = 1000


def one_round(
    mode: str,
    number: int,
    *,
    rps: float,
    p50_ms: float,
    cpu_us: float,
    lag_ms: float | None,
    threads: int,
    failed: int = 0,
    noise: float = 0.02,
    censored: int = 0,
    verdict: str = "valid",
) -> Result:
    """One run of 5 s, around the given figures."""
    random = Random(f"{mode}{number}{rps}")

    def about(value: float) -> float:
        return round(value * math.exp(random.gauss(0.0, noise)), 3)

    samples = lognormal_ms(SAMPLES, about(p50_ms), 0.5, seed=number)
    ok = round(rps * 5)
    response = latency(samples, [10_000.0] * censored)
    return Result(
        plan=plan("http://127.0.0.1:8080/", "/") | {"mode": mode},
        environment={"loadgen": "0.1.0", "python": "3.12.1", "cpu": "Example CPU", "cores": 4, "system": "Linux 6.1"},
        started_at=f"2026-01-02T03:{number:02}:00.000+00:00",
        duration_s=5.0,
        users=Users(64, 64, 0),
        ledger=Ledger(ok + failed, ok + failed, 0, ok, failed),
        rate=Rate(0.0, about(rps), about(rps)),
        latency_ms={"response": response, "service": response, "send_lag": latency([0.0] * 10)},
        generator=Generator(
            mode,
            workers=[WorkerRow(round(rps * cpu_us * 5e-6, 3), {} if lag_ms is None else {"p99": about(lag_ms)})],
            threads=threads,
            cpu_us_per_request=about(cpu_us),
            peak_rss_mb=round(about(30.0 + threads / 8), 1),
            context_switches=round(about(ok * (1.6 if mode == "threads" else 0.012))),
            verdict=verdict,
            reasons=[] if verdict == "valid" else ["a worker used 97% of a core: the target may do more; add cores"],
        ),
        histograms={
            "response": histogram(samples),
            **({"response_censored": histogram([10_000.0] * censored)} if censored else {}),
        },
    )


@cache
def pool(rounds: int = 5, noise: float = 0.02) -> tuple[Result, ...]:
    return tuple(
        one_round("pool", n, rps=61_000, p50_ms=1.0, cpu_us=9.8, lag_ms=0.4, threads=3, noise=noise)
        for n in range(rounds)
    )


@cache
def threads(rounds: int = 5) -> tuple[Result, ...]:
    return tuple(
        one_round("threads", n, rps=30_000, p50_ms=2.1, cpu_us=31.5, lag_ms=None, threads=66, verdict="limited")
        for n in range(rounds)
    )


@cache
def workers(rounds: int = 5) -> tuple[Result, ...]:
    """Four loops under one GIL: the throughput of one, and a tail of its own."""
    return tuple(
        one_round("pool", 40 + n, rps=60_500, p50_ms=3.4, cpu_us=11.0, lag_ms=8.1, threads=6) for n in range(rounds)
    )


def page(*variants: tuple[str, Sequence[Result]], warnings: Sequence[str] = ()) -> Page:
    comparison = compare([Rounds(tuple(results), label) for label, results in variants])
    return Page(comparison, tuple(warnings), tuple(explain(comparison)), tuple(doubts(comparison)))


@cache
def two() -> Page:
    return page(("pool", pool()), ("threads", threads()))


@cache
def three() -> Page:
    return page(("pool", pool()), ("threads", threads()), ("pool 4 workers", workers()))


@cache
def same_twice() -> Page:
    again = [one_round("pool", 20 + n, rps=61_000, p50_ms=1.0, cpu_us=9.8, lag_ms=0.4, threads=3) for n in range(9)]
    return page(("pool", pool(9)), ("pool (2)", again))


@cache
def long_names() -> Page:
    return page(
        ("pool raw 1 process 1 worker 1000 connections", pool()),
        ("pool httpx 2 processes 4 workers 1000 connections", workers()),
    )


@cache
def failing() -> Page:
    """The other side times out and fails now and then; two other runs are all there is."""
    other = [
        one_round(
            "pool", 60 + n, rps=20_000, p50_ms=3.0, cpu_us=12.0, lag_ms=0.5, threads=3, failed=900, censored=15
        )
        for n in range(3)
    ]  # fmt: skip
    return page(
        ("before", pool(3)),
        ("after", other),
        warnings=["ANOTHER MACHINE: usable cores 8 instead of 4. What differs here may be the machine."],
    )


@cache
def single_runs() -> Page:
    return page(("a", pool(1)), ("b", workers(1)))


EVERY_PAGE = {
    "comparison_two": two,
    "comparison_three": three,
    "comparison_same_twice": same_twice,
    "comparison_long_names": long_names,
    "comparison_failing": failing,
    "comparison_single_runs": single_runs,
}
