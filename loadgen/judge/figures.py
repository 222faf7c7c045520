"""What a Result knows of one metric: an interval that holds the true value, for the whole run or for each window.

Replies that never came (timeouts, cut or never sent requests) leave lower bounds behind, so that a figure may be known
only to lie between two values; it is exact where the two are one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import inf

from loadgen.measure.histogram import Histogram, rank_of, top_of
from loadgen.measure.recording import CENSORED
from loadgen.plan.condition import Condition
from loadgen.results.encoded import decode_histogram
from loadgen.results.result import PART_OF_A_SECOND, Ledger, Result, Second
from loadgen.results.summary import to_ms


@dataclass(frozen=True, slots=True)
class Interval:
    """The true value is not below `low` and not above `high`, which may be infinite."""

    low: float
    high: float

    @classmethod
    def exactly(cls, value: float) -> "Interval":
        """A value that is known."""
        return cls(value, value)


@dataclass(frozen=True, slots=True)
class _Sums:
    """Requests that ended in one stretch of a run. Of those `failed` at most `own` are the generator's fault."""

    sent: int
    ok: int
    failed: int
    unknown: int
    own: int

    @property
    def judged(self) -> int:
        """Requests with an outcome."""
        return self.ok + self.failed


class Figures:
    """A Result's figures. None means that there is no data: nothing happened, or too little to tell."""

    def __init__(self, result: Result) -> None:
        self._result = result
        self._decoded: dict[str, Histogram] = {}
        self._own = sum(row.count for row in result.errors if row.fault == "generator")

    def whole(self, condition: Condition) -> Interval | None:
        """The metric over the whole run. Raises ValueError for a damaged histogram."""
        name, result = condition.request_name, self._result
        if name is not None and name not in result.requests:
            return None
        ledger = result.ledger if name is None else result.requests[name].ledger
        sums = self._sums(ledger, exact=name is None)
        if condition.kind == "latency":
            values, bounds = self._clock(condition.metric, name)
            enough = values.total + bounds.total >= (condition.min_count or 0)
            return latency_ms(condition, values, bounds) if enough else None
        if sums.judged < (condition.min_count or 0):
            return None
        if condition.kind == "rate":
            return self._rate(condition)
        return _share_or_count(condition.metric, sums)

    def windows(self, condition: Condition) -> Iterator[Interval | None]:
        """The metric over every whole window of the condition's length; those without a request to judge are left out.

        Histogram, shares and rates have a window from each second on. Latencies have one from each block on, and none
        where the length is not a multiple of a block's. Raises ValueError for a damaged histogram.
        """
        window_s = round(condition.window_s or 0)
        if condition.kind == "latency":
            return self._latency_windows(condition, window_s)
        return self._sum_windows(condition, window_s)

    def _sums(self, ledger: Ledger, *, exact: bool) -> _Sums:
        """Which failures were the generator's own is known of the whole run only."""
        failed = ledger.failed - min(self._own, ledger.failed) if exact else ledger.failed
        own = 0 if exact else min(self._own, failed)
        return _Sums(ledger.sent, ledger.ok, failed, ledger.unknown, own)

    def _rate(self, condition: Condition) -> Interval | None:
        """Per second of the measured window. A request name has its share of what the whole run came to in it."""
        result, name = self._result, condition.request_name
        if result.duration_s <= 0:
            return None
        part = result.requests[name] if name is not None else result
        ok_share, sent_share = _ratio(part.ledger.ok, result.ledger.ok), _ratio(part.ledger.sent, result.ledger.sent)
        in_window = min(1.0, _ratio(result.rate.ok_rps * result.duration_s, result.ledger.ok))
        match condition.metric:
            case "rps":
                return Interval.exactly(result.rate.sent_rps * sent_share)
            case "ok_rps":
                return Interval.exactly(result.rate.ok_rps * ok_share)
            case "bytes_sent_per_s":
                return Interval.exactly(part.bytes.sent * in_window / result.duration_s)
        return Interval.exactly(part.bytes.received * in_window / result.duration_s)

    def _clock(self, clock: str, name: str | None) -> tuple[Histogram, Histogram]:
        """A clock's values and its lower bounds."""
        found = self._result.histograms if name is None else self._result.requests[name].histograms
        values, bounds = (found.get(key, "") for key in (clock, clock + CENSORED))
        return self._counts(values), self._counts(bounds)

    def _counts(self, encoded: str) -> Histogram:
        """A histogram, read once for all thresholds; never to be changed."""
        found = self._decoded.get(encoded)
        if found is None:
            found = self._decoded[encoded] = decode_histogram(encoded) if encoded else Histogram()
        return found

    def _sum_windows(self, condition: Condition, window_s: int) -> Iterator[Interval | None]:
        for start_s in range(self._whole_seconds - window_s + 1):
            sums = self._summed(start_s, window_s)
            if sums.judged < (condition.min_count or 0):
                continue
            if condition.kind == "rate":
                yield Interval.exactly((sums.ok if condition.metric == "ok_rps" else sums.sent) / window_s)
            elif (found := _share_or_count(condition.metric, sums)) is not None:
                yield found

    def _latency_windows(self, condition: Condition, window_s: int) -> Iterator[Interval | None]:
        block_s = round(self._result.blocks[0].duration_s) if self._result.blocks else 0
        if not block_s or window_s % block_s:
            return
        for start_s in range(0, self._whole_seconds - window_s + 1, block_s):
            sums = self._summed(start_s, window_s)
            values = Histogram()
            for block_start_s in range(start_s, start_s + window_s, block_s):
                values.merge(self._blocks.get(block_start_s, Histogram()))
            unanswered = min(self._censored, sums.sent - sums.ok)
            bounds = Histogram([(0, unanswered)] if unanswered else [])
            if values.total + unanswered and sums.judged >= (condition.min_count or 0):
                yield latency_ms(condition, values, bounds)

    def _summed(self, start_s: int, length_s: int) -> _Sums:
        """What ended in some seconds; one without a row had nothing in it."""
        rows = [self._rows[second] for second in range(start_s, start_s + length_s) if second in self._rows]
        sent, ok, failed = sum(row.sent for row in rows), sum(row.ok for row in rows), sum(row.failed for row in rows)
        return _Sums(sent, ok, failed, sent - ok - failed, min(self._own, failed))

    @cached_property
    def _rows(self) -> dict[int, Second]:
        return {round(row.t_s): row for row in self._result.timeline}

    @cached_property
    def _whole_seconds(self) -> int:
        return int(self._result.duration_s + PART_OF_A_SECOND)

    @cached_property
    def _blocks(self) -> dict[int, Histogram]:
        """The response times of each block, by its start in seconds."""
        return {round(block.t_s): self._counts(block.response) for block in self._result.blocks}

    @cached_property
    def _censored(self) -> int:
        """How many lower bounds there are in the run; in which second each belongs is not known."""
        _, bounds = self._clock("response", None)
        return bounds.total


def latency_ms(condition: Condition, values: Histogram, bounds: Histogram) -> Interval | None:
    """A statistic of measured `values` and of true values that lie anywhere above `bounds`.

    A percentile needs a sample beyond it, on either side: p99 takes 100 samples, p99.9 takes 1,000, p50 takes 2.
    """
    every = Histogram((values.buckets + bounds.buckets).items())
    total = every.total
    if not total:
        return None
    if condition.quantile is not None:
        below = Fraction(str(condition.quantile))
        if total * min(below, 1 - below) < 1:
            return None
        rank = rank_of(condition.quantile, total)
        return Interval(_at(every, rank), _at(values, rank))
    known = not bounds.total
    match condition.statistic:
        case "min":
            return Interval(to_ms(min(every.buckets)), to_ms(min(values.buckets)) if values.buckets else inf)
        case "mean":
            low = to_ms(every.mean_us())
            return Interval(low, low if known else inf)
    low = to_ms(top_of(max(every.buckets)))
    return Interval(low, low if known else inf)


def _at(counts: Histogram, rank: int) -> float:
    """The value of a rank; above all values lies infinity."""
    return to_ms(counts.value_at_rank(rank)) if rank <= counts.total else inf


def _share_or_count(metric: str, sums: _Sums) -> Interval | None:
    match metric:
        case "error_rate" | "ok_rate":
            if not sums.judged:
                return None
            return _error_rate(sums) if metric == "error_rate" else _complement(_error_rate(sums))
        case "failed":
            return Interval(sums.failed - sums.own, sums.failed)
        case "ok":
            return Interval.exactly(sums.ok)
        case "unknown":
            return Interval.exactly(sums.unknown)
    return Interval.exactly(sums.sent)


def _error_rate(sums: _Sums) -> Interval:
    """Failures that are the target's fault, among the requests that ended in a reply or in such a failure."""
    low = _ratio(sums.failed - sums.own, sums.judged - sums.own)
    return Interval(low, _ratio(sums.failed, sums.judged))


def _complement(share: Interval) -> Interval:
    return Interval(1 - share.high, 1 - share.low)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
