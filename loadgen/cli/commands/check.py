"""`loadgen check`."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from loadgen.base.dataclass import dataclass
from loadgen.cli.options import OPTIONS, Options
from loadgen.cli.parameters import Settings, Target, check_target
from loadgen.cli.short_help import Begin, HelpAll


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Print what a run would do: users, workers, limits, requests. Opens no socket."""

    body: ClassVar[str] = "check:check"
    begin: ClassVar = Begin(
        "loadgen check http://127.0.0.1:8080/ -c 100 -H 'Accept: text/html'",
        ("--connections", "--duration", "--requests", "--rate", "--header", "--body", "--threshold"),
    )
    target: Target = ""
    flags: Annotated[Mapping[str, Any], Options(OPTIONS)]
    settings: Settings = None
    help_all: HelpAll = False

    def __post_init__(self) -> None:
        check_target("check", self.target, self.flags)
