"""What a user sends: each request is a step for whoever drives the journey."""

import time
import types
from collections.abc import Callable, Generator, Mapping
from typing import Any

from loadgen.base.error_class import ErrorClass
from loadgen.base.imported import imported
from loadgen.base.units import counted
from loadgen.plan.forms import JSON, to_json
from loadgen.workloads.base import Batch
from loadgen.workloads.scenario.base import InPlace
from loadgen.workloads.scenario.failures import JourneyEndedError
from loadgen.workloads.scenario.replies.cookies import CookieJar
from loadgen.workloads.scenario.replies.reply import Reply, failed_reply
from loadgen.workloads.scenario.sending.arguments import HEADERS_ONLY, PLAIN_OPTIONS, hashable
from loadgen.workloads.scenario.sending.batched import batched
from loadgen.workloads.scenario.sending.headers import UserHeaders
from loadgen.workloads.scenario.sending.redirects import MOST_REDIRECTS, next_request
from loadgen.workloads.scenario.sending.requests import NO_PAIRS, RequestMaker
from loadgen.workloads.scenario.sending.user_request import UserRequest

Steps = Generator[Any, Any, Any]
_Requests = dict[Any, UserRequest]
NOTHING: dict[str, Any] = {}
_JSON = f"Content-Type: {JSON}\r\nContent-Length: "
_JSON_FIELD = (("Content-Type", JSON),)


class Requesting:
    """Requests of one user, with the fields and cookies that it has, and how its journey stands by their replies.

    `in_place` is as in JourneyScript.
    """

    def __init__(self, maker: RequestMaker) -> None:
        self.cookies = CookieJar(maker.origin.host)
        self.journey = ""
        self.failed: ErrorClass | None = None
        self.failed_because = ""
        self.waited_ns = 0
        self._headers = UserHeaders(maker.headers, self._changed, maker.learn)
        self._maker = maker
        self.in_place: InPlace | None = None
        self._end = ""  # of every head: the user's fields and the empty line; "" where it has to be made anew
        self._keeps = False
        self._streams = 0  # that are open: the user's own connection is not free
        self._kept: dict[str, tuple[_Requests, _Requests]] = {}  # of each journey: plain ones by path, and all
        self._gets: _Requests = {}
        self._of_journey: _Requests = {}

    @property
    def headers(self) -> UserHeaders:
        """The fields that are sent with every request; a mapping that is set takes the place of all of them."""
        return self._headers

    @headers.setter
    def headers(self, fields: Mapping[str, str]) -> None:
        given = dict(fields)
        self._headers.clear()
        self._headers.update(given)

    @types.coroutine
    def get(self, path: str, *values: object, **options: Any) -> Steps:
        """GET; gives the Reply."""
        request = self.ready(path, values, options)
        if request is None:
            return (yield from self._send("GET", path, values, options))
        in_place = self.in_place
        reply = (yield request) if in_place is None else in_place(request) or (yield request)
        return (yield from self.settle(reply, request, NOTHING)) if reply.special else reply

    def ready(self, path: str, values: tuple[object, ...], options: dict[str, Any]) -> UserRequest | None:
        """The last GET like this one as the one to send now; None where it takes more than a head to make it."""
        end = self._end or self._make_end()
        request = self._gets.get(path)
        if request is None:
            return None
        if request.end is end and not (values or options or self.cookies.held):
            return request
        recipe, own = request.recipe, ""
        if options:
            if len(options) > 1 or request.given_end is not end or request.given != options.get("headers", NOTHING):
                return None
            own, request.own = request.given_block, request.given_own
        else:
            request.own = NO_PAIRS
        around = recipe.path.around
        if around is not None and len(values) == 1 and type(values[0]) is int:
            request.target = target = f"{around[0]}{values[0]}{around[1]}"
        else:
            request.target = target = recipe.path.render(*values)
        if self.cookies.held:
            own += self._cookie_field(target)
        request.wire = f"{recipe.start}{target}".encode() + request.lay_out(own, end)
        request.end = "" if own or values else end
        return request

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
        in_place = self.in_place
        reply = (yield request) if in_place is None else in_place(request) or (yield request)
        return (yield from self.settle(reply, request, NOTHING)) if reply.special else reply

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
    def grpc(self, file: str, method: str, message: Any = None, **options: Any) -> Steps:
        """A gRPC call of a .proto or a descriptor set beside the scenario's file; gives its answer as a GrpcReply.

        Options: `name`, `headers`, `needed`, and `deadline` in seconds.
        """
        make: Callable[..., UserRequest] = imported("loadgen.workloads.grpc.of_users", "call_request")
        request = make(self._maker, self.journey, self.headers, file, method, message, options)
        reply = yield from self._exchange(request)
        return (yield from self.settle(reply, request, options)) if reply.special else reply

    def stream(self, method: str, path: str, *values: object, **options: Any) -> Any:
        """For `async with`: a reply that is read part by part while it comes, see ReplyStream.

        `stream` is {"kind": "sse"} unless given.
        """
        make_stream = imported("loadgen.workloads.scenario.python.reply_stream", "ReplyStream")
        options = {"stream": {"kind": "sse"}, **options, "redirects": 0}
        return make_stream(
            lambda: self._make(method, path, values, options)[0],
            lambda reply, request: self.settle(reply, request, options),
            self._opened,
        )

    @types.coroutine
    def batch(self, *requests: "str | tuple[Any, ...]") -> Steps:
        """Several at the same time, each on a connection of its own; gives their replies in order.

        Each is a path (GET), or a tuple such as `("POST", "/x/{}", 3, {"json": {...}})`.
        """
        made = [self._make(*batched(item)) for item in requests]
        if not made:
            return []
        replies = yield Batch([request for request, _ in made])
        settled = []
        for (request, options), reply in zip(made, replies, strict=True):
            settled.append((yield from self.settle(reply, request, options)) if reply.special else reply)
        return settled

    # Inside.

    def begin(self, journey: str) -> None:
        """A journey of this name begins."""
        if journey != self.journey:
            self.journey = journey
            self._gets, self._of_journey = self._kept.setdefault(journey, ({}, {}))
        self.failed = None
        self.waited_ns = 0

    def fail(self, error: ErrorClass, because: str) -> None:
        """The journey has failed, for the first such reason."""
        if self.failed is None:
            self.failed, self.failed_because = error, because

    def _changed(self) -> None:
        self._end = ""

    def _make_end(self) -> str:
        self._end = end = f"{self._headers.block}\r\n"
        self._keeps = self._maker.wire and not self._headers.displaces
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
        if request.origin is None and not self._streams:
            in_place = self.in_place
            reply = (yield request) if in_place is None else in_place(request) or (yield request)
        else:
            reply = yield from self._exchange(request)
        if reply.special:
            reply = yield from self.settle(reply, request, options)
        keeps = self._keeps and not self._streams
        if keeps and request.recipe.keeps and request.wire is not None and request.sink is None:
            self._of_journey[key] = request
            if method == "GET" and not (options and options.keys() - HEADERS_ONLY):
                self._gets[path] = request
        return reply

    def settle(self, reply: Reply, request: UserRequest, options: dict[str, Any]) -> Generator[Any, Any, Reply]:
        """What follows from a reply: cookies, redirects, and that it was bad."""
        maker, jar = self._maker, self.cookies
        most, followed = options.get("redirects"), 0
        most = MOST_REDIRECTS if most is None else most
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
                reply = failed_reply(reply, ErrorClass.CHECK_FAILED, f"more than {counted(most, 'redirect')}")
                break
            followed += 1
            request = maker.follow(request, follow, self.headers, jar)
            reply = yield from self._exchange(request)
        if reply.error is not None:
            detail = f"{request.method} {request.target}: {reply.detail or f'status {reply.status}'}"
            self.fail(reply.error, detail)
            if options.get("needed"):
                raise JourneyEndedError(reply.error, detail)
        return reply

    def _exchange(self, request: UserRequest) -> Generator[Any, Any, Reply]:
        """One request; to another origin, or beside a stream, it goes on a connection of its own."""
        if request.origin is None and not self._streams:
            reply: Reply = yield request
        else:
            (reply,) = yield Batch([request])
        return reply

    def _opened(self, streams: int) -> None:
        """So many more streams are open; the short ways of `get` and `post` are for a free connection."""
        self._streams += streams
        if self._streams:
            self._gets, self._of_journey = {}, {}
        else:
            self._gets, self._of_journey = self._kept.setdefault(self.journey, ({}, {}))
