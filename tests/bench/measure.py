"""Run one command pinned to cores and see what it costs: CPU, memory, context switches, for it and its children.

While it runs, its CPU clock and the server's request counter are read side by side. So the cost of a request is known
for every tool in the same way, whatever the tool says itself: `cpu_us` over its whole life, `cpu_us_net` over the
steady middle of the run, without start, connecting and report.
"""

import os
import select
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from resource import struct_rusage

from tests.bench.machine import Cores, pinned
from tests.bench.servers import Count

MEMORY_EVERY_S = 0.05
SAMPLE_EVERY_S = 0.25
STEADY_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Sample:
    """One reading: CPU seconds and memory in MB of all processes, and the server's counts."""

    t_s: float
    cpu_s: float
    rss_mb: float
    count: Count


@dataclass(frozen=True, slots=True)
class Usage:
    """What a finished command printed and cost. `requests` are those the server counted."""

    exit_code: int
    stdout: str
    stderr: str
    wall_s: float
    cpu_s: float
    peak_rss_mb: float
    switches: int
    requests: int = 0
    samples: tuple[Sample, ...] = field(default=(), repr=False)

    @property
    def cpu_us(self) -> float | None:
        """CPU microseconds a request over the whole life of the command."""
        return self.cpu_s / self.requests * 1e6 if self.requests else None

    @property
    def cpu_us_net(self) -> float | None:
        """CPU microseconds a request in the steady middle of the run."""
        window = steady(self.samples)
        if window is None:
            return None
        first, last = window
        return (last.cpu_s - first.cpu_s) / (last.count.requests - first.count.requests) * 1e6

    @property
    def server_rps(self) -> float | None:
        """Requests a second in the steady middle of the run, as the server counted."""
        window = steady(self.samples)
        if window is None:
            return None
        first, last = window
        return (last.count.requests - first.count.requests) / (last.t_s - first.t_s)

    @property
    def connections(self) -> int:
        """The most connections the server saw at once, without the one that asks."""
        return max((sample.count.connections - 1 for sample in self.samples), default=0)


def steady(samples: Sequence[Sample]) -> tuple[Sample, Sample] | None:
    """The ends of the span in which requests came at no less than a fifth of the highest rate, edges cut off.

    None where it is too short to say anything.
    """
    rates = [
        (after.count.requests - before.count.requests) / (after.t_s - before.t_s) for before, after in pairwise(samples)
    ]
    busy = [index for index, rate in enumerate(rates) if rate >= STEADY_SHARE * max(rates)]
    first, last = (busy[0] + 1, busy[-1]) if busy else (0, 0)
    if last <= first or samples[last].count.requests - samples[first].count.requests < 100:
        return None
    return samples[first], samples[last]


def run(
    command: Sequence[str],
    cores: Cores,
    scratch: Path,
    *,
    counter: Callable[[], Count] | None = None,
    environment: Mapping[str, str] | None = None,
    timeout_s: float = 60.0,
    every_s: float = MEMORY_EVERY_S,
) -> Usage:
    """Run `command` (its first word is looked for on PATH) and wait for its end, with a look at all of it `every_s`.

    Output goes through files in `scratch`. After `timeout_s` it is killed, with its children. Raises FileNotFoundError.
    """
    out, err = scratch / "stdout", scratch / "stderr"
    before = counter().requests if counter else 0
    started = time.monotonic()
    pid = _spawn(command, cores, out, err, environment or {})
    try:
        status, usage, peak_mb, samples = _watch(pid, counter, started + timeout_s, every_s)
    except BaseException:
        _kill(pid)
        os.waitpid(pid, 0)
        raise
    wall_s = time.monotonic() - started
    return Usage(
        exit_code=os.waitstatus_to_exitcode(status),
        stdout=out.read_text("utf-8", "replace"),
        stderr=err.read_text("utf-8", "replace"),
        wall_s=wall_s,
        cpu_s=usage.ru_utime + usage.ru_stime,
        peak_rss_mb=peak_mb,
        switches=usage.ru_nvcsw + usage.ru_nivcsw,
        requests=counter().requests - before if counter else 0,
        samples=tuple(samples),
    )


def _spawn(command: Sequence[str], cores: Cores, out: Path, err: Path, environment: Mapping[str, str]) -> int:
    """Start it in a process group of its own, so that it can be killed with its children."""
    writing = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    with pinned(cores):
        return os.posix_spawnp(
            command[0],
            list(command),
            {**os.environ, **environment},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(out), writing, 0o600),
                (os.POSIX_SPAWN_OPEN, 2, str(err), writing, 0o600),
            ],
            setpgroup=0,
        )


def _watch(
    pid: int, counter: Callable[[], Count] | None, deadline: float, every_s: float
) -> tuple[int, struct_rusage, float, list[Sample]]:
    """Read along until the command ends: its wait status, its resource usage, its peak memory, the samples."""
    started = time.monotonic()
    peak_mb, samples, next_sample = 0.0, list[Sample](), started
    while not _ends_within(every_s, pid):
        now = time.monotonic()
        if now > deadline:
            _kill(pid)
        peak_mb = max(peak_mb, sum(_memory_mb(member, "VmHWM") for member in _tree(pid)))
        if counter and now >= next_sample:
            samples.append(_sample(pid, counter, started))
            next_sample += SAMPLE_EVERY_S
    _pid, status, usage = os.wait4(pid, 0)
    return status, usage, peak_mb, samples


def _ends_within(seconds: float, pid: int) -> bool:
    handle = os.pidfd_open(pid)
    try:
        return bool(select.select([handle], [], [], seconds)[0])
    finally:
        os.close(handle)


def _sample(pid: int, counter: Callable[[], Count], started: float) -> Sample:
    """A busy server answers late: CPU and time are read before and after, and the middle is taken."""
    members = _tree(pid)
    t_before, cpu_before = time.monotonic(), sum(map(_cpu_s, members))
    count = counter()
    t_after, cpu_after = time.monotonic(), sum(map(_cpu_s, members))
    return Sample(
        t_s=(t_before + t_after) / 2 - started,
        cpu_s=(cpu_before + cpu_after) / 2,
        rss_mb=sum(_memory_mb(member, "VmRSS") for member in members),
        count=count,
    )


def _tree(pid: int) -> list[int]:
    """The process and its descendants of this moment."""
    members = [pid]
    for member in members:
        with suppress(OSError):
            for thread in Path(f"/proc/{member}/task").iterdir():
                members += map(int, (thread / "children").read_text("ascii").split())
    return members


def _cpu_s(pid: int) -> float:
    """CPU seconds of all threads of a process, those that have ended too; 0 when it is gone."""
    with suppress(OSError):
        return time.clock_gettime((~pid << 3) | 2)  # the kernel's number for the CPU clock of another process
    return 0.0


def _memory_mb(pid: int, what: str) -> float:
    """A line of /proc/PID/status in MB (1,000,000 bytes); 0 when the process is gone.

    The rusage of a child will not do: it starts from the size of the parent that spawned it.
    """
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text("ascii", "replace").splitlines():
            if line.startswith(what):
                return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
