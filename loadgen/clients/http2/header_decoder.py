"""HPACK (RFC 7541), from the server: header blocks to what they say."""

from collections import deque
from dataclasses import field

from hpack.exceptions import HPACKDecodingError
from hpack.huffman_table import decode_huffman
from hpack.table import HeaderTable

from loadgen.base.dataclass import dataclass
from loadgen.clients.http2.frames import TABLE_BYTES, BrokenProtocolError, Code

Field = tuple[bytes, bytes]

BLOCK_BYTES = 65536
"""The most of one header block, its CONTINUATION frames included, and of what it says: as much as HTTP/1.1's heads."""

MOST_KNOWN = 256
"""Header blocks that are remembered of a connection, or of all; then it begins anew: those of past seconds, whose Date
does not come again, are of no use."""

ENTRY_BYTES = 32
"""That an entry counts beside its name and value: RFC 7541, 4.1."""

STATIC: tuple[Field, ...] = tuple(HeaderTable.STATIC_TABLE)
_OF_THE_CONNECTION = frozenset((b"connection", b"transfer-encoding", b"keep-alive", b"upgrade", b"proxy-connection"))


@dataclass(slots=True, eq=False)
class Head:
    """What a header block says. `status` is 0 in trailers, `length` None without a content-length.

    `inserts` are added to the dynamic table each time it comes; `changes` says that it alters the table in whatever
    way, `alone` that it means the same whatever is in the table. `block` are its bytes without frames, `wire` how many.
    """

    block: bytes
    fields: tuple[Field, ...]
    wire: int
    inserts: tuple[Field, ...]
    changes: bool
    alone: bool
    status: int = 0
    length: int | None = None
    text: bytes = field(default=b"")

    def as_text(self) -> bytes:
        """The head as HTTP/1.1 would write it, with the empty line."""
        if not self.text:
            self.text = b"HTTP/2 %d\r\n%b\r\n" % (self.status, self.lines())
        return self.text

    def lines(self) -> bytes:
        """Its fields alone, each with its line end."""
        return b"".join([b"%b: %b\r\n" % pair for pair in self.fields if pair[0] != b":status"])


class HeaderDecoder:
    """The blocks of one connection, in the order in which they come.

    `shared` are those, of all connections that share it, that mean the same on each.
    """

    def __init__(self, limit: int = TABLE_BYTES, shared: dict[bytes, Head] | None = None) -> None:
        self._shared = {} if shared is None else shared
        self._ours = self._limit = limit
        self._size = 0
        self._entries: deque[Field] = deque()
        self._owed: Head | None = None  # the last block that inserts, and how often it came since
        self._times = 0
        self.known: dict[bytes, Head] = {}

    def decode(self, block: bytes) -> Head:
        """Raises BrokenProtocolError."""
        head = self.known.get(block)
        if head is None:
            head = self._shared.get(block)
            if head is None:
                return self._new(block)
            _remember(self.known, block, head)
        if head.inserts:
            self.insert_again(head)
        return head

    def _new(self, block: bytes) -> Head:
        self._settle()
        try:
            head = self._read(block)
        except (IndexError, HPACKDecodingError):
            raise BrokenProtocolError("a header block is cut short", Code.COMPRESSION_ERROR) from None
        if head.changes:
            self._forget()
        if head.alone:
            _remember(self._shared, block, head)
        if head.alone or not head.changes:
            _remember(self.known, block, head)
        return head

    def insert_again(self, head: Head, times: int = 1) -> None:
        """The block came once more, or more often: what it inserts is carried out when somebody looks at the table."""
        if head is self._owed:
            self._times += times
            return
        self._settle()
        self._owed, self._times = head, times
        self._forget()

    def _settle(self) -> None:
        """Carry out what is owed, no more often than the table can hold."""
        if self._owed is None:
            return
        inserts, self._owed = self._owed.inserts, None
        most = self._limit // sum(_size_of(pair) for pair in inserts) + 1
        for _ in range(min(self._times, most)):
            for pair in inserts:
                self._insert(pair)

    def _forget(self) -> None:
        """Blocks that refer to the table may mean something else now."""
        known = self.known
        if any(not head.alone for head in known.values()):
            self.known = {block: head for block, head in known.items() if head.alone}

    def _read(self, block: bytes) -> Head:
        fields: list[Field] = []
        inserts: list[Field] = []
        alone, changes, at, total = True, False, 0, 0
        while at < len(block):
            byte = block[at]
            if byte & 128:
                index, at = _integer(block, at, 127)
                found, of_static = self._entry(index)
                alone = alone and of_static
            elif byte & 96 == 32:
                if fields:
                    raise BrokenProtocolError("a table size changes within a header block", Code.COMPRESSION_ERROR)
                limit, at = _integer(block, at, 31)
                if limit > self._ours:
                    raise BrokenProtocolError("the header table grows above our limit", Code.COMPRESSION_ERROR)
                self._limit = limit
                self._evict()
                alone, changes = False, True
                continue
            else:
                index, at = _integer(block, at, 63 if byte & 64 else 15)
                if index:
                    (name, _), of_static = self._entry(index)
                    alone = alone and of_static
                else:
                    name, at = _string(block, at)
                value, at = _string(block, at)
                found = (name, value)
                if byte & 64:
                    inserts.append(found)
                    self._insert(found)
            fields.append(found)
            total += _size_of(found)
            if total > BLOCK_BYTES:
                raise BrokenProtocolError("the header fields are too long", Code.ENHANCE_YOUR_CALM)
        head = Head(block, tuple(fields), len(block), tuple(inserts), changes or bool(inserts), alone)
        _check(head)
        return head

    def _entry(self, index: int) -> tuple[Field, bool]:
        """An entry, and whether it is of the static table."""
        if 0 < index <= len(STATIC):
            return STATIC[index - 1], True
        if not index or index > len(STATIC) + len(self._entries):
            raise BrokenProtocolError(f"no entry {index} in the header table", Code.COMPRESSION_ERROR)
        return self._entries[index - len(STATIC) - 1], False

    def _insert(self, pair: Field) -> None:
        self._entries.appendleft(pair)
        self._size += _size_of(pair)
        if self._size > self._limit:
            self._evict()

    def _evict(self) -> None:
        while self._size > self._limit:
            self._size -= _size_of(self._entries.pop())


def _size_of(pair: Field) -> int:
    """Of an entry of the table: RFC 7541, 4.1."""
    return ENTRY_BYTES + len(pair[0]) + len(pair[1])


def _remember(known: dict[bytes, Head], block: bytes, head: Head) -> None:
    if len(known) >= MOST_KNOWN:
        known.clear()
    known[block] = head


def _check(head: Head) -> None:
    """Fill in what the fields tell of a reply; raises BrokenProtocolError where RFC 9113, 8.2 and 8.3 forbid them."""
    regular = False
    for name, value in head.fields:
        if name == b":status":
            if head.status or regular or len(value) != 3 or not value.isdigit():
                raise BrokenProtocolError("the status is not one number of three digits")
            head.status = int(value)
            continue
        regular = True
        if name[:1] in (b":", b"") or name != name.lower() or name in _OF_THE_CONNECTION:
            raise BrokenProtocolError(f"the header field {name.decode('latin-1')!r} must not stand in a reply")
        if b"\r" in value or b"\n" in value or b"\0" in value:
            raise BrokenProtocolError(f"the value of {name.decode('latin-1')!r} has a line end in it")
        if name == b"content-length":
            if not value.isdigit() or head.length not in (None, int(value)):
                raise BrokenProtocolError("the content-length is not one number")
            head.length = int(value)


def _integer(block: bytes, at: int, mask: int) -> tuple[int, int]:
    """RFC 7541, 5.1: the number that begins in the low bits of a byte, and where it ends."""
    value = block[at] & mask
    at += 1
    if value < mask:
        return value, at
    shift = 0
    while True:
        byte = block[at]
        at += 1
        value += (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
        if shift > 28:
            raise BrokenProtocolError("a number in a header block is too long", Code.COMPRESSION_ERROR)


def _string(block: bytes, at: int) -> tuple[bytes, int]:
    """RFC 7541, 5.2."""
    coded = block[at] & 128
    length, at = _integer(block, at, 127)
    end = at + length
    if end > len(block):
        raise IndexError
    text = block[at:end]
    return (bytes(decode_huffman(text)) if coded else text), end
