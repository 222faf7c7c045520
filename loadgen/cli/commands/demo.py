"""`loadgen demo`."""

from typing import Annotated, ClassVar

import typer

from loadgen.base.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Demo:
    """Start a server that stalls, put load on it, report: 12 seconds.

    Requests come at a rate, whatever the server does; a page of the run
    is written. With --max as many as 20 connections can send instead.
    """

    body: ClassVar[str] = "demo:demo"
    full_speed: Annotated[
        bool, typer.Option("--max", help="A closed loop at full speed against a server that does not stall: 5 seconds.")
    ] = False
