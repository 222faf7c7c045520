"""`loadgen trend`."""

from typing import Annotated, ClassVar

import typer

from loadgen.base.dataclass import dataclass
from loadgen.cli.parameters import Output, OutputFlags


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Show saved results over time, and where they changed.

    Results are ordered by when they began, and named by their label
    `commit`, by other labels, or by that time.

    Exit codes: 0 no new change for the worse; 120 there is one.
    """

    body: ClassVar[str] = "trend:trend"
    files: Annotated[
        list[str], typer.Argument(metavar="DIR|RESULT", help="Saved results, or folders of them.", show_default=False)
    ]
    metrics: Annotated[
        list[str] | None,
        typer.Option(
            "--metric",
            metavar="METRIC",
            help="p95 or checkout:p99; repeatable. (default: ok_rps, p50, p99, error_rate)",
        ),
    ] = None
    least: Annotated[
        str, typer.Option("--least", metavar="PERCENT", help="A level that changes by less has not changed.")
    ] = "5%"
    newest: Annotated[
        int, typer.Option("--newest", metavar="N", min=1, help="A change is new in so many of the last results.")
    ] = 10
    output: Annotated[Output, OutputFlags(("trend",), measures=False)]
