"""`loadgen cluster`: the parts of a run on many machines."""

from loadgen.base.errors import UsageError
from loadgen.cli.commands.cluster import Machine
from loadgen.executors.places.machines.pipe import serve_on_pipe


def machine(given: Machine) -> int:
    """Be one, until whoever started it is gone."""
    if given.address != "-":
        raise UsageError(f"ADDRESS: expected `-`, got {given.address!r}")
    serve_on_pipe()
    return 0
