"""Frames in a row that are equal but for the numbers of their streams: matched, read and made as one piece of bytes."""

import re
from collections.abc import Callable
from functools import cached_property
from struct import Struct

from loadgen.clients.http2.frames import DATA, END_HEADERS, END_STREAM, HEAD_BYTES, HEADERS, frame

MOST_IN_A_ROW = 128
LEAST_IN_A_ROW = 4
"""Replies: a row costs as much as to read three of them frame by frame."""

ENOUGH_IN_A_ROW = 8
"""Equal replies that came at once, for a shape of them: to make one takes as long as to read a hundred replies."""

MOST_SHAPES = 32
"""That are remembered; then it begins anew: those of past seconds, whose Date does not come again, are of no use."""

_KIND_BYTES = 5
"""Of a frame's head, before its stream."""


class ReplyShape:
    """Replies of this header block and a body of `size` bytes, each in a frame of its own.

    `begins` has by size what stands before the body of one, before a body alone, and all of a head alone, each to be
    joined by the number of a stream.
    """

    def __init__(self, block: bytes, size: int) -> None:
        self.block, self.size = block, size
        self.head_bytes, self.body_bytes = HEAD_BYTES + len(block), HEAD_BYTES + size
        self.bytes = self.head_bytes + self.body_bytes
        head, body = _kind(HEADERS, END_HEADERS, len(block)), _kind(DATA, END_STREAM, size)
        self.begins: dict[int, tuple[bytes, ...]] = {self.body_bytes: (body, b""), self.head_bytes: (head, block)}
        self.begins[self.bytes] = head, block + body, b""
        self._readers: dict[tuple[int, int], Struct] = {}

    @cached_property
    def match(self) -> Callable[[bytes, int], re.Match[bytes] | None]:
        """What finds, at a place: whole replies, then heads alone, then bodies alone; the ends of its groups 1, 3, 4.

        To compile it takes a millisecond.
        """
        block, rest, most = re.escape(self.block), b".{%d}" % self.size, MOST_IN_A_ROW
        head = re.escape(_kind(HEADERS, END_HEADERS, len(self.block)))
        body = re.escape(_kind(DATA, END_STREAM, self.size))
        whole = b"((?:%b(.{4})%b%b\\2%b){0,%d}+)" % (head, block, body, rest, most)
        heads, bodies = b"((?:%b.{4}%b){0,%d}+)" % (head, block, most), b"((?:%b.{4}%b){0,%d}+)" % (body, rest, most)
        return re.compile(whole + heads + bodies, re.DOTALL).match

    def numbers(self, unit: int, data: bytes, at: int, end: int) -> tuple[int, ...]:
        """The streams of what stands there, in units of so many bytes."""
        key = unit, (end - at) // unit
        reader = self._readers.get(key)
        if reader is None:
            reader = self._readers[key] = Struct(">" + f"5xI{unit - HEAD_BYTES}x" * key[1])
        return reader.unpack_from(data, at)


class RequestRow:
    """Requests of this header block, without a body."""

    def __init__(self, block: bytes) -> None:
        self._unit = frame(HEADERS, END_HEADERS | END_STREAM, 0, block)
        self._terms: dict[int, tuple[int, int]] = {}

    def wire(self, first: int, count: int) -> bytes:
        """On `count` streams, the first of this number.

        As integers, the row is a sum: of the units, with numbers from 0 on, and of the first number in each.
        """
        size = len(self._unit)
        terms = self._terms.get(count)
        if terms is None:
            ones = [1 << 8 * (size * place + size - HEAD_BYTES) for place in reversed(range(count))]
            steps = sum(2 * number * one for number, one in enumerate(ones))
            terms = self._terms[count] = int.from_bytes(self._unit * count, "big") + steps, sum(ones)
        start, ones_in_all = terms
        return (start + first * ones_in_all).to_bytes(size * count, "big")


class Shapes:
    """Those that the connections of one worker have in common. `latest` is the one that a reply had last."""

    def __init__(self) -> None:
        self.latest: ReplyShape | None = None
        self._replies: dict[tuple[bytes, int], ReplyShape] = {}
        self._requests: dict[bytes, RequestRow] = {}

    def of_reply(self, block: bytes, size: int) -> ReplyShape:
        """The shape of a reply."""
        shape = self._replies.get((block, size))
        if shape is None:
            if len(self._replies) >= MOST_SHAPES:
                self._replies.clear()
            shape = self._replies[block, size] = ReplyShape(block, size)
        self.latest = shape
        return shape

    def of_request(self, block: bytes) -> RequestRow:
        """The row of a request."""
        row = self._requests.get(block)
        if row is None:
            if len(self._requests) >= MOST_SHAPES:
                self._requests.clear()
            row = self._requests[block] = RequestRow(block)
        return row


def _kind(kind: int, flags: int, size: int) -> bytes:
    """What a frame's head begins with."""
    return frame(kind, flags, 0, bytes(size))[:_KIND_BYTES]
