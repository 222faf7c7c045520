"""Where buckets are, beside the one that a job is about: what a batch puts into, and a store's further endpoints."""

from typing import Literal

from loadgen.base.dataclass import dataclass
from loadgen.base.endpoint import Origin

Addressing = Literal["auto", "path", "virtual"]


@dataclass(frozen=True, slots=True)
class Target:
    """A bucket; what is empty is as of the job's own. `origin` and `root` (see S3Job) are known when it was located."""

    bucket: str
    endpoint: str = ""
    region: str = ""
    profile: str | None = None
    addressing: Addressing = "auto"
    origin: Origin | None = None
    root: str = ""
