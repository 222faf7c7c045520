"""`loadgen cluster`: the parts of a run on many machines."""

import os
from pathlib import Path

from loadgen.base.imported import imported
from loadgen.cli.commands.cluster import CertificatesCommand, Machine, Scheduler, Status
from loadgen.cli.streams import emit, tell
from loadgen.executors.places.machines.addresses import check_extra, check_free
from loadgen.executors.places.machines.dask_commands import Command, machine_command, scheduler_command

_MACHINES = "loadgen.executors.places.machines"


def scheduler(given: Scheduler) -> int:
    """Become Dask's."""
    check_extra()
    command = scheduler_command(given.address, given.certificates)
    check_free(given.address)
    return _become(command)


def machine(given: Machine) -> int:
    """Be one, until whoever started it is gone; or become Dask's worker."""
    if given.address == "-":
        serve_on_pipe = imported(f"{_MACHINES}.pipe", "serve_on_pipe")
        if told := serve_on_pipe(imported("loadgen.session.kept_result", "KeptResult")):
            tell(f"loadgen: {told}\n")
        return 0
    check_extra()
    return _become(machine_command(given.address, given.certificates))


def certificates(given: CertificatesCommand) -> int:
    """Write them, and say what goes where."""
    for path in written(given.folder):
        emit(f"{path}\n")
    return 0


def status(given: Status) -> int:
    """A line a machine; what does not fit is an error, as it would be for a run."""
    check_extra()
    fleet = imported(f"{_MACHINES}.fleet", "Where")(cluster=given.address, certificates=given.certificates).open()
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
    files: list[Path] = imported(f"{_MACHINES}.certificates", "make_certificates")(folder)
    return files


def _become(command: Command) -> int:
    words, added = command
    os.execve(words[0], words, {**os.environ, **added})
