"""What a group's last reply was, so that one like it need not be parsed again.

What differs between two of them are dates, ids and tags, and the bytes of the body. A store puts an id of its own into
every reply, so that none equals another. But a pattern of the last one, in which only those fields are fixed that say
where a reply ends and whether its connection stays open, tells as surely that the next one means the same, and for a
fifth of what reading it costs.
"""

import re
from collections.abc import Callable

from loadgen.base.exchange import Expect, RequestGroup
from loadgen.clients.http1.parser import HEAD_END, Framing

MOST_PATTERNS = 16
_MOST_BYTES = 16384
_TELLING = frozenset((b"content-length", b"transfer-encoding", b"connection", b"proxy-connection", b"upgrade"))
_ANY_VALUE = rb":[\t -~\x80-\xff]*+"


class ReplyCache:
    """Of one group of requests; owned by one worker.

    `data` is the last good reply, byte for byte, of a connection that stays open; None where no two are equal. `alike`
    finds whether a reply of `size` bytes (0: none does) says the same as the last one in other words; `patterns_made`
    is how often that was made. `heads` are whole heads and what they say, None where none comes twice.
    """

    def __init__(self, *, repeats: bool = True) -> None:
        self.repeats = repeats
        self.data: bytes | None = None
        self.alike: Callable[[bytes], object] = _never
        self.size = self.patterns_made = 0
        self.heads: dict[bytes, Framing] | None = {} if repeats else None
        self._last = 0

    def update(self, expect: Expect, whole: bytes | None) -> None:
        """Know the replies that are like this one, the last that was read; None for a bad one or one in pieces.

        A pattern is made when two replies in a row were as long as each other: it costs as much as reading a hundred.
        """
        self.data = whole if self.repeats else None
        length = 0 if whole is None or expect.reads_body else len(whole)
        known = length and self.alike(whole)  # type: ignore[arg-type]
        if length and not known and length == self._last and self.patterns_made < MOST_PATTERNS:
            self.patterns_made += 1
            self.alike = known = re.compile(_pattern(whole)).fullmatch  # type: ignore[arg-type]
        self.size = length if known else 0
        self._last = length


def cache_of(group: RequestGroup | None) -> ReplyCache | None:
    """The group's cache, made when its first reply comes."""
    if group is None:
        return None
    if group.cache is None:
        group.cache = ReplyCache(repeats=group.repeats)
    return group.cache  # type: ignore[no-any-return]


def repeatable(data: bytes) -> bytes | None:
    """`data`, if it is short enough to compare every reply with."""
    return data if len(data) <= _MOST_BYTES else None


def _never(_data: bytes) -> None:
    """Stands in until there is a pattern."""


def _pattern(data: bytes) -> bytes:
    head, _, body = data.partition(HEAD_END)
    status_line, *fields = head.split(b"\r\n")
    lines = (re.escape(status_line), *map(_field, fields))
    return b"".join(line + rb"\r\n" for line in lines) + rb"\r\n(?s:.{%d})" % len(body)


def _field(field: bytes) -> bytes:
    name = field.partition(b":")[0]
    return re.escape(field) if name.lower() in _TELLING else re.escape(name) + _ANY_VALUE
