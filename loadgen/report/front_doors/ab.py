"""The report of ab: `Requests per second:`, `Time per request:`, `Transfer rate:`, the table of percentages."""

from loadgen.base.dataclass import dataclass
from loadgen.base.endpoint import Origin
from loadgen.measure.histogram import Histogram
from loadgen.report.front_doors.figures import Figures, deviation_s, mean_s, quantiles_s
from loadgen.results.result import Result

PERCENTS = (50, 66, 75, 80, 90, 95, 98, 99, 100)
_KILO = 1024


@dataclass(frozen=True, slots=True)
class AbOptions:
    """What of the command line is in the report. `percentages` and `deviations`: without ab's -d and -S."""

    origin: Origin
    path: str
    connections: int
    sent_body: int = 0
    method: str = "GET"
    keep_alive: bool = False
    percentages: bool = True
    deviations: bool = True


def ab_text(result: Result, options: AbOptions) -> str:
    """All of it, in ab's order."""
    figures = Figures(result)
    parts = [_server(figures, options), _totals(figures, options)]
    if figures.complete:
        parts.append(_times(figures, deviations=options.deviations))
        if options.percentages:
            parts.append(_percentages(figures.latencies))
    return "\n\n".join(parts) + "\n"


def ab_csv(result: Result) -> str:
    """ab's -e: the milliseconds within which each per cent of the replies came."""
    latencies = Figures(result).latencies
    values = quantiles_s(latencies, [percent / 100 for percent in range(101)])
    return "Percentage served,Time in ms\n" + "".join(
        f"{percent},{value * 1000:.3f}\n" for percent, value in enumerate(values)
    )


def _server(figures: Figures, options: AbOptions) -> str:
    rows = {
        "Server Software:": figures.first.server,
        "Server Hostname:": options.origin.host,
        "Server Port:": str(options.origin.port),
        "": "",
        "Document Path:": options.path,
        "Document Length:": f"{figures.first.body_bytes} bytes",
    }
    return "\n\n" + "\n".join(f"{name:<24}{value}".rstrip() if name else "" for name, value in rows.items())


def _totals(figures: Figures, options: AbOptions) -> str:
    result, duration_s = figures.result, figures.duration_s
    broken = sum(row.count for row in result.errors if not row.error_class.startswith("unexpected_"))
    rows = {
        "Concurrency Level:": str(options.connections),
        "Time taken for tests:": f"{duration_s:.3f} seconds",
        "Complete requests:": str(figures.complete),
        "Failed requests:": str(broken),
    }
    if broken:
        rows[
            f"   (Connect: {figures.connect_errors}, Receive: {figures.read_errors}, Length: 0, "
            f"Exceptions: {broken - figures.connect_errors - figures.read_errors})"
        ] = ""
    if figures.not_2xx:
        rows["Non-2xx responses:"] = str(figures.not_2xx)
    if options.keep_alive:
        rows["Keep-Alive requests:"] = str(figures.complete)
    rows["Total transferred:"] = f"{result.bytes.received} bytes"
    if options.sent_body:
        rows["Total body sent:" if options.method == "POST" else "Total body sent (PUT):"] = str(result.bytes.sent)
    rows["HTML transferred:"] = f"{figures.body_bytes} bytes"
    if duration_s and figures.complete:
        each_ms = duration_s * 1000 / figures.complete
        rows |= {
            "Requests per second:": f"{figures.per_second:.2f} [#/sec] (mean)",
            "Time per request:": f"{each_ms * options.connections:.3f} [ms] (mean)",
            "Time per request: ": f"{each_ms:.3f} [ms] (mean, across all concurrent requests)",
            "Transfer rate:": f"{result.bytes.received / _KILO / duration_s:.2f} [Kbytes/sec] received",
        }
        if options.sent_body:
            both = result.bytes.sent + result.bytes.received
            rows |= {
                "                        ": f"{result.bytes.sent / _KILO / duration_s:.2f} kb/s sent",
                "                         ": f"{both / _KILO / duration_s:.2f} kb/s total",
            }
    return "\n".join(f"{name.rstrip():<24}{value}".rstrip() for name, value in rows.items())


def _times(figures: Figures, *, deviations: bool) -> str:
    """Whole milliseconds. Only the mean of what is not the opening is known, so that ab's `Processing` has no row."""
    opening = figures.clocks.get("connect", Histogram())
    opening.merge(figures.clocks.get("tls", Histogram()))
    opening.add(0, max(0, figures.complete - opening.total))
    total, waiting = figures.latencies, figures.clocks.get("first_byte", figures.latencies)
    rows = [("Connect:", opening), ("Waiting:", waiting), ("Total:", total)]
    head = "min  mean[+/-sd] median   max" if deviations else "min   avg   max"
    return "\n".join(
        ["Connection Times (ms)", f"              {head}", *(_row(*row, deviations=deviations) for row in rows)]
    )


def _row(name: str, clock: Histogram, *, deviations: bool) -> str:
    low, median, high = (round(value * 1000) for value in quantiles_s(clock, [0.0, 0.5, 1.0]))
    mean = round(mean_s(clock) * 1000)
    if not deviations:
        return f"{name:<12}{low:5d} {mean:5d} {high:5d}"
    return f"{name:<12} {low:4d} {mean:4d} {deviation_s(clock) * 1000:5.1f} {median:6d} {high:7d}"


def _percentages(latencies: Histogram) -> str:
    values = quantiles_s(latencies, [percent / 100 for percent in PERCENTS])
    rows = [f" {percent:3d}%  {round(value * 1000):5d}" for percent, value in zip(PERCENTS, values, strict=True)]
    rows[-1] += " (longest request)"
    return "\n".join(["Percentage of the requests served within a certain time (ms)", *rows])
