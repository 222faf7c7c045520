"""The machine a benchmark runs on: its cores, limits and description."""

import os
import platform
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("loadgen", "uvloop", "httptools", "hdrhistogram", "httpx")

Cores = frozenset[int]


@dataclass(frozen=True, slots=True)
class Layout:
    """Which cores do what. On one core both share it, and figures mean little."""

    generator: Cores
    server: Cores
    both: Cores

    @property
    def apart(self) -> bool:
        """Whether generator and server have a core each."""
        return not self.generator & self.server


def layout() -> Layout:
    """The first usable core for the generator, the second for the server."""
    usable = sorted(os.sched_getaffinity(0))
    first, second = usable[0], usable[min(1, len(usable) - 1)]
    return Layout(frozenset({first}), frozenset({second}), frozenset({first, second}))


@contextmanager
def pinned(cores: Cores) -> Iterator[None]:
    """Run on `cores` for a while: processes started meanwhile stay there."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def awake(cores: Cores) -> Iterator[None]:
    """Keep `cores` from sleeping: waking one up takes a virtual machine 30 us. Whoever wants to run there still can."""
    with pinned(cores):
        idlers = [subprocess.Popen([sys.executable, "-c", _IDLER]) for _ in cores]
    try:
        yield
    finally:
        for idler in idlers:
            idler.kill()
            idler.wait()


_IDLER = "import os\nos.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))\nwhile True: pass"


def raise_descriptor_limit() -> int:
    """Lift the soft limit of open files to the hard one, for this process and all it starts."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def describe() -> dict[str, str]:
    """What the figures depend on: CPU, kernel, date, versions and how busy the machine was already."""
    facts = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "cpu": _cpu_name(),
        "cores": str(len(os.sched_getaffinity(0))),
        "system": _system_name(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load before": f"{os.getloadavg()[0]:.2f}",
        "nginx": nginx_version(),
    }
    return facts | {name: _package_version(name) for name in PACKAGES}


def _cpu_name() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _system_name() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    except OSError:
        return platform.system()


def _package_version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def nginx_version() -> str:
    """Such as "1.22.1", or "not installed"."""
    try:
        printed = subprocess.run(["nginx", "-v"], capture_output=True, text=True, check=False).stderr
    except FileNotFoundError:
        return "not installed"
    return printed.rpartition("/")[2].strip() or "unknown"
