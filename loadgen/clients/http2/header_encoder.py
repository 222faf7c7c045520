"""HPACK (RFC 7541), to the server: requests to header blocks. What comes again and again becomes a byte each."""

from loadgen.base.encode import length_field
from loadgen.base.exchange import Origin, Request
from loadgen.clients.http2.frames import TABLE_BYTES
from loadgen.clients.http2.header_decoder import ENTRY_BYTES, STATIC, Field

MOST_SEEN = 1024
"""Header fields that are looked out for to come again: as many as a hundred kinds of requests have."""

MOST_BLOCKS = 256
"""Requests whose whole block is remembered, for each connection."""

_STATIC_FIELD = {pair: index for index, pair in reversed(list(enumerate(STATIC, 1)))}
_STATIC_NAME = {name: index for index, (name, _) in reversed(list(enumerate(STATIC, 1)))}
_OF_THE_CONNECTION = frozenset((b"connection", b"transfer-encoding", b"keep-alive", b"proxy-connection", b"upgrade"))


class Fields:
    """The header fields of requests, and which came more than once; shared by the connections of one worker."""

    def __init__(self, origin: Origin) -> None:
        self._scheme = (b":scheme", origin.scheme.encode())
        self._authority = origin.authority.encode("latin-1")
        self._seen: dict[Field, bool] = {}
        self._blocks: dict[bytes, tuple[tuple[Field, ...], bytes | None]] = {}

    def of(self, request: Request) -> list[Field]:
        """In the order in which they are sent: pseudo-header fields first."""
        fields, host = self._plain(request.fields.block)
        authority = host or (self._authority if request.origin is None else request.origin.authority.encode("latin-1"))
        pairs = [
            (b":method", request.method.encode()), self._scheme, (b":authority", authority),
            (b":path", request.target.encode("latin-1")), *fields,
        ]  # fmt: skip
        length = length_field(request)
        if length is not None and length[0] == "Content-Length":
            pairs.append((b"content-length", length[1].encode()))
        return pairs

    def comes_again(self, pair: Field) -> bool:
        """Whether a field was seen before; it is now."""
        if pair in self._seen:
            return True
        if len(self._seen) < MOST_SEEN:
            self._seen[pair] = True
        return False

    def _plain(self, block: bytes) -> tuple[tuple[Field, ...], bytes | None]:
        """Names in lower case, without those that HTTP/2 does not have; and what Host was, which :authority takes."""
        known = self._blocks.get(block)
        if known is not None:
            return known
        fields: list[Field] = []
        host = None
        for line in block.split(b"\r\n")[:-1]:
            name, _, value = line.partition(b": ")
            name = name.lower()
            if name == b"host":
                host = value
            elif name not in _OF_THE_CONNECTION:
                fields.append((name, value))
        found = tuple(fields), host
        if len(self._blocks) < MOST_SEEN:
            self._blocks[block] = found
        return found


class HeaderEncoder:
    """The blocks of one connection, in the order in which they are sent. The table is filled once and never evicted."""

    def __init__(self, fields: Fields, limit: int = TABLE_BYTES) -> None:
        self._fields = fields
        self._room = min(limit, TABLE_BYTES)
        self._start = b""
        self._first = False  # whether the block has a field that may be put into the table next time
        self._numbers: dict[Field, int] = {}
        self._blocks: dict[int, tuple[Request, bytes]] = {}

    def limit(self, table_bytes: int) -> None:
        """The server's SETTINGS_HEADER_TABLE_SIZE: one below HPACK's own is not used, and said to be empty."""
        if table_bytes < TABLE_BYTES:
            self._room, self._start = 0, b"\x20"
            self._numbers.clear()
            self._blocks.clear()

    def block(self, request: Request) -> bytes:
        known = self._blocks.get(id(request))
        if known is not None and known[0] is request:
            return known[1]
        filled, self._first = len(self._numbers), False
        start, self._start = self._start, b""
        block = start + b"".join([self._encode(pair) for pair in self._fields.of(request)])
        if len(self._numbers) != filled:
            self._blocks.clear()  # indices count from the newest entry
        elif not start and not self._first and len(self._blocks) < MOST_BLOCKS:
            self._blocks[id(request)] = request, block
        return block

    def _encode(self, pair: Field) -> bytes:
        index = _STATIC_FIELD.get(pair)
        if index is not None:
            return bytes((0x80 | index,))
        number = self._numbers.get(pair)
        if number is not None:
            return _integer(0x80, 127, len(STATIC) + len(self._numbers) - number)
        name, value = pair
        size = ENTRY_BYTES + len(name) + len(value)
        if size <= self._room:
            if self._fields.comes_again(pair):
                self._room -= size
                self._numbers[pair] = len(self._numbers)
                return _literal(0x40, 63, name, value)
            self._first = True
        return _literal(0, 15, name, value)


def _literal(bits: int, mask: int, name: bytes, value: bytes) -> bytes:
    index = _STATIC_NAME.get(name)
    if index is None:
        return bytes((bits,)) + _string(name) + _string(value)
    return _integer(bits, mask, index) + _string(value)


def _string(text: bytes) -> bytes:
    return _integer(0, 127, len(text)) + text


def _integer(bits: int, mask: int, value: int) -> bytes:
    """RFC 7541, 5.1."""
    if value < mask:
        return bytes((bits | value,))
    rest, value = bytearray((bits | mask,)), value - mask
    while value >= 128:
        rest.append(value & 127 | 128)
        value >>= 7
    rest.append(value)
    return bytes(rest)
