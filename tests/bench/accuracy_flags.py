"""A generator that is disturbed on purpose: each disturbance must be flagged, and none exits 0 with --strict.

The same once more with the server on the generator's core; and runs of few requests, which nobody disturbs and nobody
can judge.
"""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace

from tests.bench.accuracy_runs import ONE_WORKER, Check, Finished, load, section, server, wait_s
from tests.bench.machine import pinned
from tests.bench.runs import Bench
from tests.bench.servers import embedded_target
from tests.bench.table import Section

HOG = "import sys, time\nend = time.monotonic() + float(sys.argv[1])\nwhile time.monotonic() < end: pass"
STOP_S = 0.3
STARTED_S = 1.5
FEW_FILES = ("sh", "-c", 'ulimit -n 100 && exec "$@"', "sh")
PACED = ("-R", "1000", "-c", "50")
FULL = ("-c", "64")
FEW = (1, 2, 5, 10, 20, 50, 99, 100)
"""Requests of a run; with 100 it has a p99, but is over within the half second that it takes to judge one."""

TIMES = 20
SAME_CORE = "same core: "


def flags(bench: Bench, seconds: int) -> Section:
    """Both apart and on one core: first disturbed, then few requests."""
    together = replace(bench, layout=replace(bench.layout, generator=bench.layout.server))
    checks, notes = [], []
    for where, placed in (("", bench), (SAME_CORE, together)):
        finished = {f"{where}{name}": done for name, done in _disturbed(placed, seconds).items()}
        checks += [check(name, done) for name, done in finished.items()]
        notes += [f"{name}: {line}" for name, done in finished.items() for line in _seen(done)]
        checks += [few_check(f"{where}{count} requests", _few(placed, count)) for count in FEW]
    return section(
        "flags", f"A disturbed generator, {seconds} s with --strict; {TIMES} runs of few requests", checks, notes
    )


def _few(bench: Bench, count: int) -> list[Finished]:
    with server(bench) as url:
        return [load(bench, url, ["-n", str(count), "-c", str(min(count, 10)), *ONE_WORKER]) for _ in range(TIMES)]


def few_check(name: str, runs: Sequence[Finished]) -> Check:
    """None of them may be doubted, nor may any fail."""
    seen = Counter(f"{run.result.generator.verdict if run.result else 'none'}, exit {run.exit_code}" for run in runs)
    reached = "; ".join(f"{times} x {what}" for what, times in seen.most_common())
    return Check(name, reached, "not judged, exit 0", seen.keys() == {"not_judged, exit 0"})


def _disturbed(bench: Bench, seconds: int) -> dict[str, Finished]:
    """Undisturbed first; then a CPU hog, a stop of 300 ms, too few descriptors."""
    seconds = max(seconds, 4)
    long = ("-d", f"{seconds}s", "--strict", *ONE_WORKER)
    finished: dict[str, Finished] = {}
    with server(bench) as url:
        finished["undisturbed, 1,000/s"] = load(bench, url, [*PACED, *long])
        finished["at full speed, 64 users"] = load(bench, url, [*FULL, *long])
        with _hog(bench, seconds + 10):
            finished["a CPU hog, 1,000/s"] = load(bench, url, [*PACED, *long])
            finished["a CPU hog, closed, 64 users"] = load(bench, url, [*FULL, *long])
        finished["stopped for 300 ms, 1,000/s"] = load(bench, url, [*PACED, *long], meanwhile=_stop_for_a_while)
        finished["stopped for 300 ms, closed"] = load(bench, url, [*FULL, *long], meanwhile=_stop_for_a_while)
        finished["100 descriptors, 200 users"] = load(bench, url, ["-c", "200", *long], prefix=FEW_FILES)
    with embedded_target(bench.layout.server) as url:
        options = ["-R", "1000", "-c", "10", "--max-connections", "500", *long]
        finished["100 descriptors, up to 500 connections"] = load(bench, f"{url}delay/400", options, prefix=FEW_FILES)
    return finished


def check(name: str, done: Finished) -> Check:
    """Valid where nothing disturbs it, else flagged; at full speed it is told which, as the core is what limits it."""
    verdict = done.result.generator.verdict if done.result else "refused"
    reached = f"{verdict}, exit {done.exit_code}"
    if "at full speed" in name:
        return Check(name, reached)
    if "undisturbed" in name:
        return Check(name, reached, "valid, exit 0", reached == "valid, exit 0")
    return Check(name, reached, "flagged, not exit 0", verdict != "valid" and done.exit_code != 0)


def _seen(done: Finished) -> Iterator[str]:
    """What the verdict rests on."""
    if done.result is None:
        yield done.stderr.strip()[:200] or "no output"
        return
    generator, latency = done.result.generator, done.result.latency_ms
    worker = generator.workers[0]
    yield (
        f"cpu {worker.cpu_s:.2f} s, waited for a core {worker.core_wait_s:.2f} s, "
        f"longest stall {generator.longest_stall_ms:.1f} ms, loop lag {worker.loop_lag_ms}, "
        f"send lag p99 {latency['send_lag'].p99}, response p99 {latency['response'].p99}"
    )
    yield from generator.reasons
    for row in done.result.errors:
        yield f"{row.count:,} {row.error_class} ({row.fault})"


def _stop_for_a_while(pid: int) -> None:
    wait_s(STARTED_S)
    _signal(pid, signal.SIGSTOP)
    wait_s(STOP_S)
    _signal(pid, signal.SIGCONT)


def _signal(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


@contextmanager
def _hog(bench: Bench, at_most_s: float) -> Iterator[None]:
    """A process that takes all it gets of the generator's core, and ends by itself."""
    with pinned(bench.layout.generator):
        process = subprocess.Popen([sys.executable, "-c", HOG, str(2 * at_most_s)])
    try:
        yield
    finally:
        process.kill()
        process.wait()
