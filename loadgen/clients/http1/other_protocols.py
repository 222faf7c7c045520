"""What a server speaks that does not speak HTTP/1.x, told from its first bytes."""

import re

_USE_HTTPS = "the server speaks TLS on this port: use https://"
_HTTP2 = (
    "the server speaks HTTP/2 on this port, and loadgen HTTP/1.1: use a port of it, or a proxy, that speaks HTTP/1.1"
)
_OTHER = "the server speaks {} on this port, not HTTP: look at the port"

_KNOWN = (
    (rb"[\x14-\x17]\x03[\x00-\x04]", _USE_HTTPS),  # a record: an alert, or a handshake
    (rb"\x00.{2}\x04[\x00\x01]\x00{4}", _HTTP2),  # SETTINGS on stream 0
    (rb"\x00.{2}\x07\x00\x00{4}", _HTTP2),  # GOAWAY
    (rb"PRI \* HTTP/2", _HTTP2),
    (rb"SSH-\d", _OTHER.format("SSH")),
    (rb"-(ERR|NOAUTH|DENIED|LOADING|MISCONF)\b", _OTHER.format("the protocol of Redis")),
    (rb"\+OK\b", _OTHER.format("POP3")),
    (rb"\* (OK|PREAUTH|BYE)\b", _OTHER.format("IMAP")),
    (rb"220[ -][^\r\n]*ftp", _OTHER.format("FTP")),
    (rb"(220|554)[ -]", _OTHER.format("SMTP or FTP")),
    (rb"AMQP", _OTHER.format("AMQP")),
    (rb".{3}\x00\x0a[\d.]+[^\x00]*\x00", _OTHER.format("the protocol of MySQL")),
    (rb"(CLIENT_|SERVER_)?ERROR\b", _OTHER.format("the protocol of Memcached")),
    (rb"RFB \d", _OTHER.format("VNC")),
    (
        rb"\s*<(!doctype|html)\b",
        "the reply is a page without status line and head (HTTP/0.9): look at the server",
    ),
)


def other_protocol(start: bytes) -> str:
    """One sentence with its remedy; empty where the first bytes of a reply do not tell."""
    as_bytes = re.DOTALL | re.IGNORECASE
    return next((sentence for pattern, sentence in _KNOWN if re.match(pattern, start, as_bytes)), "")
