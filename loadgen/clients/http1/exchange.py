"""What the bytes of a reply come to; no sockets here. The reactor's client and the blocking one both read like this."""

from loadgen.base.exchange import Request, RequestGroup
from loadgen.base.reply import Reply
from loadgen.clients.http1.between import Between
from loadgen.clients.http1.framing import Framing, read_short, remember
from loadgen.clients.http1.parser import EXAMPLE_BYTES, HEAD_BYTES, ReplyReader
from loadgen.clients.http1.reply_cache import cache_of

READ_BYTES = 65536
"""The most that is asked of a socket at once."""


class Exchange:
    """The reply to one request, from its bytes in any pieces.

    `problem` says in one sentence why it cannot be HTTP/1.x, `surplus` that bytes came after its end. `missing` are the
    bytes still to come of a body that nobody looks at but for its first `wanted` ones. `bare_lf`: lines of its head
    ended in LF alone. `whole` is the reply itself where it came in one piece and the next one may be compared with it;
    its body then begins at `body_at`. `between`, where there is one, may be asked to take the next bytes before `take`:
    those of one part in the middle of a reply that comes in parts.
    """

    __slots__ = (
        "_cache", "_framing", "_head", "_kept", "_last_head", "_reader", "_received", "_request",
        "bare_lf", "between", "body_at", "missing", "problem", "surplus", "whole",
    )  # fmt: skip

    def __init__(self, request: Request) -> None:
        self.problem = ""
        self.surplus = self.bare_lf = False
        self._received = self.missing = self.body_at = 0
        self.between: Between | None = None
        self.whole: bytes | None = None
        self._request = request
        self._cache = cache_of(request.group)
        self._framing: Framing | None = None
        self._reader: ReplyReader | None = None
        self._head = self._last_head = self._kept = b""

    @property
    def received(self) -> int:
        """How many bytes came."""
        return self._received if self._reader is None else self._reader.received

    @property
    def head(self) -> bytes:
        """The first bytes, for an example."""
        return self._head[:EXAMPLE_BYTES] if self._reader is None else self._reader.head

    @property
    def continues(self) -> bool | None:
        """Whether the server asks for a body that waits for this; None until it has said so, or its reply has begun."""
        return False if self._reader is None else self._reader.continues

    @property
    def wanted(self) -> int:
        """How many more bytes of the body are to be kept."""
        return self._request.keep - len(self._kept)

    def take(self, data: bytes) -> Reply | None:
        """The reply that the next bytes, at least one, complete; None where more must come or there is a `problem`."""
        if self.missing:
            if self.wanted > 0:
                self._kept += data[: min(self.wanted, self.missing)]
            return self.skip(len(data))
        reader, request, cache = self._reader, self._request, self._cache
        if reader is None:
            known = read_short(data, request.method, None if cache is None else cache.heads)
            if known is not None:
                end = known[1] + known[0].length
                if end <= len(data) or (request.sink is None and request.keep <= READ_BYTES):
                    return self._take_known(data, known[0], known[1], end)
            reader = self._reader = ReplyReader(request.method, request.keep, request.sink)
        reader.feed(data)
        self.between = reader.between
        self.surplus, self.problem = reader.surplus, reader.problem
        self.bare_lf = reader.bare_lf
        framing = reader.framing() if cache is not None else None
        if framing is not None and cache is not None:
            remember(cache.heads, reader.start, framing)
            if reader.received == len(data):
                self.whole, self.body_at = data, len(reader.last_head)
        return reader.reply

    def _take_known(self, data: bytes, framing: Framing, head: int, end: int) -> Reply | None:
        """A head that tells the length of what follows: no parser is needed."""
        request = self._request
        self._received = len(data)
        self._head = data[:HEAD_BYTES]
        self._kept = data[head : min(end, head + request.keep)] if request.keep else b""
        if end > len(data):
            self._framing, self.missing, self._last_head = framing, end - len(data), data[:head]
            return None
        if request.sink is not None and framing.length:
            request.sink(data[head:end])
        self.surplus = end < len(data)
        if self.surplus:
            self._last_head = data[:head]
        else:
            self.whole, self.body_at = data, head
        return Reply(framing.status, framing.length, len(data), self._kept, self._head, framing.keep_alive)

    def skip(self, count: int) -> Reply | None:
        """The same for so many of the `missing` bytes, of which none is looked at."""
        self._received += count
        self.missing -= count
        if self.missing > 0:
            return None
        self.surplus = self.missing < 0
        framing = self._framing
        assert framing is not None
        return Reply(framing.status, framing.length, self._received, self._kept, self._head, framing.keep_alive)

    def stop(self) -> Reply | None:
        """The reply as far as it has come, where its request's sink has enough of it; its connection cannot go on."""
        if self._reader is None or not getattr(self._request.sink, "enough", False):
            return None
        return self._reader.stop()

    def show(self, group: RequestGroup, reply: Reply) -> None:
        """Let a group that keeps bodies have the head and what was kept of the body, if not the whole reply."""
        if self.whole is not None:
            group.data, group.body_at = self.whole, self.body_at
        else:
            head = self._last_head if self._reader is None else self._reader.last_head
            group.data, group.body_at = head + reply.kept, len(head)

    def end(self) -> Reply | None:
        """The server closed: the reply that this completes; None, perhaps with a `problem`, where it does not."""
        reader = self._reader
        if reader is None:
            return None
        reader.eof()
        self.surplus, self.problem = reader.surplus, reader.problem
        return reader.reply
