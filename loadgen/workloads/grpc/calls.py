"""A call in a worker. Imported only where there are calls."""

from typing import Any, ClassVar

from loadgen.plan.grpc.messages import Messages, messages_of
from loadgen.plan.jobs.grpc import NAMES
from loadgen.plan.jobs.grpc_call import GrpcError, GrpcSpec
from loadgen.workloads.scenario.replies.absent import AbsentError
from loadgen.workloads.scenario.replies.reply import Reply


class GrpcReply(Reply):
    """The answer to a call. `json()` is its message, or the list of all where the method streams them."""

    __slots__ = ()

    messages: ClassVar[Messages]

    @property
    def grpc_status(self) -> str:
        """The name of the status, such as OK or NOT_FOUND; "" where there was none."""
        status = self.header("grpc-status") or ""
        return NAMES[int(status)] if status.isdecimal() and int(status) < len(NAMES) else status

    @property
    def grpc_message(self) -> str:
        """What the server said of it."""
        return self.header("grpc-message") or ""

    def _parsed(self) -> Any:
        try:
            found = self.messages.decode(self.body)
        except GrpcError as error:
            raise AbsentError(str(error)) from None
        if self.messages.streams:
            return found
        if not found:
            raise AbsentError(f"no message: {self.grpc_status} {self.grpc_message}".rstrip())
        return found[0]


def reply_class(call: GrpcSpec) -> type[GrpcReply]:
    """That of the answers to one method."""
    return type("GrpcReply", (GrpcReply,), {"__slots__": (), "messages": messages_of(call)})
