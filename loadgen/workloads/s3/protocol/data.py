"""What objects are filled with: bytes that cost little more than sending them, and can be made again.

All bodies of a run are cut from one block of a few MiB, each piece of 256 KiB from another place, byte by byte; and a
word of each line of 4 KiB is its own. So any range of an object tells which object it is of, and no two blocks of
4 KiB are equal for a store to fold. A body of one line ends in a mark of its own instead.
"""

from collections.abc import Callable, Iterator
from hashlib import sha256
from random import Random
from threading import Lock
from typing import Protocol

from loadgen.base.exchange import JOINED_BODY_BYTES, BodyPiece, BodySource
from loadgen.base.units import counted
from loadgen.workloads.s3.protocol.blocks import make_block
from loadgen.workloads.s3.protocol.checksums import Digest
from loadgen.workloads.s3.sizes import mixed

PIECE_BYTES = 1 << 18
LINE_BYTES = 4096
"""The least that stores look at when they fold what is equal."""
LINE_WORDS = LINE_BYTES // 8
MARK_BYTES = 8
PARTS = 1 << 14
LENT_BYTES = (1 << 22) + PIECE_BYTES
"""Of a block this much is there twice, once to be sent from: all of one that is made."""

_ODD = 0x9E3779B97F4A7C15
_64_BITS = (1 << 64) - 1


class Content(BodySource, Protocol):
    """A BodySource of a known size whose checksums can be told before it is sent."""

    size: int

    def payload(self) -> "bytes | BodySource":
        """What to give a Request: a short one is bytes, so that it leaves together with its head."""

    def digest(self, new: Callable[[], Digest]) -> Digest:
        """The checksum of all of it."""

    def chunk_sha256(self, chunk: BodyPiece) -> str:
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

    def chunk_sha256(self, chunk: BodyPiece) -> str:
        return sha256(chunk).hexdigest()


class Bodies:
    """All bodies of one seed; two of the same seed and content make the same bodies. Bodies are made in one thread, and
    sent from any.
    """

    def __init__(self, seed: int, content: str = "random") -> None:
        random = Random(f"{seed}/bodies")
        self._block = memoryview(make_block(content, random, PIECE_BYTES))
        self._shift = 65 - (len(self._block) - PIECE_BYTES).bit_length()  # to the number of a place in it
        self._tag_words = 2 if content == "text" else 1  # its tags are digits
        self._salt = random.getrandbits(64)
        self._step, self._first = PARTS * _ODD & _64_BITS, self._salt * _ODD & _64_BITS
        self._lent: memoryview | None = None
        self._lending = Lock()

    def body(self, index: int, size: int, part: int = 0) -> "Body":
        """Body `index`, of `size` bytes; the parts of a multipart upload are bodies 1, 2, ... of the same index.

        Two bodies of the same size and different (index, part) differ: from 8 bytes on all of them (up to index 2**50
        and part 16383), shorter ones as long as there are texts of their size.
        """
        return Body(self, index, size, part)

    def short(self, index: int, size: int, part: int = 0) -> tuple[bytes | bytearray | memoryview, bytes]:
        """A body that fits into one piece: all of it but the mark that it ends in, and that."""
        if size < MARK_BYTES:
            return b"", self.mark(index, part, size)
        number = self.number(index, part)
        if size > LINE_BYTES:
            return self.piece(number, 0, size), b""
        start = number >> self._shift
        return self._block[start : start + size - MARK_BYTES], number.to_bytes(MARK_BYTES, "big")

    def number(self, index: int, part: int) -> int:
        """64 bits, no two the same; those of neighbours lie far apart."""
        return index * self._step + part * _ODD + self._first & _64_BITS

    def mark(self, index: int, part: int, size: int) -> bytes:
        """What a body of `size` bytes ends in: no two of 8 bytes are equal."""
        if size < MARK_BYTES:
            return ((index + self._salt) % (1 << 8 * size)).to_bytes(size, "little")
        return self.number(index, part).to_bytes(MARK_BYTES, "big")

    def piece(self, number: int, place: int, length: int) -> bytearray:
        """The first `length` bytes of a piece of the body with this number: a cut of the block, where no other is made,
        with a tag in each line of 4 KiB.
        """
        tag = mixed(number + place) if place else number
        lines = -(-length // LINE_BYTES)
        start = tag >> self._shift
        data = bytearray(self._block[start : start + lines * LINE_BYTES])
        with memoryview(data) as octets, octets.cast("Q") as words:
            self._tag(words, tag, lines)
        del data[length:]
        return data

    def lent(self, number: int, place: int, length: int) -> Iterator[BodyPiece]:
        """The same, for as long as nobody asks whether there is more: tagged where it lies, nothing is copied.

        One piece is lent at a time; who wants another meanwhile gets a copy.
        """
        tag = mixed(number + place) if place else number
        lines = -(-length // LINE_BYTES)
        start = tag >> self._shift
        end = start + lines * LINE_BYTES
        if end > LENT_BYTES or not self._lending.acquire(blocking=False):
            yield memoryview(self.piece(number, place, length)).toreadonly()
            return
        try:
            if self._lent is None:
                self._lent = memoryview(bytearray(self._block[:LENT_BYTES]))
            words = self._lent[start:end].cast("Q")
            as_they_were = [words[word::LINE_WORDS].tobytes() for word in range(self._tag_words)]
            self._tag(words, tag, lines)
            try:
                yield self._lent[start : start + length].toreadonly()
            finally:
                for word, saved in enumerate(as_they_were):
                    words[word::LINE_WORDS] = memoryview(saved).cast("Q")
        finally:
            self._lending.release()

    def _tag(self, words: memoryview, tag: int, lines: int) -> None:
        octets = tag.to_bytes(8, "big")
        if self._tag_words == 1:
            words[::LINE_WORDS] = memoryview(octets * lines).cast("Q")
            return
        digits = octets.hex().encode()
        for word in (0, 1):
            words[word::LINE_WORDS] = memoryview(digits[8 * word : 8 * word + 8] * lines).cast("Q")


class Body:
    """One body, as Content: it holds no bytes and can be sent again and again."""

    __slots__ = ("_bodies", "_index", "_part", "length", "size")

    def __init__(self, bodies: Bodies, index: int, size: int, part: int) -> None:
        self.size = size
        self.length: int | None = size
        self._bodies = bodies
        self._index = index
        self._part = part

    def chunks(self) -> Iterator[BodyPiece]:
        """The body in pieces of 256 KiB, the last may be shorter; each stays as it is until the next is asked for."""
        if 0 < self.size <= LINE_BYTES:
            yield self.joined()
            return
        number = self._bodies.number(self._index, self._part)
        for first in range(0, self.size, PIECE_BYTES):
            yield from self._bodies.lent(number, first // PIECE_BYTES, min(PIECE_BYTES, self.size - first))

    def copied(self, start: int = 0) -> Iterator[bytes | bytearray]:
        """The same from byte `start` on, in pieces that are the caller's; then the first may be shorter."""
        bodies, size = self._bodies, self.size
        if size <= LINE_BYTES:
            if start < size:
                yield b"".join(bodies.short(self._index, size, self._part))[start:]
            return
        number = bodies.number(self._index, self._part)
        for first in range(start - start % PIECE_BYTES, size, PIECE_BYTES):
            piece = bodies.piece(number, first // PIECE_BYTES, min(PIECE_BYTES, size - first))
            yield piece if first >= start else piece[start - first :]

    def joined(self) -> bytes:
        return b"".join(self.copied())

    def payload(self) -> "bytes | Body":
        if self.size <= JOINED_BODY_BYTES:
            return self.joined()
        return self

    def chunk_sha256(self, chunk: BodyPiece) -> str:
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
        self._expected = body.copied(start)
        self._piece: bytes | bytearray = b""
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


def _first_difference(expected: bytes | bytearray, got: bytes) -> int:
    pairs = zip(expected, got, strict=False)
    return next((place for place, (one, other) in enumerate(pairs) if one != other), 0)
