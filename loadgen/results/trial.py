"""What one user did, one thing after another: for `--once` and for tests. Times are nanoseconds."""

from typing import Literal

from loadgen.base.dataclass import dataclass
from loadgen.base.error_class import ErrorClass


@dataclass(frozen=True, slots=True)
class Certificate:
    """Of a server: whose it is and by whom, until when, and whether that was checked."""

    subject: str
    issuer: str
    until: str
    checked: bool


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of the way to a request's connection, done in `took_ns`; `failed` says why not, where another was tried.

    `what` is of a `name` its host and the addresses that it has; of a `connect` the address, and which proxy it is, if
    any; of the `way` that this opened nothing; of `tls` its version, cipher and what ALPN agreed to, or "".
    """

    kind: Literal["name", "connect", "way", "tls"]
    what: tuple[str, ...]
    took_ns: int
    failed: str = ""
    certificate: Certificate | None = None
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class Exchanged:
    """One request. `part` is the journey it belongs to, or per_user or per_run; `name` is the step's.

    `size` are the reply's bytes on the wire. `sent` are the request's fields and `sent_body` the beginning of its body;
    `head` is that of the reply and `body` that of its body, and neither is there where no reply came. `way` is how its
    connection was opened, if it was not `reused`; `first_ns` is when the reply began, where it came in pieces.
    """

    part: str
    name: str
    method: str
    target: str
    status: int
    error: ErrorClass | None
    detail: str
    took_ns: int
    size: int
    sent: tuple[tuple[str, str], ...] = ()
    head: bytes = b""
    body: bytes = b""
    sent_body: bytes = b""
    way: tuple[Stage, ...] = ()
    first_ns: int = 0
    reused: bool = False


@dataclass(frozen=True, slots=True)
class Timed:
    """A group or a call is over."""

    part: str
    kind: Literal["group", "call"]
    name: str
    took_ns: int
    error: ErrorClass | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """A check held, or not."""

    part: str
    name: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Measured:
    """A metric was given a value."""

    part: str
    name: str
    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Ended:
    """A journey is over; or what stands around it, where that failed. `trace` is the traceback of what its code raised.

    One that was cut off has the error `cut`.
    """

    part: str
    took_ns: int
    error: ErrorClass | None = None
    detail: str = ""
    trace: str = ""


Event = Exchanged | Timed | Checked | Measured | Ended
