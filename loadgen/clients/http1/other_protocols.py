"""What a server speaks that does not speak HTTP/1.x, told from its first bytes, however they arrive."""

import re

_USE_HTTPS = "the server speaks TLS on this port: use https://"
_HTTP2 = "the server speaks HTTP/2 on this port: --http 2"
_OTHER = "the server speaks {} on this port, not HTTP: look at the port"

_TELLING_BYTES = 16
_TEXT_LINE = rb"[^\x00\n]*\n"
"""By so many bytes, or the end of a first line of text, each of the known ones has been told."""

_KNOWN = (
    (rb"[\x14-\x17]\x03[\x00-\x04]", _USE_HTTPS),  # a record: an alert, or a handshake
    (rb"\x00.{2}\x04[\x00\x01]\x00{4}", _HTTP2),  # SETTINGS on stream 0
    (rb"\x00.{2}\x07\x00\x00{4}", _HTTP2),  # GOAWAY
    (rb"PRI \* HTTP/2", _HTTP2),
    (rb"SSH-\d", _OTHER.format("SSH")),
    (rb"-(ERR|NOAUTH|DENIED|LOADING|MISCONF)\W", _OTHER.format("the protocol of Redis")),
    (rb"\+OK\W", _OTHER.format("POP3")),
    (rb"\* (OK|PREAUTH|BYE)\W", _OTHER.format("IMAP")),
    (rb"(220|554)[ -]", _OTHER.format("SMTP or FTP")),
    (rb"AMQP", _OTHER.format("AMQP")),
    (rb".{3}\x00\x0a\d", _OTHER.format("the protocol of MySQL")),
    (rb"(CLIENT_|SERVER_)?ERROR\W", _OTHER.format("the protocol of Memcached")),
    (rb"RFB \d", _OTHER.format("VNC")),
    (
        rb"[ \t]*<(!doctype|html)",
        "the reply is a page without status line and head (HTTP/0.9): look at the server",
    ),
)


def other_protocol(start: bytes, *, ended: bool = False) -> str:
    """One sentence, with its remedy where the first bytes of a reply tell it; empty where more bytes may tell.

    `ended`: no more will come. A sentence stays the same whatever comes after the bytes that told it.
    """
    as_bytes = re.DOTALL | re.IGNORECASE
    telling = start[:_TELLING_BYTES]
    for pattern, sentence in _KNOWN:
        if re.match(pattern, telling, as_bytes):
            return sentence
    told = ended or len(start) >= _TELLING_BYTES or re.match(_TEXT_LINE, start)
    return "the protocol is not HTTP/1.x" if told else ""
