import pytest

from loadgen.base.exchange import ErrorClass
from loadgen.measure.reply_hints import location, why_bad

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
