"""The report of wrk: `Requests/sec:`, `Transfer/sec:`, `Latency Distribution`, `Socket errors:`."""

from collections.abc import Sequence
from statistics import mean, stdev

from loadgen.report.front_doors.figures import Figures, deviation_s, mean_s, quantiles_s, share_within
from loadgen.results.result import Result

QUANTILES = (0.50, 0.75, 0.90, 0.99)
WRK2_QUANTILES = (0.50, 0.75, 0.90, 0.99, 0.999, 0.9999, 0.99999, 1.0)
_ENOUGH = 0.85
"""A larger unit is taken from this part of one on: 0.97ms, and not 970.00us."""

_TIMES = ((1e-6, "us"), (1e-3, "ms"), (1.0, "s"), (60.0, "m"), (3600.0, "h"))
_COUNTS = ((1.0, ""), (1e3, "k"), (1e6, "M"), (1e9, "G"))
_BYTES = ((1.0, ""), (1024.0, "K"), (1024.0**2, "M"), (1024.0**3, "G"), (1024.0**4, "T"))


def wrk_head(url: str, threads: int, connections: int, duration_s: float) -> str:
    """What stands before the run."""
    return (
        f"Running {_scaled(duration_s, _TIMES[2:], 0)} test @ {url}\n"
        f"  {threads} threads and {connections} connections\n"
    )


def wrk_text(result: Result, threads: int, *, latency: bool = False, rate: bool = False) -> str:
    """What stands after it; `latency` and `rate` as wrk's and wrk2's options.

    Of `Req/Sec` a sample is a second, divided by the threads.
    """
    figures = Figures(result)
    whole = [(row.ok + row.failed) / threads for row in result.whole_seconds if figures.complete]
    rates = whole or [figures.per_second / threads]
    average, deviation = mean(rates), stdev(rates) if len(rates) > 1 else 0.0
    within = sum(abs(rate - average) <= deviation for rate in rates) / len(rates)
    latencies = figures.latencies
    average_s, deviation_of_s = mean_s(latencies), deviation_s(latencies)
    (longest_s,) = quantiles_s(latencies, [1.0])
    lines = [
        "  Thread Stats   Avg      Stdev     Max   +/- Stdev",
        _row("Latency", [_time(average_s), _time(deviation_of_s), _time(longest_s)],
             share_within(latencies, average_s, deviation_of_s)),
        _row("Req/Sec", [_scaled(value, _COUNTS) for value in (average, deviation, max(rates))], within),
        *(_distribution(figures, rate=rate) if latency else ()),
        f"  {figures.complete} requests in {_time(figures.duration_s)}, {_bytes(result.bytes.received)} read",
    ]  # fmt: skip
    if figures.connect_errors or figures.read_errors or figures.timeouts:
        lines.append(
            f"  Socket errors: connect {figures.connect_errors}, read {figures.read_errors}, write 0, "
            f"timeout {figures.timeouts}"
        )
    bad = sum(times for status, times in result.status_codes.items() if status[:1] not in "23")
    if bad:
        lines.append(f"  Non-2xx or 3xx responses: {bad}")
    per_s = result.bytes.received / figures.duration_s if figures.duration_s else 0.0
    lines += [f"Requests/sec: {figures.per_second:9.2f}", f"Transfer/sec: {_bytes(per_s):>11}"]
    return "\n".join(lines) + "\n"


def _distribution(figures: Figures, *, rate: bool) -> list[str]:
    if rate:
        found = zip(WRK2_QUANTILES, quantiles_s(figures.latencies, WRK2_QUANTILES), strict=True)
        head = "  Latency Distribution (HdrHistogram - Recorded Latency)"
        return [head, *(f"{quantile * 100:7.3f}% {_time(value):>8}" for quantile, value in found)]
    found = zip(QUANTILES, quantiles_s(figures.latencies, QUANTILES), strict=True)
    return [
        "  Latency Distribution",
        *(f"{quantile * 100:7.0f}% {_padded(_time(value), 10)}" for quantile, value in found),
    ]


def _row(name: str, values: Sequence[str], share: float) -> str:
    columns = "".join(_padded(value, width) for value, width in zip(values, (8, 10, 9), strict=True))
    return f"    {name:<10}{columns}{share * 100:8.2f}%"


def _padded(text: str, width: int) -> str:
    """Right-aligned by its digits: a unit of one letter, or none, has blanks after it."""
    unit = len(text) - len(text.rstrip("abcdefghijklmnopqrstuvwxyzGKMT"))
    return f"{text:>{width - 2 + unit}}".ljust(width)


def _time(seconds: float) -> str:
    return _scaled(seconds, _TIMES)


def _bytes(count: float) -> str:
    return f"{_scaled(count, _BYTES)}B"


def _scaled(value: float, units: Sequence[tuple[float, str]], digits: int = 2) -> str:
    scale, unit = next((pair for pair in reversed(units) if value >= pair[0] * _ENOUGH), units[0])
    return f"{value / scale:.{digits}f}{unit}"
