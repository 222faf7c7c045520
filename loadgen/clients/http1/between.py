"""In the middle of a reply that comes in parts: a piece that is one part, as most are, is noted and not read.

What such a piece touches of its reply is here, and it is little: with many streams nothing of one is in the caches of
the processor when its next part comes.
"""

import re
from typing import Protocol

_ONE_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})\r\n(?s:.*)\r\n").fullmatch
_UNBOUNDED = 1 << 62


class NotingSink(Protocol):
    """A sink that times parts."""

    def note(self, data: bytes, begin: int, end: int) -> bool:
        """Take these bytes, if they are one part of which only its instant matters. False: nothing is done."""

    def renew(self) -> None:
        """Let the request's `timeout_ns` be for the part after the last one noted."""


class Between:
    """Of a body that ends after so many bytes, or with the connection. `take` is False where nothing was done."""

    __slots__ = ("_from", "_left", "_sink")

    def __init__(self, sink: NotingSink) -> None:
        self._sink = sink
        self._from = self._left = 0

    def begin(self, left: int | None) -> None:
        """So many bytes are to come; None: nobody knows."""
        self._from = self._left = _UNBOUNDED if left is None else left

    def take(self, data: bytes) -> bool:
        """The next bytes; those that end the body are for others."""
        size = len(data)
        left = self._left - size
        if left <= 0 or not self._sink.note(data, 0, size):
            return False
        self._left = left
        return True

    def taken(self) -> tuple[int, int]:
        """How many bytes since `begin`, and how many of them are the body's. They are told once."""
        count, self._from = self._from - self._left, self._left
        return count, count

    def renew(self) -> None:
        """Deadlines are looked at."""
        self._sink.renew()


class BetweenChunks(Between):
    """Of a body in chunks: one part a chunk, one chunk a piece."""

    __slots__ = ("_chunks",)

    def __init__(self, sink: NotingSink) -> None:
        super().__init__(sink)
        self._chunks = 0

    def take(self, data: bytes) -> bool:
        chunk = _ONE_CHUNK(data)
        if chunk is None:
            return False
        begin, end = chunk.end(1) + 2, len(data) - 2
        size = end - begin
        if int(chunk[1], 16) != size or not self._sink.note(data, begin, end):
            return False
        self._chunks += size
        self._left -= end + 2
        return True

    def taken(self) -> tuple[int, int]:
        body, self._chunks = self._chunks, 0
        return super().taken()[0], body
