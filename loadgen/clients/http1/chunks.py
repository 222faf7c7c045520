"""Reads a chunked body from bytes in any pieces: sizes, extensions and trailers, none of them without end."""

import re
from collections.abc import Callable

from loadgen.base.dataclass import dataclass

MAX_LINE_BYTES = 65536
"""Of a chunk's line with its extensions, and of all trailers: as much as of a head."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A line between chunks: what a whole one looks like, and one whose end has not come. A bare LF ends none."""

    name: str
    whole: re.Pattern[bytes]
    part: re.Pattern[bytes]


_SIZE = _Line(
    "a chunk's line is",
    re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[\t -~\x80-\xff]*)?\r\n"),
    re.compile(rb"[0-9A-Fa-f]{1,16}[ \t]*(?:;[\t -~\x80-\xff]*)?\r?"),
)
_AFTER = _Line("the end of a chunk is", re.compile(rb"\r\n"), re.compile(rb"\r"))
_TRAILER = _Line(
    "the trailers are",
    re.compile(rb"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~\x80-\xff]*)?\r\n"),
    re.compile(rb"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+(?::[\t -~\x80-\xff]*)?)?\r?"),
)


class ChunkReader:
    """Hands the body's bytes to `take`. `done` after the last chunk and its trailers; `problem` says what is wrong."""

    __slots__ = ("_left", "_line", "_trailers", "_within", "done", "problem")

    def __init__(self) -> None:
        self.done = False
        self.problem = ""
        self._within = _SIZE
        self._left = self._trailers = 0
        self._line = b""

    @property
    def is_between(self) -> bool:
        """Whether the next byte is that of a chunk's size."""
        return self._within is _SIZE and not self._line and not self._left

    def feed(self, data: bytes, take: Callable[[bytes], None]) -> int:
        """How many of these bytes belong to the body."""
        at = 0
        while at < len(data) and not self.done and not self.problem:
            if self._left:
                body = data[at : at + self._left]
                self._left -= len(body)
                take(body)
                at += len(body)
                continue
            end = data.find(b"\n", at) + 1 or len(data)
            self._line += data[at:end]
            at = end
            is_whole = self._line.endswith(b"\n")
            match = (self._within.whole if is_whole else self._within.part).fullmatch(self._line)
            if len(self._line) + self._trailers > MAX_LINE_BYTES:
                self.problem = f"{self._within.name} longer than {MAX_LINE_BYTES} bytes"
            elif match is None:
                self.problem = f"{self._within.name} malformed"
            elif is_whole:
                self._go_on(match)
        return at

    def _go_on(self, match: re.Match[bytes]) -> None:
        """After a whole line."""
        self._line = b""
        if self._within is _SIZE:
            self._left = int(match[1], 16)
            self._within = _AFTER if self._left else _TRAILER
        elif self._within is _AFTER:
            self._within = _SIZE
        else:
            self._trailers += len(match[0])
            self.done = match[0] == b"\r\n"
