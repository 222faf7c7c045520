"""S3Plan: what a run does with a bucket, as plain values. A worker process restores it from JSON."""

from dataclasses import dataclass
from typing import Literal, get_args

Job = Literal["put", "get", "stat", "list", "copy", "delete", "multipart", "mixed", "batch"]
Step = Literal["bucket", "fill", "sweep"]
"""What comes before and after the measured run: the bucket, the objects that the job needs, and the clean-up."""

Payload = Literal["signed", "unsigned", "streaming"]
ChecksumName = Literal["crc32", "crc32c", "sha256", "none"]
Addressing = Literal["auto", "path", "virtual"]

JOBS: tuple[Job, ...] = get_args(Job)
NO_ENDPOINT = "https://s3.amazonaws.com"
"""The target of a plan that names none: the AWS variables, or the region, tell where the bucket is."""

DEFAULT_OBJECTS = 100
DEFAULT_MIX = (("get", 45.0), ("stat", 30.0), ("put", 15.0), ("delete", 10.0))
MOST_DELETES = 1000

METHODS = {
    "put": "PUT", "get": "GET", "get-range": "GET", "stat": "HEAD", "list": "GET", "copy": "PUT",
    "delete": "DELETE", "delete-many": "POST", "create-multipart": "POST", "put-part": "PUT",
    "complete-multipart": "POST", "abort-multipart": "DELETE", "create-bucket": "PUT", "list-uploads": "GET",
}  # fmt: skip
"""The operations that runs are made of, each with its HTTP method."""


@dataclass(frozen=True, slots=True)
class S3Plan:
    """One job on one bucket. `sizes` are inclusive ranges of bytes with weights.

    `objects` is how many the job makes or finds prepared; None puts new ones as long as the run goes on. Keys are
    `prefix`, `run_id` and a number, so that a run touches nothing but its own; only a batch with a `source` reads
    what was there before. `root` is the encoded path of the bucket. `delete_many` objects go with one delete;
    `presigned` downloads have their signature in the URL. A batch with a `journal` writes down what is done; `resumed`
    says that it goes on with one.
    """

    job: Job | Step
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
    payload: Payload | None = None
    checksum: ChecksumName = "none"
    verify: bool = False
    presigned: bool = False
    keep: bool = False
    retries: int = 0
    delete_many: int = 1
    source: str | None = None
    function: str | None = None
    journal: str | None = None
    resumed: bool = False

    @property
    def own_prefix(self) -> str:
        """What the keys of this run, and of no other, begin with."""
        return f"{self.prefix}{self.run_id}/"

    @property
    def prepared(self) -> int:
        """How many objects are put before the measured run."""
        needs = self.job in ("get", "stat", "list", "copy", "delete", "mixed") or (
            self.job == "batch" and self.source is None
        )
        return (self.objects or 0) if needs and not self.resumed else 0

    @property
    def ends_itself(self) -> bool:
        """Whether the job is over when it has handled each of its objects."""
        return ends_itself(self.job) and (self.objects is not None or self.source is not None)

    @property
    def requests(self) -> int | None:
        """How many requests the job takes, where it ends by itself and that is known beforehand."""
        if self.objects is None:
            return None
        match self.job:
            case "put" | "fill":
                return self.objects
            case "delete":
                return -(-self.objects // self.delete_many)
            case "batch":
                return 2 * self.objects
        return None

    @property
    def transaction(self) -> str:
        """What takes several requests and is timed as a whole; empty where nothing does."""
        return {"multipart": "upload", "batch": "object"}.get(self.job, "")

    @property
    def operations(self) -> tuple[str, ...]:
        """The names of all operations that the job may send, without those sent again."""
        get = "get" if self.range_bytes is None else "get-range"
        match self.job:
            case "get":
                return (get,)
            case "delete":
                return ("delete",) if self.delete_many == 1 else ("delete-many",)
            case "multipart":
                return ("put-part", "create-multipart", "complete-multipart", "abort-multipart")
            case "mixed":
                return tuple(get if name == "get" else name for name, _ in self.mix)
            case "batch":
                return ("get", "put") if self.source is None else ("list", "get", "put")
            case "bucket":
                return ("list", "create-bucket")
            case "fill":
                return ("put",)
            case "sweep":
                return ("list", "delete-many", "delete", "list-uploads", "abort-multipart")
            case name:
                return (name,)

    @property
    def names(self) -> tuple[str, ...]:
        """The request names: the operations, then those of requests that are sent again."""
        names = self.operations
        return (*names, *(f"{name} again" for name in names)) if self.retries else names


def ends_itself(job: str) -> bool:
    """Whether a job uses its objects up, so that it can end with the last of them."""
    return job in ("put", "delete", "multipart", "batch", "bucket", "fill", "sweep")
