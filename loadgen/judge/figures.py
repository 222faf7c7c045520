"""A Result's windows, for `observe`: all of it, what has one name, stretches of its seconds."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cached_property

from loadgen.base.dataclass import dataclass
from loadgen.judge.observe import Observed, Stretch, Sums, Window, observe
from loadgen.measure.histogram import Histogram
from loadgen.measure.recording import CENSORED
from loadgen.plan.metrics import Metric
from loadgen.plan.named import JOURNEYS, Named, find_named
from loadgen.results.block import Block
from loadgen.results.encoded import decode_histogram
from loadgen.results.journeys import CheckResult, MetricResult
from loadgen.results.requests import RequestResult
from loadgen.results.result import PART_OF_A_SECOND, Rate, Result, Second

Part = RequestResult | CheckResult | MetricResult


class Figures:
    """What a Result shows of any metric. Histograms are decoded once."""

    def __init__(self, result: Result) -> None:
        self.result = result
        self._decoded: dict[str, Histogram] = {}
        self._own = sum(row.count for row in result.errors if row.fault == "generator")

    @cached_property
    def names(self) -> dict[Named, "Part"]:
        """All that a metric may be of."""
        result = self.result
        parts: dict[Named, Part] = {Named("request", name): part for name, part in result.requests.items()}
        for name, part in result.transactions.items():  # older files have no kind there
            parts[Named("group" if part.kind == "request" else part.kind, name)] = part
        parts |= {Named("check", name): check for name, check in result.checks.items()}
        parts |= {Named("metric", name, metric.unit): metric for name, metric in result.metrics.items()}
        return parts

    def problem(self, metric: Metric) -> str:
        """Why the run has no such metric of that name; empty where it has."""
        try:
            find_named(metric, self.names)
        except ValueError as error:
            return str(error)
        return ""

    def unit(self, metric: Metric) -> str:
        """The unit of what is observed; of a scenario's own metric "own", with its unit behind it where it has one."""
        named = None if self.problem(metric) else find_named(metric, self.names)
        return f"own {named.unit}".strip() if named is not None and named.kind == "metric" else metric.unit

    def observe(self, metric: Metric) -> Observed | None:
        """The metric over the run. Raises ValueError for a damaged histogram."""
        if self.problem(metric):
            return None
        return observe(metric, self._window(find_named(metric, self.names)))

    def _window(self, named: Named | None) -> Window:
        result = self.result
        if named is None:
            return _Run(self, (result,), self.sums(result), result.rate, self._every)
        if named.kind == JOURNEYS:
            parts = [part for part in result.transactions.values() if part.kind == "journey"]
            return _Run(self, parts, self._all_journeys, result.journey_rate, self._all_journeys)
        match part := self.names[named]:
            case CheckResult():
                return Stretch(Sums(part.ok, part.failed, sent=part.ok + part.failed), result.duration_s)
            case MetricResult():
                return Stretch(Sums(), result.duration_s, values=part.sums)
        if part.kind == "journey":
            return _Run(self, (part,), self.sums(part), result.journey_rate, self._all_journeys)
        return _Run(self, (part,), self.sums(part), result.rate if named.kind == "request" else None, self._every)

    def stretches(self, metric: Metric, length_s: int) -> Iterator[Observed | None]:
        """The metric over every stretch of `length_s` seconds; None for those in which nothing of it happened.

        Sums, shares and rates have a stretch from each second on. Latencies, and all that is of one name, have one from
        each block on, and none where the length is not a multiple of a block's. Raises ValueError for a damaged
        histogram.
        """
        named = metric.of is not None
        if named and self.problem(metric):
            return
        parts = self._parts(find_named(metric, self.names)) if named else ()
        of_all = self.result.windows or self.result.blocks
        blocks = [block for part in parts for block in getattr(part, "windows", ())] if named else of_all
        step_s = 1
        if named or metric.kind == "latency":
            step_s = round(max((block.duration_s for block in blocks), default=0))
            if not step_s or length_s % step_s:
                return
        for start_s in range(0, int(self.result.duration_s + PART_OF_A_SECOND) - length_s + 1, step_s):
            inside = [block for block in blocks if start_s <= block.t_s < start_s + length_s]
            if named:
                yield observe(metric, self._named_stretch(parts, inside, length_s))
            else:
                yield observe(metric, self._stretch(start_s, length_s, inside if metric.kind == "latency" else None))

    def no_stretches(self, metric: Metric) -> str:
        """Why there can be none, however long the run was; empty where there can."""
        if metric.of is None:
            return ""
        named = find_named(metric, self.names)
        if named is not None and named.kind == "metric":
            return "the values of a metric are known for the whole run only; leave 'over' out"
        if any(getattr(part, "windows", ()) for part in self._parts(named)):
            return ""
        return "windows of a name are kept by a run that has the threshold itself, and are not in merged results"

    def _parts(self, named: Named | None) -> Sequence[Part]:
        """What has this name."""
        if named is None:
            return ()
        if named.kind == JOURNEYS:
            return [part for part in self.result.transactions.values() if part.kind == "journey"]
        return [self.names[named]]

    def _named_stretch(self, parts: Sequence[Part], blocks: Sequence[Block], length_s: int) -> Stretch:
        """What ended of one name, where lower bounds, and failures of the generator's own, may be any of the failed."""
        ok, failed = sum(block.ok for block in blocks), sum(block.failed for block in blocks)
        whole = [part for part in parts if isinstance(part, RequestResult)]
        own = sum(row.count for part in whole for row in part.errors if row.fault == "generator")
        own += sum(self.sums(part).own for part in whole)
        bounds = sum(self.histogram("response" + CENSORED, part.histograms).total for part in whole)
        sums = Sums(ok, failed, 0, ok + failed, own=min(own, failed))
        return Stretch(sums, length_s, self._clocks(blocks, min(bounds, failed)))

    def _clocks(self, blocks: Iterable[Block], unanswered: int) -> dict[str, Histogram]:
        values = Histogram()
        for block in blocks:
            values.merge(self.histogram("response", {"response": block.response}))
        return {"response": values, "response" + CENSORED: Histogram([(0, unanswered)] if unanswered else [])}

    def _stretch(self, start_s: int, length_s: int, blocks: Sequence[Block] | None) -> Stretch:
        """What ended in some seconds; one without a row had nothing in it. `blocks` are theirs, where latencies matter.

        In which second a lower bound belongs is not known: it may be in any that has failures.
        """
        rows = [self._rows[second] for second in range(start_s, start_s + length_s) if second in self._rows]
        sent, ok, failed = sum(row.sent for row in rows), sum(row.ok for row in rows), sum(row.failed for row in rows)
        sums = Sums(ok, failed, sent - ok - failed, sent, own=min(self._own, failed))
        if blocks is None:
            return Stretch(sums, length_s)
        bounds = self.histogram("response" + CENSORED, self.result.histograms).total
        return Stretch(sums, length_s, self._clocks(blocks, min(bounds, sent - ok)))

    def sums(self, part: Result | RequestResult) -> Sums:
        """Of the whole run, or of one name, where it may not be known whose fault a failure was."""
        ledger, unsure = part.ledger, 0
        told = [row for row in part.errors if row.fault != "unknown"]
        own = sum(row.count for row in told if row.fault == "generator")
        if part is not self.result and sum(row.count for row in told) != ledger.failed:
            own, unsure = 0, min(self._own, ledger.failed)
        own = min(own, ledger.failed)
        return Sums(
            ledger.ok, ledger.failed - own, ledger.unknown, ledger.sent, part.bytes.sent, part.bytes.received, unsure
        )

    @cached_property
    def _every(self) -> Sums:
        return self.sums(self.result)

    @cached_property
    def _all_journeys(self) -> Sums:
        parts = [self.sums(part) for part in self.result.transactions.values() if part.kind == "journey"]
        return Sums(*(sum(getattr(part, item.name) for part in parts) for item in fields(Sums)))

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
        return {round(row.t_s): row for row in self.result.timeline}


def names_in(results: Iterable[Result]) -> list[Named]:
    """All that a metric of these runs may be of."""
    return list(dict.fromkeys(named for result in results for named in Figures(result).names))


@dataclass(frozen=True, slots=True)
class _Run:
    """The window of a whole Result, or of some parts of it. `every` are the sums of all of their kind, and `rate` is
    their rate in the measured window, where it is known."""

    figures: Figures
    parts: Sequence[Result | RequestResult]
    sums: Sums
    rate: Rate | None
    every: Sums

    @property
    def values(self) -> None:
        return None

    def per_second(self, part: str) -> float | None:
        """By the second of the measured window; a name has its share of what all of its kind came to in it."""
        result = self.figures.result
        if result.duration_s <= 0:
            return None
        own, every = getattr(self.sums, part), getattr(self.every, part)
        if self.rate is not None:
            match part:
                case "sent":
                    return self.rate.sent_rps * _share(own, every)
                case "ok":
                    return self.rate.ok_rps * _share(own, every)
        # of all else as large a part falls in the window as of the good replies
        in_window = min(1.0, _share(result.rate.ok_rps * result.duration_s, result.ledger.ok))
        return float(own * in_window / result.duration_s)

    def clock(self, name: str) -> tuple[Histogram, Histogram]:
        values, bounds = (self._merged(key) for key in (name, name + CENSORED))
        return values, bounds

    def _merged(self, key: str) -> Histogram:
        first, *others = (self.figures.histogram(key, part.histograms) for part in self.parts)
        if not others:
            return first
        merged = Histogram()
        for histogram in (first, *others):
            merged.merge(histogram)
        return merged

    def generator(self, name: str) -> float | None:
        return _GENERATOR[name](self.figures.result)


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
