"""The bytes of a body to its parts, wherever they are cut."""

import re
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

MOST_PART_BYTES = 1 << 20
"""Of one part: a server that sends no end of it must not fill the memory."""

_PREFIX_BYTES = 5
_EVENT_END = re.compile(rb"\r\n\r\n|\n\n|\r\r|\n\r\n")
_ONE_EVENT = re.compile(rb"data: ([^\r\n]*)\n\n")
"""Most come alone and are one line."""

_LINE_END = re.compile(rb"\r\n|\n|\r")
_ONE_PART = {
    "sse": re.compile(rb"(?:event: (?!error\n).*\n)?data:.*\n\n"),
    "lines": re.compile(rb"\{.*\n"),
    "grpc": re.compile(rb"(?!)"),
}


class Part(NamedTuple):
    """One event's data, or one line; `event` is the event's type."""

    data: bytes
    event: bytes = b""


def one_part(kind: Literal["sse", "lines", "grpc"]) -> Callable[[bytes, int, int], object]:
    """What is true of bytes between two places, a carriage return not among them, if they are one part and no error.
    Most parts come like that."""
    return _ONE_PART[kind].fullmatch


class Splitter:
    """The parts of one body. Comments, and events without data, are none (HTML standard, 9.2.6)."""

    def __init__(self, kind: Literal["sse", "lines", "grpc"]) -> None:
        self._sse, self._grpc = kind == "sse", kind == "grpc"
        self._rest = b""

    @property
    def has_rest(self) -> bool:
        """Whether a part has begun."""
        return bool(self._rest)

    def feed(self, data: bytes) -> Iterator[Part]:
        """The parts that these bytes complete. Raises ValueError for one of more than 1 MiB."""
        text = self._rest + data if self._rest else data
        if self._sse and (one := _ONE_EVENT.fullmatch(text)):
            self._rest = b""
            yield Part(one[1])
            return
        if self._grpc:
            yield from self._messages(text)
            return
        at, end_of_part = 0, _EVENT_END if self._sse else _LINE_END
        for found in end_of_part.finditer(text):
            piece = text[at : found.start()]
            if not self._sse and found.end() == len(text) and found[0] == b"\r":
                break  # its line feed may come
            at = found.end()
            part = _event(piece) if self._sse else Part(piece) if piece.strip() else None
            if part is not None:
                yield part
        self._rest = text[at:]
        if len(self._rest) > MOST_PART_BYTES:
            raise ValueError(f"a part of the reply is longer than {MOST_PART_BYTES >> 20} MiB")

    def _messages(self, data: bytes) -> Iterator[Part]:
        """A byte that says whether it is compressed, four of its length, and the message."""
        at = 0
        while len(data) - at >= _PREFIX_BYTES:
            end = at + _PREFIX_BYTES + int.from_bytes(data[at + 1 : at + _PREFIX_BYTES], "big")
            if end - at > MOST_PART_BYTES:
                raise ValueError(f"a part of the reply is longer than {MOST_PART_BYTES >> 20} MiB")
            if end > len(data):
                break
            yield Part(data[at + _PREFIX_BYTES : end])
            at = end
        self._rest = data[at:]

    def end(self) -> Iterator[Part]:
        """A last line needs no end; a last event without one is dropped, as browsers do."""
        rest, self._rest = self._rest, b""
        if not (self._sse or self._grpc) and rest.strip():
            yield Part(rest.strip(b"\r\n"))


def _event(lines: bytes) -> Part | None:
    data: list[bytes] = []
    kind = b""
    for line in _LINE_END.split(lines):
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            data.append(value)
        elif name == b"event":
            kind = value
    return Part(b"\n".join(data), kind) if data else None
