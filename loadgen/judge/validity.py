"""Whether to believe a run: what the generator added itself, weighed against what it measured."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from loadgen.results.journeys import Journeys
from loadgen.results.result import Generator, Latency, Ledger, Result

BUSY_SHARE = 0.95
"""Of a core: a worker above it sent about as fast as it could."""
CORE_WAIT_SHARE = 0.1
"""Of all the time: a tenth less of the generator than the figures suppose."""
CORE_WAIT_FLOOR, WANTED_SHARE = 0.02, 0.3
"""Of all the time, and of that in which a core was wanted. At 1,000/s a worker is busy for a twentieth of the time: a
hog on its core made it wait for 38 % of what it wanted, its arrivals 1.4 ms late, and for 3 % of all the time."""
LAG_SHARE, LAG_FLOOR_MS = 0.25, 1.0
"""A quarter of the p99 is a large part of it. A millisecond passes in any case: a timer of the event loop alone is
0.7 ms late at p99, at 300 arrivals a second."""
STALL_MS = 100.0
"""Two ticks of a worker (executors/base.py), which a loop that only has much to do does not miss."""
GC_SHARE = 0.01
"""As large a part of the time as the p99 leaves out: beyond it the collector is in the percentiles."""
UNSENT_SHARE = 0.001
"""As many arrivals as the p99.9 leaves out."""
OWN_FAULT_SHARE = 0.01
"""As many requests as a p99 leaves out: beyond it no figure of the run is of the load that was asked for."""
THROTTLED_SHARE = 0.01
"""Of the periods of a CPU quota: beyond it the generator's standing still is in the p99."""
SHORT_S = 0.5
"""Of a shorter run what begins and ends it is too large a part to weigh processor time by."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the verdict rests on. `lost` says, a line each, which workers are missing.

    `own_faults` counts the errors that were the generator's, `script_errors` journeys that an exception of their own
    code ended. `arrivals` are those of journeys, where they came at a rate. `ceiling_rps` is the most this machine
    could send when it was calibrated, where it was.
    """

    generator: Generator
    response: Latency
    send_lag: Latency
    ledger: Ledger
    duration_s: float
    lost: tuple[str, ...] = ()
    own_faults: int = 0
    ceiling_rps: float | None = None
    script_errors: int = 0
    arrivals: Journeys = field(default_factory=Journeys)


def judge_validity(evidence: Evidence) -> tuple[str, list[str]]:
    """`valid`, `limited` (the figures are a bound) or `invalid`, with reasons that say what to do."""
    if evidence.lost:
        return "invalid", [f"{reason}: its share of the load is missing" for reason in evidence.lost]
    checks = (_busy, _held_up, _collecting, _late, _unsent, _not_started, _faulty, _raising)
    reasons = [reason for check in checks for reason in check(evidence)]
    stalled_s = evidence.generator.longest_stall_ms / 1000
    stood_still = evidence.duration_s > 0 and stalled_s > evidence.duration_s / 4
    if reasons and (stood_still or evidence.own_faults > OWN_FAULT_SHARE * evidence.ledger.sent):
        return "invalid", reasons
    return ("limited" if reasons else "valid"), reasons


def own_limits(result: Result) -> list[str]:
    """What of a saved run was the generator's doing, apart from a lack of connections; empty where nothing was."""
    latency = result.latency_ms
    response, lag = latency.get("response", Latency()), latency.get("send_lag", Latency())
    evidence = Evidence(result.generator, response, lag, result.ledger, result.duration_s)
    return [*_busy(evidence), *_held_up(evidence), *_late(evidence)]


def _busy(evidence: Evidence) -> Iterator[str]:
    busiest = max((row.cpu_s for row in evidence.generator.workers), default=0.0)
    if evidence.duration_s >= SHORT_S and busiest / evidence.duration_s > BUSY_SHARE:
        known = "" if evidence.ceiling_rps is None else f" (calibrated: {evidence.ceiling_rps:,.0f} requests/s at most)"
        yield (
            f"a worker used {busiest / evidence.duration_s:.0%} of a core{known}: the target may be able to do more "
            "than was asked of it; add --processes, or use fewer connections"
        )


def _held_up(evidence: Evidence) -> Iterator[str]:
    generator = evidence.generator
    if generator.throttled_periods > THROTTLED_SHARE * generator.quota_periods:
        yield (
            f"this container's CPU quota was used up in {generator.throttled_periods:,} of {generator.quota_periods:,} "
            f"periods, and the generator stood still for {generator.throttled_ms / 1000:.1f} s of its cores' time: "
            "raise the quota (docker --cpus, Kubernetes limits.cpu), or use fewer --processes"
        )
        return
    how_long = _core_wait(evidence) if evidence.duration_s >= SHORT_S else ""
    if how_long:
        yield (
            f"a worker was ready but without a core for {how_long}: another program, the target, or more workers than "
            "there are cores; pin them apart with taskset, use fewer --processes, or another machine"
        )
    stall_ms = generator.longest_stall_ms
    if stall_ms > STALL_MS:
        yield (
            f"the generator stood still for {stall_ms:.0f} ms: it was suspended or starved, and latencies around then "
            "are its own; run again on a less busy machine"
        )


def _core_wait(evidence: Evidence) -> str:
    """How long the worst worker waited for a core, of all the time or of that in which it had work; "" if not long."""
    rows = evidence.generator.workers
    share = max((row.core_wait_s / evidence.duration_s for row in rows), default=0.0)
    if share > CORE_WAIT_SHARE:
        return f"{share:.0%} of the time"
    floor_s = CORE_WAIT_FLOOR * evidence.duration_s
    waits = (row.core_wait_s / (row.core_wait_s + row.cpu_s) for row in rows if row.core_wait_s > floor_s)
    wanted = max(waits, default=0.0)
    return f"{wanted:.0%} of the time that it wanted one" if wanted > WANTED_SHARE else ""


def _collecting(evidence: Evidence) -> Iterator[str]:
    paused_ms = evidence.generator.gc_pause_ms
    if evidence.duration_s >= SHORT_S and paused_ms > GC_SHARE * 1000 * evidence.duration_s:
        yield (
            f"Python's garbage collector stopped the generator for {paused_ms:.0f} ms in all, and latencies then "
            "are its own; use fewer connections a process"
        )


def _late(evidence: Evidence) -> Iterator[str]:
    p99 = evidence.response.p99
    if not isinstance(p99, float):
        return
    allowed_ms = max(LAG_FLOOR_MS, LAG_SHARE * p99)
    lag_ms = max((row.loop_lag_ms.get("p99", 0.0) for row in evidence.generator.workers), default=0.0)
    if lag_ms > allowed_ms:
        generator = evidence.generator
        alone = len(generator.workers) <= generator.processes
        remedy = "use fewer connections, or a less busy machine" if alone else "use --processes with one worker each"
        yield (
            f"the generator's own delay was {lag_ms:.1f} ms at p99, a large part of the response time's {p99:.1f} ms; "
            f"{remedy}"
        )


def _unsent(evidence: Evidence) -> Iterator[str]:
    ledger = evidence.ledger
    if evidence.send_lag.censored and ledger.not_sent > UNSENT_SHARE * ledger.scheduled:
        yield (
            f"{ledger.not_sent:,} of {ledger.scheduled:,} arrivals were never sent: no connection was free, so the "
            "rate was not reached; lower --rate, or raise --max-connections"
        )


def _not_started(evidence: Evidence) -> Iterator[str]:
    journeys = evidence.arrivals
    if journeys.not_started > UNSENT_SHARE * journeys.scheduled:
        yield (
            f"{journeys.not_started:,} of {journeys.scheduled:,} journeys were never started: no user was free, so the "
            "rate was not reached; lower --rate, or raise --max-users"
        )


def _raising(evidence: Evidence) -> Iterator[str]:
    if count := evidence.script_errors:
        journeys = "1 journey" if count == 1 else f"{count:,} journeys"
        yield (
            f"{journeys} ended by an exception of the scenario's own code, so the load is less than was meant; see the "
            "errors below, and try it with --once"
        )


def _faulty(evidence: Evidence) -> Iterator[str]:
    if evidence.own_faults:
        yield (
            f"{evidence.own_faults:,} requests failed on this machine, not at the target; see the errors below, and "
            "raise the limit that they name, or use fewer connections"
        )
