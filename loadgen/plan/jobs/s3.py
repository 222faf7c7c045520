"""S3Job: what a run does with a bucket, as plain values. A worker process restores it from JSON."""

from dataclasses import asdict
from typing import Any, ClassVar, Literal, get_args

from loadgen.base.dataclass import dataclass
from loadgen.base.endpoint import Origin
from loadgen.plan.jobs.http import RequestPart, RequestSpec, Variable
from loadgen.plan.jobs.s3_fields import Fields, encryption_fields, retention_fields
from loadgen.plan.jobs.s3_naming import BY_SIZE, Naming, by_class
from loadgen.plan.jobs.s3_operations import Operation
from loadgen.plan.jobs.s3_places import Addressing, Target
from loadgen.plan.jobs.s3_sizes import CLASSES, classes_of

JobName = Literal["put", "get", "stat", "list", "copy", "delete", "multipart", "append", "mixed", "batch"]
Step = Literal["bucket", "probe", "fill", "survey", "sweep"]
"""What comes before and after the measured run: the bucket, whether the store does what is asked of it, the objects
that the job needs or a list of those that are there, and the clean-up."""

Payload = Literal["signed", "unsigned", "streaming"]
ChecksumName = Literal["crc32", "crc32c", "crc64nvme", "sha1", "sha256", "md5", "none"]

JOBS: tuple[JobName, ...] = get_args(JobName)
CHECKSUMS: tuple[ChecksumName, ...] = get_args(ChecksumName)
NO_ENDPOINT = "https://s3.amazonaws.com"
"""The target of a plan that names none: the AWS variables, or the region, tell where the bucket is."""

DEFAULT_OBJECTS = 100
DEFAULT_MIX = (("get", 45.0), ("stat", 30.0), ("put", 15.0), ("delete", 10.0))
MOST_DELETES = 1000
"""What S3 takes in one DeleteObjects."""

FUNCTION, LISTED = "function", "listed"
"""The names of the calls of a batch's function, and of how many objects of its source were found so far."""

_RETRIES = {"batch": 8, "fill": 8, "survey": 8, "probe": 2, "sweep": 4, "bucket": 2}
"""Without --retries: 8 take some 20 s, in which a store starts anew. Whoever mistyped the endpoint, or cleans
up where the store has gone, is not to wait so long."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """One job or step: what it sends, and what it is counted in.

    `prepares`: it needs objects that are there before it begins. `ends`: it uses its objects up, so that it can end
    with the last of them; `each` is how many requests an object takes then, 0 where that depends on the object.
    `transaction` is what takes several requests and is timed from the first to the last of them.
    """

    operations: tuple[Operation, ...]
    prepares: bool = False
    ends: bool = False
    each: int = 0
    noun: str = "objects"
    transaction: str = ""


_PROBED = (Operation.PUT, Operation.APPEND, Operation.STAT, Operation.GET_TAGS, Operation.GET_ACL, Operation.DELETE)

_KINDS: dict[str, _Kind] = {
    "put": _Kind((Operation.PUT,), ends=True, each=1),
    "get": _Kind((Operation.GET,), prepares=True),
    "stat": _Kind((Operation.STAT,), prepares=True),
    "list": _Kind((Operation.LIST,), prepares=True, noun="pages"),
    "copy": _Kind((Operation.COPY,), prepares=True),
    "delete": _Kind((Operation.DELETE,), prepares=True, ends=True, each=1),
    "multipart": _Kind(
        (Operation.PUT_PART, Operation.CREATE_MULTIPART, Operation.COMPLETE_MULTIPART, Operation.ABORT_MULTIPART),
        ends=True,
        transaction="upload",
    ),
    "append": _Kind((Operation.APPEND, Operation.STAT), prepares=True, noun="appends"),
    "mixed": _Kind((), prepares=True, noun="requests"),
    "batch": _Kind((Operation.GET, Operation.PUT), prepares=True, ends=True, each=2, transaction="object"),
    "bucket": _Kind((Operation.LIST, Operation.CREATE_BUCKET), ends=True),
    "fill": _Kind((Operation.PUT,), ends=True, each=1),
    "probe": _Kind(_PROBED, ends=True),
    "survey": _Kind((Operation.LIST,), ends=True),
    "sweep": _Kind(
        (
            Operation.GET_VERSIONING,
            Operation.LIST_VERSIONS,
            Operation.LIST,
            Operation.DELETE_MANY,
            Operation.DELETE,
            Operation.LIST_UPLOADS,
            Operation.ABORT_MULTIPART,
        ),
        ends=True,
    ),
}


@dataclass(frozen=True, slots=True)
class S3Job:
    """One job on one bucket. `sizes` are inclusive ranges of bytes with weights.

    `objects` is how many the job makes or finds prepared; None puts new ones as long as the run goes on. Keys are
    `prefix`, `run_id` and a number, so that a run touches nothing but its own; only a batch with a `source` reads
    what was there before; of that it takes what `match` (as a shell's *.jpg) fits, of `least_bytes` to `most_bytes`,
    modified at or after `since_s` (since the epoch), and calls what is made `name` ({stem}.webp). That goes under
    `prefix` of the bucket `to`, or of the same. `root` is the encoded path of the bucket. `delete_many` objects go with
    one delete; `content` is "random", "text", "compressible:N" (to an Nth) or "@FILE". `presigned` downloads have their
    signature in the URL. What was there before under the prefix `existing` is listed to the file `listing`, and read or
    deleted, with all its `versions` or the last alone. `order` is sequential, random or zipf:S, S being the exponent;
    keys are spread over so many `prefixes`.
    `headers`, those that encrypt (`sse`: s3, kms, kms:KEY or c) and those that retain an object for `retain_s` go on
    the requests that they are about (s3_fields.py). `expect_continue`: uploads wait until the store asks for them.
    Where there are several endpoints, `hosts` are all of them. A batch with a `journal` writes down what is done;
    `resumed` says that it goes on with one.
    """

    job: JobName | Step
    bucket: str
    region: str = ""
    root: str = ""
    addressing: Addressing = "auto"
    profile: str | None = None
    prefix: str = "loadgen/"
    run_id: str = ""
    objects: int | None = DEFAULT_OBJECTS
    sizes: tuple[tuple[int, int, float], ...] = ((1 << 20, 1 << 20, 1.0),)
    part_bytes: int = 8 << 20
    range_bytes: int | None = None
    mix: tuple[tuple[str, float], ...] = DEFAULT_MIX
    headers: Fields = ()
    sse: str = ""
    retain_s: float | None = None
    expect_continue: bool = False
    payload: Payload | None = None
    checksum: ChecksumName = "none"
    content: str = "random"
    verify: bool = False
    presigned: bool = False
    keep: bool = False
    retries: int | None = None
    delete_many: int = 1
    existing: str | None = None
    versions: bool = False
    listing: str | None = None
    order: str = "sequential"
    prefixes: int = 1
    source: str | None = None
    match: str = ""
    least_bytes: int = 0
    most_bytes: int | None = None
    since_s: float | None = None
    name: str = ""
    hosts: tuple[Target, ...] = ()
    to: Target | None = None
    function: str | None = None
    journal: str | None = None
    resumed: bool = False

    variables: ClassVar[tuple[Variable, ...]] = ()
    finish: ClassVar[bool] = False
    connects: ClassVar[bool] = True

    @property
    def most_retries(self) -> int:
        """How often a request is sent again that may pass the next time; where that is measured, only if asked for."""
        return _RETRIES.get(self.job, 0) if self.retries is None else self.retries

    @property
    def own_prefix(self) -> str:
        """What the keys of this run, and of no other, begin with."""
        return f"{self.prefix}{self.run_id}/"

    def key(self, index: int) -> str:
        """That of one of its objects."""
        spread = "" if self.prefixes == 1 else f"{index % self.prefixes:04x}/"
        return f"{self.own_prefix}{spread}{index:08d}"

    @property
    def waits(self) -> bool:
        """Whether its uploads do, which are not those of a step before the run."""
        return self.expect_continue and self.job in JOBS

    def own_fields(self, now_s: float) -> Fields:
        """What was asked for in header fields, at this time since the epoch."""
        return (*self.headers, *encryption_fields(self.sse, self.run_id), *retention_fields(self.retain_s, now_s))

    @property
    def is_of_others(self) -> bool:
        """Whether it takes what was there before, and puts nothing under a prefix of its own."""
        return self.source is not None or self.existing is not None

    @property
    def prepared(self) -> int:
        """How many objects are put before the measured run."""
        needed = _KINDS[self.job].prepares and not self.is_of_others and not self.resumed
        return (self.objects or 0) if needed else 0

    @property
    def ends_itself(self) -> bool:
        return ends_itself(self.job) and (self.objects is not None or self.source is not None)

    @property
    def planned_requests(self) -> int | None:
        each = _KINDS[self.job].each
        return -(-self.objects // self.per_reply) * each if self.objects is not None and each else None

    @property
    def transactions(self) -> tuple[str, ...]:
        name = _KINDS[self.job].transaction
        return (name,) if name else ()

    def goes_beyond(self, origin: Origin) -> bool:
        """Whether some requests go to another origin than the plan's."""
        return self.to is not None and self.to.origin not in (None, origin)

    @property
    def naming(self) -> Naming:
        """What the figures of its requests are called, by size and by host."""
        by_size = self._classes if self.job in BY_SIZE else ()
        return Naming(self.operations, self.request_names, len(self.transactions), by_size, self.host_names)

    @property
    def parts(self) -> tuple[RequestPart, ...]:
        """What figures stand apart: of its requests, and behind those of its whole objects."""
        return (*self.naming.parts, *self.wholes.values())

    @property
    def wholes(self) -> dict[int, RequestPart]:
        """By class of size, what takes several requests, where that stands apart."""
        return by_class(self.transactions, self._classes)

    @property
    def _classes(self) -> tuple[int, ...]:
        """Those of its objects by size, where there are several."""
        classes = CLASSES if self.existing is not None or self.job == "batch" else classes_of(self.sizes)
        return tuple(classes) if len(classes) > 1 else ()

    @property
    def origins(self) -> tuple[Origin, ...]:
        """Those of several endpoints, of which each user has one."""
        return tuple(host.origin for host in self.hosts if host.origin is not None)

    @property
    def host_names(self) -> tuple[str, ...]:
        """Those of its endpoints, where there are several."""
        return tuple(origin.authority for origin in self.origins)

    @property
    def calls(self) -> tuple[str, ...]:
        """What is called between requests, and timed."""
        return (FUNCTION,) if self.job == "batch" else ()

    @property
    def noun(self) -> str:
        return _KINDS[self.job].noun

    @property
    def per_reply(self) -> int:
        return self.delete_many if self.job == "delete" else 1

    @property
    def total(self) -> int | None:
        """How many of them the job handles, where it ends with them: the last reply may be for fewer."""
        return self.objects if _KINDS[self.job].each else None

    @property
    def operations(self) -> tuple[Operation, ...]:
        """All operations that the job may send; the place of one is its name id."""
        get = Operation.GET if self.range_bytes is None else Operation.GET_RANGE
        match self.job:
            case "get":
                return (get,)
            case "list" | "survey" if self.versions:
                return (Operation.LIST_VERSIONS,)
            case "delete" if self.delete_many > 1:
                return (Operation.DELETE_MANY,)
            case "mixed":
                return tuple(get if name == "get" else Operation(name) for name, _ in self.mix)
            case "batch" if self.source is not None:
                return (Operation.LIST, Operation.GET, Operation.GET_TAGS, Operation.PUT)
        return _KINDS[self.job].operations

    @property
    def requests(self) -> tuple[RequestSpec, ...]:
        """One for each name: the operations in order, then (with retries) the same for those that are sent again."""
        weights = [weight for _, weight in self.mix] if self.job == "mixed" else [1.0] * len(self.operations)
        specs = [
            RequestSpec(operation.value, operation.method, f"/{self.bucket}", weight)
            for operation, weight in zip(self.operations, weights, strict=True)
        ]
        again = [RequestSpec(f"{spec.name} again", spec.method, spec.path) for spec in specs if self.most_retries]
        return (*specs, *again)

    @property
    def request_names(self) -> tuple[str, ...]:
        return tuple(spec.name for spec in self.requests)

    def describe(self) -> dict[str, Any]:
        return {"s3": {key: value for key, value in asdict(self).items() if key != "listing"}}


def ends_itself(job: str) -> bool:
    """Whether a job uses its objects up, so that it can end with the last of them."""
    return _KINDS[job].ends
