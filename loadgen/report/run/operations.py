"""The report of a job that moves payload or counts in more than requests: operations, throughput, seconds."""

from collections.abc import Sequence

from loadgen.base.units import counted, format_bytes
from loadgen.plan.jobs.s3 import LISTED
from loadgen.report.draw.style import Line, Span, Tone, align, clean, format_rate, line
from loadgen.report.run.latency import format_quantile, is_closed
from loadgen.results.requests import Latency, RequestResult
from loadgen.results.result import Result

MIB = 1 << 20
FEWEST_SECONDS = 3
"""With fewer, a slowest, a median and a fastest second would not be three."""


def is_by_operation(result: Result) -> bool:
    """Whether the report is by operation: there is payload, a transaction, or another noun than requests."""
    moved = any(part.payload_bytes for part in result.requests.values())
    return bool(moved or result.transactions or result.noun != "requests")


def is_of_calls(result: Result) -> bool:
    """Whether each journey was one call of a function."""
    return result.noun == "calls"


def done_of_all(result: Result) -> list[Line]:
    """Of a batch, what came of its objects."""
    whole = result.transactions.get("object")
    if (result.plan.get("s3") or {}).get("job") != "batch" or whole is None or LISTED not in result.metrics:
        return []
    there, ledger = round(result.metrics[LISTED].sum or 0), whole.ledger
    parts = [f"{ledger.ok:,} of {counted(there, 'object')} done"]
    parts += [f"{ledger.failed:,} failed"] if ledger.failed else []
    left = there - ledger.ok - ledger.failed
    parts += [f"{left:,} not done"] if left > 0 else []
    return [line("  ", Span(", ".join(parts), Tone.STRONG if ledger.ok == there else Tone.BAD))]


def rates(result: Result) -> list[str]:
    """The headline's rates: what the job counts in and MiB a second. What takes several requests counts once."""
    count, noun, seconds = result.plan.get("counted") or {}, result.noun, result.duration_s or 1.0
    moved = sum(part.payload_bytes for part in result.requests.values())
    if noun in ("journeys", "calls"):
        return _figures(result.journey_rate.ok_rps, noun, 0)
    for part in result.transactions.values():
        return _figures(part.ledger.ok / seconds, noun, part.payload_bytes / seconds)
    if noun == "requests":
        unit = "good replies" if result.ledger.failed and not moved else noun
        return _figures(result.rate.ok_rps, unit, moved / seconds)
    done = sum(part.ledger.ok for part in result.requests.values()) * int(count.get("per_reply") or 1)
    return _figures(min(done, count.get("total") or done) / seconds, noun, moved / seconds)


def transaction(result: Result) -> tuple[str, RequestResult] | None:
    """What the job counts in that takes several requests, if it does, with its sums and times."""
    return next(iter(result.transactions.items()), None)


def operations(result: Result) -> list[Line]:
    """Two tables with a row for each operation: how many and how large, and how long they took.

    What takes several of them has a row too, for the whole from its first request to its last.
    """
    parts = {name: part for name, part in result.requests.items() if part.ledger.sent}
    calls = {name: part for name, part in result.transactions.items() if part.kind == "call" and part.ledger.sent}
    if calls and "put" in parts:
        calls["put"] = parts.pop("put")  # what they return is put
    parts |= calls
    parts |= {
        f"whole {name}": part for name, part in result.transactions.items() if part.kind != "call" and part.ledger.sent
    }
    if not parts:
        return []
    counts: list[tuple[str, ...]] = [("Operation", "sent", "failed", "ok/s", "MiB/s", "mean size")]
    counts += [_count_row(name, part, result) for name, part in parts.items()]
    clocks = ["response", "first_byte"] if is_closed(result) else ["response", "service", "first_byte"]
    if is_closed(result) and any(_takes_time(part) for part in parts.values()):
        clocks.append("transfer")
    times: list[tuple[str, ...]] = [
        ("", *(cell for clock in clocks for cell in ("", clock.replace("_", " ")))),
        ("", *("p50", "p99") * len(clocks)),
    ]
    timed = [_time_row(name, part, clocks) for name, part in parts.items() if _is_timed(part)]
    every = frozenset(range(1, 9))
    lines = [*map(line, align(counts, right=every)), *_under_way(result)]
    return [*lines, line(), *map(line, align([*times, *timed], right=every))] if timed else lines


def parts(result: Result) -> list[Line]:
    """The same by the size of the objects, and by host."""
    rows = {name: part for name, part in result.parts.items() if part.ledger.sent}
    if not rows:
        return []
    by_size = any(", " in name for name in rows)
    counts: list[tuple[str, ...]] = [
        ("By size" if by_size else "By host", "sent", "failed", "ok/s", "MiB/s", "p50", "p99", "first byte")
    ]
    for name, part in rows.items():
        first = part.phases_ms.get("first_byte", Latency())
        times = part.latency_ms.get("response", Latency())
        quantiles = (format_quantile(value) for value in (times.p50, times.p99, first.p50))
        counts.append((*_count_row(name, part, result)[:5], *quantiles))
    return [*map(line, align(counts, right=frozenset(range(1, 8))))]


def seconds(result: Result) -> list[Line]:
    """The slowest, the median and the fastest whole second."""
    rows = result.whole_seconds
    if len(rows) < FEWEST_SECONDS:
        return []
    ordered = sorted(rows, key=lambda second: (second.payload_bytes, second.ok))
    chosen = {"slowest": ordered[0], "median": ordered[len(ordered) // 2], "fastest": ordered[-1]}
    moving = {name for name, part in result.requests.items() if part.payload_bytes}
    methods = {spec.get("method") for spec in result.plan.get("requests") or [] if spec.get("name") in moving}
    moved = "MiB/s both ways" if len(methods) > 1 else "MiB/s"
    table = [("Seconds", "ok/s", moved, "")]
    for name, second in chosen.items():
        payload = format_rate(second.payload_bytes / MIB) if second.payload_bytes else "-"
        table.append((f"  {name}", f"{second.ok:,}", payload, f"at {second.t_s:.0f}s"))
    return [*map(line, align(table, right=frozenset({1, 2})))]


def _figures(per_second: float, noun: str, bytes_per_second: float) -> list[str]:
    figures = [f"{format_rate(per_second)} {noun}/s"]
    return [*figures, f"{format_rate(bytes_per_second / MIB)} MiB/s"] if bytes_per_second else figures


def _is_timed(part: RequestResult) -> bool:
    """Whether there is anything to say of how long its good replies took."""
    response = part.latency_ms.get("response", Latency())
    return bool(response.count or response.censored)


def _under_way(result: Result) -> list[Line]:
    """How many had begun and were neither done nor failed when the run ended."""
    left = {name: part.ledger.unknown for name, part in result.transactions.items() if part.ledger.unknown}
    return [line(f"  ({counted(count, name)} still under way at the end)") for name, count in left.items()]


def _count_row(name: str, part: RequestResult, result: Result) -> tuple[str, ...]:
    ok, span_s = part.ledger.ok, result.duration_s or 1.0
    return (
        clean(name),
        f"{part.ledger.sent:,}",
        f"{part.ledger.failed:,}",
        format_rate(ok / span_s),
        format_rate(part.payload_bytes / span_s / MIB) if part.payload_bytes else "-",
        format_bytes(round(part.payload_bytes / ok)) if part.payload_bytes and ok else "-",
    )


def _takes_time(part: RequestResult) -> bool:
    """Whether replies took time from their first byte to their last: those in one piece take none."""
    transfer = part.phases_ms.get("transfer", Latency())
    return bool(transfer.p99)


def _time_row(name: str, part: RequestResult, clocks: Sequence[str]) -> tuple[str, ...]:
    times = {**part.latency_ms, **part.phases_ms}
    clock_times = [times.get(clock, Latency()) for clock in clocks]
    return (clean(name), *(format_quantile(value) for latency in clock_times for value in (latency.p50, latency.p99)))
