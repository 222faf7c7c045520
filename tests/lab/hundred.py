"""What a hundred machines cost their coordinator, and the scheduler between: `python -m tests.lab --case hundred`.

The coordinator is the real command. The machines are fakes in this process, at the other end of a socket: they tell
what real ones with so many workers would. With Dask a hundred of its workers are in one process.
"""

import os
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from loadgen.executors.places.machines.description import describe_machine
from tests.lab.fakes import Fakes, made_up
from tests.support.command import load
from tests.support.fakes import make_plan

WORKERS, RPS, SECONDS = 4, 5000.0, 20
PYTHON = (sys.executable, "-m", "loadgen")
TICKS = os.sysconf("SC_CLK_TCK")
BRIDGE = "exec 3<>/dev/tcp/127.0.0.1/{port}; cat <&3 & exec cat >&3"


@dataclass(frozen=True)
class Usage:
    """Of a process: CPU seconds so far, and the most memory in MB."""

    cpu_s: float
    peak_mb: float


def usage(pid: int) -> Usage:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    status = Path(f"/proc/{pid}/status").read_text()
    peak_kb = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    return Usage((int(fields[11]) + int(fields[12])) / TICKS, int(peak_kb) / 1000)


def hundred(place: str, folder: Path, machines: int) -> list[str]:
    """One run on so many; what was seen is printed. What broke."""
    frames = made_up(make_plan(), machines, WORKERS, RPS, SECONDS)
    fakes = Fakes(replace(describe_machine(), cores=WORKERS), frames, RPS)
    with ExitStack() as stack:
        watched = {}
        if place == "command":
            bridge = BRIDGE.format(port=fakes.port)
            command = f"bash -c '{bridge}' loadgen cluster machine -"
            where = [word for _ in range(machines) for word in ("--machine", command)]
        else:
            where, watched["scheduler"] = _cluster(folder, fakes.port, machines, stack)
        users = str(machines * WORKERS)
        words = ["run", "http://127.0.0.1:9/", "-R", f"{machines * RPS:.0f}", "-c", users, "--processes", users]
        words += ["-d", f"{SECONDS - 1}s", "-q", "-o", str(folder / "r.json")]
        coordinator = subprocess.Popen(
            [*PYTHON, *words, *where], env={**os.environ, "XDG_CACHE_HOME": str(folder)}, stderr=subprocess.PIPE
        )
        stack.callback(coordinator.kill)
        watched["coordinator"] = coordinator.pid
        while not fakes.began_s:
            if coordinator.poll() is not None:
                raise SystemExit(f"it did not begin: {coordinator.communicate()[1].decode()[-500:]}")
            time.sleep(0.05)
        fakes.gaps_s.clear()
        before = {name: usage(pid) for name, pid in watched.items()}
        time.sleep(SECONDS - 4)
        after = {name: usage(pid) for name, pid in watched.items()}
        coordinator.wait(60)
    result = load(folder / "r.json")
    assert result.machines is not None
    size_kb = sum(map(len, frames[0])) / SECONDS / 1000
    print(f"  {machines} machines of {WORKERS} workers, {machines * RPS:,.0f} requests/s, {size_kb:.0f} kB a frame")
    for name, last in after.items():
        core = (last.cpu_s - before[name].cpu_s) / (SECONDS - 4)
        print(f"  {name}: {core:.0%} of a core, {last.peak_mb:.0f} MB at most")
    gaps = sorted(fakes.gaps_s)
    silent_ms = max(row.silent_ms for row in result.machines.rows)
    at_most = f"{gaps[-1] * 1000:.0f} ms at most, nothing heard of a machine for {silent_ms:.0f} ms"
    print(f"  between two leases {gaps[len(gaps) // 2] * 1000:.0f} ms at p50, {at_most}")
    expected = machines * RPS * SECONDS
    good = len(result.machines.rows) == machines and result.latency_ms["service"].count == expected
    return [] if good else [f"{result.latency_ms['service'].count:,} of {expected:,.0f}; {result.ended_because}"]


def _cluster(folder: Path, port: int, machines: int, stack: ExitStack) -> tuple[list[str], int]:
    certificates = str(folder / "certificates")
    subprocess.run([*PYTHON, "cluster", "certificates", certificates], check=True, capture_output=True)
    address = f"tls://127.0.0.1:{9500 + os.getpid() % 400}"
    tls = ["--certificates", certificates]
    log = (folder / "dask.log").open("wb")
    scheduler = subprocess.Popen([*PYTHON, "cluster", "scheduler", address, *tls], stdout=log, stderr=log)
    stack.callback(scheduler.kill)
    words = [sys.executable, "-m", "tests.lab.workers", address, certificates, str(machines), BRIDGE.format(port=port)]
    stack.callback(subprocess.Popen(words, stdout=log, stderr=log).kill)
    return ["--cluster", address, *tls, "--machines", str(machines), "--cluster-wait", "2m"], scheduler.pid
