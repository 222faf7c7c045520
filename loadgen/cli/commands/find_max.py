"""`loadgen find-max`."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from loadgen.base.dataclass import dataclass
from loadgen.cli.options import OPTIONS, Options
from loadgen.cli.parameters import Elsewhere, Live, Output, OutputFlags, Outs, Settings, Slo, Target, Web, check_target
from loadgen.cli.short_help import Begin, HelpAll


@dataclass(frozen=True, slots=True, kw_only=True)
class FindMax:
    """Find the highest rate at which TARGET meets the SLO.

    Runs of --duration at one rate each: from --rate (default 100/s) it doubles
    until the SLO is missed, then the edge is halved in, with repeats.

    Exit codes: 0 found; 99 no rate meets it, or no more replies; 105 stopped
    by a signal; 121 the generator was the limit (with --strict).
    """

    body: ClassVar[str] = "find_max:find_max"
    begin: ClassVar = Begin(
        "loadgen find-max http://127.0.0.1:8080/ --slo 'p99 < 50ms'",
        ("--slo", "--duration", "--rate", "--connections", "--header", "--body", "--output"),
    )
    target: Target = ""
    flags: Annotated[Mapping[str, Any], Options(OPTIONS)]
    slo: Slo = None
    settings: Settings = None
    outs: Outs = None
    live: Live = None
    web: Web
    elsewhere: Elsewhere
    output: Annotated[Output, OutputFlags(("search",))]
    help_all: HelpAll = False

    def __post_init__(self) -> None:
        check_target("find-max", self.target, self.flags)
