"""`loadgen cluster`: the parts of a run on many machines."""

import os
import re
from pathlib import Path
from tempfile import TemporaryDirectory

from loadgen.base.errors import UsageError
from loadgen.base.units import parse_duration_s
from loadgen.cli.commands.cluster import CertificatesCommand, Kubernetes, Machine, Scheduler, Status
from loadgen.cli.streams import emit, tell
from loadgen.executors.places.machines.addresses import check_extra, check_free
from loadgen.executors.places.machines.dask_commands import Command, machine_command, scheduler_command


def scheduler(given: Scheduler) -> int:
    """Become Dask's."""
    check_extra()
    command = scheduler_command(given.address, given.certificates)
    check_free(given.address)
    return _become(command)


def machine(given: Machine) -> int:
    """Be one, until whoever started it is gone; or become Dask's worker."""
    if given.address == "-":
        from loadgen.executors.places.machines.pipe import serve_on_pipe
        from loadgen.session.kept_part import KeptPart

        if told := serve_on_pipe(KeptPart):
            tell(f"loadgen: {told}\n")
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


def kubernetes(given: Kubernetes) -> int:
    """With certificates of its own, which nobody else has."""
    check_extra()
    from loadgen.executors.places.machines.certificates import make_certificates
    from loadgen.executors.places.machines.manifests import Wanted, as_yaml, manifests

    if not re.fullmatch(r"[a-z]([a-z0-9-]{0,40}[a-z0-9])?", given.name):
        raise UsageError(f"--name: expected small letters, digits and hyphens, got {given.name!r}")
    try:
        deadline_s = round(parse_duration_s(given.deadline))
    except ValueError as error:
        raise UsageError(f"--deadline: {error}") from None
    wanted = Wanted(given.machines, given.cpus, given.image, given.name, deadline_s, given.run or ())
    with TemporaryDirectory() as folder:
        files = {path.name: path.read_bytes() for path in make_certificates(Path(folder) / "certificates")}
    emit(as_yaml(manifests(wanted, files)))
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
