"""`loadgen diff`."""

from typing import Annotated, ClassVar

import typer

from loadgen.base.dataclass import dataclass
from loadgen.cli.options import FLAG
from loadgen.cli.parameters import Output, OutputFlags


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """Compare two saved results, or two series of rounds.

    Runs that did not do the same (requests, pacing, connections, duration) are refused.
    """

    body: ClassVar[str] = "diff:diff"
    first: Annotated[str, typer.Argument(metavar="A", help="A saved result, or FILE#VARIANT of a comparison.")]
    other: Annotated[str, typer.Argument(metavar="B", help="What is set against it.")]
    anyway: Annotated[bool, typer.Option("--anyway", metavar=FLAG, help="Compare runs that did not do the same.")] = (
        False
    )
    output: Annotated[Output, OutputFlags(("comparison",), measures=False)]
