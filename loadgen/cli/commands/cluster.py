"""`loadgen cluster`."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import typer


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Be a machine of a run.

    `-`: of the run that started this, over standard input and output; it is
    what `loadgen run --machine 'ssh host2'` starts there. It ends with that
    run, and stops sending two seconds after it was last heard of.
    """

    body: ClassVar[str] = "cluster:machine"
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="`-` for standard input and output.")]


class Cluster:
    """Runs on many machines."""

    commands: ClassVar = {"machine": Machine}
