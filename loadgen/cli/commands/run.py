"""`loadgen run`."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from loadgen.base.dataclass import dataclass
from loadgen.cli.options import FLAG, JUDGING, LOAD, OPTIONS, Options, own_option
from loadgen.cli.parameters import (
    Against,
    Elsewhere,
    Labels,
    Live,
    Output,
    OutputFlags,
    Outs,
    Rounds,
    Settings,
    Slowest,
    Target,
    Web,
    check_target,
)
from loadgen.cli.short_help import Begin, HelpAll
from loadgen.report.exports import OUTPUT


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Put load on TARGET and report what happened.

    Exit codes: 0 finished; 1 internal error; 2 usage; 99 a threshold failed,
    or no good reply; 105 stopped by a signal; 108 stopped by --fail-fast,
    --max-errors or --abort-if; 107 code of a scenario raised an exception;
    120 worse than the baseline; 121 not trusted.
    """

    body: ClassVar[str] = "plan_run:plan_run"
    begin: ClassVar = Begin(
        "loadgen run http://127.0.0.1:8080/ -c 100 -d 30s -T 'p99 < 250ms'",
        ("--connections", "--duration", "--requests", "--rate", "--header", "--body", "--threshold", "--output"),
    )
    target: Target = ""
    flags: Annotated[Mapping[str, Any], Options(OPTIONS)]
    once: Annotated[
        bool,
        own_option(["--once"], LOAD, "Each request or scenario once; show every exchange.", FLAG, inherits=False),
    ] = False
    results: Annotated[
        str | None,
        own_option(["--results"], OUTPUT, "What the calls of a function returned: JSON lines.", inherits=False),
    ] = None
    slowest: Slowest = False
    trace: Annotated[
        bool,
        own_option(["--trace"], JUDGING, "The same, and a traceparent header of its own on each request.", FLAG),
    ] = False
    settings: Settings = None
    rounds: Rounds = 1
    outs: Outs = None
    live: Live = None
    labels: Labels = None
    web: Web
    against: Against
    elsewhere: Elsewhere
    output: Annotated[Output, OutputFlags(("run",))]
    help_all: HelpAll = False

    def __post_init__(self) -> None:
        check_target("run", self.target, self.flags)
