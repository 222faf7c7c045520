"""The short path: a head that was seen before needs no parsing to tell what it says of the rest of the reply, and one
that is as plain as most are only a pattern."""

import re

from loadgen.base.dataclass import dataclass

MAX_HEAD_BYTES = 65536
_MAX_HEADS = 64
HEAD_END = b"\r\n\r\n"
_PLAIN = re.compile(
    rb"HTTP/1\.1 ([2-5]\d\d) [\t -~\x80-\xff]*+\r\n(?:[!#$%&'*+.^_`|~0-9A-Za-z-]++:[\t -~\x80-\xff]*+\r\n)*+\r\n"
)
_TELLING = re.compile(rb"\n(content-length|transfer-encoding|connection|proxy-connection):[ ]*([^\r]*)")
CONNECTIONS = (b"connection", b"proxy-connection")
BODILESS = (101, 204, 304)
_MOST_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Framing:
    """What a reply's head says of the rest: `length` body bytes follow it."""

    status: int
    length: int
    keep_alive: bool


def read_short(data: bytes, method: str, heads: dict[bytes, Framing] | None) -> tuple[Framing, int] | None:
    """The framing that a reply begins with, and its head's length; None where it takes a ReplyReader to tell.

    A head is short work if it was seen before, or if all of it matches what no reader could take otherwise.
    """
    if heads is not None:
        end = data.find(HEAD_END) + len(HEAD_END)
        framing = heads.get(data[:end])
        if framing is not None:
            return framing, end
    match = _PLAIN.match(data)
    if match is None or method == "HEAD" or match.end() > MAX_HEAD_BYTES:
        return None
    framing = _plain_framing(int(match[1]), match[0].lower())
    if framing is None:
        return None
    remember(heads, match[0], framing)
    return framing, match.end()


def _plain_framing(status: int, head: bytes) -> Framing | None:
    """What a well-formed lower-case head says, if it says so with one Content-Length and nothing else."""
    if status in BODILESS:
        return None
    length = None
    for name, value in _TELLING.findall(head):
        if name == b"content-length" and length is None:
            length = value.rstrip(b" ")
        elif name not in CONNECTIONS or value != b"keep-alive":
            return None
    if length is None or not length.isdigit() or len(length) >= _MOST_DIGITS:
        return None
    return Framing(status, int(length), keep_alive=True)


def remember(heads: dict[bytes, Framing] | None, start: bytes, framing: Framing) -> None:
    """Let later replies with the same head take the short path; `start` holds the whole head."""
    if heads is None:
        return
    if len(heads) >= _MAX_HEADS:
        heads.clear()
    heads[start[: start.find(HEAD_END) + len(HEAD_END)]] = framing
