"""`loadgen cluster kubernetes`."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory

from loadgen.base.errors import UsageError
from loadgen.base.units import parse_duration_s
from loadgen.cli.bodies.cluster import written
from loadgen.cli.commands.cluster import Kubernetes
from loadgen.cli.streams import emit
from loadgen.executors.places.machines.manifests import Wanted, as_yaml, manifests

_OWN = frozenset({"--machine", "--machines", "--cluster", "--certificates"})
"""What the coordinator is told by its manifest."""


def kubernetes(given: Kubernetes) -> int:
    """With certificates of its own, which nobody else has."""
    if not re.fullmatch(r"[a-z]([a-z0-9-]{0,40}[a-z0-9])?", given.name):
        raise UsageError(f"--name: expected small letters, digits and hyphens, got {given.name!r}")
    try:
        deadline_s = round(parse_duration_s(given.deadline))
    except ValueError as error:
        raise UsageError(f"--deadline: {error}") from None
    for word in given.run or ():
        if (flag := word.partition("=")[0]) in _OWN:
            raise UsageError(f"{flag}: the manifests say where the run is made; leave it out behind --")
    if given.run and given.run[0] in ("loadgen", "run"):
        raise UsageError("behind -- stands what follows `loadgen run`: leave that out")
    wanted = Wanted(given.machines, given.cpus, given.image, given.name, deadline_s, given.run or ())
    with TemporaryDirectory() as folder:
        files = {path.name: path.read_bytes() for path in written(Path(folder) / "certificates")}
    emit(as_yaml(manifests(wanted, files)))
    return 0
