"""Condition: the one grammar of thresholds (`-T`), `--abort-if` and `--slo`.

[NAME:]METRIC  <|<=|>|>=|==  VALUE  [over DURATION] [min COUNT] [abort]

error_rate > 5% over 10s min 200      p99 < 250 ms     p(99)<250 (milliseconds)      service.p99.9 <= 1s
p99 < 250ms abort (a threshold that also stops the run once it cannot be met)
checkout:p99 < 1s      ok_rate > 99%      rps >= 1000      bytes_received_per_s > 10MiB      failed < 10
buy/pay:p95 < 300ms    basket:mean > 20 (a scenario's own metric, in its own unit)    total is positive:ok_rate > 99%

What is a metric says plan/metrics.py, what a name may be of plan/named.py. A name may hold anything; what stands behind
the last colon cannot.
"""

from collections.abc import Callable
from dataclasses import replace
from operator import eq, ge, gt, le, lt
from typing import Literal

from loadgen.base.dataclass import dataclass
from loadgen.base.imported import imported
from loadgen.base.pattern import pattern
from loadgen.base.units import parse_duration_s, parse_percent, parse_rate, parse_size, shown
from loadgen.plan.metrics import BY_THE_SECOND, Metric, metric_named, value_metric

Use = Literal["threshold", "abort", "slo"]

DEFAULT_WINDOW_S = 10.0
DEFAULT_MIN_COUNT = 20
"""The first failure of a run is not 100 %: of 20 requests it is 5 %. Ten seconds are a convention."""

_OPERATIONS: dict[str, Callable[[float, float], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge, "==": eq}
_SPLIT = pattern(r"([^<>=!]*?)\s*([<>=!]+)\s*([^<>=!]*)")
_K6_MILLISECONDS = pattern(r"(?:.*\.)?(?:avg|med|p\(.*\))")
_OWN_VALUE = pattern(r"-?[0-9]{1,15}(?:\.[0-9]{1,9})?%?")
_UNIT_APART = pattern(
    r"(?<=[0-9.])\s+(?=(?:%|/[smh]|[nuµμm]?s|m?sec|secs|seconds?|m|minutes?|h|hours?|[kKMGT]i?B(?:/s)?)(?:\s|$))"
)
"""What is between a number and its unit; a `min` after a number is the count that follows."""
_COUNT = pattern(r"[0-9]{1,15}")
_FORM = "expected METRIC < VALUE such as 'p99 < 250ms' or 'error_rate > 5% over 10s min 200'"


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison; `value` is in the metric's unit.

    `window_s` is None where the whole run is judged; otherwise every stretch of `window_s` seconds is, if it holds
    `min_count` requests that the metric rests on (None: any number). With `abort` the run stops as soon as the
    condition cannot be met any more (see judge/foresight.py).
    """

    metric: Metric
    op: str
    value: float
    window_s: float | None = None
    min_count: int | None = None
    abort: bool = False
    text: str = ""

    @property
    def is_ceiling(self) -> bool:
        """Whether what is observed must stay below the value."""
        return self.op in ("<", "<=")

    @property
    def can_be_lost(self) -> bool:
        """Whether it may be certain before a run is over that the condition cannot be met any more."""
        metric, op = self.metric, self.op
        if self.window_s is not None:
            return False
        match metric.kind:
            case "latency":
                extreme = "max" if self.is_ceiling else "min"
                return op != "==" and (metric.quantile is not None or metric.statistic == extreme)
            case "ratio":
                return op != "==" and self.is_ceiling == (metric.better == "lower")
            case "count":
                return op in ("<", "<=", "==")
        return False

    def holds(self, observed: float) -> bool:
        """Whether `observed` (in the unit of `value`) satisfies the comparison; NaN never does."""
        return _OPERATIONS[self.op](observed, self.value)


def parse_condition(text: str, *, use: Use) -> Condition:
    """Read one condition. Raises ValueError with one clear sentence."""
    try:
        condition = _parsed(text, use)
    except ValueError:
        _check_k6(text)
        raise
    if condition.metric.of is not None and condition.metric.of.startswith("http_req"):
        _check_k6(text)
    return condition


def _check_k6(text: str) -> None:
    """Raises ValueError for a text in k6's words."""
    if reading := imported("loadgen.plan.k6_metrics", "k6_reading")(text):
        raise ValueError(reading) from None


def _parsed(text: str, use: Use) -> Condition:
    name, rest = _split_name(text)
    match = _SPLIT.fullmatch(rest)
    if match is None or not match[1].strip() or not match[3].strip():
        raise ValueError(f"{_FORM}, got {shown(text)}")
    if match[2] not in _OPERATIONS:
        raise ValueError(f"expected one of < <= > >= ==, got {match[2]!r} in {shown(text)}")
    metric_text = match[1].strip()
    value_text, *tail = _UNIT_APART.sub("", match[3]).split()
    metric = replace(_metric(metric_text, value_text if name is not None else ""), of=name)
    abort = use == "threshold" and tail[-1:] == ["abort"]
    if abort:
        tail.pop()
    window_s, min_count = _window(value_text, tail, use)
    if use == "threshold" and window_s is not None:
        _check_seconds(metric, window_s)
    value = _value(metric, value_text, unit_optional=bool(_K6_MILLISECONDS.fullmatch(metric_text)))
    condition = Condition(metric, match[2], value, window_s, min_count, abort, text.strip())
    if abort:
        _check_abort(condition)
    return condition


def parse_metric(text: str) -> Metric:
    """Read a metric alone, as it stands before a comparison. Raises ValueError with one clear sentence."""
    name, rest = _split_name(text)
    try:
        return replace(_metric(rest), of=name)
    except ValueError:
        _check_k6(text)
        raise


def _split_name(text: str) -> tuple[str | None, str]:
    name, colon, rest = text.strip().rpartition(":")
    return (name if colon else None), rest.strip()


def _metric(text: str, value_of_named: str = "") -> Metric:
    """The metric of a text. One of a name that is compared with a plain number is of values in a unit of their own."""
    if _OWN_VALUE.fullmatch(value_of_named) and not _K6_MILLISECONDS.fullmatch(text):
        value = value_metric(text)
        if value is not None:
            return value
    metric = metric_named(text)
    if metric.kind == "generator":
        raise ValueError(f"{text}: a figure of the generator itself can be compared, but nothing can depend on it")
    return metric


def _value(metric: Metric, text: str, *, unit_optional: bool) -> float:
    match metric.unit:
        case "ms":
            return _milliseconds(metric, text, unit_optional=unit_optional)
        case "share":
            return _named(metric, text, parse_percent)
        case "per_s":
            return _named(metric, text, parse_rate)
        case "bytes_per_s":
            return float(_named(metric, text.removesuffix("/s"), parse_size))
        case "own":
            return float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    if not _COUNT.fullmatch(text):
        raise ValueError(f"{metric.name}: expected a whole number such as 10, got {shown(text)}")
    return float(text)


def _milliseconds(metric: Metric, text: str, *, unit_optional: bool) -> float:
    seconds = _named(metric, text, parse_duration_s)
    if any(map(str.isalpha, text)):
        return round(seconds * 1000, 9)
    if unit_optional:
        return seconds
    raise ValueError(f"{metric.name}: expected a time with its unit such as {text}ms, got {shown(text)}")


def _named(metric: Metric, text: str, parse: Callable[[str], float]) -> float:
    try:
        return parse(text)
    except ValueError as error:
        raise ValueError(f"{metric.name}: {error}") from None


def _window(value: str, words: list[str], use: Use) -> tuple[float | None, int | None]:
    """What follows the value: `over DURATION` and `min COUNT`, in any order, each at most once."""
    given = dict(zip(words[::2], words[1::2], strict=False))
    if len(words) % 2 or len(given) * 2 != len(words) or not given.keys() <= {"over", "min"}:
        abort = ", 'abort'" if use == "threshold" else ""
        raise ValueError(
            f"expected 'over 10s', 'min 200'{abort} or nothing after {value!r}, got {shown(' '.join(words))}"
        )
    if use == "slo" and given:
        raise ValueError(f"expected no {' and '.join(map(repr, given))}: the whole run is judged here")
    if use == "abort":
        given = {"over": f"{DEFAULT_WINDOW_S:g}", "min": str(DEFAULT_MIN_COUNT)} | given
    return _window_s(given.get("over")), _min_count(given.get("min"))


def _window_s(text: str | None) -> float | None:
    if text is None:
        return None
    seconds = parse_duration_s(text)
    if seconds == 0:
        raise ValueError("over: expected a duration above zero such as 10s")
    return seconds


def _min_count(text: str | None) -> int | None:
    if text is None:
        return None
    if not _COUNT.fullmatch(text):
        raise ValueError(f"min: expected a number of requests such as 200, got {shown(text)}")
    return int(text)


def _check_seconds(metric: Metric, window_s: float) -> None:
    """A Result keeps some figures by the second, and the others for the whole run only."""
    if window_s % 1:
        raise ValueError("over: expected whole seconds such as 10s: a result has one row for each second")
    is_kept = metric.part == "response" if metric.kind == "latency" else metric.part in BY_THE_SECOND
    if not is_kept:
        raise ValueError(f"over: a result has {metric.text} for the whole run only; leave 'over' out")


def _check_abort(condition: Condition) -> None:
    """Only some conditions can be lost for good before a run is over."""
    if condition.window_s is not None:
        raise ValueError("abort: cannot be combined with 'over': --abort-if stops a run by its last seconds")
    if not condition.can_be_lost:
        raise ValueError(
            f"abort: what becomes of '{condition.metric.name} {condition.op}' is open until the run is over; leave "
            "'abort' out, or stop by the last seconds with --abort-if"
        )
