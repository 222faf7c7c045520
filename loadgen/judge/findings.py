"""What the generator added itself, weighed against what it measured: each limit has its reason."""

from collections.abc import Iterable, Iterator

from loadgen.base.dataclass import dataclass
from loadgen.base.units import counted
from loadgen.results.requests import ErrorRow, Latency
from loadgen.results.result import Result

BUSY_SHARE = 0.95
"""Of a core: a worker above it sent about as fast as it could."""
REACHED_SHARE = 0.99
"""Of the rate that was asked for: what came up to it is no bound, however busy the generator was."""
CORE_WAIT_SHARE = 0.1
"""Of all the time: a tenth less of the generator than the figures suppose. A closed loop whose worker had never waited
could have sent 1 / (1 - 0.1) as much, a ninth more, and at the most its mean would have been a tenth shorter: while a
worker waits all its users do, so that by Little's law the share of the time is that of the mean."""
SMALL_SHARE = 0.1
"""Of the p99, to wake up late by: sending and reading wait alike, so that both together stay below LAG_SHARE."""
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
STALL_SEEN_SHARE = 0.01
"""As many requests as the p99 leaves out: in a closed loop a stall is seen by those in flight alone, one a user."""
THROTTLED_SHARE = 0.01
"""Of the periods of a CPU quota: beyond it the generator's standing still is in the p99."""
SHORT_S = 0.5
"""Of a shorter run what begins and ends it is too large a part to weigh processor time by."""
ENOUGH = 100
"""Requests: of fewer there is no p99 that could be weighed, it is the slowest one under another name."""
THROUGHPUT, P50, P99, SLOWEST = "throughput", "p50", "p99", "the slowest replies"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something of the generator's own, in a line with what to do, and the figures that it can have moved."""

    text: str
    moved: tuple[str, ...]


def own_findings(result: Result, ceiling_rps: float | None = None) -> Iterator[Finding]:
    """What the generator did by itself, as far as the run is long enough to weigh it."""
    if samples(result) < ENOUGH:
        yield from _stalled(result)
    else:
        yield from (*busy(result, ceiling_rps), *held_up(result), *_collecting(result), *late(result))


def facts(result: Result) -> Iterator[Finding]:
    """What was left out or failed here, however long the run."""
    for check in (_unsent, _not_started, _faulty, _raising):
        yield from check(result)


def samples(result: Result) -> int:
    """Requests, or journeys that send none."""
    return max(result.ledger.sent, result.journeys.started)


def _is_open(result: Result) -> bool:
    return bool(result.plan.get("arrivals"))


def _throughput(result: Result) -> tuple[str, ...]:
    """Whether less was sent than would have been: of a rate that was reached nothing was."""
    rate = result.asked
    return () if _is_open(result) and rate.sent_rps >= REACHED_SHARE * rate.offered_rps else (THROUGHPUT,)


def _wakes_in_time(result: Result, share: float) -> bool:
    """Whether it was looked at, and nothing was later than this share of the p99."""
    p99 = _clock(result, "response").p99
    return isinstance(p99, float) and 0 < max(_lag_ms(result), result.generator.longest_stall_ms) <= share * p99


def _lag_ms(result: Result) -> float:
    return max((row.loop_lag_ms.get("p99", 0.0) for row in result.generator.workers), default=0.0)


def busy(result: Result, ceiling_rps: float | None = None) -> Iterator[Finding]:
    """A worker that used up its core."""
    busiest = max((row.cpu_s for row in result.generator.workers), default=0.0)
    moved = _throughput(result)
    if moved and result.duration_s >= SHORT_S and busiest / result.duration_s > BUSY_SHARE:
        known = "" if ceiling_rps is None else f" (calibrated: {ceiling_rps:,.0f} requests/s at most)"
        yield Finding(
            f"a worker used {busiest / result.duration_s:.0%} of a core{known}: the target may be able to do more "
            "than was asked of it; add --processes, or use fewer connections",
            moved,
        )


def held_up(result: Result) -> Iterator[Finding]:
    """A generator that others kept from running."""
    generator = result.generator
    if generator.throttled_periods > THROTTLED_SHARE * generator.quota_periods:
        yield Finding(
            f"this container's CPU quota was used up in {generator.throttled_periods:,} of {generator.quota_periods:,} "
            f"periods, and the generator stood still for {generator.throttled_ms / 1000:.1f} s of its cores' time: "
            "raise the quota (docker --cpus, Kubernetes limits.cpu), or use fewer --processes",
            (*_throughput(result), P99),
        )
        return
    if result.duration_s >= SHORT_S:
        yield from _without_core(result)
    yield from _stalled(result)


def _stalled(result: Result) -> Iterator[Finding]:
    stall_ms, stalled_in = result.generator.longest_stall_ms, result.generator.stalled_in
    if stall_ms <= STALL_MS:
        return
    share = stall_ms / (1000 * result.duration_s) if result.duration_s else 1.0
    seen = share if _is_open(result) else result.users.asked / max(1, result.ledger.sent)
    moved = (
        *(_throughput(result) if share > CORE_WAIT_SHARE else ()),
        *((P99,) if seen > STALL_SEEN_SHARE else ()),
        SLOWEST,
    )
    if stalled_in:
        yield Finding(
            f"the generator stood still for {stall_ms:.0f} ms in {stalled_in}, code of the scenario's own, and "
            "latencies around then are its own; let it await, use user.call(..., in_thread=True), or --mode threads",
            moved,
        )
    else:
        yield Finding(
            f"the generator stood still for {stall_ms:.0f} ms: it was suspended or starved, and latencies around then "
            "are its own; run again on a less busy machine",
            moved,
        )


def _without_core(result: Result) -> Iterator[Finding]:
    """The worst worker waited for a core for long, of all the time or of that in which it had work."""
    rows = result.generator.workers
    share = max((row.core_wait_s / result.duration_s for row in rows), default=0.0)
    floor_s = CORE_WAIT_FLOOR * result.duration_s
    waits = (row.core_wait_s / (row.core_wait_s + row.cpu_s) for row in rows if row.core_wait_s > floor_s)
    wanted = max(waits, default=0.0)
    if share <= CORE_WAIT_SHARE and wanted <= WANTED_SHARE:
        return
    moved = _throughput(result) if share > CORE_WAIT_SHARE else ()
    if share > LAG_SHARE:
        moved = (*moved, P50)
    if not _wakes_in_time(result, SMALL_SHARE):
        moved = (*moved, P99)
    how_long = f"{share:.0%} of the time" if share > CORE_WAIT_SHARE else f"{wanted:.0%} of the time that it wanted one"
    if moved:
        yield Finding(
            f"a worker was ready but without a core for {how_long}: another program, the target, or more workers than "
            "there are cores; pin them apart with taskset, use fewer --processes, or another machine",
            moved,
        )


def _collecting(result: Result) -> Iterator[Finding]:
    paused_ms = result.generator.gc_pause_ms
    if result.duration_s >= SHORT_S and paused_ms > GC_SHARE * 1000 * result.duration_s:
        yield Finding(
            f"Python's garbage collector stopped the generator for {paused_ms:.0f} ms in all, and latencies then "
            "are its own; use fewer connections a process",
            (P99,),
        )


def late(result: Result) -> Iterator[Finding]:
    """A loop that was late itself."""
    p99 = _clock(result, "response").p99
    if not isinstance(p99, float):
        return
    allowed_ms = max(LAG_FLOOR_MS, LAG_SHARE * p99)
    lag_ms = _lag_ms(result)
    if lag_ms > allowed_ms:
        generator = result.generator
        alone = len(generator.workers) <= generator.processes
        remedy = "use fewer connections, or a less busy machine" if alone else "use --processes with one worker each"
        yield Finding(
            f"the generator's own delay was {lag_ms:.1f} ms at p99, a large part of the response time's {p99:.1f} ms; "
            f"{remedy}",
            (P99,),
        )


def _unsent(result: Result) -> Iterator[Finding]:
    ledger = result.ledger
    if _clock(result, "send_lag").censored and ledger.not_sent > UNSENT_SHARE * ledger.scheduled:
        yield Finding(
            f"{_of(ledger.not_sent, ledger.scheduled, _NEVER_SENT)}: no connection was free, so the rate was not "
            "reached; lower --rate, or raise --max-connections",
            (THROUGHPUT,),
        )


_NEVER_SENT = ("arrivals was never sent", "arrivals were never sent")
_NEVER_STARTED = ("journeys was never started", "journeys were never started")


def _of(part: int, whole: int, says: tuple[str, str]) -> str:
    return f"{part:,} of {whole:,} {says[part != 1]}"


def _not_started(result: Result) -> Iterator[Finding]:
    journeys = result.arrivals if result.arrivals.scheduled else result.journeys
    if result.plan.get("arrivals") and journeys.not_started > UNSENT_SHARE * journeys.scheduled:
        yield Finding(
            f"{_of(journeys.not_started, journeys.scheduled, _NEVER_STARTED)}: no user was free, so the rate was not "
            "reached; lower --rate, or raise --max-users",
            (THROUGHPUT,),
        )


def _raising(result: Result) -> Iterator[Finding]:
    """A group fails of what its journey does."""
    transactions = result.transactions.values()
    if count := sum(own_faults(item.errors) for item in transactions if item.kind != "group"):
        exceptions = counted(count, "exception")
        if (result.plan.get("counted") or {}).get("noun") == "calls":
            yield Finding(
                f"{exceptions} of the function: less was done than was meant; see the errors below", (THROUGHPUT,)
            )
            return
        yield Finding(
            f"{exceptions} of the scenario's own code: the load is less than was meant; see the errors below, and try "
            "it with --once",
            (THROUGHPUT,),
        )


def _faulty(result: Result) -> Iterator[Finding]:
    by_proxy = sum(row.count for row in result.errors if row.error_class == "proxy_error")
    if by_proxy:
        yield Finding(
            f"{counted(by_proxy, 'request')} failed at the proxy, not at the target; see the errors below",
            (THROUGHPUT,),
        )
    if count := own_faults(result.errors) - by_proxy:
        yield Finding(
            f"{counted(count, 'request')} failed on this machine, not at the target; see the errors below, and "
            "raise the limit that they name, or use fewer connections",
            (THROUGHPUT,),
        )


def own_faults(rows: Iterable[ErrorRow]) -> int:
    """How many errors were this machine's."""
    return sum(row.count for row in rows if row.fault == "generator")


def _clock(result: Result, name: str) -> Latency:
    return result.latency_ms.get(name, Latency())
