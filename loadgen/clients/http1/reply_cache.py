"""What a group's last replies were, so that one like them need not be parsed again.

What differs between two of them are dates, ids and tags, and the bytes of the body, often their number too. A store
puts an id of its own into every reply, so that none equals another. But a pattern of a head, in which only those fields
are fixed that say where a reply ends and whether its connection stays open, tells as surely that the next one means the
same, and for a fifth of what reading it costs. The length is free: it must be that of the bytes that came.
"""

import re
from collections.abc import Callable
from dataclasses import replace

from loadgen.base.exchange import Request, RequestGroup
from loadgen.base.reply import Reply
from loadgen.clients.http1.framing import BODILESS, HEAD_END, Framing

MOST_KINDS = 4
MOST_LOOKS = 32
LOOK_EVERY = 256
LONGEST_COMPARED = 16384

_HEAD = re.compile(
    rb"HTTP/1\.[01] [2-5]\d\d [\t -~\x80-\xff]*+\r\n(?:[!#$%&'*+.^_`|~0-9A-Za-z-]++:[\t -~\x80-\xff]*+\r\n)*+\r\n"
)
_FIXED = frozenset((b"transfer-encoding", b"connection", b"proxy-connection", b"upgrade"))
_LENGTH = re.compile(rb"([ \t]*)(\d{1,15})([ \t]*)")
_ANY_LENGTH = rb"\d{1,15}"
_ANY_VALUE = rb":[\t -~\x80-\xff]*+"


Alike = Callable[..., bool]


class _Kind:
    """Replies with the same head but for its values. `reply` is what all of them come to, without the bytes of a body;
    the rest is what the recorder said of one that was read.
    """

    __slots__ = ("add", "add_all", "add_lag", "alike", "matches", "reply", "resize")

    def __init__(self, matches: Callable[[bytes], re.Match[bytes] | None], reply: Reply, group: RequestGroup) -> None:
        self.matches = matches
        self.reply = replace(reply, kept=b"")
        self.add, self.add_all, self.add_lag, self.resize = group.add, group.add_all, group.add_lag, group.resize
        self.alike: Alike = _never


class ReplyCache:
    """Of one group of requests; owned by one thread.

    `data` is the last good reply, byte for byte, of a connection that stays open; None where no two are equal. `alike`
    finds whether a reply, all of it and no more, says the same as one before in other words, and tells the group.
    `reply` is what the last one, equal, alike or read, came to. `heads` are whole heads and what they say, None where
    none comes twice. `patterns_made` is how many kinds of heads were learnt.
    """

    def __init__(self, group: RequestGroup) -> None:
        self.data: bytes | None = None
        self.reply: Reply | None = None
        self.alike: Alike = _never
        self.heads: dict[bytes, Framing] | None = {} if group.repeats else None
        self.patterns_made = 0
        self._group = group
        self._kinds: dict[bytes, _Kind] = {}
        self._kind: _Kind | None = None  # of the last reply
        self._size = self._body_at = 0
        self._written = b""  # the number of the bytes of its body
        self._unknown = 0
        self._seen: set[bytes] = set()

    def update(self, request: Request, reply: Reply, whole: bytes | None, body_at: int, *, good: bool = True) -> None:
        """Know the replies that are like this one, the last that was read, whose body begins at `body_at`.

        `whole` is None for one in pieces. Of one that is not `good` only equal ones are known. A pattern is made when a
        head comes for the second time: it costs as much as reading a hundred. Where heads keep changing they are looked
        at now and then.
        """
        if self._kinds and self.alike is _never:
            self.alike = next(iter(self._kinds.values())).alike
        self.reply, self._kind = reply, None
        self.data = whole if self._group.repeats and whole is not None and len(whole) <= LONGEST_COMPARED else None
        if whole is None or not good or request.expect.reads_body:
            return
        self._unknown += 1
        if self._unknown > MOST_LOOKS and self._unknown % LOOK_EVERY:
            return
        has_body, length = request.method != "HEAD" and reply.status not in BODILESS, request.expect.length
        pattern = _pattern(whole[:body_at], has_body=has_body, fixed=length is not None)
        if pattern is None:
            return
        if pattern not in self._seen:
            if len(self._seen) == MOST_LOOKS:
                self._seen.clear()
            self._seen.add(pattern)
            return
        self._learn(pattern, reply, length if has_body else 0)

    def pause(self) -> None:
        """Know none until the next is read: the last one's connection had to be closed, and so may the next one's."""
        self.data, self.alike = None, _never

    def _learn(self, pattern: bytes, reply: Reply, length: int | None) -> None:
        self._seen.discard(pattern)
        if len(self._kinds) == MOST_KINDS:
            del self._kinds[next(iter(self._kinds))]
        self.patterns_made += 1
        kind = self._kinds[pattern] = _Kind(re.compile(pattern).match, reply, self._group)
        kind.alike = self.alike = self._finder(kind, length)

    def _finder(self, kind: _Kind, length: int | None) -> Alike:
        """`alike`, where the last reply was of this kind. A closure is half the price of a method's attributes."""
        group, matches = self._group, kind.matches
        repeats = group.repeats

        def alike(data: bytes, found: re.Match[bytes] | None = None) -> bool:
            if found is None:
                found = matches(data)
                if found is None:
                    return self._is_another(data, kind)
            body_at, size, written = found.end(), len(data), found[1] if length is None else b""
            if written != self._written or self._body_at != body_at or self._size != size or self._kind is not kind:
                if body_at + (int(written) if length is None else length) != size:
                    return False
                self._turn_to(kind, size, body_at)
                self._written, group.body_at = written, body_at
            group.data = data
            if repeats:
                self.data = data if size <= LONGEST_COMPARED else None
            return True

        return alike

    def _is_another(self, data: bytes, last: _Kind) -> bool:
        for kind in self._kinds.values():
            if kind is not last and (found := kind.matches(data)):
                return kind.alike(data, found)
        return False

    def _turn_to(self, kind: _Kind, size: int, body_at: int) -> None:
        """From here on replies are of this kind and size."""
        group, reply = self._group, kind.reply
        if kind is not self._kind:
            self._kind, self.alike, self.reply = kind, kind.alike, reply
            group.reply, group.add, group.add_all = reply, kind.add, kind.add_all
            group.add_lag, group.resize = kind.add_lag, kind.resize
        self._size = reply.wire_length = size
        self._body_at = body_at
        reply.body_length = size - body_at
        group.resize(size)


def cache_of(group: RequestGroup | None) -> ReplyCache | None:
    """The group's cache, made when its first reply comes."""
    if group is None:
        return None
    if group.cache is None:
        group.cache = ReplyCache(group)
    return group.cache  # type: ignore[no-any-return]


def _never(_data: bytes) -> bool:
    """Stands in until there is a pattern."""
    return False


def _pattern(head: bytes, *, has_body: bool, fixed: bool) -> bytes | None:
    """What heads like this one match: with its fields in their order, and one Content-Length, which is a group.

    With `fixed` the length of a body is as fixed as all else that tells of the framing. None for a head that leaves any
    doubt.
    """
    if _HEAD.fullmatch(head) is None:
        return None
    status_line, *fields = head[: -len(HEAD_END)].split(b"\r\n")
    lines, lengths = [re.escape(status_line)], 0
    for field in fields:
        name, _, value = field.partition(b":")
        lowered = name.lower()
        if lowered == b"content-length":
            lengths += 1
            parts = _LENGTH.fullmatch(value)
            if parts is None:
                return None
            digits = parts[2] if has_body and fixed else _ANY_LENGTH
            lines.append(re.escape(name) + b":" + parts[1] + b"(" + digits + b")" + parts[3])
        else:
            lines.append(re.escape(field) if lowered in _FIXED else re.escape(name) + _ANY_VALUE)
    if lengths > 1 or lengths < has_body:
        return None
    return b"".join(line + rb"\r\n" for line in lines) + rb"\r\n"
