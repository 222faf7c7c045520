"""How much this machine can measure: its ceiling, the send lag on the way there, the memory of a connection.

Everything is found out with ordinary runs; `runner` makes a Result of a Plan and may raise to end it all.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from loadgen.base.endpoint import Origin
from loadgen.base.errors import UsageError
from loadgen.plan.jobs.http import HttpJob, RequestSpec
from loadgen.plan.plan import Arrivals, Plan, Stage
from loadgen.plan.topology import choose
from loadgen.results.calibration import Calibration, Ceiling, LagPoint
from loadgen.results.requests import Quantile
from loadgen.results.result import Result

Runner = Callable[[Plan], Result]

CONNECTIONS = 64
"""Enough to keep a core busy, and few enough to stay in its caches: where the ceiling is highest."""

FEW, MANY = 10, 1000
"""Between them lie 990 connections: one page more or less is four bytes of each."""

SHARES = (0.1, 0.5, 0.8)
"""Of the ceiling: with time to spare, busy, and near the end, where a rate can only just be kept."""

MEMORY_S = 0.4
CEILING_S = 1.2
CEILING_RUNS = 2
LAG_S = 1.5
WARMUP_S = 0.3
"""So that all of it takes about ten seconds."""

GRACE_S = 1.0


def calibrate(origin: Origin, responder: str, *, cores: int, gil: bool, runner: Runner) -> Calibration:
    """About ten seconds of load on `origin`, which is on this machine. Raises UsageError where nothing answers."""
    processes, workers = choose("pool", CONNECTIONS, None, None, max(1, cores - 1), gil)  # a core for the responder
    base = Plan(
        name="calibrate",
        origin=origin,
        job=HttpJob((RequestSpec("GET /", "GET", "/"),)),
        users=CONNECTIONS,
        processes=processes,
        workers=workers,
        grace_s=GRACE_S,
    )
    kb_per_connection = _memory(base, runner)  # first: the peak of a process never comes down again
    best, result = _ceiling(base, runner)
    return Calibration(
        taken_at=datetime.now(UTC).isoformat(timespec="seconds"),
        environment=result.environment,
        responder=responder,
        connections=CONNECTIONS,
        processes=processes,
        workers=workers,
        ceiling=best,
        send_lag=tuple(_lag(base, share, share * best.rps, runner) for share in SHARES),
        kb_per_connection=kb_per_connection,
    )


def _ceiling(base: Plan, runner: Runner) -> tuple[Ceiling, Result]:
    """The best of a few runs: whatever else the machine does can only take away."""
    results = [_answered(runner(replace(base, duration_s=CEILING_S))) for _ in range(CEILING_RUNS)]
    best = max(results, key=lambda result: result.rate.ok_rps)
    response = best.latency_ms["response"]
    cpu_us = best.generator.cpu_us_per_request or 0.0
    return Ceiling(best.rate.ok_rps, lowest_ms(response.p50), lowest_ms(response.p99), cpu_us), best


def _lag(base: Plan, share: float, rate_rps: float, runner: Runner) -> LagPoint:
    stage = Stage(WARMUP_S + LAG_S, rate_rps, rate_rps)
    arrivals = Arrivals((stage,), max_connections=base.users)
    result = _answered(runner(replace(base, arrivals=arrivals, warmup_s=WARMUP_S, duration_s=LAG_S)))
    lag = result.latency_ms["send_lag"]
    return LagPoint(
        share, round(rate_rps, 1), result.rate.sent_rps, lowest_ms(lag.p50), lowest_ms(lag.p99), lowest_ms(lag.p99_9)
    )


def _memory(base: Plan, runner: Runner) -> float | None:
    """KiB that one more connection takes; None where the host refuses so many.

    In this process: the peak of a child begins with that of the parent which started it.
    """
    plan = replace(base, processes=1, workers=1, users=FEW, duration_s=MEMORY_S)
    runner(plan)  # loads what a first run loads
    few = _answered(runner(plan))
    try:
        many = _answered(runner(replace(plan, users=MANY)))
    except UsageError:
        return None
    more_mb = many.generator.peak_rss_mb - few.generator.peak_rss_mb
    return round(max(0.0, more_mb) * 1024 / (MANY - FEW), 1)


def _answered(result: Result) -> Result:
    if not result.ledger.ok or result.ended_by != "completed":
        raise UsageError(f"calibration: a run ended without a figure ({result.ended_because or result.ended_by})")
    return result


def lowest_ms(value: Quantile) -> float:
    """A quantile in milliseconds; of one that is only known to be at least something, that; 0 without samples."""
    return (value["at_least"] if isinstance(value, dict) else value) or 0.0
