"""What sinks are told, made of given samples."""

from loadgen.base.error_class import ErrorClass
from loadgen.measure.histogram import Histogram
from loadgen.measure.metric_sums import MetricSums
from loadgen.measure.recording import ErrorCount, Tally
from loadgen.observe.export.events import Began, Ended, Interval, Key
from loadgen.results.result import Generator, Result, ThresholdRow

AT_S = 1_800_000_000.0
SAMPLES_US = (1000, 2000, 3000, 40_000)
ROW = ThresholdRow("p99 < 50ms", 40.031, "pass", False, "p99", 50.0, "ms")
BEGAN = Began(1, "shop", "http://shop.test", AT_S, [ThresholdRow("p99 < 50ms", limit=50.0, unit="ms", metric="p99")])
ENDED = Ended(
    Result(duration_s=2.0, ended_by="completed", thresholds=[ROW], generator=Generator(verdict="valid")), AT_S + 2
)


def tally(*samples_us: int, failed: int = 0) -> Tally:
    """Good replies that took so long, and replies with status 500."""
    made = Tally(ok=len(samples_us), failed=failed, bytes_sent=10, bytes_received=20, statuses={200: len(samples_us)})
    made.clocks["service"] = Histogram((sample, samples_us.count(sample)) for sample in set(samples_us))
    if failed:
        made.statuses[500] = failed
        made.errors[ErrorClass.UNEXPECTED_STATUS] = ErrorCount(failed, "", "")
    return made


def interval(t_s: int = 0, *, rest: bool = False, **parts: Tally) -> Interval:
    named: dict[Key, Tally] = {("request", name): part for name, part in parts.items()}
    return Interval(t_s, AT_S + t_s, 4, named or {("request", "GET /"): tally(*SAMPLES_US, failed=1)}, rest=rest)


def own_second(*, rest: bool = False) -> Interval:
    """A second in which a check held three times of four, and a metric was 10 and 20."""
    basket = MetricSums(unit="EUR")
    basket.add([10.0, 20.0])
    return Interval(0, AT_S, 4, {("check", "total"): Tally(ok=3, failed=1)}, rest=rest, values={"basket": basket})
