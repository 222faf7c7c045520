"""The figures that other tools print, out of a Result: of all complete replies, good and bad, as they count them."""

from collections.abc import Iterable, Sequence
from math import sqrt

from loadgen.base.error_class import ErrorClass
from loadgen.measure.histogram import Histogram
from loadgen.measure.reply_hints import FirstReply
from loadgen.results.encoded import decode_clocks
from loadgen.results.result import Result

_READ = (ErrorClass.CONNECTION_RESET, ErrorClass.EARLY_CLOSE, ErrorClass.MALFORMED_REPLY, ErrorClass.STALE_CONNECTION)
_CONNECT = (ErrorClass.CONNECTION_REFUSED, ErrorClass.UNREACHABLE, ErrorClass.CONNECT_TIMEOUT, ErrorClass.TLS)


class Figures:
    """Of one run. `latencies` are those of replies whatever their status, from when they were due; `complete` is their
    number, `first` what the first one was like. Raises UsageError for a damaged Result.
    """

    def __init__(self, result: Result) -> None:
        clocks = decode_clocks(result.histograms)
        self.result = result
        self.latencies = Histogram()
        for name in ("response", "failed"):
            self.latencies.merge(clocks.get(name, Histogram()))
        self.clocks = clocks
        self.complete = sum(result.status_codes.values())
        self.duration_s = result.duration_s
        self.per_second = self.complete / result.duration_s if result.duration_s else 0.0
        firsts = (part.first_reply for part in result.requests.values())
        self.first = next((first for first in firsts if first is not None), FirstReply())

    @property
    def body_bytes(self) -> int:
        """Bytes of all bodies, where each reply has a head as long as the first one's."""
        return max(0, self.result.bytes.received - self.complete * self.first.head_bytes)

    @property
    def not_2xx(self) -> int:
        return sum(times for status, times in self.result.status_codes.items() if status[:1] != "2")

    @property
    def connect_errors(self) -> int:
        return self._errors(_CONNECT)

    @property
    def read_errors(self) -> int:
        return self._errors(_READ)

    @property
    def timeouts(self) -> int:
        return self._errors((ErrorClass.TIMEOUT,))

    def _errors(self, classes: Iterable[str]) -> int:
        names = {*classes}
        return sum(row.count for row in self.result.errors if row.error_class in names)


def quantiles_s(histogram: Histogram, quantiles: Sequence[float]) -> list[float]:
    """The seconds at each quantile; zeros where there is no sample."""
    if not histogram.total:
        return [0.0] * len(quantiles)
    return [value / 1e6 for value in histogram.quantiles_us(quantiles)]


def mean_s(histogram: Histogram) -> float:
    """The mean in seconds; 0 without a sample."""
    return histogram.mean_us() / 1e6 if histogram.total else 0.0


def deviation_s(histogram: Histogram) -> float:
    """The standard deviation of a sample, in seconds; 0 for fewer than two."""
    if histogram.total < 2:
        return 0.0
    mean_us = histogram.mean_us()
    squares = sum((bucket - mean_us) ** 2 * times for bucket, times in histogram.buckets.items())
    return sqrt(squares / (histogram.total - 1)) / 1e6


def share_within(histogram: Histogram, around_s: float, half_s: float) -> float:
    """The share of the samples no further than `half_s` from `around_s`."""
    low_us, high_us = (around_s - half_s) * 1e6, (around_s + half_s) * 1e6
    inside = sum(times for bucket, times in histogram.buckets.items() if low_us <= bucket <= high_us)
    return inside / histogram.total if histogram.total else 0.0
