"""The generators of several runs as one: what they cost, and the worst that was said of any."""

from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from itertools import zip_longest
from typing import Any, TypeVar

from loadgen.base.pattern import pattern
from loadgen.results.result import Generator, Result, WorkerRow

VERDICTS = ("valid", "not_judged", "limited", "invalid")
T = TypeVar("T")
_FIGURE = pattern(r"[0-9][0-9.,]*")


def generators_at_once(results: Sequence[Result]) -> Generator:
    """Of runs at the same time: their processes, workers and memory add up."""
    generators = [result.generator for result in results]
    return replace(
        _generator(results),
        processes=sum(item.processes for item in generators),
        workers=[row for item in generators for row in item.workers],
        threads=sum(item.threads for item in generators),
        peak_rss_mb=round(sum(item.peak_rss_mb for item in generators), 1),
    )


def generators_in_turn(rounds: Sequence[Result]) -> Generator:
    """Of rounds after each other: the same processes and workers, and the most of each."""
    generators = [result.generator for result in rounds]
    return replace(
        _generator(rounds),
        processes=max(item.processes for item in generators),
        workers=[_worker(rows) for rows in zip_longest(*(item.workers for item in generators))],
        threads=max(item.threads for item in generators),
        peak_rss_mb=max(item.peak_rss_mb for item in generators),
    )


def place_in(order: Sequence[str], value: str) -> int:
    """Where a value stands in an order; behind all others if it is not in it."""
    return order.index(value) if value in order else len(order)


def total(items: Sequence[T]) -> T:
    """Counts of one type with every field added up."""
    kind: Any = type(items[0])
    whole: T = kind(*(sum(getattr(item, field.name) for item in items) for field in fields(kind)))
    return whole


def _generator(results: Sequence[Result]) -> Generator:
    """What is known of the generators whether they ran at once or in turn: sums, and the worst of each."""
    generators = [result.generator for result in results]
    done = [result.rate.sent_rps * result.duration_s for result in results]
    cpu_us = [(item.cpu_us_per_request or 0.0) * times for item, times in zip(generators, done, strict=True)]
    return Generator(
        mode=" and ".join(dict.fromkeys(item.mode for item in generators)),
        client=" and ".join(dict.fromkeys(item.client for item in generators)),
        cpu_us_per_request=round(sum(cpu_us) / sum(done), 3) if sum(done) else None,
        context_switches=sum(item.context_switches for item in generators),
        gc_pause_ms=round(sum(item.gc_pause_ms for item in generators), 3),
        quota_periods=sum(item.quota_periods for item in generators),
        throttled_periods=sum(item.throttled_periods for item in generators),
        throttled_ms=round(sum(item.throttled_ms for item in generators), 3),
        longest_stall_ms=max(item.longest_stall_ms for item in generators),
        stalled_in=max(generators, key=lambda item: item.longest_stall_ms).stalled_in,
        verdict=max((item.verdict for item in generators), key=lambda verdict: place_in(VERDICTS, verdict)),
        reasons=distinct_reasons(reason for item in generators for reason in item.reasons),
    )


def distinct_reasons(reasons: Iterable[str]) -> list[str]:
    """Each once, with the figures of the first: rounds differ in little else."""
    found: dict[str, str] = {}
    for reason in reasons:
        found.setdefault(without_figures(reason), reason)
    return list(found.values())


def without_figures(reason: str) -> str:
    """What two reasons share that differ in nothing else."""
    return _FIGURE.sub("", reason)


def _worker(rows: Sequence[WorkerRow | None]) -> WorkerRow:
    """The same worker in several rounds."""
    seen = [row for row in rows if row is not None]
    figures = dict.fromkeys(figure for row in seen for figure in row.loop_lag_ms)
    return WorkerRow(
        cpu_s=round(sum(row.cpu_s for row in seen), 3),
        loop_lag_ms={figure: max(row.loop_lag_ms.get(figure, 0.0) for row in seen) for figure in figures},
        lost=any(row.lost for row in seen),
        core_wait_s=round(sum(row.core_wait_s for row in seen), 3),
    )
