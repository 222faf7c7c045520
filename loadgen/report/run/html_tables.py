"""The tables of a run's page: latencies, the distribution, requests, errors, workers."""

from collections.abc import Iterable, Iterator, Sequence
from math import log

from loadgen.base.units import format_ms
from loadgen.report.draw.bars import buckets
from loadgen.report.draw.page import html_table, text
from loadgen.report.draw.style import format_rate, format_share
from loadgen.report.run.journeys import has_journeys, inside_journeys, outside_journeys, own_errors, untold
from loadgen.report.run.latency import (
    TITLES,
    clock_notes,
    edge,
    failed_note,
    format_quantile,
    is_closed,
    is_rough,
    recorded_ms,
    rows_of,
)
from loadgen.report.run.operations import MIB
from loadgen.report.run.tables import PHASES, what_failed
from loadgen.results.requests import ErrorRow, Latency, RequestResult
from loadgen.results.result import Result

MOST_ROWS = 200
SHOWN = ("p50", "p90", "p99", "max")
STRIP_WIDTH, STRIP_HEIGHT, _END = 150, 18, 5


def latencies(result: Result) -> str:
    """Percentiles of the good replies by the three clocks; by one where all are the same."""
    titles = {"response": "response"} if is_closed(result) else TITLES
    clocks = {title: result.latency_ms.get(key, Latency()) for title, key in titles.items()}
    response = clocks["response"]
    failed = "".join(f"<p>{text(note)}</p>" for note in failed_note(result, "Failed:"))
    if not response.count and not response.censored:
        return failed
    rows = [
        (
            key.replace("_", "."),
            *(_quantile(latency, key) for latency in clocks.values()),
            f'<div class="word">{said}</div>',
        )
        for key, said in rows_of(clocks).items()
    ]
    whole = ("replies", *(f"{latency.count:,}" for latency in clocks.values()), "")
    notes = "".join(f'<p class="soft">{text(note)}</p>' for note in clock_notes(clocks))
    return html_table(("", *clocks, ""), [*rows, whole]) + notes + failed + _phases(result)


def response_times(result: Result) -> str:
    """The distribution: a bucket a row, with its upper edge, count, share and bar."""
    found = buckets(recorded_ms(result))
    total, top = sum(bucket.count for bucket in found), max((bucket.count for bucket in found), default=0)
    rows = [
        (
            text(" ".join(edge(bucket).split())),
            f"{bucket.count:,}",
            text(format_share(bucket.count, total)),
            _bar(bucket.count / top),
        )
        for bucket in found
    ]
    return html_table(("", "replies", "share", ""), rows) if rows else ""


def requests(result: Result) -> Iterator[str]:
    """A row for each request name, or for each journey and what is in it; transactions beside them."""
    if has_journeys(result):
        yield _named("Journeys", result, list(inside_journeys(result)), begun=True)
        yield from (f'<p class="soft">{text(note)}</p>' for note in untold(result))
        yield _named("In no journey", result, list(outside_journeys(result)), begun=True)
    else:
        yield _named("Requests", result, list(result.requests.items()))
        yield _named("What takes several requests", result, list(result.transactions.items()), begun=True)
        yield _named("By size and host", result, list(result.parts.items()))


def errors(result: Result) -> Iterator[str]:
    """Every class of error with its share, what it means and its first example; status codes and error codes."""
    rows = [("", row) for row in sorted(result.errors, key=lambda row: -row.count)]
    yield _errors("Errors, with their share of all requests sent", rows, result.ledger.sent)
    yield _errors("Errors of journeys and calls, with their share of all journeys", own_errors(result),
                  result.journeys.started)  # fmt: skip


def generator(result: Result) -> str:
    """A row for each worker."""
    made_by = result.generator
    rows = [
        (
            f"worker {number}" + (" (lost)" if worker.lost else ""),
            f"{worker.cpu_s:.3g} s",
            f"{worker.core_wait_s:.3g} s",
            *(format_ms(worker.loop_lag_ms[key]) if key in worker.loop_lag_ms else "-" for key in ("p99", "max")),
        )
        for number, worker in enumerate(made_by.workers[:MOST_ROWS], 1)
    ]
    heads = ("", "CPU", "waited for a core", "own delay p99", "max")
    facts = {
        "Longest stall": format_ms(made_by.longest_stall_ms) if made_by.longest_stall_ms else "",
        "Garbage collection": format_ms(made_by.gc_pause_ms) if made_by.gc_pause_ms else "",
        "CPU quota used up": f"{made_by.throttled_periods:,} of {made_by.quota_periods:,} periods"
        if made_by.quota_periods
        else "",
    }
    said = " · ".join(f"{label}: {fact}" for label, fact in facts.items() if fact)
    table = html_table(heads, rows) if rows else ""
    return table + _left(len(made_by.workers)) + (f"<p>{text(said)}</p>" if said else "")


def _quantile(latency: Latency, key: str) -> str:
    mark = " ~" if is_rough(latency, key) else ""
    return text(format_quantile(getattr(latency, key)) + mark)


def _phases(result: Result) -> str:
    rows = [
        (
            text(name.replace("_", " ")),
            f"{phase.count:,}",
            *(_quantile(phase, key) for key in SHOWN),
            PHASES.get(name, ""),
        )
        for name, phase in result.phases_ms.items()
    ]
    return "<h2>Phases</h2>\n" + html_table(("", "count", *SHOWN, ""), rows) if rows else ""


def _named(title: str, result: Result, parts: Sequence[tuple[str, RequestResult]], *, begun: bool = False) -> str:
    """At most so many rows, and how many are left out. `begun`: they are of several kinds, shares of nothing."""
    if not parts:
        return ""
    shown = parts[:MOST_ROWS]
    ends = [end for _, part in shown for end in _ends(part)]
    low, high = min(ends, default=1.0), max(ends, default=1.0)
    rows = [_row(name, part, result, _strip(part, low, high), begun=begun) for name, part in shown]
    heads = ["", "begun" if begun else "sent", *(() if begun else ("share",)), "ok/s", *SHOWN, "failed", "p50 to p99"]
    if any(part.payload_bytes for _, part in shown):
        heads.append("MiB/s")
        rows = [(*row, _payload(part, result)) for row, (_, part) in zip(rows, shown, strict=True)]
    return f"<h2>{text(title)}</h2>\n{html_table(heads, rows)}{_left(len(parts))}"


def _payload(part: RequestResult, result: Result) -> str:
    if not part.payload_bytes or result.duration_s <= 0:
        return "-"
    return format_rate(part.payload_bytes / result.duration_s / MIB)


def _row(name: str, part: RequestResult, result: Result, strip: str, *, begun: bool) -> tuple[str, ...]:
    response, sent = part.latency_ms.get("response", Latency()), part.ledger.sent
    failed = f"{part.ledger.failed:,}"
    indent = "&emsp;" * (name.startswith("  "))
    return (
        indent + text(name.strip()),
        f"{sent:,}",
        *(() if begun else (text(format_share(sent, result.ledger.sent)),)),
        format_rate(part.ledger.ok / result.duration_s) if result.duration_s > 0 else "-",
        *(_quantile(response, key) for key in SHOWN),
        f'<span class="worse">{failed}</span>' if part.ledger.failed else failed,
        strip,
    )


def _ends(part: RequestResult) -> list[float]:
    """p50 and p99 where both are known and have a logarithm."""
    response = part.latency_ms.get("response", Latency())
    ends = [value for value in (response.p50, response.p99) if isinstance(value, int | float) and value > 0]
    return [float(end) for end in ends] if len(ends) == 2 else []


def _strip(part: RequestResult, low: float, high: float) -> str:
    """p50 as a dot and a line to p99, on one logarithmic scale for the whole table."""
    ends = _ends(part)
    if not ends:
        return ""
    first, last = (_END + (STRIP_WIDTH - 2 * _END) * log(end / low) / (log(high / low) or 1.0) for end in ends)
    y = STRIP_HEIGHT / 2
    return (
        f'<svg viewBox="0 0 {STRIP_WIDTH} {STRIP_HEIGHT}" role="img">'
        f"<title>{text(f'p50 {format_ms(ends[0])}, p99 {format_ms(ends[1])}')}</title>"
        f'<path class="whisker" d="M{first:.1f} {y:g}H{last:.1f}"/>'
        f'<circle class="dot" cx="{first:.1f}" cy="{y:g}" r="4"/></svg>'
    )


def _bar(share: float) -> str:
    return (
        f'<svg viewBox="0 0 {STRIP_WIDTH} {STRIP_HEIGHT}" role="img" aria-hidden="true">'
        f'<rect class="bar" x="0" y="3" width="{max(1.0, share * STRIP_WIDTH):.1f}" height="12"/></svg>'
    )


def _errors(title: str, rows: Iterable[tuple[str, ErrorRow]], whole: int) -> str:
    cells = [(_error(name, row), f"{row.count:,}", text(format_share(row.count, whole))) for name, row in rows]
    return f"<h2>{text(title)}</h2>\n{html_table(('', 'count', 'share'), cells)}" if cells else ""


def _error(name: str, row: ErrorRow) -> str:
    where = f"{name}: " if name else ""
    example = "\n".join(text(line) for line in row.example.splitlines() if line.strip())
    shown = f"<pre>{example}</pre>" if example else ""
    return f'<div class="why word">{text(f"{where}{what_failed(row)}")}{shown}</div>'


def _left(count: int) -> str:
    left = count - MOST_ROWS
    return f'<p class="soft">... and {left:,} more: all are in the file that -o saves</p>' if left > 0 else ""
