"""`loadgen cluster`: the parts of a run on many machines."""

import os

from loadgen.cli.commands.cluster import CertificatesCommand, Machine, Scheduler, Status
from loadgen.cli.streams import emit, tell
from loadgen.executors.places.machines.addresses import check_extra
from loadgen.executors.places.machines.dask_commands import Command, machine_command, scheduler_command


def scheduler(given: Scheduler) -> int:
    """Become Dask's."""
    check_extra()
    return _become(scheduler_command(given.address, given.certificates))


def machine(given: Machine) -> int:
    """Be one, until whoever started it is gone; or become Dask's worker."""
    if given.address == "-":
        from loadgen.executors.places.machines.pipe import serve_on_pipe

        serve_on_pipe()
        return 0
    check_extra()
    return _become(machine_command(given.address, given.certificates))


def certificates(given: CertificatesCommand) -> int:
    """Write them, and say what goes where."""
    check_extra()
    from loadgen.executors.places.machines.certificates import make_certificates

    for path in make_certificates(given.folder):
        emit(f"{path}\n")
    return 0


def status(given: Status) -> int:
    """A line a machine; what does not fit is an error, as it would be for a run."""
    check_extra()
    from loadgen.executors.places.machines.fleet import Where

    fleet = Where(cluster=given.address, certificates=given.certificates).open()
    try:
        for warning in fleet.warnings:
            tell(f"loadgen: {warning}\n")
        for line in fleet.lines():
            emit(f"{line}\n")
    finally:
        fleet.close()
    return 0


def _become(command: Command) -> int:
    words, added = command
    os.execve(words[0], words, {**os.environ, **added})
