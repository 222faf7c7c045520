"""Results of one plan over some days."""

from dataclasses import replace
from typing import Any

from loadgen.judge.trend import Dated
from loadgen.measure.histogram import Histogram
from loadgen.results.requests import Ledger
from loadgen.results.result import Generator, Rate, Result
from loadgen.results.summary import latencies

PLAN = {"name": "shop", "target": "http://shop.test", "requests": [{"method": "GET", "path": "/"}]}
WOBBLE = (0, 3, -2, 1, -3, 2)
"""Per cent."""


def result(number: int, ms: float, rps: float = 1000.0, **changes: Any) -> Result:
    """A thousand replies around `ms`."""
    times = Histogram((round(ms * 1000 * share), 20) for share in (0.5 + index / 50 for index in range(50)))
    clocks = {"response": times}
    made = Result(
        plan=PLAN,
        started_at=f"2026-01-{number + 1:02d}T10:00:00.000+00:00",
        duration_s=10.0,
        ledger=Ledger(1000, 1000, 0, 1000),
        rate=Rate(rps, rps, rps),
        latency_ms=latencies(clocks),
        histograms={"response": times.encode()},
        generator=Generator(verdict="valid"),
        environment={"cpu": "a processor", "cores": 2},
        labels={"commit": f"{number:02d}abcdef0123456789"},
    )
    return replace(made, **changes)


def history(count: int = 20, at: int = 14, factor: float = 1.2) -> list[Dated]:
    """From the result `at` on all takes longer by the factor."""
    dated = []
    for number in range(count):
        scale = (factor if number >= at else 1.0) * (1 + WOBBLE[number % len(WOBBLE)] / 100)
        dated.append(Dated(f"{number:02d}abcdef", result(number, 10 * scale, 1000 / scale)))
    return dated
