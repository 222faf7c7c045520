"""What is said of a gRPC call."""

from loadgen.base.dataclass import dataclass


class GrpcError(Exception):
    """A call cannot be made; its text says why."""


@dataclass(frozen=True, slots=True)
class GrpcSpec:
    """A call of the method "package.Service/Method", whose message is of the type `asks` and is answered by `answers`.

    `types` is a descriptor set that has both. Without it the server is to be asked, before the run, what it has by the
    name `method`: the message is JSON until then.
    """

    method: str
    asks: str = ""
    answers: str = ""
    types: bytes = b""
