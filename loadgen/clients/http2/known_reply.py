"""What is known of the good replies to a group of requests, so that the next one like them need not be judged."""

from loadgen.base.exchange import Request, RequestGroup
from loadgen.base.reply import Reply
from loadgen.clients.http2.header_decoder import Head
from loadgen.clients.http2.stream import Http2Stream


class KnownReply:
    """The last good reply to a group. One with its status and trailers, and its length where that is expected, is as
    good."""

    __slots__ = ("_group", "_reply", "fixed", "length", "status", "trailers", "wire")

    def __init__(self, group: RequestGroup, request: Request, reply: Reply, trailers: Head | None) -> None:
        self.trailers = trailers
        self._group = group
        self._reply = reply
        self.status, self.length, self.wire = reply.status, reply.body_length, reply.wire_length
        self.fixed = request.expect.length is not None

    def ends_like(self, trailers: Head | None) -> bool:
        """Whether a reply's trailers say the same."""
        last = self.trailers
        return trailers is last or (trailers is not None and last is not None and trailers.fields == last.fields)

    def turn_to(self, length: int, wire: int) -> bool:
        """From here on replies have other sizes; False where they must not."""
        if self.fixed and length != self.length:
            return False
        reply = self._reply
        self.length = reply.body_length = length
        self.wire = reply.wire_length = wire
        self._group.resize(wire)
        return True


def remember(request: Request, reply: Reply, trailers: Head | None, *, good: bool) -> None:
    """Know replies like this one from here on, or none where only looking at each will do."""
    group = request.group
    if group is not None:
        simple = good and not request.expect.reads_body and request.sink is None
        group.cache = KnownReply(group, request, reply, trailers) if simple else None


def show(group: RequestGroup, stream: Http2Stream) -> None:
    """Let a group that keeps bodies have the reply, written as HTTP/1.1 would."""
    assert stream.head is not None
    head = stream.head_text
    group.data, group.body_at = head + stream.kept, len(head)
