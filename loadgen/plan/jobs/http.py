"""HttpJob: the requests of a profile, by weight."""

from dataclasses import asdict, field
from hashlib import sha256
from typing import Any, ClassVar, Literal

from loadgen.base.dataclass import dataclass
from loadgen.base.endpoint import Origin
from loadgen.base.reply import Expect
from loadgen.plan.encodings import BodyKind
from loadgen.plan.jobs.grpc_call import GrpcSpec
from loadgen.plan.jobs.parts import PartsSpec
from loadgen.plan.jobs.websocket import WebSocketSpec


@dataclass(frozen=True, slots=True)
class Variable:
    """A `${name}` that changes with every request. `values` are the choices, or the two inclusive ends of a range.

    kinds: `random` an integer from a range, `sequence` counts up from values[0] over one worker in steps of the
    number of workers, `choice` one of the values, `uuid` a random UUID, `trace` a new
    `traceparent` (W3C Trace Context). A choice is encoded for the place where it
    stands, but `encoded` ones are percent-encoded already.
    """

    name: str
    kind: Literal["random", "sequence", "choice", "uuid", "trace"]
    values: tuple[int | str, ...] = ()
    encoded: bool = False


@dataclass(frozen=True, slots=True)
class RequestPart:
    """Those of a request that move `size` ("up to 64 KiB"), or go to one `host`: their figures stand apart. "": any."""

    request: str
    size: str = ""
    host: str = ""

    @property
    def name(self) -> str:
        """All of it in one text."""
        return "\t".join((self.request, self.size, self.host))


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a multipart body: a text, or the content of `file`, under a name of its own where it is given."""

    name: str
    text: str = ""
    file: str | None = None
    type: str | None = None
    file_name: str | None = None


@dataclass(frozen=True, slots=True)
class RequestSpec:
    """One kind of request. `path`, header values and `body` may hold `${name}` of the job's variables.

    `body_file` is read when a worker prepares; `body` and `body_file` exclude each other, and a `multipart` body is put
    together when the plan is made. `body_kind` says how the values of variables are written in the body. `stream`: its
    reply comes in parts, which are timed. `grpc`: it is a call, whose trailers say whether it is good. `websocket`:
    it opens one, which is held. `origin` is where it goes, if not to the plan's.
    """

    name: str
    method: str
    path: str
    weight: float = 1.0
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    body_file: str | None = None
    body_kind: BodyKind = "text"
    expect: Expect = field(default_factory=Expect)
    stream: PartsSpec | None = None
    grpc: GrpcSpec | None = None
    websocket: WebSocketSpec | None = None
    origin: Origin | None = None
    multipart: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Signing:
    """For which service of AWS requests are signed; without an `access_key` by the credentials of the environment."""

    region: str
    service: str
    access_key: str = ""
    secret_key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class TargetList:
    """So many requests to be sent in their order, out of a file of this name: a line for each (see target_list.py)."""

    file: str
    requests: int
    lines: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class HttpJob:
    """Requests in the proportion of their weights. A good reply is one request done.

    With `targets` it is those that are sent, and the only one of `requests` has what they share.

    A redirect within the target's origin is followed up to so many times; each hop is a request of the same name.
    """

    requests: tuple[RequestSpec, ...]
    variables: tuple[Variable, ...] = ()
    redirects: int = 0
    signing: Signing | None = None
    targets: TargetList | None = None

    transactions: ClassVar[tuple[str, ...]] = ()
    parts: ClassVar[tuple[RequestPart, ...]] = ()
    calls: ClassVar[tuple[str, ...]] = ()
    planned_requests: ClassVar[int | None] = None
    noun: ClassVar[str] = "requests"
    per_reply: ClassVar[int] = 1
    connects: ClassVar[bool] = True
    total: ClassVar[int | None] = None
    ends_itself: ClassVar[bool] = False
    finish: ClassVar[bool] = False

    @property
    def request_names(self) -> tuple[str, ...]:
        return tuple(request.name for request in self.requests)

    def describe(self) -> dict[str, Any]:
        described: dict[str, Any] = {"variables": [described_variable(variable) for variable in self.variables]}
        if self.redirects:
            described["redirects"] = self.redirects
        if self.signing is not None:
            described["signed_for"] = f"{self.signing.region}:{self.signing.service}"
        if self.targets is not None:
            digest = sha256(self.targets.lines).hexdigest()
            described["targets"] = {"file": self.targets.file, "requests": self.targets.requests, "sha256": digest}
        return described


def described_variable(variable: Variable) -> dict[str, Any]:
    """Without `encoded` where it is not: plans of older results have no such key, and are the same."""
    return {key: value for key, value in asdict(variable).items() if key != "encoded" or value}
