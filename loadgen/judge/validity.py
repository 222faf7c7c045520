"""Whether to believe a run: what the generator added itself, weighed against what it measured."""

from collections.abc import Sequence

from loadgen.measure.result import Generator, Latency

BUSY_SHARE = 0.95
LAG_SHARE = 0.25
LAG_FLOOR_MS = 1.0


def judge_validity(
    generator: Generator, response: Latency, duration_s: float, lost: Sequence[str]
) -> tuple[str, list[str]]:
    """`valid`, `limited` (the figures are a bound) or `invalid`, with reasons that say what to do."""
    if lost:
        return "invalid", [f"{reason}: its share of the load is missing" for reason in lost]
    reasons = []
    busiest = max((row.cpu_s for row in generator.workers), default=0.0)
    if duration_s >= 0.5 and busiest / duration_s > BUSY_SHARE:
        reasons.append(
            f"a worker used {busiest / duration_s:.0%} of a core: the target may be able to do more than was asked "
            "of it; add --processes, or use fewer connections"
        )
    lag_ms = max((row.loop_lag_ms.get("p99", 0.0) for row in generator.workers), default=0.0)
    p99 = response.p99
    if isinstance(p99, float) and lag_ms > max(LAG_FLOOR_MS, LAG_SHARE * p99):
        reasons.append(
            f"the generator's own delay was {lag_ms:.1f} ms at p99, a large part of the response time's {p99:.1f} ms; "
            "use --processes with one worker each"
        )
    return ("limited" if reasons else "valid"), reasons
