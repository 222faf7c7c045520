"""What the text report says of an S3 run: its operations, its seconds, and what became of its objects."""

from collections.abc import Mapping
from typing import Any

from loadgen.base.units import format_bytes, format_count
from loadgen.report.latency import format_quantile, is_closed
from loadgen.report.style import Line, Span, Tone, align, clean, counted, format_rate, line, wrap
from loadgen.results.result import Latency, RequestResult, Result, Second

MIB = 1 << 20
FEWEST_SECONDS = 3
LEFT = "NOT CLEANED UP"

_HEADLINE = {
    "put": ("objects", ("put",)),
    "get": ("objects", ("get", "get-range")),
    "stat": ("objects", ("stat",)),
    "delete": ("objects", ("delete", "delete-many")),
    "list": ("pages", ("list",)),
    "copy": ("objects", ("copy",)),
}
"""What a job is counted in, and the requests that stand for one each; those not here have transactions."""


def is_s3(result: Result) -> bool:
    """Whether it was a job on a bucket."""
    return isinstance(result.plan.get("s3"), Mapping)


def title(plan: Mapping[str, Any]) -> str:
    """`S3 put: http://127.0.0.1:9000/photos, objects of 4.00 KiB`."""
    s3 = plan["s3"]
    name = f"{plan.get('name')}: " if plan.get("name") not in (None, "", plan.get("target")) else ""
    what = f", {s3['range_bytes']:,} bytes of each object" if s3.get("range_bytes") else ""
    what += ", by presigned URLs" if s3.get("presigned") else ""
    return clean(f"{name}S3 {s3.get('job')} on {plan.get('target')}/{s3.get('bucket')}, {_sizes(s3)}{what}")


def rates(result: Result) -> list[str]:
    """The headline's rates: objects and MiB a second. An object that takes several requests counts once."""
    s3, seconds = result.plan["s3"], result.duration_s or 1.0
    for whole in result.transactions.values():
        return _figures(whole.ledger.ok, "objects", whole.payload_bytes, seconds)
    noun, names = _HEADLINE.get(str(s3.get("job")), ("requests", tuple(result.requests)))
    each = max(1, int(s3.get("delete_many") or 1))
    done = sum(part.ledger.ok * (each if name == "delete-many" else 1) for name, part in _named(result, names))
    if each > 1:  # the last delete may have had fewer
        done = min(done, int(s3.get("objects") or done))
    return _figures(done, noun, sum(part.payload_bytes for part in result.requests.values()), seconds)


def transaction(result: Result) -> tuple[str, RequestResult] | None:
    """What the job counts in that takes several requests, if it does, with its sums and times."""
    return next(iter(result.transactions.items()), None)


def operations(result: Result) -> list[Line]:
    """Two tables with a row for each operation: how many and how large, and how long they took.

    What takes several of them has a row too, for the whole from its first request to its last.
    """
    parts = {name: part for name, part in result.requests.items() if part.ledger.sent}
    parts |= {f"whole {name}": part for name, part in result.transactions.items() if part.ledger.sent}
    if not parts:
        return []
    counts: list[tuple[str, ...]] = [("Operation", "sent", "failed", "ok/s", "MiB/s", "mean size")]
    counts += [_count_row(name, part, result) for name, part in parts.items()]
    clocks = {"response": "latency_ms"} if is_closed(result) else {"response": "latency_ms", "service": "latency_ms"}
    times: list[tuple[str, ...]] = [
        ("", *(cell for clock in (*clocks, "first byte") for cell in ("", clock))),
        ("", *("p50", "p99") * (len(clocks) + 1)),
    ]
    timed = [_time_row(name, part, tuple(clocks)) for name, part in parts.items() if _is_timed(part)]
    every = frozenset(range(1, 9))
    lines = [*map(line, align(counts, right=every)), *_under_way(result)]
    return [*lines, line(), *map(line, align([*times, *timed], right=every))] if timed else lines


def seconds(result: Result) -> list[Line]:
    """The slowest, the median and the fastest whole second."""
    whole = result.whole_seconds
    if len(whole) < FEWEST_SECONDS:
        return []
    ordered = sorted(whole, key=lambda second: (second.payload_bytes, second.ok))
    chosen = {"slowest": ordered[0], "median": ordered[len(ordered) // 2], "fastest": ordered[-1]}
    moving = sum(1 for name, part in result.requests.items() if part.payload_bytes and not name.endswith(" again"))
    moved = "MiB/s both ways" if moving > 1 else "MiB/s"
    rows = [("Seconds", "ok/s", moved, ""), *(_second_row(name, second) for name, second in chosen.items())]
    return [*map(line, align(rows, right=frozenset({1, 2})))]


def notes(result: Result, width: int) -> list[Line]:
    """What happened before and after the run, and what is left of it."""
    lines = []
    for note in result.notes:
        tone = Tone.BAD if note.startswith(LEFT) else Tone.PLAIN
        lines += [line(Span(row, tone)) for row in wrap(clean(note), width)]
    return lines


def _figures(done: int, noun: str, moved: int, seconds: float) -> list[str]:
    figures = [f"{format_rate(done / seconds)} {noun}/s"]
    return [*figures, f"{format_rate(moved / seconds / MIB)} MiB/s"] if moved else figures


def _is_timed(part: RequestResult) -> bool:
    """Whether there is anything to say of how long its good replies took."""
    response = part.latency_ms.get("response", Latency())
    return bool(response.count or response.censored)


def _under_way(result: Result) -> list[Line]:
    """How many had begun and were neither done nor failed when the run ended."""
    left = {name: part.ledger.unknown for name, part in result.transactions.items() if part.ledger.unknown}
    return [line(f"  ({counted(count, name)} still under way at the end)") for name, count in left.items()]


def _named(result: Result, names: tuple[str, ...]) -> list[tuple[str, RequestResult]]:
    """The parts of these operations, those that were sent again among them."""
    return [(name, part) for name, part in result.requests.items() if name.removesuffix(" again") in names]


def _sizes(s3: Mapping[str, Any]) -> str:
    if s3.get("source") is not None:
        return f"what is under {s3['source']!r}"
    sizes = s3.get("sizes") or []
    texts = [
        format_bytes(low) if low == high else f"{format_bytes(low)} to {format_bytes(high)}" for low, high, _ in sizes
    ]
    return f"objects of {' or '.join(texts)}"


def _count_row(name: str, part: RequestResult, result: Result) -> tuple[str, ...]:
    ok, span_s = part.ledger.ok, result.duration_s or 1.0
    return (
        clean(name),
        format_count(part.ledger.sent),
        format_count(part.ledger.failed),
        format_rate(ok / span_s),
        format_rate(part.payload_bytes / span_s / MIB) if part.payload_bytes else "-",
        format_bytes(round(part.payload_bytes / ok)) if part.payload_bytes and ok else "-",
    )


def _time_row(name: str, part: RequestResult, clocks: tuple[str, ...]) -> tuple[str, ...]:
    found = [part.latency_ms.get(clock, Latency()) for clock in clocks]
    found.append(part.phases_ms.get("first_byte", Latency()))
    return (clean(name), *(format_quantile(value) for latency in found for value in (latency.p50, latency.p99)))


def _second_row(name: str, second: Second) -> tuple[str, ...]:
    moved = format_rate(second.payload_bytes / MIB) if second.payload_bytes else "-"
    return (f"  {name}", format_count(second.ok), moved, f"at {second.t_s:.0f}s")
