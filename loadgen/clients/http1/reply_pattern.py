"""Replies alike: what differs between two of them are dates, ids and tags, and the bytes of the body.

A store puts an id of its own into every reply, so that none equals another. But a pattern of the last one, in which
only those fields are fixed that say where a reply ends and whether its connection stays open, tells as surely that the
next one means the same, and for a fifth of what reading it costs.
"""

import re

from loadgen.base.exchange import Expect, Reply, ReplyCache
from loadgen.clients.http1.parser import HEAD_END

MOST_PATTERNS = 16
_TELLING = frozenset((b"content-length", b"transfer-encoding", b"connection", b"proxy-connection", b"upgrade"))
_ANY_VALUE = rb":[\t -~\x80-\xff]*+"


def update_pattern(cache: ReplyCache, expect: Expect, reply: Reply | None) -> None:
    """Know the replies that are like this one, the last that was read; None for a bad one.

    A pattern is made when two replies in a row were as long as each other: it costs as much as reading a hundred.
    """
    whole = None if reply is None else reply.whole
    cache.reply = reply
    cache.data = whole if cache.repeats else None
    length = 0 if whole is None or expect.reads_body else len(whole)
    known = length and cache.alike(whole)  # type: ignore[arg-type]
    if length and not known and length == cache.last and cache.patterns_made < MOST_PATTERNS:
        cache.patterns_made += 1
        cache.alike = known = re.compile(_pattern(whole)).fullmatch  # type: ignore[arg-type]
    cache.size = length if known else 0
    cache.last = length


def _pattern(data: bytes) -> bytes:
    head, _, body = data.partition(HEAD_END)
    status_line, *fields = head.split(b"\r\n")
    lines = (re.escape(status_line), *map(_field, fields))
    return b"".join(line + rb"\r\n" for line in lines) + rb"\r\n(?s:.{%d})" % len(body)


def _field(field: bytes) -> bytes:
    name = field.partition(b":")[0]
    return re.escape(field) if name.lower() in _TELLING else re.escape(name) + _ANY_VALUE
