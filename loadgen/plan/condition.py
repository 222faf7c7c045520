"""Condition: the one grammar of thresholds (`-T`), `--abort-if` and `--slo`.

[REQUEST NAME:]METRIC  <|<=|>|>=|==  VALUE  [over DURATION] [min COUNT] [abort]

error_rate > 5% over 10s min 200      p99 < 250ms      p(99)<250 (milliseconds)      service.p99.9 <= 1s
p99 < 250ms abort (a threshold that also stops the run once it cannot be met)
checkout:p99 < 1s      ok_rate > 99%      rps >= 1000      bytes_received_per_s > 10MiB      failed < 10
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from operator import eq, ge, gt, le, lt
from typing import Literal

from loadgen.base.units import parse_duration_s, parse_percent, parse_rate, parse_size
from loadgen.plan.problems import did_you_mean, shown

Use = Literal["threshold", "abort", "slo"]
Kind = Literal["latency", "ratio", "rate", "count"]

DEFAULT_WINDOW_S = 10.0
DEFAULT_MIN_COUNT = 20

_CLOCKS = ("response", "service", "send_lag", "failed")
_RATIOS = ("error_rate", "ok_rate")
_RATES = ("rps", "ok_rps", "bytes_sent_per_s", "bytes_received_per_s")
_COUNTS = ("sent", "ok", "failed", "unknown")
_BY_THE_SECOND = (*_RATIOS, "rps", "ok_rps", "sent", "ok", "failed")
_STATISTICS = {"min": "min", "mean": "mean", "avg": "mean", "med": "p50", "max": "max"}
_IN_MILLISECONDS = ("avg", "med")
_KNOWN = ("p50", "p99", "p99.9", "mean", "min", "max", "service.p99", "send_lag.max", *_RATIOS, *_RATES, *_COUNTS)

_OPERATIONS: dict[str, Callable[[float, float], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge, "==": eq}
_SPLIT = re.compile(r"([^<>=!]*?)\s*([<>=!]+)\s*([^<>=!]*)")
_QUANTILE = re.compile(r"p([0-9]{1,2}(?:\.[0-9]{1,4})?)|p\(([0-9]{1,2}(?:\.[0-9]{1,4})?)\)")
_COUNT = re.compile(r"[0-9]{1,15}")
_FORM = "expected METRIC < VALUE such as 'p99 < 250ms' or 'error_rate > 5% over 10s min 200'"


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison. Latency values are milliseconds, ratios 0 to 1, rates per second, counts plain.

    `metric` is a clock (response, service, send_lag, failed) for latencies, with `statistic` "p99.9", "mean", "min" or
    "max" and, for percentiles, `quantile` 0.999. `window_s` is None where the whole run is judged; otherwise every
    stretch of `window_s` seconds is, if it holds `min_count` finished requests (None: any number). With `abort` the
    run stops as soon as the condition cannot be met any more (see judge/foresight.py).
    """

    metric: str
    kind: Kind
    op: str
    value: float
    statistic: str | None = None
    quantile: float | None = None
    window_s: float | None = None
    min_count: int | None = None
    request_name: str | None = None
    abort: bool = False
    text: str = ""

    @property
    def is_ceiling(self) -> bool:
        """Whether what is observed must stay below the value."""
        return self.op in ("<", "<=")

    def holds(self, observed: float) -> bool:
        """Whether `observed` (in the unit of `value`) satisfies the comparison; NaN never does."""
        return _OPERATIONS[self.op](observed, self.value)


@dataclass(frozen=True, slots=True)
class _Metric:
    name: str
    kind: Kind
    statistic: str | None = None
    quantile: float | None = None
    unit_optional: bool = False

    @property
    def shown(self) -> str:
        """As a person writes it."""
        if self.statistic is None:
            return self.name
        return self.statistic if self.name == "response" else f"{self.name}.{self.statistic}"


def parse_condition(text: str, *, use: Use, names: Collection[str]) -> Condition:
    """Read one condition; `names` are the requests of the plan. Raises ValueError with one clear sentence."""
    stripped = text.strip()
    request_name, rest = _without_name(stripped, names)
    match = _SPLIT.fullmatch(rest)
    if match is None or not match[1].strip() or not match[3].strip():
        raise ValueError(f"{_FORM}, got {shown(text)}")
    if match[2] not in _OPERATIONS:
        raise ValueError(f"expected one of < <= > >= ==, got {match[2]!r} in {shown(text)}")
    metric = _metric(match[1].strip(), names)
    value_text, *tail = match[3].split()
    abort = use == "threshold" and tail[-1:] == ["abort"]
    if abort:
        tail.pop()
    window_s, min_count = _window(value_text, tail, use)
    if use == "threshold" and window_s is not None:
        _check_seconds(metric, request_name, window_s)
    value = _value(metric, value_text)
    if abort:
        _check_abort(metric, match[2], window_s)
    return Condition(
        metric=metric.name,
        kind=metric.kind,
        op=match[2],
        value=value,
        statistic=metric.statistic,
        quantile=metric.quantile,
        window_s=window_s,
        min_count=min_count,
        request_name=request_name,
        abort=abort,
        text=stripped,
    )


def parse_metric(text: str, names: Collection[str]) -> Condition:
    """Read a metric alone, as in a condition before its comparison; what it is compared with is left at zero.

    Raises ValueError with one clear sentence.
    """
    request_name, rest = _without_name(text.strip(), names)
    metric = _metric(rest, names)
    return Condition(
        metric=metric.name,
        kind=metric.kind,
        op="<",
        value=0.0,
        statistic=metric.statistic,
        quantile=metric.quantile,
        request_name=request_name,
        text=text.strip(),
    )


def _without_name(text: str, names: Collection[str]) -> tuple[str | None, str]:
    """A name may hold anything, colons too: the longest name that fits is meant."""
    fitting = [name for name in names if text.startswith(f"{name}:")]
    if not fitting:
        return None, text
    name = max(fitting, key=len)
    return name, text[len(name) + 1 :].strip()


def _metric(text: str, names: Collection[str]) -> _Metric:
    if ":" in text:
        name = text.rpartition(":")[0]
        raise ValueError(f"no request is named {shown(name)}{did_you_mean(name, names)}")
    for kind, known in (("ratio", _RATIOS), ("rate", _RATES), ("count", _COUNTS)):
        if text in known:
            return _Metric(text, kind)  # type: ignore[arg-type]
    clock, dot, statistic = text.partition(".")
    if not dot or clock not in _CLOCKS:
        clock, statistic = "response", text
    if statistic in _STATISTICS:
        plain = _STATISTICS[statistic]
        return _Metric(clock, "latency", plain, 0.5 if plain == "p50" else None, statistic in _IN_MILLISECONDS)
    match = _QUANTILE.fullmatch(statistic)
    if match is None or float(match[1] or match[2]) == 0:
        raise ValueError(f"unknown metric {shown(text)}{did_you_mean(text, _KNOWN)}")
    percent = match[1] or match[2]
    return _Metric(clock, "latency", f"p{percent}", _quantile(percent), match[2] is not None)


def _quantile(percent: str) -> float:
    """The nearest float to the decimal fraction: "99.9" -> 0.999."""
    whole, _, decimals = percent.partition(".")
    return float(f"0.{whole.zfill(2)}{decimals}")


def _value(metric: _Metric, text: str) -> float:
    match metric.kind:
        case "latency":
            return _milliseconds(metric, text)
        case "ratio":
            return _named(metric, text, parse_percent)
        case "count":
            if not _COUNT.fullmatch(text):
                raise ValueError(f"{metric.name}: expected a whole number such as 10, got {shown(text)}")
            return float(text)
        case "rate":
            if metric.name.startswith("bytes"):
                return float(_named(metric, text.removesuffix("/s"), parse_size))
            return _named(metric, text, parse_rate)


def _milliseconds(metric: _Metric, text: str) -> float:
    seconds = _named(metric, text, parse_duration_s)
    if text[-1].isalpha():
        return round(seconds * 1000, 9)
    if metric.unit_optional:
        return seconds
    raise ValueError(f"{metric.statistic}: expected a time with its unit such as {text}ms, got {shown(text)}")


def _named(metric: _Metric, text: str, parse: Callable[[str], float]) -> float:
    try:
        return parse(text)
    except ValueError as error:
        raise ValueError(f"{metric.statistic or metric.name}: {error}") from None


def _window(value: str, words: list[str], use: Use) -> tuple[float | None, int | None]:
    """What follows the value: `over DURATION` and `min COUNT`, in any order, each at most once."""
    found = dict(zip(words[::2], words[1::2], strict=False))
    if len(words) % 2 or len(found) * 2 != len(words) or not found.keys() <= {"over", "min"}:
        raise ValueError(
            f"expected 'over 10s', 'min 200'{_or_abort(use)} or nothing after {value!r}, got {shown(' '.join(words))}"
        )
    if use == "slo" and found:
        raise ValueError(f"expected no {' and '.join(map(repr, found))}: the whole run is judged here")
    if use == "abort":
        found = {"over": f"{DEFAULT_WINDOW_S:g}", "min": str(DEFAULT_MIN_COUNT)} | found
    return _window_s(found.get("over")), _min_count(found.get("min"))


def _or_abort(use: Use) -> str:
    return ", 'abort'" if use == "threshold" else ""


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


def _check_seconds(metric: _Metric, request_name: str | None, window_s: float) -> None:
    """A Result keeps some figures for each second, and the others for the whole run only."""
    if window_s % 1:
        raise ValueError("over: expected whole seconds such as 10s: a result has one row for each second")
    is_kept = metric.name == "response" if metric.kind == "latency" else metric.name in _BY_THE_SECOND
    if request_name is not None or not is_kept:
        name = f"{request_name}:" if request_name is not None else ""
        raise ValueError(f"over: a result has {name}{metric.shown} for the whole run only; leave 'over' out")


def _check_abort(metric: _Metric, op: str, window_s: float | None) -> None:
    """Only some conditions can be lost for good before a run is over."""
    if window_s is not None:
        raise ValueError("abort: expected no 'over' beside it; --abort-if stops a run by its last seconds")
    if metric.kind == "latency":
        extreme = "min" if op in (">", ">=") else "max"
        can_be_lost = op != "==" and (metric.quantile is not None or metric.statistic == extreme)
    elif metric.kind == "ratio":
        can_be_lost = op in (("<", "<=") if metric.name == "error_rate" else (">", ">="))
    else:
        can_be_lost = metric.kind == "count" and op in ("<", "<=", "==")
    if not can_be_lost:
        raise ValueError(
            f"abort: what becomes of '{metric.shown} {op}' is open until the run is over; leave 'abort' out, "
            "or stop by the last seconds with --abort-if"
        )
