"""One measured run of one tool: asked, executed, read."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.jobs import Job, Peer
from tests.bench.machine import Cores, Layout
from tests.bench.measure import Usage, run
from tests.bench.servers import Count

START_AND_REPORT_S = 60.0
"""How much longer than its job a tool may take."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a run came to. `rps`, latencies and errors as the tool reports them, the rest as seen from outside.

    `connections` is the most the server saw at once. `problem` is empty, or says why there are no figures.
    """

    tool: str
    rps: float | None = None
    p50_ms: float | None = None
    p99_ms: float | None = None
    errors: int = 0
    cpu_us: float | None = None
    cpu_us_net: float | None = None
    peak_rss_mb: float | None = None
    switches: int = 0
    requests: int = 0
    connections: int = 0
    server_rps: float | None = None
    wall_s: float = 0.0
    extra: dict[str, float] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Bench:
    """What all scenarios share. `log` gets a line per run."""

    layout: Layout
    pairs: int
    seconds: int
    log: Callable[[str], None]

    def measure(
        self, peer: Peer, job: Job, counter: Callable[[], Count] | None = None, cores: Cores | None = None
    ) -> Run:
        """One run of `peer`, pinned to the generator's core unless told otherwise. A tool that fails is a `problem`."""
        with TemporaryDirectory(prefix="loadgen-bench-") as folder:
            scratch = Path(folder)
            command = peer.command(job, scratch)
            if command is None:
                return Run(peer.name, problem="cannot do this")
            usage = run(
                command,
                cores or self.layout.generator,
                scratch,
                counter=counter,
                environment=peer.environment,
                timeout_s=job.seconds + START_AND_REPORT_S,
            )
            result = _read(peer, usage, scratch)
        self.log(_line(job, result))
        return result


def _read(peer: Peer, usage: Usage, scratch: Path) -> Run:
    try:
        reported = peer.read(usage, scratch)
        if not reported.rps:
            raise ValueError("not one good reply")
    except (ValueError, KeyError, TypeError, OSError, ZeroDivisionError, subprocess.SubprocessError) as error:
        said = usage.stderr.strip() or (usage.stdout.strip() if usage.exit_code else "") or str(error) or repr(error)
        return Run(peer.name, problem=f"exit {usage.exit_code}: {' / '.join(said.splitlines()[-2:])[:300]}")
    return Run(
        tool=peer.name,
        rps=reported.rps,
        p50_ms=reported.p50_ms,
        p99_ms=reported.p99_ms,
        errors=reported.errors,
        cpu_us=usage.cpu_us,
        cpu_us_net=usage.cpu_us_net,
        peak_rss_mb=usage.peak_rss_mb,
        switches=usage.switches,
        requests=usage.requests,
        connections=usage.connections,
        server_rps=usage.server_rps,
        wall_s=usage.wall_s,
        extra=reported.extra,
    )


def _line(job: Job, result: Run) -> str:
    head = f"{result.tool} at {job.connections}: "
    if result.problem:
        return head + result.problem
    net = "-" if result.cpu_us_net is None else f"{result.cpu_us_net:.2f}"
    return f"{head}{result.rps:,.0f} req/s, {net} us CPU a request, {result.errors} errors"


def to_stderr(line: str) -> None:
    """Progress for a person who waits."""
    print(line, file=sys.stderr, flush=True)
