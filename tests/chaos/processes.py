"""The processes of one case: those of the session that the command leads."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

POLL_S = 0.003
CHILDREN_END_S = 2.0
"""Workers are to end within a second of their parent."""


def session_of(pid: int) -> list[list[str]]:
    """pid and the fields after the name of every process of the session that `pid` leads, but those that are dead."""
    rows = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            row = [folder.name, *(folder / "stat").read_text().rpartition(")")[2].split()]
            if row[4] == str(pid) and row[1] not in "ZX":
                rows.append(row)
    return rows


def orphans_of(pid: int) -> list[str]:
    """What is left of the command's processes when they have had their time to end."""
    deadline = time.monotonic() + CHILDREN_END_S
    while session_of(pid) and time.monotonic() < deadline:
        time.sleep(POLL_S)
    found = []
    for row in session_of(pid):
        with suppress(OSError):
            command = Path(f"/proc/{row[0]}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            found.append(f"{command.strip()} ({row[1]})")
    return found


def end_session(process: "subprocess.Popen[bytes]") -> None:
    """End all that the case has started: its own session, and nothing else."""
    for row in session_of(process.pid):
        with suppress(ProcessLookupError):
            os.kill(int(row[0]), signal.SIGKILL)
    process.wait()


def handled_signals(pid: int) -> set[int]:
    """The signals for which the process has a handler, or which it ignores."""
    found = 0
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(("SigCgt:", "SigIgn:")):
                found |= int(line.split()[1], 16)
    return {number for number in range(1, 65) if found >> (number - 1) & 1}


def peak_mb(pid: int) -> float:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0
