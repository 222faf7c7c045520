import pytest

from loadgen.clients.http1.other_protocols import other_protocol
from loadgen.clients.http1.parser import ReplyReader

SETTINGS = bytes.fromhex("000012040000000000") + bytes(18)
SPOKEN = {
    b"\x15\x03\x01\x00\x02\x02\x46": "TLS on this port: use https://",
    SETTINGS: "HTTP/2 on this port",
    bytes.fromhex("0000080700000000000000000000000001"): "HTTP/2 on this port",
    b"SSH-2.0-OpenSSH_9.6\r\n": "SSH on this port, not HTTP",
    b"-ERR wrong number of arguments for 'get' command\r\n": "the protocol of Redis",
    b"220 mail.example ESMTP Postfix\r\n": "SMTP or FTP",
    b"220 (vsFTPd 3.0.5) FTP\r\n": "speaks FTP",
    b"+OK ready\r\n": "POP3",
    b"* OK IMAP4rev1 ready\r\n": "IMAP",
    b"AMQP\x00\x00\x09\x01": "AMQP",
    b"J\x00\x00\x00\x0a8.0.36\x00\x08": "MySQL",
    b"ERROR\r\n": "Memcached",
    b"<!DOCTYPE html><html>": "HTTP/0.9",
}


@pytest.mark.parametrize("start", SPOKEN)
def test_a_server_that_speaks_something_else_is_named(start):
    assert SPOKEN[start] in other_protocol(start)
    reader = ReplyReader("GET")
    reader.feed(start)
    assert reader.problem == other_protocol(start)


@pytest.mark.parametrize(
    "start", [b"", b"HTTP/1.1 220 ftp\r\n\r\n", b"hello\r\n", b"\x00" * 20, b"\x16", b"\r\nHTTP/1.1 200 OK\r\n\r\n"]
)
def test_what_is_http_or_nobody_knows_is_not_named(start):
    assert other_protocol(start) == ""
