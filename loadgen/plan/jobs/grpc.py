"""What is a good reply to a gRPC call."""

import re
from typing import TYPE_CHECKING

from loadgen.base.dataclass import dataclass
from loadgen.base.error_class import ErrorClass
from loadgen.base.reply import Expect

if TYPE_CHECKING:
    from loadgen.base.reply import Reply

_STATUS = re.compile(rb"\r\ngrpc-status:[ \t]*([0-9]{1,3})[ \t]*\r\n")
NAMES = (
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
    "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
    "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class GrpcExpect(Expect):
    """A call is good when its trailers say so: `grpc_status` is the number to be there."""

    statuses: tuple[tuple[int, int], ...] = ((200, 200),)
    grpc_status: int = 0

    def judge(self, reply: "Reply", took_ns: int = 0) -> ErrorClass | None:
        problem = Expect.judge(self, reply, took_ns)
        if problem is None and status_of(reply.head) != self.grpc_status:
            return ErrorClass.GRPC_STATUS
        return problem

    def code_of(self, reply: "Reply") -> str:
        status = status_of(reply.head)
        if status is None:
            return "no grpc-status"
        return NAMES[status] if status < len(NAMES) else f"gRPC status {status}"

    def describe(self, status: int, code: str) -> str:
        return code if any(low <= status <= high for low, high in self.statuses) else f"status {status}, {code}"


def status_of(head: bytes) -> int | None:
    """Of a reply's head with its trailers; None where they have none."""
    found = _STATUS.search(head)
    return None if found is None else int(found[1])
