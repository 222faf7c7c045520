"""`loadgen serve`."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from loadgen.base.dataclass import dataclass
from loadgen.cli.options import FLAG, OPTIONS, Options, own_option
from loadgen.cli.parameters import WEB, Labels, Outs, Settings, Target, ToOthers
from loadgen.cli.short_help import Begin, HelpAll

LIMITS = "What may be asked for on the page, at most"


@dataclass(frozen=True, slots=True, kw_only=True)
class Serve:
    """Serve a page to start and stop runs of TARGET from.

    What is typed there stays below the limits; without one, below what the
    plan itself says. Nothing else of the plan can be changed. The address
    that is printed holds a token: who has it can make this load. Ctrl-C ends it.
    """

    body: ClassVar[str] = "serve:serve"
    begin: ClassVar = Begin(
        "loadgen serve shop.yaml --limit-users 500 --limit-duration 10m",
        (
            "--limit-rate", "--limit-users", "--limit-duration", "--save", "--web", "--connections", "--duration",
            "--rate", "--threshold",
        ),
    )  # fmt: skip
    target: Target
    flags: Annotated[Mapping[str, Any], Options(OPTIONS)]
    limit_rate: Annotated[str | None, own_option(["--limit-rate"], LIMITS, "Requests a second.", "RATE")] = None
    limit_users: Annotated[int | None, own_option(["--limit-users"], LIMITS, "Virtual users.", "N", least=1)] = None
    limit_duration: Annotated[str | None, own_option(["--limit-duration"], LIMITS, "Time of a run.", "TIME")] = None
    save: Annotated[
        str,
        own_option(["--save"], WEB, "Save each run here, and list those that are there.", "DIR"),
    ] = "loadgen-runs"
    web: Annotated[
        str | None, own_option(["--web"], WEB, "Listen here. (default: 127.0.0.1, a free port)", "[=ADDRESS]")
    ] = None
    to_others: ToOthers
    settings: Settings = None
    outs: Outs = None
    labels: Labels = None
    quiet: Annotated[bool, own_option(["-q", "--quiet"], WEB, "No progress here.", FLAG)] = False
    help_all: HelpAll = False
