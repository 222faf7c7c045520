"""Percentile curves over each other: 50 % to 99.999 %, each nine as wide as the one before."""

from collections.abc import Mapping, Sequence
from math import log10

from loadgen.base.units import format_ms
from loadgen.measure.histogram import Histogram, rank_of
from loadgen.report.draw.svg import Axis, Curve, Point, line_chart, log_axis
from loadgen.report.run.latency import ENOUGH_SAMPLES

NAMED = (0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999, 0.99999)
FIRST, LAST = -log10(1 - NAMED[0]), 5.0
STEPS = 120
Times = tuple[Histogram, Histogram]
"""Measured values, and lower bounds."""


def percentile_chart(times: Mapping[str, Times], title: str = "response time, ms") -> str:
    """A chart with a curve for each label, or nothing where there is no value.

    A curve ends where only lower bounds (no reply in time) are left.
    """
    found = [(label, *_distribution(*each)) for label, each in times.items()]
    values = [value for _, points, _ in found for _, value in points]
    if not values:
        return ""
    y_axis, y = log_axis(title, min(values), max(values))
    x_axis = Axis("percentile of the requests", [(_place(share), _name(share)) for share in NAMED])
    curves = [
        Curve(
            label,
            [
                Point(
                    _place(share),
                    y(value),
                    f"{label}: p{_name(share)} {format_ms(value)}" if share in NAMED else "",
                )
                for share, value in points
            ],
            sure,
        )
        for label, points, sure in found
        if points
    ]
    return line_chart("Response times by percentile", x_axis, y_axis, curves)


def _place(share: float) -> float:
    """Where a quantile stands, 0 to 1: by the logarithm of what lies beyond it."""
    return (-log10(1 - share) - FIRST) / (LAST - FIRST)


def _name(share: float) -> str:
    return f"{share * 100:.6g}"


def _distribution(values: Histogram, bounds: Histogram) -> tuple[Sequence[tuple[float, float]], int]:
    """Quantiles with milliseconds, and how many of them have enough samples beyond."""
    total = values.total + bounds.total
    shares = sorted({*NAMED, *(1 - 10 ** -(FIRST + step / STEPS * (LAST - FIRST)) for step in range(STEPS + 1))})
    ranks = [(share, rank_of(share, total)) for share in shares if total and total * (1 - share) >= 0.5]
    known = [(share, rank) for share, rank in ranks if rank <= values.total]
    found_us = values.values_at_ranks([rank for _, rank in known])
    points = [(share, max(us, 1) / 1000) for (share, _), us in zip(known, found_us, strict=True)]  # 0 has no logarithm
    return points, sum(total - rank >= ENOUGH_SAMPLES for _, rank in known)
