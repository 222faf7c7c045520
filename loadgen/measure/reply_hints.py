"""What a reply says beyond its status: why it was bad, where it leads, how large its head is."""

import re

from loadgen.base.dataclass import dataclass
from loadgen.base.error_class import ErrorClass
from loadgen.base.pattern import pattern
from loadgen.base.reply import Reply

_ENCODING = pattern(rb"\ncontent-encoding:[ \t]*([a-z0-9, -]{1,40})", re.IGNORECASE)
_SERVER = pattern(rb"\nserver:[ \t]*([^\r\n]{0,80}?)[ \t]*(?=[\r\n])", re.IGNORECASE)
_USUAL = pattern(rb"(?:date|connection|keep-alive|content-length):", re.IGNORECASE)
_CHUNKED = pattern(rb"\ntransfer-encoding:[^\r\n]*chunked", re.IGNORECASE)
_CHUNK_SIZE = pattern(rb"^[0-9A-Fa-f]+[^\r\n]*\r\n")
_LOCATION = pattern(rb"\nlocation:[ \t]*([^\r\n]*?)[ \t]*(?=[\r\n])", re.IGNORECASE)
_WANTS_TLS = pattern(
    rb"plain HTTP request was sent to HTTPS|HTTP request to an HTTPS server|speaking plain HTTP to an SSL"
)


@dataclass(frozen=True, slots=True)
class FirstReply:
    """The first complete reply of a name: the bytes of its body, and all others that it came with; its Server field."""

    head_bytes: int = 0
    body_bytes: int = 0
    server: str = ""


def first_reply(reply: Reply) -> FirstReply:
    """The same of a reply."""
    found = _SERVER.search(_head(reply.head))
    server = found[1].decode("latin-1") if found else ""
    return FirstReply(reply.wire_length - reply.body_length, reply.body_length, server)


def telling(head: bytes) -> bytes:
    """The first bytes of a reply, with what says most first: its status, its body if it is there in the clear, and then
    its fields, but for the usual ones."""
    start, blank, body = head.partition(b"\r\n\r\n")
    if not blank:
        return head
    status, *fields = start.split(b"\r\n")
    kept = [field for field in fields if not _USUAL.match(field)]
    if _CHUNKED.search(start):
        body = _CHUNK_SIZE.sub(b"", body).partition(b"\r\n0\r\n\r\n")[0]
    if not body or _ENCODING.search(start + b"\r\n"):
        return b"\r\n".join([status, *kept, b"", body] if body else [status, *kept])
    return b"\r\n".join([status, body.rstrip(b"\r\n"), *kept])


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
