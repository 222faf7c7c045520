"""The processes of one case."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

POLL_S = 0.003
CHILDREN_END_S = 10.0
"""Workers are to end within a second of their parent, on a machine that has time for them."""


def family_of(pid: int) -> list[int]:
    """The process and all that it has started, but those that are dead."""
    rows = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            if state not in "ZX":
                rows[int(folder.name)] = int(parent)
    found = {pid} & rows.keys()
    while more := {child for child, parent in rows.items() if parent in found} - found:
        found |= more
    return sorted(found)


def orphans_of(mark: str) -> list[str]:
    """What is left of the command's processes when they have had their time to end."""
    deadline = time.monotonic() + CHILDREN_END_S
    while (left := marked(mark)) and time.monotonic() < deadline:
        time.sleep(POLL_S)
    found = []
    for pid in left:
        with suppress(OSError):
            command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            found.append(command.strip())
    return found


def marked(mark: str) -> list[int]:
    """The processes that have the mark in their environment: the command's, also those that it has left behind."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"={mark}/".encode() in (folder / "environ").read_bytes():
                found.append(int(folder.name))
    return found


def end_all(process: "subprocess.Popen[bytes]", mark: str) -> None:
    """End all that the case has started, and nothing else."""
    for pid in marked(mark):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()


def handled_signals(pid: int) -> set[int]:
    """The signals for which the process has a handler, or which it ignores."""
    found = 0
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(("SigCgt:", "SigIgn:")):
                found |= int(line.split()[1], 16)
    return {number for number in range(1, 65) if found >> (number - 1) & 1}


def waited_s(pid: int) -> float:
    """How long the process was ready to run and had no core, 0 where the kernel does not say."""
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    return 0.0


def peak_mb(pid: int) -> float:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0
