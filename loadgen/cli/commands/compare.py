"""`loadgen compare`."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, ClassVar

import typer

from loadgen.base.dataclass import dataclass
from loadgen.cli.options import OPTIONS, Options, RunOption, own_option
from loadgen.cli.parameters import Elsewhere, Live, Output, OutputFlags, Outs, Settings, Target, Web, check_target
from loadgen.cli.short_help import Begin, HelpAll

COMPARED = "What is compared (lists: a,b; the first is what the others are set against)"
LISTS = {
    "mode": (("--modes",), "Of pool, threads, async. (default: all three, if nothing else varies)"),
    "client": (("--clients",), "Of raw, httpx. (default: raw)"),
    "processes": ((), "Processes. (default: by mode)"),
    "workers": ((), "Threads with a loop each, per process; of pool only. (default: by mode)"),
    "connections": ((), "Virtual users, one connection each. (default: 50)"),
}


def _listed(option: RunOption) -> RunOption:
    if option.key not in LISTS:
        return option
    more_flags, text = LISTS[option.key]
    return replace(option, flags=(*option.flags, *more_flags), panel=COMPARED, help=text, metavar="LIST")


COMPARE_OPTIONS = tuple(sorted(map(_listed, OPTIONS), key=lambda option: option.panel != COMPARED))


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare:
    """Set targets, or ways to run one, against each other.

    Every round runs each variant once, in a shuffled order, each run in a
    process of its own.

    The exit code is that of `loadgen run` for the run which went worst.
    """

    body: ClassVar[str] = "compare:compare"
    begin: ClassVar = Begin(
        "loadgen compare http://127.0.0.1:8080/a http://127.0.0.1:8080/b -c 20 -d 5s",
        ("--modes", "--rounds", "--connections", "--duration", "--requests", "--rate", "--output"),
    )
    target: Target = ""
    others: Annotated[
        list[str] | None, typer.Argument(metavar="[TARGET]...", help="Set against the first, instead of modes.")
    ] = None
    flags: Annotated[Mapping[str, Any], Options(COMPARE_OPTIONS)]
    rounds: Annotated[
        int, own_option(["--rounds"], COMPARED, "Runs of each variant, interleaved.", "N", 1, inherits=False)
    ] = 5
    settle: Annotated[str, own_option(["--settle"], COMPARED, "Pause before each run.", "TIME", inherits=False)] = "1s"
    settings: Settings = None
    outs: Outs = None
    live: Live = None
    web: Web
    elsewhere: Elsewhere
    output: Annotated[Output, OutputFlags(("comparison",))]
    help_all: HelpAll = False

    def __post_init__(self) -> None:
        check_target("compare", self.target, self.flags)
