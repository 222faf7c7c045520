"""The user that a journey is given: what it can ask for. Each request is a step for whoever drives the journey."""

import time
import types
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from random import Random
from types import MappingProxyType
from typing import Any, ClassVar

from loadgen.base.clock import Clock, s_to_ns
from loadgen.base.exchange import ErrorClass
from loadgen.measure.names import Kind
from loadgen.plan.forms import JSON, to_json
from loadgen.workloads.base import Batch, Pause
from loadgen.workloads.scenario.data.feeds import FeedEndedError
from loadgen.workloads.scenario.failures import JourneyEndedError, class_of
from loadgen.workloads.scenario.journeys import Journeys
from loadgen.workloads.scenario.replies.cookies import CookieJar
from loadgen.workloads.scenario.replies.reply import Reply, failed_reply
from loadgen.workloads.scenario.sending.headers import UserHeaders
from loadgen.workloads.scenario.sending.paths import compile_path
from loadgen.workloads.scenario.sending.redirects import MOST_REDIRECTS, next_request
from loadgen.workloads.scenario.sending.requests import (
    HEADERS_ONLY,
    NO_PAIRS,
    PLAIN_OPTIONS,
    RequestMaker,
    UserRequest,
    hashable,
)

Steps = Generator[Any, Any, Any]
_Requests = dict[Any, UserRequest]
NOTHING: dict[str, Any] = {}
_JSON = f"Content-Type: {JSON}\r\nContent-Length: "
_JSON_FIELD = (("Content-Type", JSON),)


class User:
    """One simulated user, for as long as the run lasts; subclasses may add attributes of their own.

    `number` is its number among all users, from 0. `random` is seeded: a run with the same seed draws the same.
    `shared` is what `per_run` yielded. Requests: `get`, `post`, `put`, `patch`, `delete`, `head`, `options` and
    `request` with a method of your own; they take a path whose `{}` are filled with the values that follow,
    percent-encoded (`{+}`: as they are), and

    - `name`: its name in reports; else the method and the path with its `{}`
    - `params`, `json`, `form`, `data`, `files`, `headers`: what is sent
    - `expect`: 201, "2xx", or {"status": ..., "contains": ..., "length": ...}: what is a good reply
    - `needed=True`: a bad reply ends the journey
    - `timeout`: seconds; `redirects`: how many are followed (10), 0 for none
    """

    _waiting: ClassVar["type[User]"]
    """The same class for plain functions, once that was made."""

    def __init__(
        self,
        number: int,
        maker: RequestMaker,
        journeys: Journeys,
        shared: Any,
        seed: int,
        rows: Callable[[Any, int], Any],
    ) -> None:
        self.number = number
        self.shared = shared
        self.headers = UserHeaders(maker.headers, self._changed, maker.learn)
        self.cookies = CookieJar(maker.origin.host)
        self.journey = ""
        self.failed: ErrorClass | None = None
        self.failed_because = ""
        self.waited_ns = 0
        self._maker = maker
        self._journeys = journeys
        self._clock: Clock = journeys.clock
        self._seed = seed
        self._rows = rows
        self._random: Random | None = None
        self._groups: list[str] = []
        self._end = ""  # of every head: the user's fields and the empty line; "" where it has to be made anew
        self._keeps = False
        self._kept: dict[str, tuple[_Requests, _Requests]] = {}  # of each journey: plain ones by path, and all
        self._gets: _Requests = {}
        self._of_journey: _Requests = {}

    @property
    def random(self) -> Random:
        """Draws the same for the same seed and user."""
        if self._random is None:
            self._random = Random(f"{self._seed}/{self.number}")
        return self._random

    def row(self, feed: Any) -> Any:
        """The next row of a feed that is this user's, as a mapping."""
        return self._rows(feed, self.number)

    # Requests.

    @types.coroutine
    def get(self, path: str, *values: object, **options: Any) -> Steps:
        """GET; gives the Reply."""
        end = self._end or self._make_end()
        request = self._gets.get(path)
        if request is None:
            return (yield from self._send("GET", path, values, options))
        recipe = request.recipe
        if options:
            if len(options) > 1 or request.given_end is not end or request.given != options.get("headers", NOTHING):
                return (yield from self._send("GET", path, values, options))
            own, varies = request.given_block, True
            request.own = request.given_own
        else:
            own, varies = "", bool(values) or request.end is not end
            request.own = NO_PAIRS
        if values:
            request.target = recipe.path.render(*values)
        if self.cookies.held and (cookies := self._cookie_field(request.target)):
            own, varies = own + cookies, True
        if varies:
            request.wire = f"{recipe.start}{request.target}{recipe.middle}{own}{end}".encode("latin-1")
            request.end = "" if own else end
        reply = yield request
        return (yield from self._settle(reply, request, NOTHING)) if reply.special else reply

    @types.coroutine
    def post(self, path: str, *values: object, **options: Any) -> Steps:
        """POST; gives the Reply."""
        end = self._end or self._make_end()
        request = self._of_journey.get(("POST", path))
        if request is None or len(options) != 1 or options.get("json") is None:
            return (yield from self._send("POST", path, values, options))
        recipe, body = request.recipe, to_json(options["json"]).encode()
        request.target = target = recipe.path.render(*values)
        cookies = self._cookie_field(target) if self.cookies.held else ""
        head = f"{recipe.start}{target}{recipe.middle}{_JSON}{len(body)}\r\n{cookies}{end}"
        request.body, request.own = body, _JSON_FIELD
        request.wire = head.encode("latin-1") + body
        reply = yield request
        return (yield from self._settle(reply, request, NOTHING)) if reply.special else reply

    @types.coroutine
    def put(self, path: str, *values: object, **options: Any) -> Steps:
        """PUT; gives the Reply."""
        return (yield from self._send("PUT", path, values, options))

    @types.coroutine
    def patch(self, path: str, *values: object, **options: Any) -> Steps:
        """PATCH; gives the Reply."""
        return (yield from self._send("PATCH", path, values, options))

    @types.coroutine
    def delete(self, path: str, *values: object, **options: Any) -> Steps:
        """DELETE; gives the Reply."""
        return (yield from self._send("DELETE", path, values, options))

    @types.coroutine
    def head(self, path: str, *values: object, **options: Any) -> Steps:
        """HEAD; gives the Reply."""
        return (yield from self._send("HEAD", path, values, options))

    @types.coroutine
    def options(self, path: str, *values: object, **options: Any) -> Steps:
        """OPTIONS; gives the Reply."""
        return (yield from self._send("OPTIONS", path, values, options))

    @types.coroutine
    def request(self, method: str, path: str, *values: object, **options: Any) -> Steps:
        """A method of your own; gives the Reply."""
        return (yield from self._send(method, path, values, options))

    @types.coroutine
    def batch(self, *requests: "str | tuple[Any, ...]") -> Steps:
        """Several at the same time, each on a connection of its own; gives their replies in order.

        Each is a path (GET), or a tuple such as `("POST", "/x/{}", 3, {"json": {...}})`.
        """
        made = [self._make(*_batched(item)) for item in requests]
        if not made:
            return []
        replies = yield Batch([request for request, _ in made])
        settled = []
        for (request, options), reply in zip(made, replies, strict=True):
            settled.append((yield from self._settle(reply, request, options)) if reply.special else reply)
        return settled

    # What is not a request.

    @types.coroutine
    def pause(self, seconds: float, to: float | None = None) -> Steps:
        """Do nothing for so long, or for a time drawn from a range: it is not part of a group's or journey's time."""
        drawn = seconds if to is None else seconds + (to - seconds) * self.random.random()
        if drawn < 0:
            raise ValueError(f"pause: expected seconds from 0, got {drawn!r}")
        began_ns = self._clock()
        yield Pause(began_ns + s_to_ns(drawn))
        self.waited_ns += self._clock() - began_ns

    @contextmanager
    def group(self, name: str) -> Iterator[None]:
        """Time what is inside as one, its pauses left out; groups may stand in groups."""
        began_ns, waited_ns, failed, cut = self._clock(), self.waited_ns, self.failed, False
        self.failed = None
        self._groups.append(name)
        try:
            yield
        except BaseException as error:
            cut = isinstance(error, GeneratorExit | FeedEndedError)
            self.failed = self.failed or (None if cut else class_of(error))
            raise
        finally:
            took_ns = self._clock() - began_ns - (self.waited_ns - waited_ns)
            full = "/".join((self.journey, *self._groups)) if self.journey else "/".join(self._groups)
            self._groups.pop()
            if not cut:
                self._note(Kind.GROUP, full, self.failed, took_ns, self.failed_because)
            self.failed = failed or self.failed

    @types.coroutine
    def call(self, name: str, function: Callable[..., Any], *args: Any, in_thread: bool = False) -> Steps:
        """Time anything: a coroutine function or a plain one. Gives a Called: `ok`, `value`, `error`.

        A plain function holds up all users of its loop while it runs, but not `in_thread`.
        """
        from loadgen.workloads.scenario.python.calls import called

        began_ns = self._clock()
        outcome = yield from called(function, args, in_thread=in_thread)
        error = None if outcome.ok else ErrorClass.CALL_FAILED
        full = f"{self.journey}/{name}" if self.journey else name
        self._note(Kind.CALL, full, error, self._clock() - began_ns, outcome.detail)
        if error is not None:
            self.fail(error, outcome.detail)
        return outcome

    def websocket(
        self,
        path: str,
        *values: object,
        name: str | None = None,
        subprotocols: Iterable[str] = (),
        headers: Mapping[str, str] = MappingProxyType({}),
        compress: bool = False,
        timeout: float = 10.0,
    ) -> Any:
        """A WebSocket for `async with`: see its class. It is open within `timeout` seconds, or the journey fails.

        In reports it is `name`, or "WS" and the path with its `{}`: one row for its opening, one for round trips.
        """
        from loadgen.workloads.scenario.websocket.connect import make_websocket

        full = name or f"WS {path}"
        prefix = f"{self.journey}/{full}" if self.journey else full

        def note(part: str, error: ErrorClass | None, took_ns: int, detail: str) -> None:
            self._note(Kind.CALL, f"{prefix} {part}", error, took_ns, detail)
            if error is not None:
                self.fail(error, detail)

        at = path.find("/", path.find("://") + 3) if "://" in path else 0
        target = path[:at] + compile_path(path[at:]).render(*values) if at >= 0 else path
        fields = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        fields += self.headers.block + (self._cookie_field(target) if target.startswith("/") else "")
        return make_websocket(
            target, self._maker.origin, self._maker.tls, fields, note, self._clock,
            subprotocols=subprotocols, compress=compress, timeout_s=timeout,
        )  # fmt: skip

    def check(self, name: str, good: object) -> bool:
        """Count whether something holds; one that does not makes the journey fail, and lets it go on."""
        holds = bool(good)
        journeys = self._journeys
        journeys.transactions.check(journeys.names.number(Kind.CHECK, name), holds)
        if not holds:
            self.fail(ErrorClass.CHECK_FAILED, f"check {name!r} does not hold")
        return holds

    # Inside.

    def fail(self, error: ErrorClass, because: str) -> None:
        """The journey has failed, for the first such reason."""
        if self.failed is None:
            self.failed, self.failed_because = error, because

    def _note(self, kind: Kind, name: str, error: ErrorClass | None, took_ns: int, detail: str) -> None:
        journeys = self._journeys
        number = journeys.names.number(kind, name)
        if error is None:
            journeys.transactions.samples(number).samples.append(took_ns)
        else:
            journeys.transactions.fail(number, error, took_ns, 0, detail, "")
            if kind is Kind.CALL:
                journeys.on_failure(self._clock())

    def begin(self, journey: str) -> None:
        """A journey of this name begins."""
        if journey != self.journey:
            self.journey = journey
            self._gets, self._of_journey = self._kept.setdefault(journey, ({}, {}))
        self.failed = None
        self.waited_ns = 0

    def _changed(self) -> None:
        self._end = ""

    def _make_end(self) -> str:
        self._end = end = f"{self.headers.block}\r\n"
        self._keeps = self._maker.wire and not ("host" in self.headers or "content-type" in self.headers)
        if not self._keeps:  # such a field takes the place of one that a request has of its own
            self._kept.clear()
            self._gets, self._of_journey = {}, {}
        return end

    def _make(
        self, method: str, path: str, values: tuple[object, ...], options: dict[str, Any]
    ) -> tuple[UserRequest, dict[str, Any]]:
        maker, jar = self._maker, self.cookies
        recipe = maker.recipe(self.journey, method, path, options.get("name"), options.get("expect"))
        return maker.make(recipe, values, self.headers, jar, options), options

    def _cookie_field(self, target: str) -> str:
        line = self.cookies.header(self._maker.origin, target, time.time())
        return f"Cookie: {line}\r\n" if line else ""

    def _send(self, method: str, path: str, values: tuple[object, ...], options: dict[str, Any]) -> Steps:
        end = self._end or self._make_end()
        key: tuple[Any, ...] = method, path
        if not options.keys() <= PLAIN_OPTIONS:
            key = method, path, options.get("name"), hashable(options.get("expect"))
        request = self._of_journey.get(key)
        if request is None or not self._maker.renew(request, values, self.headers, self.cookies, options, end):
            request, _ = self._make(method, path, values, options)
        if request.origin is None:
            reply = yield request
        else:
            reply = yield from _exchange(request)
        if reply.special:
            reply = yield from self._settle(reply, request, options)
        if self._keeps and request.recipe.keeps and request.wire is not None:
            self._of_journey[key] = request
            if method == "GET" and not (options and options.keys() - HEADERS_ONLY):
                self._gets[path] = request
        return reply

    def _settle(self, reply: Reply, request: UserRequest, options: dict[str, Any]) -> Generator[Any, Any, Reply]:
        """What follows from a reply: cookies, redirects, and that it was bad."""
        maker, jar = self._maker, self.cookies
        most, followed = options.get("redirects", MOST_REDIRECTS), 0
        while True:
            origin = request.origin or maker.origin
            if reply.set_cookies:
                jar.receive(origin, request.target, reply.set_cookies, time.time())
            follow = (
                next_request(reply, request.method, request.target, origin)
                if most > 0 and reply.status // 100 == 3
                else None
            )
            if follow is None:
                break
            if followed == most:
                reply = failed_reply(reply, ErrorClass.CHECK_FAILED, f"more than {most} redirects")
                break
            followed += 1
            request = maker.follow(request, follow, self.headers, jar)
            reply = yield from _exchange(request)
        if reply.error is not None:
            detail = f"{request.method} {request.target}: {reply.detail or f'status {reply.status}'}"
            self.fail(reply.error, detail)
            if options.get("needed"):
                raise JourneyEndedError(reply.error, detail)
        return reply


def _exchange(request: UserRequest) -> Generator[Any, Any, Reply]:
    """One request; to another origin it goes on a connection of its own."""
    if request.origin is None:
        reply: Reply = yield request
    else:
        (reply,) = yield Batch([request])
    return reply


def _batched(item: "str | tuple[Any, ...]") -> tuple[str, str, tuple[object, ...], dict[str, Any]]:
    if isinstance(item, str):
        return "GET", item, (), {}
    method, path, *values = item
    options = values.pop() if values and isinstance(values[-1], dict) else {}
    return method, path, tuple(values), options
