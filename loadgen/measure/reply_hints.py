"""What the first bytes of a reply say beyond its status: why it was bad, and where it leads."""

import re

from loadgen.base.exchange import ErrorClass

_ENCODING = re.compile(rb"\ncontent-encoding:[ \t]*([a-z0-9, -]{1,40})", re.IGNORECASE)
_LOCATION = re.compile(rb"\nlocation:[ \t]*([^\r\n]*?)[ \t]*(?=[\r\n])", re.IGNORECASE)
_WANTS_TLS = re.compile(
    rb"plain HTTP request was sent to HTTPS|HTTP request to an HTTPS server|speaking plain HTTP to an SSL"
)


def why_bad(error: ErrorClass, head: bytes) -> str:
    """One sentence with its remedy; empty where the first bytes of a bad reply do not tell."""
    encoding = _ENCODING.search(_head(head))
    if error is ErrorClass.UNEXPECTED_BODY and encoding and encoding[1].strip().lower() != b"identity":
        name = encoding[1].decode("ascii").strip()
        return f"the body is compressed ({name}): with --compressed its text is looked for in what it holds"
    if error is ErrorClass.UNEXPECTED_STATUS and _WANTS_TLS.search(head):
        return "the server speaks TLS on this port: use https://"
    return ""


def location(head: bytes) -> bytes:
    """Where a redirect leads; empty where it does not say so in what was kept of its head."""
    found = _LOCATION.search(_head(head))
    return found[1] if found else b""


def _head(start: bytes) -> bytes:
    return start.partition(b"\r\n\r\n")[0] + b"\r\n"
