"""Whether to believe a run: what the generator added itself, weighed against what it measured."""

from collections.abc import Iterable, Iterator, Sequence

from loadgen.base.units import listed
from loadgen.results.merge_generators import without_figures
from loadgen.results.result import ErrorRow, Latency, Machines, Result

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


def judge_validity(
    result: Result, lost: Sequence[str] = (), ceiling_rps: float | None = None, machines: Machines | None = None
) -> tuple[str, list[str]]:
    """`valid`, `limited` (the figures are a bound) or `invalid`, with reasons that say what to do.

    `lost` says, a line each, which workers are missing; `ceiling_rps` is the most this machine could send when it was
    calibrated, where it was. Where several machines made the load each has been judged by itself: what was a machine's
    own doing is said with its name.
    """
    if lost:
        return "invalid", [f"{reason}: its share of the load is missing" for reason in lost]
    if machines is None:
        own = [*_busy(result, ceiling_rps), *_held_up(result), *_collecting(result), *_late(result)]
    else:
        own = list(_of_machines(machines))
    checks = (_unsent, _not_started, _faulty, _raising)
    reasons = [*own, *(reason for check in checks for reason in check(result))]
    stalled_s = result.generator.longest_stall_ms / 1000
    stood_still = result.duration_s > 0 and stalled_s > result.duration_s / 4
    if reasons and (stood_still or _own_faults(result.errors) > OWN_FAULT_SHARE * result.ledger.sent):
        return "invalid", reasons
    return ("limited" if reasons else "valid"), reasons


def _of_machines(machines: Machines) -> Iterator[str]:
    """What is said of each, or with the figures of the first of several alike."""
    alike: dict[str, list[tuple[str, str]]] = {}
    for row in machines.rows:
        for reason in row.reasons:
            alike.setdefault(without_figures(reason), []).append((row.name, reason))
    for named in alike.values():
        names = [name for name, _ in named]
        yield f"{listed(names, 'and')}: {named[0][1]}"


def own_limits(result: Result) -> list[str]:
    """What of a saved run was the generator's doing, apart from a lack of connections; empty where nothing was."""
    return [*_busy(result), *_held_up(result), *_late(result)]


def _busy(result: Result, ceiling_rps: float | None = None) -> Iterator[str]:
    busiest = max((row.cpu_s for row in result.generator.workers), default=0.0)
    if result.duration_s >= SHORT_S and busiest / result.duration_s > BUSY_SHARE:
        known = "" if ceiling_rps is None else f" (calibrated: {ceiling_rps:,.0f} requests/s at most)"
        yield (
            f"a worker used {busiest / result.duration_s:.0%} of a core{known}: the target may be able to do more "
            "than was asked of it; add --processes, or use fewer connections"
        )


def _held_up(result: Result) -> Iterator[str]:
    generator = result.generator
    if generator.throttled_periods > THROTTLED_SHARE * generator.quota_periods:
        yield (
            f"this container's CPU quota was used up in {generator.throttled_periods:,} of {generator.quota_periods:,} "
            f"periods, and the generator stood still for {generator.throttled_ms / 1000:.1f} s of its cores' time: "
            "raise the quota (docker --cpus, Kubernetes limits.cpu), or use fewer --processes"
        )
        return
    how_long = _core_wait(result) if result.duration_s >= SHORT_S else ""
    if how_long:
        yield (
            f"a worker was ready but without a core for {how_long}: another program, the target, or more workers than "
            "there are cores; pin them apart with taskset, use fewer --processes, or another machine"
        )
    stall_ms = generator.longest_stall_ms
    if stall_ms > STALL_MS and generator.stalled_in:
        yield (
            f"the generator stood still for {stall_ms:.0f} ms in {generator.stalled_in}, code of the scenario's own, "
            "and latencies around then are its own; let it await, use user.call(..., in_thread=True), or --mode threads"
        )
    elif stall_ms > STALL_MS:
        yield (
            f"the generator stood still for {stall_ms:.0f} ms: it was suspended or starved, and latencies around then "
            "are its own; run again on a less busy machine"
        )


def _core_wait(result: Result) -> str:
    """How long the worst worker waited for a core, of all the time or of that in which it had work; "" if not long."""
    rows = result.generator.workers
    share = max((row.core_wait_s / result.duration_s for row in rows), default=0.0)
    if share > CORE_WAIT_SHARE:
        return f"{share:.0%} of the time"
    floor_s = CORE_WAIT_FLOOR * result.duration_s
    waits = (row.core_wait_s / (row.core_wait_s + row.cpu_s) for row in rows if row.core_wait_s > floor_s)
    wanted = max(waits, default=0.0)
    return f"{wanted:.0%} of the time that it wanted one" if wanted > WANTED_SHARE else ""


def _collecting(result: Result) -> Iterator[str]:
    paused_ms = result.generator.gc_pause_ms
    if result.duration_s >= SHORT_S and paused_ms > GC_SHARE * 1000 * result.duration_s:
        yield (
            f"Python's garbage collector stopped the generator for {paused_ms:.0f} ms in all, and latencies then "
            "are its own; use fewer connections a process"
        )


def _late(result: Result) -> Iterator[str]:
    p99 = _clock(result, "response").p99
    if not isinstance(p99, float):
        return
    allowed_ms = max(LAG_FLOOR_MS, LAG_SHARE * p99)
    lag_ms = max((row.loop_lag_ms.get("p99", 0.0) for row in result.generator.workers), default=0.0)
    if lag_ms > allowed_ms:
        generator = result.generator
        alone = len(generator.workers) <= generator.processes
        remedy = "use fewer connections, or a less busy machine" if alone else "use --processes with one worker each"
        yield (
            f"the generator's own delay was {lag_ms:.1f} ms at p99, a large part of the response time's {p99:.1f} ms; "
            f"{remedy}"
        )


def _unsent(result: Result) -> Iterator[str]:
    ledger = result.ledger
    if _clock(result, "send_lag").censored and ledger.not_sent > UNSENT_SHARE * ledger.scheduled:
        yield (
            f"{ledger.not_sent:,} of {ledger.scheduled:,} arrivals were never sent: no connection was free, so the "
            "rate was not reached; lower --rate, or raise --max-connections"
        )


def _not_started(result: Result) -> Iterator[str]:
    journeys = result.journeys
    if result.plan.get("arrivals") and journeys.not_started > UNSENT_SHARE * journeys.scheduled:
        yield (
            f"{journeys.not_started:,} of {journeys.scheduled:,} journeys were never started: no user was free, so the "
            "rate was not reached; lower --rate, or raise --max-users"
        )


def _raising(result: Result) -> Iterator[str]:
    """A group fails of what its journey does."""
    transactions = result.transactions.values()
    if count := sum(_own_faults(item.errors) for item in transactions if item.kind != "group"):
        exceptions = "1 exception" if count == 1 else f"{count:,} exceptions"
        if (result.plan.get("counted") or {}).get("noun") == "calls":
            yield f"{exceptions} of the function: less was done than was meant; see the errors below"
            return
        yield (
            f"{exceptions} of the scenario's own code: the load is less than was meant; see the errors below, and try "
            "it with --once"
        )


def _faulty(result: Result) -> Iterator[str]:
    by_proxy = sum(row.count for row in result.errors if row.error_class == "proxy_error")
    if by_proxy:
        yield f"{by_proxy:,} requests failed at the proxy, not at the target; see the errors below"
    if count := _own_faults(result.errors) - by_proxy:
        yield (
            f"{count:,} requests failed on this machine, not at the target; see the errors below, and "
            "raise the limit that they name, or use fewer connections"
        )


def _own_faults(rows: Iterable[ErrorRow]) -> int:
    return sum(row.count for row in rows if row.fault == "generator")


def _clock(result: Result, name: str) -> Latency:
    return result.latency_ms.get(name, Latency())
