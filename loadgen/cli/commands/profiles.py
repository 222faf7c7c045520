"""`loadgen profiles`."""

from typing import Annotated, ClassVar

import typer

from loadgen.base.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """Print a shipped profile, to read or to start one of your own from."""

    body: ClassVar[str] = "profiles:show"
    name: Annotated[str, typer.Argument(metavar="NAME", help="As listed by `loadgen profiles`.")]


@dataclass(frozen=True, slots=True)
class Profiles:
    """List the shipped profiles; `show NAME` prints one."""

    body: ClassVar[str] = "profiles:profiles"
    commands: ClassVar = {"show": Show}
