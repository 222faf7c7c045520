"""The highest rate that meets an SLO (`loadgen.max/1`), as `loadgen find-max` found it, with every run on the way."""

from dataclasses import asdict, field
from typing import Any, Literal

from loadgen.base.dataclass import dataclass
from loadgen.base.errors import UsageError
from loadgen.base.restore import build
from loadgen.results.documents import json_text, read_document
from loadgen.results.requests import Latency
from loadgen.results.result import ThresholdRow

SCHEMA = "loadgen.max/1"
Limit = Literal["", "generator", "connections"]


@dataclass(frozen=True, slots=True)
class Trial:
    """One run at `rate_rps`. `due_rps` is what really fell due in it, `sent_rps` what was sent.

    `limit` says who was at its end where it is not met: the generator itself, the connections that it was given, or
    (empty) the target. `reasons` are the generator's own.
    """

    rate_rps: float
    met: bool
    due_rps: float
    sent_rps: float
    ok_rps: float
    duration_s: float
    response: Latency
    failed: int
    slo: tuple[ThresholdRow, ...]
    limit: Limit = ""
    reasons: tuple[str, ...] = ()

    @property
    def reached(self) -> bool:
        """Whether what was due was sent, but for what may be under way at the end."""
        return self.sent_rps >= REACHED_SHARE * self.due_rps


REACHED_SHARE = 0.97


@dataclass(frozen=True, slots=True)
class MaxRate:
    """`best_rps` is None where no rate was met; `low_rps` to `high_rps` is where the edge lies, None where not known.

    `ended_by` is "completed", or what stopped the search: "signal", "error", or "no_replies" where the target gave none
    any more. `limit` is whose edge it is (see Trial), with the reasons. `notes`: what the runs were of, if not of what
    was meant, and which error ended the search.
    """

    started_at: str
    plan: dict[str, Any]
    environment: dict[str, Any]
    slo: tuple[str, ...]
    best_rps: float | None
    low_rps: float | None
    high_rps: float | None
    ended_by: str
    trials: tuple[Trial, ...]
    limit: Limit = ""
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    schema: str = field(default=SCHEMA)


def to_json(found: MaxRate) -> str:
    """The file's text."""
    return json_text(asdict(found))


def from_json(text: str, source: str = "result") -> MaxRate | None:
    """What `to_json` wrote; None for JSON of another kind. Raises UsageError, naming `source`, for a damaged file."""
    document = read_document(text, source)
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        return None
    try:
        found: MaxRate = build(MaxRate, document)
    except TypeError as error:
        raise UsageError(f"{source}: damaged result file ({error})") from None
    return found
