"""`loadgen gate`."""

from typing import Annotated, ClassVar

import typer

from loadgen.base.dataclass import dataclass
from loadgen.cli.options import FLAG
from loadgen.cli.parameters import Against, Output, OutputFlags, ResultFiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Decide whether a build may pass: thresholds and a baseline.

    Worse needs both: beyond the margin, and more than chance. What cannot be
    told passes with a warning.

    Exit codes: 0 passed; 99 a threshold failed; 120 worse than the baseline;
    121 not to be trusted; 105, 107, 108 and 1 as the run had them.
    """

    body: ClassVar[str] = "gate:gate"
    files: ResultFiles
    threshold: Annotated[
        list[str] | None,
        typer.Option("-T", "--threshold", metavar="EXPR", help="Instead of those of the run; repeatable."),
    ] = None
    strict: Annotated[
        bool, typer.Option("--strict", metavar=FLAG, help="Fail also where it cannot be told, or the run is not valid.")
    ] = False
    against: Against
    output: Annotated[Output, OutputFlags(("gate",), measures=False)]
