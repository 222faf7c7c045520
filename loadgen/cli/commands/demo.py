"""`loadgen demo`."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Demo:
    """Start the demo target, run a short profile against it, report."""

    body: ClassVar[str] = "demo:demo"
