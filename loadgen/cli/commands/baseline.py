"""`loadgen baseline`."""

from pathlib import Path
from typing import Annotated, ClassVar

import typer

from loadgen.base.dataclass import dataclass
from loadgen.cli.parameters import ResultFiles

Name = Annotated[str, typer.Argument(metavar="NAME", help="Such as main.")]
Folder = Annotated[Path, typer.Option("--folder", metavar="DIR", help="Where baselines are kept.")]
USUAL = Path(".loadgen/baselines")


@dataclass(frozen=True, slots=True, kw_only=True)
class Save:
    """Save results as a new baseline."""

    body: ClassVar[str] = "baseline:save"
    name: Name
    files: ResultFiles
    folder: Folder = USUAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Update(Save):
    """Replace a baseline by newer results."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """List the baselines, or print one with its origin."""

    body: ClassVar[str] = "baseline:show"
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One of them; without it, all.")] = None
    folder: Folder = USUAL


class Baseline:
    """Keep results under a name, for `--baseline NAME`."""

    commands: ClassVar = {"save": Save, "update": Update, "show": Show}
