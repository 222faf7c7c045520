"""What a Result says of the generator itself: its workers and processes."""

from collections.abc import Iterable
from dataclasses import replace

from loadgen.base.clock import NS_PER_MS, NS_PER_S
from loadgen.measure.histogram import Histogram
from loadgen.measure.recording import Usage
from loadgen.measure.usage import process_usage
from loadgen.plan.plan import Plan
from loadgen.results.result import Generator, WorkerRow
from loadgen.results.summary import to_ms
from loadgen.session.collector import Collector


def generator_of(plan: Plan, collected: Collector, numbers: range) -> Generator:
    """Of the workers with these numbers."""
    usages = [usage for worker, usage in collected.usages.items() if worker in numbers]
    processes = _processes(usages)
    cpu_ns = sum(usage.cpu_ns for usage in usages)
    longest = max(usages, key=lambda usage: usage.longest_stall_ns, default=None)
    workers = [_worker(collected.usages.get(index), collected.worker_lag[index]) for index in numbers]
    return Generator(
        mode=plan.mode,
        client=plan.client,
        processes=plan.processes,
        workers=workers,
        threads=sum(usage.threads for usage in processes),
        cpu_us_per_request=round(cpu_ns / 1000 / collected.window_done, 3) if collected.window_done else None,
        peak_rss_mb=round(sum(usage.peak_rss_kb for usage in processes) / 1024, 1),
        context_switches=sum(usage.context_switches for usage in processes),
        gc_pause_ms=round(sum(usage.gc_pause_ns for usage in processes) / NS_PER_MS, 3),
        quota_periods=max((usage.quota_periods for usage in usages), default=0),
        throttled_periods=max((usage.throttled_periods for usage in usages), default=0),
        throttled_ms=round(max((usage.throttled_ns for usage in usages), default=0) / NS_PER_MS, 3),
        stalled_in=longest.stalled_in if longest is not None else "",
        longest_stall_ms=round(max((usage.longest_stall_ns for usage in usages), default=0) / NS_PER_MS, 3),
    )


def _processes(usages: Iterable[Usage]) -> list[Usage]:
    """The figures of each process, the coordinator's among them: the most that one of its workers saw."""
    processes = {0: process_usage()}
    for usage in usages:
        before = processes.get(usage.process, usage)
        processes[usage.process] = replace(
            usage,
            peak_rss_kb=max(before.peak_rss_kb, usage.peak_rss_kb),
            context_switches=max(before.context_switches, usage.context_switches),
            threads=max(before.threads, usage.threads),
            gc_pause_ns=max(before.gc_pause_ns, usage.gc_pause_ns),
        )
    return list(processes.values())


def _worker(usage: Usage | None, lag: Histogram) -> WorkerRow:
    if usage is None:
        return WorkerRow(lost=True)
    lag_ms, encoded_lag = {}, ""
    if lag.buckets:
        p99, highest = lag.quantiles_us((0.99, 1.0))
        lag_ms, encoded_lag = {"p99": to_ms(p99), "max": to_ms(highest)}, lag.encode()
    core_wait_s = round(usage.core_wait_ns / NS_PER_S, 3)
    return WorkerRow(round(usage.cpu_ns / NS_PER_S, 3), lag_ms, core_wait_s=core_wait_s, loop_lag=encoded_lag)
