"""A Result's windows, for `observe`: all of it, one request name, stretches of its seconds."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from loadgen.judge.observe import Observed, Stretch, Sums, observe
from loadgen.measure.histogram import Histogram
from loadgen.measure.recording import CENSORED
from loadgen.plan.metrics import Metric
from loadgen.results.encoded import decode_histogram
from loadgen.results.result import PART_OF_A_SECOND, Result, Second


class Figures:
    """What a Result shows of any metric. Histograms are decoded once."""

    def __init__(self, result: Result) -> None:
        self._result = result
        self._decoded: dict[str, Histogram] = {}
        self._own = sum(row.count for row in result.errors if row.fault == "generator")

    def observe(self, metric: Metric) -> Observed | None:
        """The metric over the run. Raises ValueError for a damaged histogram."""
        if metric.request_name is not None and metric.request_name not in self._result.requests:
            return None
        return observe(metric, _Run(self, self._result, metric.request_name))

    def stretches(self, metric: Metric, length_s: int) -> Iterator[Observed | None]:
        """The metric over every stretch of `length_s` seconds; None for those in which nothing of it happened.

        Sums, shares and rates have a stretch from each second on. Latencies have one from each block on, and none where
        the length is not a multiple of a block's. Raises ValueError for a damaged histogram.
        """
        step_s = 1
        if metric.kind == "latency":
            step_s = round(self._result.blocks[0].duration_s) if self._result.blocks else 0
            if not step_s or length_s % step_s:
                return
        for start_s in range(0, int(self._result.duration_s + PART_OF_A_SECOND) - length_s + 1, step_s):
            yield observe(metric, self._stretch(start_s, length_s, step_s if metric.kind == "latency" else 0))

    def _stretch(self, start_s: int, length_s: int, block_s: int) -> Stretch:
        """What ended in some seconds; one without a row had nothing in it. `block_s` is 0 where latencies matter not.

        In which second a lower bound belongs is not known: it may be in any that has failures.
        """
        rows = [self._rows[second] for second in range(start_s, start_s + length_s) if second in self._rows]
        sent, ok, failed = sum(row.sent for row in rows), sum(row.ok for row in rows), sum(row.failed for row in rows)
        sums = Sums(ok, failed, sent - ok - failed, sent, own=min(self._own, failed))
        if not block_s:
            return Stretch(sums, length_s)
        values = Histogram()
        for block_start_s in range(start_s, start_s + length_s, block_s):
            values.merge(self._blocks.get(block_start_s, Histogram()))
        bounds = self.histogram("response" + CENSORED, self._result.histograms).total
        unanswered = min(bounds, sent - ok)
        clocks = {"response": values, "response" + CENSORED: Histogram([(0, unanswered)] if unanswered else [])}
        return Stretch(sums, length_s, clocks)

    def sums(self, name: str | None) -> Sums:
        """Of the whole run, or of one request name, where it is not known whose fault a failure was."""
        part = self._result if name is None else self._result.requests[name]
        ledger = part.ledger
        own = min(self._own, ledger.failed)
        failed, unsure = (ledger.failed - own, 0) if name is None else (ledger.failed, own)
        return Sums(ledger.ok, failed, ledger.unknown, ledger.sent, part.bytes.sent, part.bytes.received, unsure)

    def histogram(self, name: str, encoded: Mapping[str, str]) -> Histogram:
        """A histogram, read once for all metrics; never to be changed. Raises ValueError where it is damaged."""
        text = encoded.get(name, "")
        histogram = self._decoded.get(text)
        if histogram is None:
            try:
                histogram = self._decoded[text] = decode_histogram(text) if text else Histogram()
            except ValueError as error:
                raise ValueError(f"histogram {name!r} is {error}") from None
        return histogram

    @cached_property
    def _rows(self) -> dict[int, Second]:
        return {round(row.t_s): row for row in self._result.timeline}

    @cached_property
    def _blocks(self) -> dict[int, Histogram]:
        """The response times of each block, by its start in seconds."""
        blocks = self._result.blocks
        return {round(block.t_s): self.histogram("response", {"response": block.response}) for block in blocks}


@dataclass(frozen=True, slots=True)
class _Run:
    """The window of a whole Result, or of one request name in it."""

    figures: Figures
    result: Result
    name: str | None

    @property
    def sums(self) -> Sums:
        return self.figures.sums(self.name)

    def per_second(self, part: str) -> float | None:
        """By the second of the measured window; a request name has its share of what all came to in it."""
        result = self.result
        if result.duration_s <= 0:
            return None
        own, every = getattr(self.sums, part), getattr(self.figures.sums(None), part)
        match part:
            case "sent":
                return result.rate.sent_rps * _share(own, every)
            case "ok":
                return result.rate.ok_rps * _share(own, every)
        # of all else as large a part falls in the window as of the good replies
        in_window = min(1.0, _share(result.rate.ok_rps * result.duration_s, result.ledger.ok))
        return float(own * in_window / result.duration_s)

    def clock(self, name: str) -> tuple[Histogram, Histogram]:
        encoded = self.result.histograms if self.name is None else self.result.requests[self.name].histograms
        values, bounds = (self.figures.histogram(key, encoded) for key in (name, name + CENSORED))
        return values, bounds

    def generator(self, name: str) -> float | None:
        return _GENERATOR[name](self.result)


def _share(part: float, total: float) -> float:
    return part / total if total else 0.0


def _loop_lag(result: Result) -> float | None:
    """Of the worst worker."""
    return max((row.loop_lag_ms["p99"] for row in result.generator.workers if "p99" in row.loop_lag_ms), default=None)


def _switches(result: Result) -> float | None:
    """A request sent, since a faster run has more in all."""
    return result.generator.context_switches / result.ledger.sent if result.ledger.sent else None


_GENERATOR: dict[str, Callable[[Result], float | None]] = {
    "loop_lag.p99": _loop_lag,
    "cpu_us": lambda result: result.generator.cpu_us_per_request,
    "peak_rss_mb": lambda result: result.generator.peak_rss_mb or None,
    "threads": lambda result: result.generator.threads or None,
    "context_switches": _switches,
}
