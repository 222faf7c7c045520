"""`loadgen wrk`, `loadgen hey`, `loadgen ab`: their arguments are read by the rules of those tools."""

from typing import ClassVar

from loadgen.base.dataclass import dataclass

TOOLS = ("wrk", "hey", "ab")


@dataclass(frozen=True, slots=True)
class FrontDoor:
    """The name of a tool, and all that stands behind it."""

    body: ClassVar[str] = "front_doors:front_door"
    tool: str
    arguments: tuple[str, ...]
