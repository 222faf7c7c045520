"""HPACK (RFC 7541), to the server: requests to header blocks. What comes again and again becomes a byte each."""

from loadgen.base.encode import length_field
from loadgen.base.endpoint import Origin
from loadgen.base.exchange import Request
from loadgen.clients.http2.frames import TABLE_BYTES
from loadgen.clients.http2.header_decoder import ENTRY_BYTES, STATIC, Field

MOST_SEEN = 1024
"""Header fields that are looked out for to come again: as many as a hundred kinds of requests have."""

_INDEX_BYTES = 3
"""The most that an index takes."""

MOST_BLOCKS = 256
"""Requests whose whole block is remembered, for each connection."""

_STATIC_FIELD = {pair: index for index, pair in reversed(list(enumerate(STATIC, 1)))}
_STATIC_NAME = {name: index for index, (name, _) in reversed(list(enumerate(STATIC, 1)))}
_LEFT_OUT = frozenset((b"connection", b"transfer-encoding", b"keep-alive", b"proxy-connection", b"upgrade", b"host"))
"""Names that HTTP/2 does not have: of a connection, and Host, which :authority takes."""


class Fields:
    """What header fields of requests came more than once; shared by the connections of one worker to one origin."""

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self._seen: set[Field] = set()

    def comes_again(self, pair: Field) -> bool:
        """Whether a field was seen before; it is now."""
        if pair in self._seen:
            return True
        if len(self._seen) < MOST_SEEN:
            self._seen.add(pair)
        return False

    def pseudo(self, request: Request) -> list[Field]:
        """The fields that stand first."""
        origin = request.origin or self.origin
        authority = origin.authority
        if request.fields.names_host:
            authority = next(value for name, value in request.fields.pairs if name.lower() == "host")
        return [
            (b":method", request.method.encode()),
            (b":scheme", origin.scheme.encode()),
            (b":authority", authority.encode("latin-1")),
            (b":path", request.target.encode("latin-1")),
        ]


class HeaderEncoder:
    """The blocks of one connection, in the order in which they are sent. The table is filled once and never evicted."""

    def __init__(self, fields: Fields, limit: int = TABLE_BYTES) -> None:
        self._fields = fields
        self._room = min(limit, TABLE_BYTES)
        self._start = b""
        self._first = False  # whether the block has a field that may be put into the table next time
        self._numbers: dict[Field, int] = {}
        self._blocks: dict[int, tuple[Request, str, object, object, bytes]] = {}
        self._lines: dict[bytes, bytes] = {}  # lines of requests that are an index each
        self._pseudo: dict[tuple[str, str, Origin | None], bytes] = {}  # and what stands before them

    def limit(self, table_bytes: int) -> None:
        """The server's SETTINGS_HEADER_TABLE_SIZE: one below HPACK's own is not used, and said to be empty."""
        if table_bytes < TABLE_BYTES:
            self._room, self._start = 0, b"\x20"
            self._numbers.clear()
            self._forget()

    def known(self, request: Request) -> bytes | None:
        """The header block of a request, where it is the same as last time."""
        known = self._blocks.get(id(request))
        if (
            known is not None
            and known[0] is request
            and known[1] is request.target
            and known[2] is request.fields
            and known[3] is request.body
        ):
            return known[4]
        return None

    def block(self, request: Request) -> bytes:
        """The header block of a request that is not known."""
        filled, self._first = len(self._numbers), False
        start, self._start = self._start, b""
        pieces = [start, self._pseudo_of(request)]
        lines = self._lines
        for line in request.fields.block.split(b"\r\n")[:-1]:
            piece = lines.get(line)
            pieces.append(self._line(line) if piece is None else piece)
        length = length_field(request)
        if length is not None and length[0] == "Content-Length":
            pieces.append(self._encode((b"content-length", length[1].encode())))
        block = b"".join(pieces)
        if len(self._numbers) == filled and not (start or self._first) and len(self._blocks) < MOST_BLOCKS:
            self._blocks[id(request)] = request, request.target, request.fields, request.body, block
        return block

    def _forget(self) -> None:
        self._blocks.clear()
        self._lines.clear()
        self._pseudo.clear()

    def _pseudo_of(self, request: Request) -> bytes:
        key = request.method, request.target, request.origin
        known = None if request.fields.names_host else self._pseudo.get(key)
        if known is None:
            filled, first, self._first = len(self._numbers), self._first, False
            known = b"".join([self._encode(pair) for pair in self._fields.pseudo(request)])
            is_known = len(self._numbers) == filled and not self._first and not request.fields.names_host
            if is_known and len(self._pseudo) < MOST_BLOCKS:
                self._pseudo[key] = known
            self._first = self._first or first
        return known

    def _line(self, line: bytes) -> bytes:
        """A line of a head. One that is an index from here on is remembered; of a value of its own each is another."""
        name, _, value = line.partition(b": ")
        name = name.lower()
        if name in _LEFT_OUT:
            return b""
        piece = self._encode((name, value))
        if len(piece) <= _INDEX_BYTES and piece[0] & 0x80:
            self._lines[line] = piece
        return piece

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
                self._forget()  # indices count from the newest entry
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
