"""Where a run happened: what a reader needs to compare it with another."""

import os
import platform
import resource
import sys
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from loadgen import __version__
from loadgen.base.cgroup import ROOT, quota_cores

PACKAGES = ("httpx", "uvloop", "httptools", "hdrhistogram")


def gil_enabled() -> bool:
    """Whether this interpreter runs one thread at a time; asked after all imports, which may turn it back on."""
    return bool(getattr(sys, "_is_gil_enabled", lambda: True)())


def usable_cores(root: Path = ROOT) -> int:
    """The cores this process may keep busy: those it may run on, or what a container's quota allows, in whole ones.

    A part of a core more is left to the system: a process for it would use up the quota and be stopped with the others.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, int(quota_cores(root) or cores)))


def describe_environment() -> dict[str, Any]:
    """Python, machine, versions and limits; no host name.

    `boot` is the same for all runs under one start of one kernel, whose clock they share; it says nothing else.
    """
    return {
        "loadgen": __version__,
        "python": platform.python_version(),
        "gil": gil_enabled(),
        "system": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
        "cpu": _cpu_model(),
        "cores": usable_cores(),
        "quota_cores": quota_cores(),
        "versions": {name: _versions().get(name) for name in PACKAGES},
        "boot": _boot(),
        "limits": {"open_files": resource.getrlimit(resource.RLIMIT_NOFILE)[0]},
    }


def _boot() -> str:
    try:
        return sha256(Path("/proc/sys/kernel/random/boot_id").read_bytes()).hexdigest()[:12]
    except OSError:
        return ""


@cache
def _versions() -> dict[str, str]:
    """Of what is installed, as the folders beside it say: importlib.metadata takes ten times as long for four."""
    found: dict[str, str] = {}
    for place in reversed(sys.path):
        with suppress(OSError), os.scandir(place or ".") as entries:
            for entry in entries:
                name, _, version = entry.name.rpartition(".")[0].partition("-")
                if version and entry.name.endswith((".dist-info", ".egg-info")):
                    found[name.lower()] = version.partition("-")[0]
    return found


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
