"""What a client's request gives: the reply with the attributes of requests, and whether it is good."""

import re
from collections.abc import Iterator
from datetime import timedelta
from functools import cached_property
from http import HTTPStatus
from json import JSONDecodeError, loads
from typing import Any

from loadgen.workloads.locust.exceptions import CatchResponseError, LocustError, ResponseError
from loadgen.workloads.locust.http.bodies import FORM
from loadgen.workloads.locust.http.errors import connection_error, http_error, json_error
from loadgen.workloads.locust.http.headers import HeaderDict
from loadgen.workloads.locust.http.links import links_of
from loadgen.workloads.locust.http.urls import path_of
from loadgen.workloads.locust.hub import REDIRECTS, Call
from loadgen.workloads.scenario.replies.absent import AbsentError
from loadgen.workloads.scenario.replies.reply import Reply

_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]+)""", re.IGNORECASE)


class SentRequest:
    """The request of a response."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self.method = call.method
        self.url = call.url
        body: Any = call.body or None
        is_form = isinstance(body, bytes) and body and self.headers.get("content-type", "").startswith(FORM)
        self.body = body.decode() if is_form else body

    @property
    def headers(self) -> HeaderDict:
        return HeaderDict(self._call.headers)

    @property
    def path_url(self) -> str:
        """Path and query."""
        return path_of(self.url)


class Response:
    """A reply; one that never came has status 0 and an `error`. As `with client.get(..., catch_response=True) as
    response` it may be marked by `success()` and `failure()`; left alone it is what its status says.
    """

    _caught: bool | None = None  # None: recorded; False: to be, but not entered yet; True: inside the block
    _marked: bool | BaseException | None = None
    _encoding: str | None = None
    is_open = False

    def __init__(self, owner: Any, call: Call, reply: Reply, took_ns: int) -> None:
        self._owner = owner
        self._call = call
        self._reply = reply
        self.took_ns = self.total_ns = took_ns
        self.status_code = reply.status

    # What was replied

    @property
    def ok(self) -> bool:
        """Whether there was a reply, of a status below 400."""
        return 0 < self.status_code < 400

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        return f"<Response [{self.status_code}]>"

    @property
    def content(self) -> bytes:
        """The body, decompressed."""
        try:
            return self._reply.body if self.status_code else b""
        except AbsentError:
            return b""

    @property
    def encoding(self) -> str | None:
        """The charset of the text; None where nothing says it."""
        if self._encoding is None:
            kind = self.headers.get("content-type") or ""
            found = _CHARSET.search(kind)
            if found:
                self._encoding = found[1]
            elif "json" in kind:
                self._encoding = "utf-8"
            elif kind.startswith("text/"):
                self._encoding = "ISO-8859-1"
        return self._encoding

    @encoding.setter
    def encoding(self, value: str | None) -> None:
        self._encoding = value

    apparent_encoding = "utf-8"

    @property
    def text(self) -> str:
        """The body as text."""
        try:
            return self.content.decode(self.encoding or "utf-8", "replace")
        except LookupError:
            return self.content.decode("utf-8", "replace")

    def json(self, **options: Any) -> Any:
        """The body as JSON, a value of the caller's own. Raises what requests does where it is none."""
        content = self.content
        try:
            return loads(content or b"", **options)
        except JSONDecodeError as error:
            raise json_error(error) from None
        except UnicodeDecodeError:
            return loads(self.text, **options)

    @cached_property
    def headers(self) -> HeaderDict:
        """The header fields, by names in any case; several of one name are joined."""
        return HeaderDict(self._reply.headers if self.status_code else None)

    @cached_property
    def history(self) -> list["Response"]:
        """The redirects that led here."""
        return []

    @cached_property
    def context(self) -> dict[str, Any]:
        """What the file gave for the listeners."""
        return {}

    @property
    def cookies(self) -> Any:
        """The cookies that this reply has set."""
        return self._owner.cookies_of(self._call.url, self._reply)

    @property
    def links(self) -> dict[str, dict[str, str]]:
        """Those of its Link header, by their rel."""
        return links_of(self.headers.get("link"))

    @property
    def url(self) -> str:
        """Where it came from, after redirects."""
        return self._call.url

    @property
    def request(self) -> SentRequest:
        """What was sent for it."""
        return SentRequest(self._call)

    @property
    def reason(self) -> str:
        """The phrase of the status."""
        try:
            return HTTPStatus(self.status_code).phrase
        except ValueError:
            return ""

    @property
    def elapsed(self) -> timedelta:
        """From sending the request to the end of the reply."""
        return timedelta(microseconds=self.took_ns / 1000)

    @property
    def is_redirect(self) -> bool:
        return self.status_code in REDIRECTS and "location" in self.headers

    @property
    def is_permanent_redirect(self) -> bool:
        return self.status_code in (301, 308) and "location" in self.headers

    @property
    def error(self) -> Exception | None:
        """Why there was no reply, as an exception."""
        return None if self.status_code else connection_error(self._reply)

    def raise_for_status(self) -> None:
        """Raise for a status from 400 on, and for a reply that never came."""
        if not self.status_code:
            raise connection_error(self._reply)
        if self.status_code >= 400:
            raise http_error(self, self.url)

    def iter_content(self, chunk_size: int | None = 1, decode_unicode: bool = False) -> Iterator[Any]:
        """The body in pieces; all of it is there already."""
        content: Any = self.text if decode_unicode else self.content
        size = chunk_size or len(content) or 1
        return (content[at : at + size] for at in range(0, len(content), size))

    def iter_lines(self, chunk_size: int = 512, decode_unicode: bool = False, delimiter: Any = None) -> Iterator[Any]:
        """The body by lines, without their ends."""
        content: Any = self.text if decode_unicode else self.content
        return iter(content.split(delimiter) if delimiter else content.splitlines())

    def __iter__(self) -> Iterator[bytes]:
        return self.iter_content(128)

    def read(self, *_size: int) -> bytes:
        """The body."""
        return self.content

    def close(self) -> None:
        """Nothing is open."""

    # Whether it is good

    @cached_property
    def request_meta(self) -> dict[str, Any]:
        """What is told of the request; another `name` renames one that is not recorded yet."""
        method, _, name = self._call.name.partition(" ")
        return {
            "request_type": method,
            "name": name,
            "context": self.context,
            "response": self,
            "response_time": self.total_ns / 1e6,
            "response_length": len(self.content),
            "url": self.url,
            "exception": self.shown_error(),
        }

    def shown_error(self) -> Exception | None:
        """What its status alone says is wrong with it."""
        if self.ok:
            return None
        return (
            http_error(self, self._call.name.partition(" ")[2]) if self.status_code else connection_error(self._reply)
        )

    def __enter__(self) -> "Response":
        if self._caught is False:
            self._caught = True
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> bool:
        if not self._caught:
            return False
        swallowed = False
        if self._marked is None and isinstance(error, ResponseError):
            self._marked, swallowed = error, True
        self.settle()
        return swallowed

    def success(self) -> None:
        """It is good, whatever its status."""
        self._mark(True)

    def failure(self, why: Any) -> None:
        """It is not good: a text, or an exception."""
        self._mark(why if isinstance(why, BaseException) else CatchResponseError(why))

    def _mark(self, verdict: bool | BaseException) -> None:
        if not self._caught and self._marked is None:
            raise LocustError(
                "success() and failure() need a with block: with self.client.get(..., catch_response=True) as response:"
            )
        self._marked = verdict

    def settle(self) -> None:
        """Have it recorded: as it was marked, or as its status says."""
        self._caught = None
        call = self._call
        if (meta := self.__dict__.get("request_meta")) is not None:
            name = f"{meta['request_type']} {meta['name']}"
            call = call if name == call.name else call.renamed(name)
        marked = self._marked
        if marked is None:
            self._marked = marked = self.ok
        if isinstance(marked, BaseException):
            self._owner.settled(self, call, str(marked) or type(marked).__name__, marked)
        else:
            self._owner.settled(self, call, marked, None if marked else self.shown_error())

    # For the client

    @property
    def sent(self) -> Call:
        """What was sent for it, at last."""
        return self._call

    @property
    def reply(self) -> Reply:
        """What came."""
        return self._reply

    @property
    def forgotten(self) -> bool:
        """Whether it was to be caught, and no with block has begun."""
        return self._caught is False

    def open(self) -> "Response":
        """The same, not recorded before its with block ends."""
        self._caught = False
        return self
