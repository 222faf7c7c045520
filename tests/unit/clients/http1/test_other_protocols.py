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
    b"220 (vsFTPd 3.0.5) FTP\r\n": "SMTP or FTP",
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
    assert read(start).problem == other_protocol(start)


@pytest.mark.parametrize("start", [*SPOKEN, b"hello\r\n", bytes(20), b"HTTP/2 200\r\n", b"nope"])
def test_what_is_said_does_not_depend_on_how_the_bytes_arrive(start):
    said = read(start).problem
    assert said
    for cut in range(1, len(start)):
        assert read(start[:cut], start[cut:]).problem == said
    assert read(*(bytes([byte]) for byte in start)).problem == said


@pytest.mark.parametrize("start", [b"S", b"\x16", b"ERR", b"nope"])
def test_a_few_bytes_do_not_tell_until_no_more_will_come(start):
    assert other_protocol(start) == ""
    assert other_protocol(start, ended=True) == "the protocol is not HTTP/1.x"


def test_a_head_that_was_cut_off_is_http():
    assert read(b"HTT").problem == read(b"HTTP/1.1 200 OK\r\n").problem == ""


def read(*pieces):
    reader = ReplyReader("GET")
    for piece in pieces:
        reader.feed(piece)
    reader.eof()
    return reader
