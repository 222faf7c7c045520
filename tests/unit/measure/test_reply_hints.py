import pytest

from loadgen.base.error_class import ErrorClass
from loadgen.base.reply import Reply
from loadgen.measure.reply_hints import FirstReply, first_reply, location, telling, why_bad

GZIP = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\nabc"
PLAIN = b"HTTP/1.1 400 Bad Request\r\n\r\n<html>The plain HTTP request was sent to HTTPS port"


@pytest.mark.parametrize(
    ("error", "head", "said"),
    [
        (ErrorClass.UNEXPECTED_BODY, GZIP, "the body is compressed (gzip): with --compressed its text is looked"),
        (ErrorClass.UNEXPECTED_BODY, GZIP.replace(b"gzip", b"identity"), ""),
        (ErrorClass.UNEXPECTED_BODY, GZIP.replace(b"Content-Encoding: gzip\r\n", b""), ""),
        (ErrorClass.UNEXPECTED_BODY, b"HTTP/1.1 200 OK\r\n\r\n\ncontent-encoding: gzip", ""),  # of the body
        (ErrorClass.UNEXPECTED_STATUS, GZIP, ""),
        (ErrorClass.UNEXPECTED_STATUS, PLAIN, "the server speaks TLS on this port: use https://"),
        (ErrorClass.UNEXPECTED_BODY, PLAIN, ""),
    ],
)
def test_the_first_bytes_may_say_why_a_reply_is_bad(error, head, said):
    assert why_bad(error, head).startswith(said)
    assert bool(why_bad(error, head)) == bool(said)


@pytest.mark.parametrize(
    ("head", "there"),
    [
        (b"HTTP/1.1 301 Moved\r\nLocation: https://h/login\r\n\r\n", b"https://h/login"),
        (b"HTTP/1.1 301 Moved\r\nX-Location: a\r\nlocation:/x \r\n\r\n", b"/x"),
        (b"HTTP/1.1 304 Not Modified\r\n\r\n", b""),
        (b"HTTP/1.1 301 Moved\r\n\r\n\nLocation: /body", b""),
    ],
)
def test_a_redirect_says_where_it_leads(head, there):
    assert location(head) == there


@pytest.mark.parametrize(
    ("head", "shown"),
    [
        (b"HTTP/1.1 500 x\r\nDate: d\r\nServer: s\r\n\r\nno", b"HTTP/1.1 500 x\r\nno\r\nServer: s"),
        (b"HTTP/1.1 204 x\r\nDate: d\r\nA: b\r\n\r\n", b"HTTP/1.1 204 x\r\nA: b"),
        (b"HTTP/1.1 500 x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n",
         b"HTTP/1.1 500 x\r\nno\r\nTransfer-Encoding: chunked"),
        (b"HTTP/1.1 500 x\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b",
         b"HTTP/1.1 500 x\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b"),
        (b"SSH-2.0-x\r\n", b"SSH-2.0-x\r\n"),
    ],
)  # fmt: skip
def test_what_says_most_of_a_bad_reply_comes_first(head: bytes, shown: bytes) -> None:
    assert telling(head) == shown


def test_of_a_first_reply_the_sizes_and_the_server_are_known() -> None:
    reply = Reply(200, 5, 55, head=b"HTTP/1.1 200 OK\r\nServer: nginx/1 \r\n\r\nhello")
    assert first_reply(reply) == FirstReply(50, 5, "nginx/1")
    assert first_reply(Reply(200, 0, 19)) == FirstReply(19, 0, "")
