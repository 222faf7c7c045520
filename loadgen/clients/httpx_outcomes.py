"""What an exchange of httpx came to, in the words of the raw client: its body, its head, or what it failed of."""

import re

import httpx

from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Request
from loadgen.clients.faults import classify, explain, why_no_reply
from loadgen.clients.http2.frames import Code, name_of_code
from loadgen.clients.httpx_streams import Stream

_RESET = re.compile(r"<StreamReset .*error_code:(\d+)")
"""How httpcore puts it."""


def why(stream: Stream, error: Exception, sent_ns: int) -> tuple[ErrorClass, str]:
    """What an exchange failed of on an open connection, as the raw client would say it."""
    reader = stream.reader
    if isinstance(error, TimeoutError):
        return ErrorClass.TIMEOUT, ""
    if reader.problem:
        return ErrorClass.MALFORMED_REPLY, reader.problem
    if stream.error is not None or stream.eof:
        closed = stream.error is None or (stream.eof and reader.begun)
        problem, idle_ns = None if closed else stream.error, sent_ns - stream.done_ns
        return why_no_reply(problem, reused=stream.uses > 1, begun=reader.begun, idle_ns=idle_ns)
    if reset := _RESET.search(str(error)):
        code = int(reset[1])
        return (
            (ErrorClass.REFUSED_STREAM, "")
            if code == Code.REFUSED_STREAM
            else (ErrorClass.STREAM_RESET, name_of_code(code))
        )
    if isinstance(error, httpx.RemoteProtocolError):
        return ErrorClass.MALFORMED_REPLY, str(error)
    return classify(error), explain(error)


def head_of(response: httpx.Response) -> bytes:
    """As HTTP/1.1 would write it."""
    lines = b"".join(b"%b: %b\r\n" % pair for pair in response.headers.raw)
    return b"HTTP/2 %d\r\n%b\r\n" % (response.status_code, lines)


class Body:
    """Counts a reply's body, keeps its beginning, feeds the sink."""

    def __init__(self, request: Request) -> None:
        self.length = 0
        self.kept = bytearray()
        self._keep = request.keep
        self._sink = request.sink

    @property
    def enough(self) -> bool:
        """Whether no more is wanted."""
        return getattr(self._sink, "enough", False)

    def take(self, chunk: bytes) -> None:
        """The next piece of it."""
        self.length += len(chunk)
        if len(self.kept) < self._keep:
            self.kept += chunk[: self._keep - len(self.kept)]
        if self._sink is not None:
            self._sink(chunk)
