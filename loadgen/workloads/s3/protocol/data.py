"""What objects are filled with: random bytes that cost no more than sending them, and can be made again.

All bodies of a run are cut from one random block, and each ends in a mark of its own. So no two are equal, a body of
any size streams from memory that is there already, and its checksum goes on from the common part's: only the mark is
hashed. A store that removes equal blocks of a few KiB will still find some.
"""

from collections.abc import Callable, Iterator
from hashlib import sha256
from random import Random
from typing import Protocol

from loadgen.base.exchange import JOINED_BODY_BYTES, BodySource
from loadgen.workloads.s3.protocol.checksums import Digest

PIECE_BYTES = 1 << 18
BLOCK_PIECES = 16
MARK_BYTES = 8
PARTS = 1 << 14

_MOST_SIZES = 4096
"""As many checksums as there may be sizes in use, in less than a megabyte."""
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
    """All bodies of one seed. Belongs to one thread; two of the same seed make the same bodies.

    `first` is what all begin with that are no longer than a piece.
    """

    def __init__(self, seed: int) -> None:
        random = Random(f"{seed}/bodies")
        self._pieces = [random.randbytes(PIECE_BYTES) for _ in range(BLOCK_PIECES)]
        self.first = memoryview(self._pieces[0])
        self._hashes = {id(piece): "" for piece in self._pieces}
        self._salt = random.getrandbits(64)
        self._sha256 = _Prefixes(self, sha256)
        self._prefixes: dict[Callable[[], Digest], _Prefixes] = {sha256: self._sha256}

    def body(self, index: int, size: int, part: int = 0) -> "Body":
        """Body `index`, of `size` bytes; the parts of a multipart upload are bodies 1, 2, ... of the same index.

        Two bodies of the same size and different (index, part) differ: from 8 bytes on all of them (up to index 2**50
        and part 16383), shorter ones as long as there are texts of their size.
        """
        return Body(self, index, size, part)

    def filling(self, size: int, start: int = 0) -> Iterator[bytes]:
        """Bytes `start` to `size` of what all bodies have in common, in pieces."""
        number, skip = divmod(start, PIECE_BYTES)
        left = size - start
        while left > 0:
            piece = self._pieces[number % BLOCK_PIECES]
            if skip or left < PIECE_BYTES:
                piece = piece[skip : skip + left]
            yield piece
            left -= len(piece)
            number, skip = number + 1, 0

    def mark(self, index: int, part: int, size: int) -> bytes:
        """What a body of `size` bytes ends in: no two of 8 bytes are equal."""
        if size < MARK_BYTES:
            return ((index + self._salt) % (1 << 8 * size)).to_bytes(size, "little")
        return ((index * PARTS + part + self._salt) * _ODD & _64_BITS).to_bytes(MARK_BYTES, "big")

    def short_sha256(self, size: int, mark: bytes) -> bytes:
        """The hex SHA-256 of `first`, cut to size, and a mark, which is all that has to be hashed."""
        digest = self._sha256.upto(size - len(mark))
        digest.update(mark)
        return digest.digest().hex().encode()

    def piece_sha256(self, piece: bytes) -> str | None:
        """The hex SHA-256 of a whole piece of the block, None for other bytes."""
        hashed = self._hashes.get(id(piece))  # pieces live as long as this, so nothing else has their ids
        if hashed == "":
            hashed = self._hashes[id(piece)] = sha256(piece).hexdigest()
        return hashed

    def digest(self, new: Callable[[], Digest], size: int) -> Digest:
        """The checksum, so far, of the common part of `size` bytes."""
        prefixes = self._prefixes.get(new)
        if prefixes is None:
            prefixes = self._prefixes[new] = _Prefixes(self, new)
        return prefixes.upto(size)


class Body:
    """One body, as Content: it holds no bytes and can be sent again and again."""

    __slots__ = ("_bodies", "_common", "_mark", "length", "size")

    def __init__(self, bodies: Bodies, index: int, size: int, part: int) -> None:
        self.size = size
        self.length: int | None = size
        self._bodies = bodies
        self._mark = bodies.mark(index, part, size)
        self._common = size - len(self._mark)

    def chunks(self, start: int = 0) -> Iterator[bytes]:
        """The body from byte `start` on, in pieces of 256 KiB; the first and the last may be shorter."""
        last = b""
        for piece in self._bodies.filling(self._common, start):
            if last:
                yield last
            last = piece
        last += self._mark[max(0, start - self._common) :]
        if len(last) > PIECE_BYTES:
            yield last[:PIECE_BYTES]
            last = last[PIECE_BYTES:]
        if last:
            yield last

    def joined(self) -> bytes:
        return b"".join(self.chunks())

    def payload(self) -> "bytes | Body":
        if self.size <= JOINED_BODY_BYTES:
            return self.joined()
        return self

    def chunk_sha256(self, chunk: bytes) -> str:
        """The hex SHA-256 of one of its chunks; those that bodies share are hashed once."""
        return self._bodies.piece_sha256(chunk) or sha256(chunk).hexdigest()

    def digest(self, new: Callable[[], Digest]) -> Digest:
        digest = self._bodies.digest(new, self._common)
        digest.update(self._mark)
        return digest


class _Prefixes:
    """Checksums of the beginnings of the common part, kept for every piece and for the sizes in use."""

    def __init__(self, bodies: Bodies, new: Callable[[], Digest]) -> None:
        self._bodies = bodies
        self._by_pieces = [new()]
        self._by_size: dict[int, Digest] = {}

    def upto(self, size: int) -> Digest:
        """A copy of the one of the first `size` bytes."""
        digest = self._by_size.get(size)
        if digest is None:
            digest = self._from_pieces(size)
            if len(self._by_size) < _MOST_SIZES:
                self._by_size[size] = digest
        return digest.copy()

    def _from_pieces(self, size: int) -> Digest:
        pieces, rest = divmod(size, PIECE_BYTES)
        prefixes = self._by_pieces
        for piece in self._bodies.filling(pieces * PIECE_BYTES, (len(prefixes) - 1) * PIECE_BYTES):
            digest = prefixes[-1].copy()
            digest.update(piece)
            prefixes.append(digest)
        digest = prefixes[pieces].copy()
        for piece in self._bodies.filling(size, size - rest):
            digest.update(piece)
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
        return None if self.length == length else f"the body has {self.length} bytes of {length}"


def _first_difference(expected: bytes, got: bytes) -> int:
    pairs = zip(expected, got, strict=False)
    return next((place for place, (one, other) in enumerate(pairs) if one != other), 0)
