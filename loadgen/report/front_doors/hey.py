"""The report of hey: `Summary`, `Response time histogram`, `Latency distribution`, `Status code distribution`."""

from loadgen.measure.histogram import Histogram, top_of
from loadgen.report.front_doors.figures import Figures, mean_s, quantiles_s
from loadgen.results.result import Result

QUANTILES = (0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 0.99)
_BARS = 40
_ROWS = 10


def hey_text(result: Result) -> str:
    """All of it. Latencies are those of replies, from when they were due; sizes are those of bodies.

    How long a request took to write is not measured, and has no line.
    """
    figures = Figures(result)
    parts = [_summary(figures)]
    if figures.complete:
        parts += [_histogram(figures.latencies), _distribution(figures.latencies), _details(figures)]
    parts.append(_statuses(result))
    errors = [
        f"  [{row.count}]\t{row.message}" for row in result.errors if not row.error_class.startswith("unexpected_")
    ]
    if errors:
        parts.append("\n".join(["Error distribution:", *errors]))
    return "\n" + "\n\n".join(parts) + "\n\n"


def _summary(figures: Figures) -> str:
    fastest_s, slowest_s = _ends(figures.latencies)
    lines = [
        "Summary:",
        f"  Total:\t{figures.duration_s:4.4f} secs",
        f"  Slowest:\t{slowest_s:4.4f} secs",
        f"  Fastest:\t{fastest_s:4.4f} secs",
        f"  Average:\t{mean_s(figures.latencies):4.4f} secs",
        f"  Requests/sec:\t{figures.per_second:4.4f}",
    ]
    if figures.body_bytes:
        each = figures.body_bytes // figures.complete
        lines += ["  ", f"  Total data:\t{figures.body_bytes} bytes", f"  Size/request:\t{each} bytes"]
    return "\n".join(lines)


def _ends(latencies: Histogram) -> tuple[float, float]:
    fastest_s, slowest_s = quantiles_s(latencies, [0.0, 1.0])
    return fastest_s, slowest_s


def _histogram(latencies: Histogram) -> str:
    """Eleven rows: the fastest alone, then ten of the same width."""
    fastest_s, slowest_s = _ends(latencies)
    marks_s = [fastest_s + (slowest_s - fastest_s) * row / _ROWS for row in range(_ROWS)] + [slowest_s]
    counts = [0] * len(marks_s)
    row = 0
    for bucket in sorted(latencies.buckets):
        while row < _ROWS and top_of(bucket) / 1e6 > marks_s[row]:
            row += 1
        counts[row] += latencies.buckets[bucket]
    most = max(counts)
    rows = [
        f"  {mark_s:4.3f} [{count}]\t|{'■' * (count * _BARS * 2 // most + 1 >> 1)}"
        for mark_s, count in zip(marks_s, counts, strict=True)
    ]
    return "\n".join(["Response time histogram:", *rows, ""])


def _distribution(latencies: Histogram) -> str:
    found = zip(QUANTILES, quantiles_s(latencies, QUANTILES), strict=True)
    return "\n".join(
        ["Latency distribution:", *(f"  {share * 100:.0f}% in {value:4.4f} secs" for share, value in found)]
    )


def _details(figures: Figures) -> str:
    """Of an opening the mean over all requests: a reused connection has none."""
    connect = figures.clocks.get("connect", Histogram())
    tls = figures.clocks.get("tls", Histogram())
    dns_s = _whole_ms(figures.result, "dns") / 1000
    opening_s = (mean_s(connect) * connect.total + mean_s(tls) * tls.total) / figures.complete
    opening_ends = [sum(pair) for pair in zip(_ends(connect), _ends(tls), strict=True)]
    if connect.total < figures.complete:
        opening_ends[0] = 0.0
    rows = [
        ("DNS+dialup:", opening_s + dns_s / figures.complete, opening_ends[0], opening_ends[1] + dns_s),
        ("DNS-lookup:", dns_s / figures.complete, 0.0, dns_s),
        *(
            (name, mean_s(clock), *_ends(clock))
            for name, clock in (
                ("resp wait:", figures.clocks.get("first_byte", Histogram())),
                ("resp read:", figures.clocks.get("transfer", Histogram())),
            )
            if clock.total
        ),
    ]
    lines = [f"  {name}\t{mean:4.4f} secs, {least:4.4f} secs, {most:4.4f} secs" for name, mean, least, most in rows]
    return "\n".join(["Details (average, fastest, slowest):", *lines])


def _whole_ms(result: Result, phase: str) -> float:
    row = result.phases_ms.get(phase)
    return row.mean or 0.0 if row is not None else 0.0


def _statuses(result: Result) -> str:
    rows = [f"  [{status}]\t{times} responses" for status, times in result.status_codes.items()]
    return "\n".join(["Status code distribution:", *rows])
