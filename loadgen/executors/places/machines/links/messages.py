"""What the coordinator and a machine say to each other: a kind, a JSON object, bytes. Nothing is executed to read it.

| down     | head                          | body | answered by                                            |
|----------|-------------------------------|------|--------------------------------------------------------|
| describe |                               |      | described: what the machine is, see `description.py`   |
| clock    | sent                          |      | clock: sent, there                                     |
| plan     | at                            | part | filed                                                  |
| file     | name, at                      | part | filed, or refused: text                                |
| begin    | shards, until, run, what of files is needed, see `sending.py` | | begun, or refused: text     |
| lease    | until, failed, sent           |      | leased: sent, there; amid a run the next `slots` has it |
| gate     | at, open                      |      | gated: at, early, open                                 |
| stop     | cause, stop                   |      | stopped: at                                            |
| abandon  |                               |      |                                                        |
| over     |                               |      |                                                        |

Without being asked a machine tells `slots` (stop, cause, stopped_at, at; sent, there of a lease that came since the
last ones; its workers' values as the body), `frames` and at the end `done` (lost).
Instants are nanoseconds of the machine's monotonic clock, but `sent`, which is the coordinator's own. What a machine
says of a run is numbered (`number`, from 1), so that what is missing is seen.
"""

import json
import sys
from array import array
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from loadgen.base.dataclass import dataclass

GREETING = b"loadgen machine 1\n"
"""A machine's first bytes on a pipe: whatever a login shell writes may come before them. They stay as they are: which
`PROTOCOL` it speaks `described` says, so that another one is refused by its name."""

LONGEST_NOISE = 1 << 16
"""Bytes before the greeting: no message of the day is longer."""

LONGEST_HEAD = 1 << 24
"""A message begins with the length of its head: any text that somebody else writes there is read as a longer one."""

PROTOCOL = 3
"""Another one with each change of what is said here: machines of two of them do not work together."""

_PREFIX_BYTES = 8


@dataclass(frozen=True, slots=True)
class Message:
    """One of them."""

    kind: str
    head: Mapping[str, Any] = field(default_factory=dict)
    body: bytes = b""


def encode_message(message: Message) -> bytes:
    """As it goes over a pipe: two lengths, the head, the body."""
    head = json.dumps({"kind": message.kind, **message.head}, separators=(",", ":")).encode()
    return len(head).to_bytes(4, "big") + len(message.body).to_bytes(4, "big") + head + message.body


def pack_values(values: memoryview) -> bytes:
    """Whole numbers of 64 bits as a body, the same on every processor."""
    return _little_endian(values.tobytes()).tobytes()


def unpack_values(body: bytes) -> "array[int]":
    """The numbers again."""
    return _little_endian(body)


def _little_endian(data: bytes) -> "array[int]":
    values = array("Q", data)
    if sys.byteorder == "big":
        values.byteswap()
    return values


class MessageReader:
    """Messages out of bytes, which come in pieces of any size. Where they begin with a greeting what is before it is
    read over; `is_noise` once there is too much of it.
    """

    def __init__(self, *, greeting: bool = False) -> None:
        self.is_noise = False
        self._bytes = bytearray()
        self._greeted = not greeting

    def feed(self, data: bytes) -> list[Message]:
        """Those that are whole with these bytes. Raises ValueError where one is none."""
        self._bytes += data
        if not self._greeted and not self._greets():
            return []
        whole, begin = [], 0
        while (end := self._end(begin)) is not None:
            whole.append(self._message(begin, end))
            begin = end
        del self._bytes[:begin]
        return whole

    def _greets(self) -> bool:
        before, greeting, rest = self._bytes.partition(GREETING)
        self._greeted = bool(greeting) and len(before) + len(greeting) <= LONGEST_NOISE
        self.is_noise = not self._greeted and len(self._bytes) >= LONGEST_NOISE
        if self._greeted:
            self._bytes = rest
        return self._greeted

    def _end(self, begin: int) -> int | None:
        """Where the message ends that begins there; None where it is not whole."""
        head = begin + _PREFIX_BYTES
        if head > len(self._bytes):
            return None
        if (length := self._length(begin)) > LONGEST_HEAD:
            raise ValueError("a head without an end")
        end = head + length + self._length(begin + 4)
        return end if end <= len(self._bytes) else None

    def _length(self, at: int) -> int:
        return int.from_bytes(self._bytes[at : at + 4], "big")

    def _message(self, begin: int, end: int) -> Message:
        head = begin + _PREFIX_BYTES
        body = head + self._length(begin)
        values = json.loads(self._bytes[head:body])
        if not isinstance(values, dict) or not isinstance(kind := values.pop("kind", None), str):
            raise ValueError("a head without a kind")
        return Message(kind, values, bytes(self._bytes[body:end]))
