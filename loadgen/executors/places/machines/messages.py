"""What the coordinator and a machine say to each other: a kind, a JSON object, bytes. Nothing is executed to read it.

| down     | head                          | body | answered by                                            |
|----------|-------------------------------|------|--------------------------------------------------------|
| describe |                               |      | described: what the machine is, see `description.py`   |
| clock    | sent                          |      | clock: sent, there                                     |
| file     | name, at                      | part | filed, or refused: text                                |
| begin    | shards, until, run, what of files is needed, see `sending.py` | plan | begun, or refused: text |
| lease    | until, failed, sent           |      | leased: sent, there, late                              |
| gate     | at, open                      |      | gated: at, early, open                                 |
| stop     | cause, stop                   |      | stopped: at                                            |
| abandon  |                               |      |                                                        |
| over     |                               |      |                                                        |

Without being asked a machine tells `slots` (slots, stop, cause, stopped_at), `frames` and at the end `done` (lost).
Instants are nanoseconds of the machine's monotonic clock, but `sent`, which is the coordinator's own. What a machine
says of a run is numbered (`number`, from 1), so that what is missing is seen.
"""

import json
from collections.abc import Mapping
from dataclasses import field
from typing import IO, Any

from loadgen.base.dataclass import dataclass

GREETING = b"loadgen machine 1\n"
"""A machine's first bytes on a pipe: whatever a login shell writes may come before them."""

LONGEST_NOISE = 1 << 16
"""Bytes before the greeting: no message of the day is longer."""

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


def read_message(stream: IO[bytes]) -> Message | None:
    """The next one; None at the end of the stream, also in the middle of a message."""
    prefix = stream.read(_PREFIX_BYTES)
    if len(prefix) < _PREFIX_BYTES:
        return None
    head_bytes, body_bytes = int.from_bytes(prefix[:4], "big"), int.from_bytes(prefix[4:], "big")
    head, body = stream.read(head_bytes), stream.read(body_bytes)
    if len(head) < head_bytes or len(body) < body_bytes:
        return None
    values = json.loads(head)
    return Message(values.pop("kind"), values, body)


def await_greeting(stream: IO[bytes]) -> bool:
    """Read until the greeting has been read; False where the stream ends, or goes on, without it."""
    seen = bytearray()
    while not seen.endswith(GREETING) and len(seen) < LONGEST_NOISE:
        one = stream.read(1)
        if not one:
            return False
        seen += one
    return seen.endswith(GREETING)
