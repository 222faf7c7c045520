"""What a Result says of requests, of one name or of all: their ledger, latency, errors, and course."""

from dataclasses import field

from loadgen.base.dataclass import dataclass
from loadgen.measure.reply_hints import FirstReply
from loadgen.results.block import Block
from loadgen.results.journeys import Kind

CLOCKS = ("response", "service", "send_lag", "failed")
PHASES = ("dns", "connect", "tls", "first_byte", "transfer", "first", "gap")
QUANTILES: dict[str, float] = {
    "p50": 0.50,
    "p75": 0.75,
    "p90": 0.90,
    "p95": 0.95,
    "p99": 0.99,
    "p99_9": 0.999,
    "p99_99": 0.9999,
}

Quantile = float | dict[str, float] | None
"""Milliseconds; `{"at_least": x}` where censored values decide the rank, with `at_most` where the others bound it; None
without samples."""


@dataclass(frozen=True, slots=True)
class Latency:
    """One clock's figures in milliseconds. `count` are measured values, `censored` are lower bounds beside them."""

    count: int = 0
    censored: int = 0
    min: float | None = None
    mean: float | None = None
    p50: Quantile = None
    p75: Quantile = None
    p90: Quantile = None
    p95: Quantile = None
    p99: Quantile = None
    p99_9: Quantile = None
    p99_99: Quantile = None
    max: Quantile = None


@dataclass(frozen=True, slots=True)
class Ledger:
    """scheduled = sent + not_sent; sent = ok + failed + unknown."""

    scheduled: int = 0
    sent: int = 0
    not_sent: int = 0
    ok: int = 0
    failed: int = 0
    unknown: int = 0

    @property
    def balanced(self) -> bool:
        """Whether both sums hold."""
        return self.scheduled == self.sent + self.not_sent and self.sent == self.ok + self.failed + self.unknown


@dataclass(frozen=True, slots=True)
class Bytes:
    """Heads and bodies, as the application sees them (inside TLS)."""

    sent: int = 0
    received: int = 0


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """One class of errors with its first example (redacted)."""

    error_class: str = ""
    fault: str = "target"
    message: str = ""
    count: int = 0
    example: str = ""


@dataclass(frozen=True, slots=True)
class CourseRow:
    """What one name did in a block of the run."""

    t_s: float = 0.0
    duration_s: float = 0.0
    ok: int = 0
    failed: int = 0
    response_p50_ms: float | None = None
    response_p90_ms: float | None = None
    response_p99_ms: float | None = None
    response_max_ms: float | None = None


@dataclass(frozen=True, slots=True)
class SlowRow:
    """One of the slowest requests of a name, due `at_s` seconds after the epoch. `reused` says whether its connection
    had carried another (None: not known), `status` is 0 without a reply. `server_timing` is what the reply's header of
    this name says, `trace` the trace id that the request had, or the reply.
    """

    at_s: float = 0.0
    response_ms: float = 0.0
    send_lag_ms: float = 0.0
    user: int = 0
    reused: bool | None = None
    status: int = 0
    bytes_received: int = 0
    error: str = ""
    server_timing: str = ""
    trace: str = ""


@dataclass(frozen=True, slots=True)
class RequestResult:
    """The part of one request name, or of transactions (`kind`): journeys, groups, calls. `payload_bytes` is what good
    ones moved of objects, without heads; `redirects_to` the first Location of a good reply, `first_reply` the sizes of
    the first of all. `course` is there for the first 20 request names, where there are several, and for the first 20
    journeys; `windows` where a threshold of the run looks at each window of the name: blocks of which each of those is
    a whole number; `slowest` with --slowest, the slowest first.
    """

    ledger: Ledger = field(default_factory=Ledger)
    bytes: Bytes = field(default_factory=Bytes)
    latency_ms: dict[str, Latency] = field(default_factory=dict)
    phases_ms: dict[str, Latency] = field(default_factory=dict)
    status_codes: dict[str, int] = field(default_factory=dict)
    error_codes: dict[str, int] = field(default_factory=dict)
    payload_bytes: int = 0
    redirects_to: str = ""
    first_reply: FirstReply | None = None
    histograms: dict[str, str] = field(default_factory=dict)
    kind: Kind = "request"
    errors: list[ErrorRow] = field(default_factory=list)
    course: list[CourseRow] = field(default_factory=list)
    windows: list[Block] = field(default_factory=list)
    slowest: list[SlowRow] = field(default_factory=list)
