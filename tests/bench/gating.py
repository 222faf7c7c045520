"""Whether the gate tells a bad build from a good one, every time: 20 ms more in the server, and nothing more.

And whether find-max finds a capacity that is known.
"""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from loadgen.judge.exit_code import ExitCode
from tests.bench.accuracy_runs import LOADGEN, START_AND_DRAIN_S, Check, section, server
from tests.bench.machine import pinned
from tests.bench.runs import Bench
from tests.bench.servers import free_port, running
from tests.bench.table import Section

BUILDS = 10
SECONDS = 1
ROUNDS = 3
OLD_S, BAD_S = 0.005, 0.025
CAPACITY_RPS = 2000
SEARCHES, SEARCH_S = 3, 2
TOLERANCE = 0.1


def gate(bench: Bench, builds: int, seconds: int) -> Section:
    """A baseline, then bad and good builds in turn."""
    with TemporaryDirectory() as folder, server(bench, "--delay", str(OLD_S)) as old:
        saved = Path(folder) / "baseline.json"
        load = ["-c", "10", "-d", f"{seconds}s", "--rounds", str(ROUNDS), "-q"]
        _loadgen(bench, ["run", old, *load, "-o", str(saved)], seconds)
        codes: dict[float, list[int]] = {OLD_S: [], BAD_S: []}
        for _ in range(builds):
            for delay_s, exits in codes.items():
                with server(bench, "--delay", str(delay_s)) as url:
                    against = ["--baseline", str(saved), "--max-regression", "p50: 10%, p99: 50%, ok_rps: 10%"]
                    output = ["-o", str(Path(folder) / "build.json")]
                    exits.append(_loadgen(bench, ["run", url, *load, *against, *output], seconds).returncode)
                    bench.log(f"a build that answers in {delay_s * 1000:g} ms: exit {exits[-1]}")
    passed, caught = codes[OLD_S].count(ExitCode.OK), codes[BAD_S].count(ExitCode.WORSE)
    checks = [
        Check("builds with 20 ms more that fail", f"{caught} of {builds}", f"{builds}", caught == builds),
        Check("builds with nothing more that pass", f"{passed} of {builds}", f"{builds}", passed == builds),
    ]
    return section("gate", f"The gate, {ROUNDS} rounds of {seconds} s a build", checks)


def find_max(bench: Bench, seconds: int) -> Section:
    """The embedded target with a capacity, several times."""
    checks = []
    for number in range(1, SEARCHES + 1):
        port = free_port()
        command = [*LOADGEN, "target", "-p", str(port), "--capacity", str(CAPACITY_RPS)]
        with running(command, port, bench.layout.server):
            options = ["--slo", "p99 < 50ms", "-d", f"{seconds}s", "--format", "json", "-q"]
            done = _loadgen(bench, ["find-max", f"http://127.0.0.1:{port}/", *options], 40 * seconds)
        search = json.loads(done.stdout)
        best, low, high = search["best_rps"], search["low_rps"], search["high_rps"]
        met = best is not None and abs(best / CAPACITY_RPS - 1) <= TOLERANCE
        reached = f"{best:,.0f}/s (edge {low or 0:,.0f} to {high or 0:,.0f})"
        checks.append(Check(f"search {number}", reached, f"{CAPACITY_RPS:,}/s +- {TOLERANCE:.0%}", met))
        bench.log(f"find-max: {reached}")
    return section("find-max", f"A capacity of {CAPACITY_RPS:,}/s, runs of {seconds} s", checks)


def _loadgen(bench: Bench, arguments: Sequence[str], seconds: int) -> "subprocess.CompletedProcess[str]":
    """A command of loadgen. Raises RuntimeError where it did not come to a verdict."""
    with pinned(bench.layout.generator):
        done = subprocess.run(
            [*LOADGEN, *arguments],
            check=False,
            capture_output=True,
            text=True,
            timeout=ROUNDS * (seconds + 5) + START_AND_DRAIN_S,
        )
    if done.returncode not in (ExitCode.OK, ExitCode.WORSE):
        raise RuntimeError(f"exit {done.returncode}: {' / '.join(done.stderr.splitlines()[-2:])[:300]}")
    return done
