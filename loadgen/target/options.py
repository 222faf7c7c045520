"""What the demo server is told when it starts."""

import math

from loadgen.base.dataclass import dataclass
from loadgen.base.errors import UsageError


@dataclass(frozen=True, slots=True)
class TargetOptions:
    """Options of the demo server; port 0 is any free one. Raises UsageError for values that cannot be.

    `capacity_rps` is the most replies a second, `fail_after` the number of requests after which every reply is 500,
    `queue_log` a file that gets the arrival and departure of each `/queue` request, `cert` and `key` PEM files that
    turn TLS on; every `stall_every_s` it stands still for `stall_s`. `seed` is that of `/error-rate`. With
    `stop_with_parent` the server ends when its stdin does.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    capacity_rps: float | None = None
    fail_after: int | None = None
    queue_log: str | None = None
    cert: str | None = None
    key: str | None = None
    stall_every_s: float | None = None
    stall_s: float = 0.0
    seed: int = 1
    stop_with_parent: bool = False

    def __post_init__(self) -> None:
        if not self.host:
            raise UsageError("--host: expected an address; 0.0.0.0 stands for all of this machine's")
        if not 0 <= self.port <= 65535:
            raise UsageError(f"--port: expected 0 to 65535, got {self.port}")
        if self.capacity_rps is not None and not (math.isfinite(self.capacity_rps) and self.capacity_rps > 0):
            raise UsageError(f"--capacity: expected replies per second above 0, got {self.capacity_rps}")
        if self.fail_after is not None and self.fail_after < 0:
            raise UsageError(f"--fail-after: expected a number of requests from 0 on, got {self.fail_after}")
        if self.key is not None and self.cert is None:
            raise UsageError("--key: expected --cert beside it")
