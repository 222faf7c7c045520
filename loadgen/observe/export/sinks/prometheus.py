"""A page that Prometheus scrapes: counters and histograms of the run so far, in its text format 0.0.4.

Times are in seconds. A histogram's buckets count measured values; what is only known to be at least so long has a
counter of its own.
"""

import threading
import time
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import accumulate
from socket import AF_INET, AF_INET6

from loadgen.base.address import host_and_port
from loadgen.base.errors import UsageError
from loadgen.measure.histogram import Histogram, top_of
from loadgen.measure.metric_sums import MetricSums
from loadgen.measure.recording import CENSORED, Tally
from loadgen.observe.export.events import Began, Ended, Group, Interval, Key, State, Sums
from loadgen.observe.export.sinks.base import Sink
from loadgen.observe.export.sinks.rows import VALUE_STATISTICS
from loadgen.results.journeys import metric_result
from loadgen.results.result import ThresholdRow
from loadgen.results.summary import clocks_of

BOUNDS_US = tuple(round(step * 10.0**decade) for decade in range(2, 8) for step in (1, 1.5, 2, 3, 5, 7.5))
"""36 upper bounds from 100 us to 75 s: each less than twice the last."""

LINGER_S = 60.0
"""After the end it stays as long as two scrapes were apart, so that the last figures are seen, and no longer."""

USUAL_S = 15.0
"""The distance of scrapes where only one came: what most have."""

POLL_S = 0.05
"""How often the server looks whether it is to end."""

SECONDS = {"ms": 1000.0}
CLOCKS = ("response", "service", "send_lag")
KINDS: Mapping[Group, str] = {"request": "requests", "transaction": "transactions", "check": "checks"}


class Prometheus(Sink):
    """`where` is the address to listen on."""

    def __init__(self, where: str) -> None:
        self._lock = threading.Lock()
        self._scraped = threading.Condition(self._lock)
        self._scrapes: list[float] = []
        self._sums = Sums()
        self._run = Began()
        self._state = State()
        self._users = 0
        self._thresholds: list[ThresholdRow] = []
        self._lag_s: float | None = None
        self._end: Ended | None = None
        host, port = host_and_port(where)
        try:
            self._server = _Server(host, port, self._page)
        except OSError as error:
            raise UsageError(f"cannot listen on {where}: {error.strerror}") from None
        bound = self._server.server_address[1]
        shown = f"[{host}]" if ":" in host else host
        self.info = f"figures for Prometheus are at http://{shown}:{bound}/metrics"
        threading.Thread(target=self._server.serve_forever, args=(POLL_S,), daemon=True).start()

    def began(self, run: Began) -> None:
        with self._lock:
            self._run, self._sums, self._end, self._users, self._lag_s = run, Sums(), None, 0, None
            self._thresholds = run.thresholds

    def state(self, state: State) -> None:
        with self._lock:
            self._state = state

    def interval(self, interval: Interval) -> None:
        with self._lock:
            self._sums.add(interval)
            self._users = interval.users
            self._thresholds = interval.thresholds or self._thresholds
            if interval.lag.buckets:
                self._lag_s = interval.lag.quantiles_us([0.99])[0] / 1e6

    def ended(self, end: Ended) -> None:
        with self._lock:
            self._end = end
            self._scrapes = self._scrapes[-2:]

    def close(self) -> None:
        """Wait for one more scrape, if somebody scrapes, and not longer than from one to the next."""
        self._linger()
        self._server.shutdown()
        self._server.server_close()

    def _linger(self) -> None:
        with self._lock:
            if self._end is None or not self._scrapes:
                return
            apart_s = self._scrapes[-1] - self._scrapes[0] if len(self._scrapes) > 1 else USUAL_S
            until = self._scrapes[-1] + min(LINGER_S, 1.2 * apart_s)
            seen = len(self._scrapes)
            self._scraped.wait_for(lambda: len(self._scrapes) > seen, max(0.0, until - time.monotonic()))

    def _page(self) -> str:
        with self._lock:
            self._scrapes = [*self._scrapes[-9:], time.monotonic()]
            self._scraped.notify_all()
            return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        run, end = self._run, self._end
        yield from _family("run_info", "gauge", "The run that is shown.")
        yield _line("run_info", {"plan": run.name, "target": run.target, "round": str(run.round)}, 1)
        yield from _gauge("running", "Whether it is under way.", end is None)
        yield from _gauge("elapsed_seconds", "Since the start gate.", self._state.elapsed_s)
        yield from _gauge("users", "Users that have started.", self._users)
        if self._lag_s is not None:
            yield from _gauge("loop_lag_p99_seconds", "Delay that loadgen added itself, last second.", self._lag_s)
        for group, noun in KINDS.items():
            tallies = {key: tally for key, tally in self._sums.tallies.items() if key[0] == group}
            if tallies:
                yield from _counters(group, noun, tallies)
        yield from _values(self._sums.values)
        rows = self._thresholds if end is None else end.result.thresholds
        yield from _thresholds(rows)
        if end is not None:
            yield from _gauge("valid", "Whether the figures can be believed.", end.result.generator.verdict == "valid")


def _counters(group: Group, noun: str, tallies: Mapping[Key, Tally]) -> Iterator[str]:
    yield from _family(f"{noun}_total", "counter", f"All {noun} that have ended.")
    for (_, name), tally in tallies.items():
        for outcome in ("ok", "failed", "unknown"):
            yield _line(f"{noun}_total", {"name": name, "outcome": outcome}, getattr(tally, outcome))
    if group == "check":
        return
    if group == "request":
        yield from _family("replies_total", "counter", "Replies by status.")
        for (_, name), tally in tallies.items():
            for status, times in tally.statuses.items():
                yield _line("replies_total", {"name": name, "status": str(status)}, times)
        yield from _family("errors_total", "counter", "Failures by class.")
        for (_, name), tally in tallies.items():
            for error, count in tally.errors.items():
                yield _line("errors_total", {"name": name, "class": error.value}, count.count)
        yield from _family("bytes_total", "counter", "Heads and bodies.")
        for (_, name), tally in tallies.items():
            yield _line("bytes_total", {"name": name, "direction": "sent"}, tally.bytes_sent)
            yield _line("bytes_total", {"name": name, "direction": "received"}, tally.bytes_received)
    prefix = "" if group == "request" else "transaction_"
    clocks = {key[1]: clocks_of(tally) for key, tally in tallies.items()}
    for clock in CLOCKS:
        family = f"{prefix}{clock}_seconds"
        yield from _family(family, "histogram", f"The clock {clock.replace('_', ' ')}.")
        for name, of_name in clocks.items():
            yield from _histogram(family, name, of_name.get(clock, Histogram()))
    yield from _family(f"{prefix}censored_total", "counter", "Known only to have taken so long at least.")
    for name, of_name in clocks.items():
        yield _line(f"{prefix}censored_total", {"name": name}, of_name.get("response" + CENSORED, Histogram()).total)


def _values(values: Mapping[str, MetricSums]) -> Iterator[str]:
    if values:
        yield from _family("value", "gauge", "What a scenario's own metrics came to so far, in their own units.")
    for name, sums in values.items():
        figures = metric_result(sums)
        for statistic in VALUE_STATISTICS:
            if (value := getattr(figures, statistic)) is not None:
                yield _line("value", {"metric": name, "unit": sums.unit, "statistic": statistic}, value)


def _histogram(family: str, name: str, counts: Histogram) -> Iterator[str]:
    below = [0] * (len(BOUNDS_US) + 1)
    sum_us = 0.0
    for bucket, times in counts.buckets.items():
        top = top_of(bucket)
        below[next((index for index, bound in enumerate(BOUNDS_US) if top <= bound), len(BOUNDS_US))] += times
        sum_us += (bucket + top) / 2 * times
    for bound, count in zip((*(f"{bound / 1e6:g}" for bound in BOUNDS_US), "+Inf"), accumulate(below), strict=True):
        yield _line(f"{family}_bucket", {"name": name, "le": bound}, count)
    yield _line(f"{family}_sum", {"name": name}, sum_us / 1e6)
    yield _line(f"{family}_count", {"name": name}, counts.total)


def _thresholds(rows: list[ThresholdRow]) -> Iterator[str]:
    if not rows:
        return
    yield from _family("threshold_limit", "gauge", "What is to be met, times in seconds.")
    for row in rows:
        yield _line("threshold_limit", {"expr": row.expr}, row.limit / SECONDS.get(row.unit, 1.0))
    yield from _family("threshold_observed", "gauge", "What was observed so far.")
    for row in rows:
        if row.observed is not None:
            yield _line("threshold_observed", {"expr": row.expr}, row.observed / SECONDS.get(row.unit, 1.0))
    yield from _family("threshold_met", "gauge", "Whether it is met so far; absent while that is not known.")
    for row in rows:
        if row.verdict in ("pass", "fail"):
            yield _line("threshold_met", {"expr": row.expr}, row.verdict == "pass")


def _family(name: str, kind: str, text: str) -> Iterator[str]:
    yield f"# HELP loadgen_{name} {text}"
    yield f"# TYPE loadgen_{name} {kind}"


def _gauge(name: str, text: str, value: float) -> Iterator[str]:
    yield from _family(name, "gauge", text)
    yield _line(name, {}, value)


def _line(name: str, labels: Mapping[str, str], value: float) -> str:
    pairs = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
    return f"loadgen_{name}{{{pairs}}} {value:.10g}" if pairs else f"loadgen_{name} {value:.10g}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, host: str, port: int, page: object) -> None:
        self.address_family = AF_INET6 if ":" in host else AF_INET
        self.page = page
        super().__init__((host, port), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Who leaves in the middle of a scrape is no error of ours."""


class _Handler(BaseHTTPRequestHandler):
    timeout = 5.0

    def do_GET(self) -> None:
        assert isinstance(self.server, _Server)
        if self.path.partition("?")[0] not in ("/metrics", "/"):
            self.send_error(404)
            return
        body = self.server.page().encode()  # type: ignore[operator]
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Standard error is not ours."""
