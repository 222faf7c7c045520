"""`loadgen check`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from loadgen.cli.options import OPTIONS, Options
from loadgen.cli.parameters import Settings, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Print what a run would do: users, workers, limits, requests. Opens no socket."""

    body: ClassVar[str] = "check:check"
    target: Target
    flags: Annotated[Mapping[str, Any], Options(OPTIONS)]
    settings: Settings = None
