"""Results as rounds of one plan would make them, for the gate and what it judges by."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from random import Random
from typing import Any

from loadgen.judge.gate import Baseline, Margin
from loadgen.measure.histogram import Histogram
from loadgen.results.block import Block
from loadgen.results.requests import Latency, Ledger
from loadgen.results.result import Generator, Rate, Result, Second
from loadgen.results.summary import encoded, latencies

PLAN = {
    "name": "test",
    "target": "http://127.0.0.1:8080",
    "requests": [{"name": "GET /", "method": "GET", "path": "/"}],
    "users": 50,
    "duration_s": 10.0,
}
ENVIRONMENT: dict[str, Any] = {"cpu": "x", "cores": 2, "machine": "x86_64"}


def run(
    p50_ms: float = 10.0,
    rps: float = 100.0,
    failed: int = 0,
    samples: int = 1000,
    verdict: str = "valid",
    histograms: dict[str, str] | None = None,
    environment: dict[str, Any] = ENVIRONMENT,
    **plan: object,
) -> Result:
    """Ten seconds: `samples` replies around a median, so many failures among a thousand requests."""
    latency_ms, histograms_kept = _response(p50_ms, samples)
    return Result(
        plan={**PLAN, **plan},
        environment=environment,
        started_at="2026-01-05T10:00:00.000+00:00",
        duration_s=10.0,
        ledger=Ledger(1000, 1000, 0, 1000 - failed, failed, 0),
        rate=Rate(0.0, rps, rps),
        status_codes={"200": 1000},
        latency_ms=dict(latency_ms),
        generator=Generator(verdict=verdict, reasons=[] if verdict == "valid" else ["it was busy"]),
        histograms={**histograms_kept, **(histograms or {})},
    )


@cache
def _response(p50_ms: float, samples: int) -> tuple[dict[str, Latency], dict[str, str]]:
    """The figures of so many times around a median, and their histogram as it is kept."""
    counts = Histogram()
    for index in range(samples):
        counts.add(round(p50_ms * 1000 * (0.5 + index / samples)))
    clocks = {"response": counts}
    return latencies(clocks), encoded(clocks)


def blocks(random: Random, p50_ms: float, seconds: int, failing: float = 0.01) -> Result:
    """One run with a timeline: each second has 100 requests whose times scatter."""
    total, rows, parts, failures = Histogram(), [], [], 0
    for t_s in range(seconds):
        values, drift = Histogram(), random.lognormvariate(0, 0.03)
        bad = sum(random.random() < failing for _ in range(100))
        ok = round((100 - bad) * random.uniform(0.95, 1) * 10 / p50_ms)
        for _ in range(ok):
            values.add(round(1000 * p50_ms * drift * random.lognormvariate(0, 0.2)))
        total.merge(values)
        failures += bad
        rows.append(Second(float(t_s), ok + bad, ok, bad))
        parts.append(Block(float(t_s), 1.0, ok, bad, values.encode()))
    ok = total.total
    return replace(
        run(),
        duration_s=float(seconds),
        ledger=Ledger(ok + failures, ok + failures, 0, ok, failures, 0),
        rate=Rate(0.0, (ok + failures) / seconds, ok / seconds),
        timeline=rows,
        blocks=parts,
        latency_ms=latencies({"response": total}),
        histograms={"response": total.encode()},
    )


def baseline(rounds: Iterable[Result], margins: Iterable[Margin] = (), *, anyway: bool = False) -> Baseline:
    return Baseline("main", tuple(rounds), tuple(margins), anyway)
