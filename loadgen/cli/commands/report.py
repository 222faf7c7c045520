"""`loadgen report`."""

from typing import Annotated, Any, ClassVar

import typer

from loadgen.base.dataclass import dataclass
from loadgen.cli.options import FLAG
from loadgen.cli.parameters import Output, OutputFlags


def _log_option(flag: str, metavar: str, text: str) -> Any:
    return typer.Option(flag, metavar=metavar, help=text, rich_help_panel="Histogram logs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Print saved results again, one after the other or merged."""

    body: ClassVar[str] = "report:report"
    files: Annotated[
        list[str], typer.Argument(metavar="FILE", help="What a command saved with -o FILE, or histogram logs (.hlog).")
    ]
    merge: Annotated[
        bool, typer.Option("--merge", metavar=FLAG, help="One report of several results of the same plan.")
    ] = False
    output: Annotated[Output, OutputFlags(("run", "comparison", "search", "log"), measures=False)]
    start: Annotated[str | None, _log_option("--start", "TIME", "Only intervals that begin here or later.")] = None
    end: Annotated[str | None, _log_option("--end", "TIME", "Only intervals that begin before.")] = None
    tag: Annotated[str | None, _log_option("--tag", "NAME", "Only intervals of this tag.")] = None
    unit: Annotated[str | None, _log_option("--unit", "UNIT", "Of the values: us, ns or ms. (default: us)")] = None
