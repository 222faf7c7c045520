"""Replies as they come over the wire, with what a client has to make of each.

Where HTTP leaves a choice the table holds the safe one: a reply with both Content-Length and Transfer-Encoding, or with
lengths that differ, is malformed, because two readers could see different ends of it.
"""

from dataclasses import dataclass

from loadgen.base.error_class import ErrorClass

MALFORMED = ErrorClass.MALFORMED_REPLY
EARLY = ErrorClass.EARLY_CLOSE
OK = b"HTTP/1.1 200 OK\r\n"
HELLO = b"Content-Length: 5\r\n\r\nhello"


@dataclass(frozen=True)
class WireReply:
    """`data` is all that the server sends in answer to one `method` request on a fresh connection.

    `closes`: the server then closes. With an `error` there is no reply; else `status`, `body` and `keep_alive` (may the
    connection carry another request) are what a client sees. `surplus`: bytes follow the end of the reply.
    """

    name: str
    data: bytes
    status: int = 200
    body: bytes = b"hello"
    method: str = "GET"
    closes: bool = False
    keep_alive: bool = True
    error: ErrorClass | None = None
    surplus: bool = False


def _bad(name: str, data: bytes, error: ErrorClass = MALFORMED) -> WireReply:
    return WireReply(name, data, status=0, body=b"", closes=True, keep_alive=False, error=error)


def _closing(name: str, data: bytes, status: int = 200, body: bytes = b"hello", method: str = "GET") -> WireReply:
    return WireReply(name, data, status, body, method, closes=True, keep_alive=False)


WHOLE = (
    WireReply("content-length", OK + HELLO),
    WireReply("content-length of zero", OK + b"Content-Length: 0\r\n\r\n", body=b""),
    WireReply("an error page", b"HTTP/1.1 503 Service Unavailable\r\n" + HELLO, status=503),
    WireReply("a status nobody has named", b"HTTP/1.1 299 Odd\r\n" + HELLO, status=299),
    WireReply("no reason phrase", b"HTTP/1.1 200 \r\n" + HELLO),
    WireReply("no reason phrase and no space", b"HTTP/1.1 200\r\n" + HELLO),
    WireReply("the same length twice", OK + b"Content-Length: 5\r\nX: y\r\nCONTENT-LENGTH:5 \r\n\r\nhello"),
    WireReply("LF alone as line end of the head", b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello"),
    WireReply("LF alone as one line's end", b"HTTP/1.1 200 OK\r\nX: y\n" + HELLO),
    WireReply("HTTP/1.2", b"HTTP/1.2 200 OK\r\n" + HELLO),
    WireReply("a field of 60 kB", OK + b"X-Long: " + b"x" * 60_000 + b"\r\n" + HELLO),
    WireReply("names in upper case", OK + b"CONTENT-LENGTH: 5\r\n\r\nhello"),
    WireReply("names in lower case", OK + b"content-length: 5\r\n\r\nhello"),
    WireReply("no space after the colon", OK + b"Content-Length:5\r\n\r\nhello"),
    WireReply("spaces and tabs around a value", OK + b"Content-Length: \t 5 \t \r\n\r\nhello"),
    WireReply("an empty value", OK + b"X-Empty:\r\n" + HELLO),
    WireReply("bytes above 127 in a value", OK + b"X-Name: J\xfcrgen\r\n" + HELLO),
    WireReply("many headers", OK + b"".join(b"X-%d: %d\r\n" % (n, n) for n in range(100)) + HELLO),
    WireReply("chunked", OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
    WireReply("chunked in several chunks", OK + b"transfer-encoding: CHUNKED\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"),
    WireReply("chunked and empty", OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", body=b""),
    WireReply(
        "a hexadecimal chunk size",
        OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"1A\r\n" + b"x" * 26 + b"\r\n0\r\n\r\n",
        body=b"x" * 26,
    ),
    WireReply("chunk extensions", OK + b"Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0;last\r\n\r\n"),
    WireReply("trailers", OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-Two: 2\r\n\r\n"),
    WireReply(
        "HEAD with the length of the body it leaves out", OK + b"Content-Length: 5\r\n\r\n", body=b"", method="HEAD"
    ),
    WireReply("HEAD that says chunked", OK + b"Transfer-Encoding: chunked\r\n\r\n", body=b"", method="HEAD"),
    WireReply("204", b"HTTP/1.1 204 No Content\r\n\r\n", status=204, body=b""),
    WireReply("304 without a length", b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n', status=304, body=b""),
    WireReply("100 before the reply", b"HTTP/1.1 100 Continue\r\n\r\n" + OK + HELLO),
    WireReply("103 before the reply", b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n" + OK + HELLO),
    WireReply("two interim replies", b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n" + OK + HELLO),
    WireReply("HTTP/1.0 with keep-alive", b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" + HELLO),
    WireReply(
        "a body that looks like a reply",
        OK + b"Content-Length: 19\r\n\r\nHTTP/1.1 500 No\r\n\r\n",
        body=b"HTTP/1.1 500 No\r\n\r\n",
    ),
    WireReply("a body of binary zeros", OK + b"Content-Length: 3\r\n\r\n\0\r\n", body=b"\0\r\n"),
    WireReply("a large body", OK + b"Content-Length: 300000\r\n\r\n" + b"x" * 300_000, body=b"x" * 300_000),
)

CLOSING = (
    _closing("close-delimited", OK + b"\r\nhello"),
    _closing("close-delimited and empty", OK + b"\r\n", body=b""),
    _closing("close-delimited HTTP/1.0", b"HTTP/1.0 200 OK\r\n\r\nhello"),
    _closing("close-delimited although it says keep-alive", OK + b"Connection: keep-alive\r\n\r\nhello"),
    _closing("Connection: close", OK + b"Connection: close\r\n" + HELLO),
    _closing("Connection: CLOSE", OK + b"Connection: CLOSE\r\n" + HELLO),
    _closing("HTTP/1.0 without keep-alive", b"HTTP/1.0 200 OK\r\n" + HELLO),
    _closing(
        "chunked with Connection: close",
        OK + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    ),
    _closing(
        "HEAD with Connection: close", OK + b"Connection: close\r\nContent-Length: 5\r\n\r\n", body=b"", method="HEAD"
    ),
    _closing("204 with Connection: close", b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n", 204, b""),
)

SURPLUS = (
    WireReply("bytes after a content-length body", OK + HELLO + b"more", keep_alive=False, surplus=True),
    WireReply("a second reply nobody asked for", 2 * (OK + HELLO), keep_alive=False, surplus=True),
    WireReply(
        "bytes after the last chunk",
        OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nmore",
        keep_alive=False,
        surplus=True,
    ),
    WireReply("a body after HEAD", OK + HELLO, body=b"", method="HEAD", keep_alive=False, surplus=True),
    WireReply(
        "bytes after 204", b"HTTP/1.1 204 No Content\r\n\r\nmore", status=204, body=b"", keep_alive=False, surplus=True
    ),
)

MALFORMED_REPLIES = (
    _bad("garbage", b"\x00\x01\x02\x03 not HTTP at all\r\n\r\n"),
    _bad("another protocol", b"SSH-2.0-OpenSSH_9.2\r\n"),
    _bad("HTTP/2.0 in the status line", b"HTTP/2.0 200 OK\r\n" + HELLO),
    _bad("a status that is no number", b"HTTP/1.1 abc OK\r\n" + HELLO),
    _bad("a status of two digits", b"HTTP/1.1 20 OK\r\n" + HELLO),
    _bad("a negative length", OK + b"Content-Length: -5\r\n\r\nhello"),
    _bad("a length that is no number", OK + b"Content-Length: five\r\n\r\nhello"),
    _bad("an empty length", OK + b"Content-Length: \r\n\r\nhello"),
    _bad("a length beyond 64 bits", OK + b"Content-Length: 99999999999999999999999\r\n\r\nhello"),
    _bad("lengths that differ", OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"),
    _bad(
        "both a length and chunked",
        OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    ),
    _bad(
        "chunked and then a length",
        OK + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    ),
    _bad("a chunk size that is no number", OK + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n"),
    _bad("a chunk size beyond 64 bits", OK + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nhello\r\n"),
    _bad("a chunk longer than its size", OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n"),
    _bad("a space before the colon", OK + b"Content-Length : 5\r\n\r\nhello"),
    _bad("a line without a colon", OK + b"nonsense\r\n" + HELLO),
    _bad("an empty line before the status line", b"\r\n" + OK + HELLO),
    _bad("LF alone after a chunk's size", OK + b"Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n"),
    _bad("LF alone after a chunk", OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\n0\r\n\r\n"),
    _bad("a trailer without a colon", OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX\r\n\r\n"),
    _bad(
        "a trailer line without end",
        OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: " + b"x" * 100_000,
    ),
    _bad(
        "trailers without end",
        OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n" + b"X: 1\r\n" * 12_000 + b"\r\n",
    ),
    _bad(
        "a chunk extension without end",
        OK + b"Transfer-Encoding: chunked\r\n\r\n5;a=" + b"x" * 100_000 + b"\r\nhello\r\n0\r\n\r\n",
    ),
    _bad("a head that is too long, in one piece", OK + b"X-Long: " + b"x" * 100_000 + b"\r\n" + HELLO),
    _bad("a head without end", OK + b"X-Long: " + b"x" * 100_000),
)

TRUNCATED = (
    _bad("nothing at all", b"", EARLY),
    _bad("half a status line", b"HTTP/1.1 20", EARLY),
    _bad("half a head", OK + b"Content-Le", EARLY),
    _bad("a head and no body", OK + b"Content-Length: 5\r\n\r\n", EARLY),
    _bad("half a body", OK + b"Content-Length: 5\r\n\r\nhe", EARLY),
    _bad("a length that is a lie", OK + b"Content-Length: 9999999999\r\n\r\nhello", EARLY),
    _bad("half a chunk", OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhe", EARLY),
    _bad("chunks without the last one", OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", EARLY),
    _bad("an interim reply only", b"HTTP/1.1 100 Continue\r\n\r\n", EARLY),
)

REPLIES: tuple[WireReply, ...] = WHOLE + CLOSING + SURPLUS + MALFORMED_REPLIES + TRUNCATED
