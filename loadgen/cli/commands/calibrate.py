"""`loadgen calibrate`."""

from typing import Annotated, ClassVar

import typer

from loadgen.base.dataclass import dataclass
from loadgen.cli.options import FLAG


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibrate:
    """Find out what this machine can measure.

    It takes about 15 seconds, on loopback only, and refuses to on a machine that is busy with other things.

    Prints the most requests a second, the send lag at 10, 50 and 80 % of it
    and the memory of a connection, and saves them in the user's cache folder.
    """

    body: ClassVar[str] = "calibrate:calibrate"
    null: Annotated[
        bool, typer.Option("--null", metavar=FLAG, help="Against the least that can answer, not the demo target.")
    ] = False
    anyway: Annotated[bool, typer.Option("--anyway", metavar=FLAG, help="On a busy machine, too.")] = False
