"""One run of the lab under way: the command, its machines, and the target that all of them meet."""

import os
import shlex
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from loadgen.results.result import Result
from tests.lab.network import Lab
from tests.lab.target import Target
from tests.support.command import load

PYTHON = (sys.executable, "-m", "loadgen")
CABLE = (sys.executable, "-m", "tests.lab.cable")
MACHINES, RATE = 3, 300


class Run:
    """One run under way. `victim` is the first machine."""

    def __init__(self, place: str, site: Lab, folder: Path, stack: ExitStack, *flags: str) -> None:
        self.site, self.folder, self.place = site, folder, place
        self.target = Target(site.host)
        self.daemons: list[subprocess.Popen[bytes]] = []
        where = machines_for(place, site, folder, stack, self.daemons)
        words = [*PYTHON, "run", f"http://{site.host}:{self.target.port}/", "-R", str(RATE), "-c", "30", "-q"]
        self.process = subprocess.Popen(
            [*words, "--processes", str(MACHINES), "-o", str(folder / "r.json"), *where, *(flags or ("-d", "30s"))],
            env={**os.environ, "XDG_CACHE_HOME": str(folder)}, stderr=(folder / "err").open("wb"),
        )  # fmt: skip
        stack.callback(self.process.kill)

    @property
    def machine(self) -> list[int]:
        """The processes of the first machine without its workers: with Dask its worker, too."""
        roots = [self.daemons[1].pid] if self.place == "cluster" else children(self.process.pid)[:1]
        return [
            pid for pid in family(roots) if b"places.child" not in cmdline(pid) and b"lab.cable" not in cmdline(pid)
        ]

    def wait_for(self, count: int, within_s: float = 90.0) -> None:
        until_s = time.monotonic() + within_s
        while self.target.count < count:
            if time.monotonic() > until_s or self.process.poll() is not None:
                raise SystemExit(f"no load came: {(self.folder / 'err').read_text()}")
            time.sleep(0.01)

    def result(self) -> Result:
        self.process.wait(60)
        return load(self.folder / "r.json")


def family(pids: list[int]) -> list[int]:
    return [found for pid in pids for found in (pid, *family(children(pid)))]


def children(pid: int) -> list[int]:
    text = "".join(path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children"))
    return [int(word) for word in text.split()]


def cmdline(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def machines_for(
    place: str,
    site: Lab,
    folder: Path,
    stack: ExitStack,
    daemons: list[subprocess.Popen[bytes]] | None = None,
    cable: tuple[str, ...] = CABLE,
) -> list[str]:
    """The words that run a load on the machines of a site; with a cluster its scheduler and machines are started."""
    if place == "command":
        commands = [shlex.join((*cable, *within, *PYTHON, "cluster", "machine", "-")) for within in site.within]
        return [word for command in commands for word in ("--machine", command)]
    certificates = str(folder / "certificates")
    subprocess.run([*PYTHON, "cluster", "certificates", certificates], check=True, capture_output=True)
    with socket.socket() as free:
        free.bind((site.host, 0))
        address = f"tls://{site.host}:{free.getsockname()[1]}"
    tls = ("--certificates", certificates)
    cluster = [[*PYTHON, "cluster", "scheduler", address, *tls]]
    cluster += [[*within, *PYTHON, "cluster", "machine", address, *tls] for within in site.within]
    env = {**os.environ, "XDG_CACHE_HOME": str(folder)}
    log = (folder / "dask.log").open("wb")
    for words in cluster:
        process = subprocess.Popen(words, env=env, stdout=log, stderr=log)
        stack.callback(process.kill)
        if daemons is not None:
            daemons.append(process)
    return ["--cluster", address, *tls, "--machines", str(MACHINES)]
