"""What a server speaks that does not speak HTTP/1.x, told from its first bytes."""

import re
from collections.abc import Callable

_USE_HTTPS = "the server speaks TLS on this port: use https://"
_HTTP2 = (
    "the server speaks HTTP/2 on this port, and loadgen HTTP/1.1: use a port of it, or a proxy, that speaks HTTP/1.1"
)
_OTHER = "the server speaks {} on this port, not HTTP: look at the port"


def _begins(pattern: bytes) -> Callable[[bytes], object]:
    return re.compile(pattern, re.DOTALL | re.IGNORECASE).match


_KNOWN: tuple[tuple[Callable[[bytes], object], str], ...] = (
    (_begins(rb"[\x14-\x17]\x03[\x00-\x04]"), _USE_HTTPS),  # a record: an alert, or a handshake
    (_begins(rb"\x00.{2}\x04[\x00\x01]\x00{4}"), _HTTP2),  # SETTINGS on stream 0
    (_begins(rb"\x00.{2}\x07\x00\x00{4}"), _HTTP2),  # GOAWAY
    (_begins(rb"PRI \* HTTP/2"), _HTTP2),
    (_begins(rb"SSH-\d"), _OTHER.format("SSH")),
    (_begins(rb"-(ERR|NOAUTH|DENIED|LOADING|MISCONF)\b"), _OTHER.format("the protocol of Redis")),
    (_begins(rb"\+OK\b"), _OTHER.format("POP3")),
    (_begins(rb"\* (OK|PREAUTH|BYE)\b"), _OTHER.format("IMAP")),
    (_begins(rb"220[ -][^\r\n]*ftp"), _OTHER.format("FTP")),
    (_begins(rb"(220|554)[ -]"), _OTHER.format("SMTP or FTP")),
    (_begins(rb"AMQP"), _OTHER.format("AMQP")),
    (_begins(rb".{3}\x00\x0a[\d.]+[^\x00]*\x00"), _OTHER.format("the protocol of MySQL")),
    (_begins(rb"(CLIENT_|SERVER_)?ERROR\b"), _OTHER.format("the protocol of Memcached")),
    (_begins(rb"RFB \d"), _OTHER.format("VNC")),
    (
        _begins(rb"\s*<(!doctype|html)\b"),
        "the reply is a page without status line and head (HTTP/0.9): look at the server",
    ),
)


def other_protocol(start: bytes) -> str:
    """One sentence with its remedy; empty where the first bytes of a reply do not tell."""
    return next((sentence for matches, sentence in _KNOWN if matches(start)), "")
