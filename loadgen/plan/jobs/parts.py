"""What is said of a reply that comes in parts."""

from typing import Literal

from loadgen.base.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class PartsSpec:
    """A reply of server-sent events (`sse`), of `lines`, or of the messages of a `grpc` call. `first` is a JSON path:
    the first part that has something there is the one to wait for; without it any is.

    It ends well at a part that holds `until_match`, which is no part itself, after `until_parts`, or at the first part
    after `until_s`; without any of them where the server ends it.
    """

    kind: Literal["sse", "lines", "grpc"]
    first: str = ""
    until_match: bytes | None = None
    until_parts: int | None = None
    until_s: float | None = None

    @property
    def has_end(self) -> bool:
        return self.until_match is not None or self.until_parts is not None or self.until_s is not None
