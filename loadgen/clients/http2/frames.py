"""Frames of HTTP/2 (RFC 9113): numbers, and bytes."""

import struct
from enum import IntEnum

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS, PADDED, PRIORITIZED = 1, 1, 4, 8, 32

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEAD_BYTES = 9
READ_HEAD = struct.Struct(">HBBBI").unpack_from
"""A frame's head: the upper two bytes of its length, the lowest one, its type, its flags, its stream."""

MOST_WINDOW = (1 << 31) - 1
FIRST_WINDOW = 65535
MOST_STREAM_ID = (1 << 31) - 1
FRAME_BYTES = 16384
"""The most that a payload may have, on both sides, unless SETTINGS say otherwise."""

TABLE_BYTES = 4096
"""Of HPACK's dynamic table, on both sides, unless SETTINGS say otherwise."""


class Setting(IntEnum):
    """What SETTINGS set."""

    HEADER_TABLE_SIZE = 1
    ENABLE_PUSH = 2
    MAX_CONCURRENT_STREAMS = 3
    INITIAL_WINDOW_SIZE = 4
    MAX_FRAME_SIZE = 5
    MAX_HEADER_LIST_SIZE = 6


class Code(IntEnum):
    """Why a stream or a connection was ended: RFC 9113, 7."""

    NO_ERROR = 0
    PROTOCOL_ERROR = 1
    INTERNAL_ERROR = 2
    FLOW_CONTROL_ERROR = 3
    SETTINGS_TIMEOUT = 4
    STREAM_CLOSED = 5
    FRAME_SIZE_ERROR = 6
    REFUSED_STREAM = 7
    CANCEL = 8
    COMPRESSION_ERROR = 9
    CONNECT_ERROR = 10
    ENHANCE_YOUR_CALM = 11
    INADEQUATE_SECURITY = 12
    HTTP_1_1_REQUIRED = 13


class BrokenProtocolError(Exception):
    """The server sent what HTTP/2 does not allow: the connection cannot go on. Its text says what, its `code` how."""

    def __init__(self, problem: str, code: Code = Code.PROTOCOL_ERROR) -> None:
        super().__init__(problem)
        self.code = code


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """One frame, whole."""
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


def settings(*values: tuple[Setting, int]) -> bytes:
    """A SETTINGS frame."""
    return frame(SETTINGS, 0, 0, b"".join(struct.pack(">HI", name, value) for name, value in values))


def window_update(stream: int, step: int) -> bytes:
    """More may be sent to us: `step` bytes, on a stream or (0) in all."""
    return frame(WINDOW_UPDATE, 0, stream, step.to_bytes(4, "big"))


def reset(stream: int, code: Code) -> bytes:
    """The end of a stream."""
    return frame(RST_STREAM, 0, stream, code.to_bytes(4, "big"))


def name_of_code(code: int) -> str:
    """As RFC 9113 writes it, or its number."""
    return Code(code).name if code in Code.__members__.values() else f"error {code}"
