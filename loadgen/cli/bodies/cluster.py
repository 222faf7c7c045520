"""`loadgen cluster`: the parts of a run on many machines."""

import os
import sys
from pathlib import Path

from loadgen.base.errors import UsageError
from loadgen.base.imported import imported
from loadgen.cli.commands.cluster import CertificatesCommand, Machine, Scheduler, Status
from loadgen.cli.streams import emit, tell
from loadgen.executors.places.machines.links.addresses import check_extra, check_files, check_free, tls_files
from loadgen.executors.places.machines.links.dask_commands import (
    DEATH_TIMEOUT_S,
    Command,
    machine_command,
    scheduler_command,
)

_MACHINES = "loadgen.executors.places.machines"

STATUS_S = 5.0
"""Who asks what there is does not wait for what may come."""


def scheduler(given: Scheduler) -> int:
    """Become Dask's."""
    check_extra()
    command = scheduler_command(given.address, given.certificates)
    check_files(tls_files(given.address, given.certificates, "scheduler"))
    check_free(given.address)
    tell(f"loadgen: scheduler at {given.address}, where `loadgen cluster machine` finds it; stop with Ctrl-C\n")
    return _become(command)


def machine(given: Machine) -> int:
    """Be one, until whoever started it is gone; or become Dask's worker."""
    if given.address == "-":
        if sys.stdin.isatty():
            raise UsageError("ADDRESS: - is for a program that starts this, as `loadgen run --machine COMMAND` does")
        serve_on_pipe = imported(f"{_MACHINES}.machine.pipe", "serve_on_pipe")
        if told := serve_on_pipe(imported("loadgen.session.kept_result", "KeptResult")):
            tell(f"loadgen: {told}\n")
        return 0
    check_extra()
    command = machine_command(given.address, given.certificates)
    tell(f"loadgen: looking for the scheduler at {given.address}; stop with Ctrl-C\n")
    imported(f"{_MACHINES}.links.dask_link", "check_reached")(given.address, given.certificates, DEATH_TIMEOUT_S)
    tell("loadgen: found it; this machine is ready for runs, and ends with the scheduler\n")
    return _become(command)


def certificates(given: CertificatesCommand) -> int:
    """Write them, and say what goes where."""
    for path in written(given.folder):
        emit(f"{path}\n")
    return 0


def status(given: Status) -> int:
    """A line a machine; what does not fit is an error, as it would be for a run."""
    check_extra()
    where = imported(f"{_MACHINES}.fleet", "Where")
    fleet = where(cluster=given.address, certificates=given.certificates, wait_s=STATUS_S).open()
    try:
        for warning in fleet.warnings:
            tell(f"loadgen: {warning}\n")
        for line in fleet.lines():
            emit(f"{line}\n")
    finally:
        fleet.close()
    return 0


def written(folder: Path) -> list[Path]:
    """The files of certificates, which are made."""
    check_extra()
    files: list[Path] = imported(f"{_MACHINES}.links.certificates", "make_certificates")(folder)
    return files


def _become(command: Command) -> int:
    words, added = command
    os.execve(words[0], words, {**os.environ, **added})
