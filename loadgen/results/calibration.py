"""What one machine can measure (`loadgen.calibration/1`), as `loadgen calibrate` found it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, field
from pathlib import Path
from typing import Any

from loadgen.base.dataclass import dataclass
from loadgen.base.errors import UsageError
from loadgen.base.restore import build

SCHEMA = "loadgen.calibration/1"
_DECISIVE = ("machine", "cpu", "cores", "python", "gil")


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The closed model's most, with what one request took."""

    rps: float
    p50_ms: float
    p99_ms: float
    cpu_us_per_request: float


@dataclass(frozen=True, slots=True)
class LagPoint:
    """Send lag at one rate of the open model: `share` of the ceiling, `sent_rps` what went out."""

    share: float
    rate_rps: float
    sent_rps: float
    p50_ms: float
    p99_ms: float
    p99_9_ms: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """One calibration. `responder` is what answered: `embedded target` or `null responder`.

    `kb_per_connection` (1,024 bytes) is None where the host does not allow enough connections to tell.
    """

    taken_at: str
    environment: dict[str, Any]
    responder: str
    connections: int
    processes: int
    workers: int
    ceiling: Ceiling
    send_lag: tuple[LagPoint, ...]
    kb_per_connection: float | None = None
    schema: str = field(default=SCHEMA)

    def holds_for(self, environment: Mapping[str, Any]) -> bool:
        """Whether it was taken on such a machine, with such a Python."""
        return all(self.environment.get(key) == environment.get(key) for key in _DECISIVE)


def from_json(text: str) -> Calibration | None:
    """The calibration that `to_document` gave; None for anything else: it is a cache, and can be made again."""
    try:
        found: Calibration = build(Calibration, json.loads(text))
    except (ValueError, TypeError):
        return None
    return found if found.schema == SCHEMA else None


def to_document(calibration: Calibration) -> dict[str, Any]:
    """What its file holds, as JSON."""
    return asdict(calibration)


def cache_file(environment: Mapping[str, str]) -> Path:
    """Where the last calibration is kept; a relative XDG_CACHE_HOME does not count, as its specification says.

    Raises UsageError for a user without a home, as in a container.
    """
    root = environment.get("XDG_CACHE_HOME", "")
    try:
        folder = Path(root) if root.startswith("/") else Path.home() / ".cache"
    except RuntimeError:
        raise UsageError("there is no home folder to keep the calibration in; set XDG_CACHE_HOME to a folder") from None
    return folder / "loadgen" / "calibration.json"


def last_calibration(environment: Mapping[str, str]) -> Calibration | None:
    """What was found out last, if anything was."""
    try:
        return from_json(cache_file(environment).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, UsageError):
        return None
