"""What objects are filled with: bytes that cost little more than sending them, and can be made again.

All bodies of a run are cut from one block of a few MiB, each piece of 256 KiB from another place, byte by byte; and two
words of each line of 4 KiB are its own. So any range of an object tells which object it is of, and no two blocks of
4 KiB are equal for a store to fold. Each body ends in a mark of its own.
"""

from collections.abc import Callable, Iterator
from hashlib import sha256
from random import Random
from typing import Protocol

from loadgen.base.exchange import JOINED_BODY_BYTES, BodySource
from loadgen.base.units import counted
from loadgen.workloads.s3.protocol.blocks import make_block
from loadgen.workloads.s3.protocol.checksums import Digest
from loadgen.workloads.s3.sizes import mixed

PIECE_BYTES = 1 << 18
LINE_BYTES = 4096
"""The least that stores look at when they fold what is equal."""
TAG_BITS = 15
TAGS = 1 << TAG_BITS
MARK_BYTES = 8
PARTS = 1 << 14

_AS_LETTERS = bytes(b"abcdefghijklmnopqrstuvwxyz "[byte % 27] for byte in range(256))
_ODD = 0x9E3779B97F4A7C15
_64_BITS = (1 << 64) - 1


class Content(BodySource, Protocol):
    """A BodySource of a known size whose checksums can be told before it is sent."""

    size: int

    def payload(self) -> "bytes | BodySource":
        """What to give a Request: a short one is bytes, so that it leaves together with its head."""

    def digest(self, new: Callable[[], Digest]) -> Digest:
        """The checksum of all of it."""

    def chunk_sha256(self, chunk: bytes) -> str:
        """The hex SHA-256 of one of its chunks."""


class Given:
    """Content that is there as bytes."""

    CHUNK_BYTES = PIECE_BYTES

    def __init__(self, data: bytes) -> None:
        self.size = len(data)
        self.length: int | None = len(data)
        self._data = data

    def chunks(self) -> Iterator[bytes]:
        for start in range(0, self.size, self.CHUNK_BYTES):
            yield self._data[start : start + self.CHUNK_BYTES]

    def payload(self) -> bytes:
        return self._data

    def digest(self, new: Callable[[], Digest]) -> Digest:
        digest = new()
        digest.update(self._data)
        return digest

    def chunk_sha256(self, chunk: bytes) -> str:
        return sha256(chunk).hexdigest()


class Bodies:
    """All bodies of one seed. Belongs to one thread; two of the same seed and content make the same bodies."""

    def __init__(self, seed: int, content: str = "random") -> None:
        random = Random(f"{seed}/bodies")
        self._block = memoryview(make_block(content, random, PIECE_BYTES))
        self._shift = 65 - (len(self._block) - PIECE_BYTES).bit_length()  # to the number of a place in it
        tags = random.randbytes(8 * (TAGS + PIECE_BYTES // LINE_BYTES))
        self._tags = memoryview(tags if content != "text" else tags.translate(_AS_LETTERS)).cast("Q")
        self._salt = random.getrandbits(64)
        self._step, self._first = PARTS * _ODD & _64_BITS, self._salt * _ODD & _64_BITS

    def body(self, index: int, size: int, part: int = 0) -> "Body":
        """Body `index`, of `size` bytes; the parts of a multipart upload are bodies 1, 2, ... of the same index.

        Two bodies of the same size and different (index, part) differ: from 8 bytes on all of them (up to index 2**50
        and part 16383), shorter ones as long as there are texts of their size.
        """
        return Body(self, index, size, part)

    def short(self, index: int, size: int) -> tuple[memoryview | bytes, bytes]:
        """A body that fits into one piece: all of it but the mark that it ends in, and that."""
        if size < MARK_BYTES:
            return b"", self.mark(index, 0, size)
        number = index * self._step + self._first & _64_BITS
        length = size - MARK_BYTES
        if length <= LINE_BYTES:
            start = number >> self._shift
            return self._block[start : start + length], number.to_bytes(MARK_BYTES, "big")
        return self.piece(number, 0, length), number.to_bytes(MARK_BYTES, "big")

    def number(self, index: int, part: int) -> int:
        """64 bits, no two the same; those of neighbours lie far apart."""
        return index * self._step + part * _ODD + self._first & _64_BITS

    def mark(self, index: int, part: int, size: int) -> bytes:
        """What a body of `size` bytes ends in: no two of 8 bytes are equal."""
        if size < MARK_BYTES:
            return ((index + self._salt) % (1 << 8 * size)).to_bytes(size, "little")
        return self.number(index, part).to_bytes(MARK_BYTES, "big")

    def piece(self, number: int, place: int, length: int) -> bytes:
        """The first `length` bytes of a piece of the body with this number: a cut of the block, where no other is made,
        with two tags in every line of 4 KiB.
        """
        drawn = number if not place else mixed(number + place)
        start = drawn >> self._shift
        cut = self._block[start : start + length]
        if length <= LINE_BYTES:
            return bytes(cut)
        data = bytearray(cut)
        data.extend(bytes(-length % LINE_BYTES))
        words, lines = memoryview(data).cast("Q"), -(-length // LINE_BYTES)
        for word in (0, 1):
            first = drawn & TAGS - 1
            words[word :: LINE_BYTES // 8] = self._tags[first : first + lines]
            drawn >>= TAG_BITS
        return bytes(memoryview(data)[:length])


class Body:
    """One body, as Content: it holds no bytes and can be sent again and again."""

    __slots__ = ("_bodies", "_mark", "_number", "length", "size")

    def __init__(self, bodies: Bodies, index: int, size: int, part: int) -> None:
        self.size = size
        self.length: int | None = size
        self._bodies = bodies
        self._mark = bodies.mark(index, part, size)
        self._number = bodies.number(index, part)

    def chunks(self, start: int = 0) -> Iterator[bytes]:
        """The body from byte `start` on, in pieces of 256 KiB; the first and the last may be shorter."""
        marked = self.size - len(self._mark)
        for first in range(start - start % PIECE_BYTES, self.size, PIECE_BYTES):
            length = min(PIECE_BYTES, self.size - first)
            piece = self._bodies.piece(self._number, first // PIECE_BYTES, max(0, min(length, marked - first)))
            if first + length > marked:
                piece += self._mark[max(0, first - marked) : first + length - marked]
            yield piece if first >= start else piece[start - first :]

    def joined(self) -> bytes:
        return b"".join(self.chunks())

    def payload(self) -> "bytes | Body":
        if self.size <= JOINED_BODY_BYTES:
            return self.joined()
        return self

    def chunk_sha256(self, chunk: bytes) -> str:
        return sha256(chunk).hexdigest()

    def digest(self, new: Callable[[], Digest]) -> Digest:
        digest = new()
        for chunk in self.chunks():
            digest.update(chunk)
        return digest


class Match:
    """A Request's `sink` that compares a download with what was put, byte by byte: no checksum is as fast or as sure.

    `body` is the object's; `start` is where the download begins in it.
    """

    __slots__ = ("_at", "_expected", "_piece", "differs_at", "length")

    def __init__(self, body: Body, start: int = 0) -> None:
        self.length = 0
        self.differs_at: int | None = None
        self._expected = body.chunks(start)
        self._piece = b""
        self._at = 0

    def __call__(self, data: bytes) -> None:
        if self.differs_at is None and not self._is_next(data):
            self._compare(data)
        self.length += len(data)

    def _is_next(self, data: bytes) -> bool:
        """Whether they are what the piece at hand goes on with; nothing is copied."""
        if not self._piece.startswith(data, self._at):
            return False
        self._at += len(data)
        return True

    def _compare(self, data: bytes) -> None:
        compared = 0
        while compared < len(data):
            if self._at == len(self._piece):
                self._piece, self._at = next(self._expected, b""), 0
            rest = data[compared : compared + len(self._piece) - self._at]
            if not rest or not self._is_next(rest):
                self.differs_at = self.length + compared + _first_difference(self._piece[self._at :], rest)
                return
            compared += len(rest)

    def problem(self, length: int) -> str | None:
        """What is wrong with a download that should have had `length` bytes and is now complete; else None."""
        if self.differs_at is not None:
            return f"byte {self.differs_at} of the body differs from what was put"
        return None if self.length == length else f"the body has {counted(self.length, 'byte')} of {length:,}"


def _first_difference(expected: bytes, got: bytes) -> int:
    pairs = zip(expected, got, strict=False)
    return next((place for place, (one, other) in enumerate(pairs) if one != other), 0)
