"""The reply that a journey sees: nothing in it is parsed before it is asked for, and then once."""

import json
import re
from copy import deepcopy
from functools import lru_cache
from typing import Any

from loadgen.base.decoding import DecodingError, decode_content
from loadgen.base.error_class import ErrorClass
from loadgen.workloads.scenario.replies.absent import AbsentError, excerpt
from loadgen.workloads.scenario.replies.cookies import name_and_value
from loadgen.workloads.scenario.replies.head import Headers, final_head, start_of_field
from loadgen.workloads.scenario.replies.json_path import compile_json_path

MISSING: Any = object()
"""Stands for a default that was not given."""

_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]+)""", re.IGNORECASE)
_from_json = json.JSONDecoder().raw_decode
_new = object.__new__


class _Elsewhere:
    """What other programs call something that is there by another name: says so, and is as good as absent."""

    __slots__ = ("_instead", "_name")

    def __init__(self, instead: str) -> None:
        self._instead = instead

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    def __get__(self, _reply: object, _owner: type) -> Any:
        raise AttributeError(f"a reply has no {self._name!r}; it has {self._instead}", name=self._name)


class Reply:
    """What came of one request. `ok`: a reply came and is as expected; else `error` says what was wrong, and `detail`
    may say more. `status` is 0 where no reply came. `special` is True where more may follow from it: an error, a
    redirect, a cookie. `parts` are the texts of one that came in parts.

    All replies that are equal byte for byte may be one object: change nothing that it hands out, or ask
    `json(copy=True)` for a value of your own.
    """

    __slots__ = (
        "_at", "_body", "_data", "_encoded", "_head", "_headers", "_json", "_low", "_text", "detail", "error",
        "ok", "special", "status",
    )  # fmt: skip

    parts: tuple[str, ...] = ()

    # A `__getattr__` in their place would make each look at a field of a reply three times as dear.
    status_code = _Elsewhere("`status`")
    content = _Elsewhere("`body`, and `text`")
    raise_for_status = _Elsewhere("`ok`; `needed=True` of a request ends the journey without a good reply")
    reason = _Elsewhere("`status`, and `error` where it was not good")
    iter_lines = _Elsewhere("`text`; parts as they come are timed by `stream:` of a profile")

    def __init__(
        self,
        status: int,
        error: ErrorClass | None,
        data: bytes,
        body_at: int,
        head: bytes = b"",
        detail: str = "",
    ) -> None:
        """`data` is a whole reply with its body from `body_at` on; or its kept body, and `head` the reply's beginning.

        A body that was sent in chunks is in `data` without them.
        """
        self.status = status
        self.error = error
        self.ok = error is None
        self.detail = detail
        self._data = data
        self._at = body_at
        self._head = head
        self._low: bytes | None = None
        self._headers: Headers | None = None
        self._body: bytes | None = None
        self._text: str | None = None
        self._json: Any = MISSING
        start = (head or data[:body_at]).lower()
        self._encoded = b"\ncontent-encoding:" in start
        self.special = error is not None or b"\nset-cookie:" in start or 300 <= status < 400

    def another(self, data: bytes, body_at: int) -> "Reply":
        """One to a whole reply with the same status, error and names of fields: half the price of calling the class."""
        reply: Reply = _new(self.__class__)
        reply.status, reply.error, reply.detail = self.status, self.error, self.detail
        reply.ok, reply.special, reply._encoded = self.ok, self.special, self._encoded
        reply._data, reply._at, reply._head = data, body_at, b""
        reply._low = reply._headers = reply._body = reply._text = None
        reply._json = MISSING
        return reply

    @property
    def body(self) -> bytes:
        """The body, decoded where it has a Content-Encoding. Raises AbsentError where that is broken or too much."""
        if self._body is None:
            body = self._data[self._at :] if self._at else self._data
            if self._encoded and body:
                try:
                    body = decode_content(body, self.header("content-encoding") or "")
                except DecodingError as error:
                    raise AbsentError(str(error)) from error
            self._body = body
        return self._body

    @property
    def text(self) -> str:
        """The body as text in the charset of Content-Type, or UTF-8; bytes that are none are replaced."""
        if self._text is None:
            charset = _CHARSET.search(self.header("content-type") or "")
            self._text = _decoded(self.body, charset[1] if charset else "utf-8")
        return self._text

    @property
    def headers(self) -> Headers:
        """All header fields."""
        if self._headers is None:
            self._lowered()
            lines = self._head.decode("latin-1").split("\n")[1:]
            parts = [line.partition(":") for line in lines if ":" in line]
            self._headers = Headers(tuple((name.strip(), value.strip()) for name, _, value in parts))
        return self._headers

    def header(self, name: str, default: str | None = None) -> str | None:
        """The first header field of that name, in any case."""
        low = self._lowered()
        at = low.find(key := start_of_field(name))
        if at < 0:
            return default
        end = low.find(b"\n", at := at + len(key))
        return self._head[at : end if end >= 0 else None].decode("latin-1").strip()

    @property
    def set_cookies(self) -> tuple[str, ...]:
        """The values of all Set-Cookie fields."""
        if not self.special:
            return ()
        return tuple(value for name, value in self.headers.pairs if name.lower() == "set-cookie")

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies that it sets, by name. Those that the user has are in `user.cookies`."""
        pairs = (name_and_value(value) for value in self.set_cookies)
        return {pair[0]: pair[1] for pair in pairs if pair is not None}

    def json(self, path: str | None = None, *, default: Any = MISSING, copy: bool = False) -> Any:
        """The body as JSON, or what is at a path in it: "items.0.id"; "items.*.id" is a list.

        Raises AbsentError where there is no such thing, unless there is a default. The value is shared by all equal
        replies: with `copy` it is yours to change.
        """
        try:
            if self._json is MISSING:
                self._json = self._parsed()
            value = self._json if path is None else compile_json_path(path).find(self._json)
        except AbsentError as error:
            if default is MISSING:
                raise absent_from(self, str(error)) from None
            return default
        return deepcopy(value) if copy else value

    def find(self, regex: str | re.Pattern[str], group: int | str = 1, default: Any = MISSING) -> Any:
        """What the first match of a regular expression in the body has in a group; the whole match if it has no groups.

        Raises AbsentError where there is none, unless there is a default.
        """
        pattern = compile_regex(regex)
        try:
            found = pattern.search(self.text)
            value = found[group if pattern.groups else 0] if found else None
            if value is None:
                raise AbsentError(f"regex {excerpt(pattern.pattern)}: no match in {self._shown_body()}")
        except AbsentError as error:
            if default is MISSING:
                raise absent_from(self, str(error)) from None
            return default
        return value

    def __repr__(self) -> str:
        what = self.status or "none"
        return f"<Reply {what}{f', {self.error}' if self.error else ''}, {len(self._data) - self._at} bytes>"

    def _lowered(self) -> bytes:
        """The head in small letters. From now on `_head` is that of the final reply, a line for each field."""
        if self._low is None:
            head = final_head(self._head or self._data[: self._at])
            self._head, self._low = head, head.lower()
        return self._low

    def _parsed(self) -> Any:
        try:
            text = str(self.body if self._encoded else self._data[self._at :], "utf-8")
            value, end = _from_json(text)
            if end == len(text):
                return value
        except (ValueError, RecursionError):
            pass
        for body in (self.body, self.text):  # blanks around it; UTF-16, UTF-32 or a byte order mark; another charset
            try:
                return json.loads(body)
            except (ValueError, RecursionError):
                continue
        raise AbsentError(f"no JSON: {self._shown_body()}")

    def _shown_body(self) -> str:
        if not self.body:
            return "an empty body"
        length, kept = self.header("content-length") or "", len(self._data) - self._at
        part = f"the first {kept} of {length} bytes of " if length.isdecimal() and int(length) > kept else ""
        return f"{part}the body {excerpt(self.text)}"


class PartedReply(Reply):
    """One whose `parts` are kept: others have no room for them."""


def failed_reply(reply: Reply, error: ErrorClass, detail: str) -> Reply:
    """The same reply, which is not as expected after all."""
    return Reply(reply.status, error, reply._data, reply._at, reply._head, detail)


@lru_cache(maxsize=1024)
def compile_regex(regex: str | re.Pattern[str]) -> re.Pattern[str]:
    """The compiled pattern. Raises ValueError with what is wrong with it."""
    try:
        return re.compile(regex)
    except re.error as error:
        raise ValueError(f"regex {regex!r}: {error}") from None


def absent_from(reply: Reply, text: str) -> AbsentError:
    """What is not in a reply, with what was wrong with the reply before."""
    if reply.error is None:
        return AbsentError(text)
    return AbsentError(
        f"{text} (status {reply.status})" if reply.status else f"no reply: {reply.detail or reply.error.text}"
    )


def _decoded(body: bytes, charset: str) -> str:
    if charset.lower() in ("utf-8", "utf8"):
        charset = "utf-8-sig"
    try:
        return body.decode(charset, "replace")
    except (LookupError, ValueError):
        return body.decode("utf-8", "replace")
