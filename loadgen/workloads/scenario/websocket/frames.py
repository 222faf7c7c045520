"""Frames of RFC 6455: messages to bytes, and bytes in any pieces to messages. No sockets here."""

import os
import zlib
from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
NORMAL, PROTOCOL_ERROR, BAD_DATA, TOO_BIG, NO_CODE, ABNORMAL = 1000, 1002, 1007, 1009, 1005, 1006
MOST_BYTES = 16 << 20
"""Of one message, decompressed: a server must not fill the memory."""

_DEFLATED = 0x40
_WHOLE_TEXT = 0x80 | TEXT
_SHORT = 126
_KEYS = Struct(">64I")
"""So many masks are drawn at once from the system's random numbers."""

_FLUSH_END = b"\x00\x00\xff\xff"


class BrokenFramesError(Exception):
    """What came is not what RFC 6455 allows; `code` is how to close."""

    def __init__(self, problem: str, code: int = PROTOCOL_ERROR) -> None:
        super().__init__(problem)
        self.code = code


class Message(NamedTuple):
    """TEXT, BINARY, PING, PONG or CLOSE, whole. Of CLOSE, `code` is the server's."""

    kind: int
    data: bytes
    code: int = NO_CODE


def masked(data: bytes, key: bytes) -> bytes:
    """RFC 6455, 5.3: each byte with one of the key's, as two numbers."""
    size = len(data)
    if not size:
        return data
    keys = int.from_bytes((key * (size // 4 + 1))[:size], "little")
    return (int.from_bytes(data, "little") ^ keys).to_bytes(size, "little")


class FrameWriter:
    """Messages to frames, one each; with `deflate` they are compressed (RFC 7692)."""

    __slots__ = ("_compressor", "_deflate", "_keeps", "_keys", "_last", "_pad", "_repeat", "_size", "_unmasked")

    def __init__(self, *, deflate: bool = False, keeps: bool = True) -> None:
        self._deflate = deflate
        self._keeps = keeps
        self._compressor = zlib.compressobj(wbits=-15) if deflate else None
        self._keys: list[int] = []
        self._last: str | None = None  # of the short texts; below what is known of it
        self._unmasked = self._repeat = self._pad = self._size = 0

    def text(self, message: str) -> bytes:
        """The frame of a text. A short one is a number; the mask, from its own place on repeated, is another."""
        if message is not self._last:
            data = message.encode()
            size = len(data)
            if size >= _SHORT or self._deflate:
                return self.frame(TEXT, data)
            words = 1 + -(-size // 4)
            self._last, self._size, self._pad = message, 6 + size, 8 * (-size % 4)
            self._unmasked = ((_WHOLE_TEXT << 8 | 0x80 | size) << 8 * (4 + size)) | int.from_bytes(data, "big")
            self._repeat = ((1 << 32 * words) - 1) // 0xFFFFFFFF  # a one in each word
        keys = self._keys
        if not keys:
            self._draw()
        return (self._unmasked ^ keys.pop() * self._repeat >> self._pad).to_bytes(self._size, "big")

    def frame(self, kind: int, data: bytes) -> bytes:
        first = 0x80 | kind
        if self._compressor is not None and kind in (TEXT, BINARY):
            data = self._compressor.compress(data) + self._compressor.flush(zlib.Z_SYNC_FLUSH)
            data = data.removesuffix(_FLUSH_END)
            first |= _DEFLATED
            if not self._keeps:
                self._compressor = zlib.compressobj(wbits=-15)
        if not self._keys:
            self._draw()
        size, key = len(data), self._keys.pop().to_bytes(4, "big")
        if size < _SHORT:
            head = bytes((first, 0x80 | size))
        elif size < 65536:
            head = bytes((first, 0xFE)) + size.to_bytes(2, "big")
        else:
            head = bytes((first, 0xFF)) + size.to_bytes(8, "big")
        return head + key + masked(data, key)

    def _draw(self) -> None:
        self._keys.extend(_KEYS.unpack(os.urandom(_KEYS.size)))


def closing(code: int, reason: str = "") -> bytes:
    """What a CLOSE says."""
    return code.to_bytes(2, "big") + reason.encode()


class FrameReader:
    """What a server sends, to messages: pieces joined, decompressed, checked.

    Where the same bytes come again as the `last` ones, they are the text `last_text` again.
    """

    __slots__ = (
        "_compressed", "_decompressor", "_deflate", "_keeps", "_kind", "_pieces", "_rest", "last", "last_text",
    )  # fmt: skip

    def __init__(self, *, deflate: bool = False, keeps: bool = True) -> None:
        self._deflate = deflate
        self._keeps = keeps
        self._decompressor = zlib.decompressobj(wbits=-15) if deflate else None
        self._rest = b""
        self._kind = 0  # of the message in pieces
        self._pieces: list[bytes] = []
        self._compressed = False
        self.last: bytes | None = None
        self.last_text = ""

    def text(self, data: bytes) -> str | None:
        """The message, where these bytes are just one short text, as most are. Raises BrokenFramesError."""
        size = len(data) - 2
        if 0 <= size < _SHORT and data[0] == _WHOLE_TEXT and data[1] == size and not (self._rest or self._kind):
            try:
                self.last_text = text = data[2:].decode()
            except UnicodeDecodeError:
                raise _not_utf8() from None
            self.last = data
            return text
        return None

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages that these bytes complete. Raises BrokenFramesError."""
        self.last = None
        if self._rest:
            data = self._rest + data
        at, end = 0, len(data)
        while end - at >= 2:
            first, second = data[at], data[at + 1]
            size, start = second & 0x7F, at + 2
            if size == 126:
                size, start = int.from_bytes(data[start : start + 2], "big"), start + 2
            elif size == 127:
                size, start = int.from_bytes(data[start : start + 8], "big"), start + 8
            if second & 0x80:
                raise BrokenFramesError("the server masks its frames")
            if size > MOST_BYTES and start <= end:
                raise BrokenFramesError(f"a frame of {size:,} bytes", TOO_BIG)
            if start > end or end - start < size:
                break
            at = start + size
            message = self._take(first, data[start:at])
            if message is not None:
                yield message
        self._rest = data[at:] if at < end else b""

    def _take(self, first: int, data: bytes) -> Message | None:
        kind, last = first & 0x0F, first & 0x80
        if first & 0x30 or (first & _DEFLATED and (not self._deflate or kind not in (TEXT, BINARY))):
            raise BrokenFramesError("a reserved bit is set")
        if kind >= CLOSE:
            return self._control(kind, data, whole=bool(last))
        if kind in (TEXT, BINARY):
            if self._kind:
                raise BrokenFramesError("a message begins within another")
            if last and not first & _DEFLATED:
                return Message(kind, _text(data) if kind == TEXT else data)
            self._kind, self._compressed, self._pieces = kind, bool(first & _DEFLATED), [data]
        elif kind == CONTINUATION and self._kind:
            self._pieces.append(data)
            if sum(map(len, self._pieces)) > MOST_BYTES:
                raise BrokenFramesError(f"a message of more than {MOST_BYTES >> 20} MiB", TOO_BIG)
        else:
            raise BrokenFramesError("a piece of no message" if kind == CONTINUATION else f"a frame of kind {kind}")
        if not last:
            return None
        whole, kind, self._kind, self._pieces = b"".join(self._pieces), self._kind, 0, []
        if self._compressed:
            whole = self._inflated(whole)
        return Message(kind, _text(whole) if kind == TEXT else whole)

    def _inflated(self, data: bytes) -> bytes:
        decompressor = self._decompressor
        assert decompressor is not None
        try:
            text = decompressor.decompress(data + _FLUSH_END, MOST_BYTES + 1)
        except zlib.error as error:
            raise BrokenFramesError(f"a message that is not deflated: {error}", BAD_DATA) from None
        if len(text) > MOST_BYTES:
            raise BrokenFramesError(f"a message of more than {MOST_BYTES >> 20} MiB", TOO_BIG)
        if not self._keeps:
            self._decompressor = zlib.decompressobj(wbits=-15)
        return text

    @staticmethod
    def _control(kind: int, data: bytes, *, whole: bool) -> Message:
        if kind > PONG or not whole or len(data) > 125:
            raise BrokenFramesError("a control frame that is none")
        if kind != CLOSE:
            return Message(kind, data)
        if len(data) == 1:
            raise BrokenFramesError("a close code of one byte")
        if not data:
            return Message(CLOSE, b"")
        code = int.from_bytes(data[:2], "big")
        if not (1000 <= code <= 1014 and code not in (1004, NO_CODE, ABNORMAL)) and not 3000 <= code <= 4999:
            raise BrokenFramesError(f"a close code of {code}")
        return Message(CLOSE, _text(data[2:]), code)


def _text(data: bytes) -> bytes:
    try:
        data.decode()
    except UnicodeDecodeError:
        raise _not_utf8() from None
    return data


def _not_utf8() -> BrokenFramesError:
    return BrokenFramesError("text that is not UTF-8", BAD_DATA)
