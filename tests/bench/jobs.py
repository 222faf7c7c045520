"""What a tool is asked to do, what it reports, and the entry that says how to ask and how to read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.measure import Usage


@dataclass(frozen=True, slots=True)
class Job:
    """A closed loop of `connections` against `url` for `seconds`.

    `body` is a file to POST. Certificates go unchecked.
    """

    url: str
    connections: int = 64
    seconds: int = 5
    body: Path | None = None
    keep_alive: bool = True


@dataclass(frozen=True, slots=True)
class Reported:
    """What the tool says itself. Latencies are milliseconds; None for what it does not say."""

    rps: float
    p50_ms: float | None = None
    p99_ms: float | None = None
    errors: int = 0
    extra: dict[str, float] = field(default_factory=dict)


Command = Callable[[Job, Path], list[str] | None]
"""The command line, None if the tool cannot do the job. The path is a fresh folder for its files."""

Reader = Callable[[Usage, Path], Reported]
"""Reads output or files. Raises ValueError, KeyError or OSError when the tool has not said what it should."""


@dataclass(frozen=True, slots=True)
class Peer:
    """One tool. `version` is a command whose output holds its version; `environment` is added to ours.

    `package` is where Debian keeps a tool that does not know its version.
    """

    name: str
    command: Command
    read: Reader
    version: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    package: str = ""

    @property
    def executable(self) -> str:
        """What has to be found on PATH."""
        return self.version[0]
