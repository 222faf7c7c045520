"""`first` and `gap` of 1,000 streams beside the stamps of the server that sent them."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.machine import pinned
from tests.bench.runs import Bench
from tests.bench.servers import free_port, running
from tests.bench.table import Section

STREAMS, STARTING_S = 1_000, 5
AGREES_MS = 1.0
PERCENTILES = ("p50", "p90", "p99")
PROFILE = """\
target: http://127.0.0.1:{port}
requests:
  - stream: {{kind: sse, until: {{match: "[DONE]"}}}}
"""


def parts(bench: Bench) -> Section:
    """Streams begin one after the other, as a thousand requests at once would wait in the server before their stamp."""
    with TemporaryDirectory(prefix="loadgen-bench-") as folder:
        scratch, port = Path(folder), free_port()
        log = scratch / "stamps"
        command = [sys.executable, "-m", "tests.bench.parts_server", "--port", str(port), "--log", str(log)]
        with running(command, port, bench.layout.server):
            phases = _phases(scratch, port, bench)
        stamped = [sorted(map(float, line.split())) for line in log.read_text("ascii").splitlines()]
    rows, notes = [], []
    for name, times_ms in zip(("first", "gap"), stamped, strict=True):
        seen = phases[name]
        notes.append(f"{name}: {seen['count']:,} seen, {len(times_ms):,} sent")
        for percentile in PERCENTILES:
            theirs = quantile(times_ms, int(percentile[1:]) / 100)
            apart = abs(seen[percentile] - theirs)
            rows.append((name, percentile, f"{seen[percentile]:.3f}", f"{theirs:.3f}", f"{apart:.3f}"))
            if percentile == "p99":
                met = "met" if apart <= AGREES_MS else "NOT met"
                notes.append(f"{name} p99: {AGREES_MS:g} ms apart at most: {apart:.3f}: {met}")
    title = f"Replies in parts, {STREAMS:,} streams at once, milliseconds"
    return Section("parts", title, ("clock", "of", "loadgen", "server", "apart"), rows, notes, {"phases": phases})


def quantile(ordered: Sequence[float], share: float) -> float:
    """Nearest rank."""
    return ordered[min(len(ordered) - 1, round(share * len(ordered)))]


def _phases(scratch: Path, port: int, bench: Bench) -> dict[str, dict[str, float]]:
    profile, result = scratch / "parts.yaml", scratch / "result.json"
    profile.write_text(PROFILE.format(port=port), "utf-8")
    length_s = STARTING_S + max(bench.seconds, STARTING_S)
    with pinned(bench.layout.generator):
        done = subprocess.run(
            [
                *(sys.executable, "-m", "loadgen", "run", str(profile), "-c", str(STREAMS), "-d", f"{length_s}s"),
                *("--ramp-up", f"{STARTING_S}s", "--processes", "1", "--workers", "1", "--grace", "20s"),
                *("--format", "json", "-q", "-o", str(result)),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    read: dict[str, dict[str, float]] = json.loads(result.read_text("utf-8"))["phases_ms"]
    return read
