"""From what a user asks for to a Request, in its wire form: what never changes of it is laid out once for a worker."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from loadgen.base.clock import NS_PER_S
from loadgen.base.endpoint import Origin, Tls
from loadgen.base.exchange import JOINED_BODY_BYTES, Fields
from loadgen.base.imported import imported
from loadgen.base.reply import Expect
from loadgen.measure.names import Kind, Names
from loadgen.plan.forms import JSON, encode_body, to_json
from loadgen.plan.tracing import HEADER as TRACE
from loadgen.workloads.scenario.replies.answers import AnsweredGroup
from loadgen.workloads.scenario.replies.answers import group as new_group
from loadgen.workloads.scenario.replies.cookies import CookieJar
from loadgen.workloads.scenario.replies.reply import PartedReply
from loadgen.workloads.scenario.sending.arguments import (
    BODY_OPTIONS,
    JSON_ONLY,
    OPTIONS,
    hashable,
    make_expect,
    read_timeout_ns,
    refuse_unknown,
)
from loadgen.workloads.scenario.sending.headers import UserHeaders, field, header_line
from loadgen.workloads.scenario.sending.paths import compile_path, split_url, with_params
from loadgen.workloads.scenario.sending.redirects import OF_BODIES, Redirect
from loadgen.workloads.scenario.sending.user_request import Recipe, UserRequest
from loadgen.workloads.traces import trace_lines

KEEP_BYTES = 1 << 20
"""So much of a reply's body can be looked at; what comes after it is counted and dropped."""

PER_RUN, PER_USER = "per_run", "per_user"
SETUPS = (PER_RUN, PER_USER)
"""Stand in names where a journey's would."""

BODY_METHODS = frozenset(("POST", "PUT", "PATCH"))
_PLACED = frozenset(("host", "content-type", "content-length", "cookie", "connection", "expect"))
"""Fields of a request's own that stand where others would."""

NOTHING: Mapping[str, Any] = {}
NO_PAIRS: tuple[tuple[str, str], ...] = ()

_OF_ORIGINS = ("authorization", "cookie", "host")
_JUDGED = frozenset(("name", "expect", "needed", "redirects"))


class RequestMaker:
    """One worker's. `headers` are sent by every user; `expect` is what is a good reply where a request does not say it.

    With `wire` requests are made as HTTP/1.1 sends them, else in the parts that other clients take. `learn` is told of
    credentials that users send. With `traces` each request has a trace id, and is made anew. `folder` has
    the files of gRPC calls; it is None without HTTP/2, which they need.
    """

    def __init__(
        self,
        names: Names,
        origin: Origin,
        headers: tuple[tuple[str, str], ...],
        expect: Expect,
        *,
        keep_alive: bool,
        wire: bool,
        learn: Callable[[str], object] = str,
        tls: Tls | None = None,
        traces: bool = False,
        folder: Path | None = None,
        timeout_ns: int = 10 * NS_PER_S,
    ) -> None:
        self.folder = folder
        self._timeout_ns = timeout_ns
        self._trace = trace_lines(traces)
        self.learn = learn
        self.tls = tls or Tls()
        self.origin = origin
        self.headers = headers
        self._names = names
        self._expect = expect
        self._close = "" if keep_alive else "Connection: close\r\n"
        self.wire = wire
        self._recipes: dict[tuple[str, str, str, str | None, Any], Recipe] = {}

    def recipe(self, journey: str, method: str, template: str, name: str | None, expect: Any) -> Recipe:
        """The kind of request that these belong to; its first one gives it its number."""
        key = (journey, method, template, name, hashable(expect))
        recipe = self._recipes.get(key)
        if recipe is None:
            path = compile_path(template)
            if not isinstance(name, str | None):
                raise TypeError(f"name: expected a text, got {name!r}")
            if not (isinstance(method, str) and method.replace("-", "").isalpha()):
                raise TypeError(f"expected a method such as 'GET', got {method!r}")
            step = name or f"{method} {template}"
            kind = Kind.SETUP if journey in SETUPS else Kind.REQUEST
            number = self._names.number(kind, f"{journey}/{step}" if journey else step)
            good = self._expect if expect is None else make_expect(expect)
            keeps = path.origin is None and not path.roams and self._trace is None
            middle = self._middle(path.origin)
            recipe = Recipe(number, method, path, new_group(good), good, f"{method} ", middle, keeps)
            self._recipes[key] = recipe
        return recipe

    def make(
        self,
        recipe: Recipe,
        values: tuple[object, ...],
        headers: UserHeaders,
        jar: CookieJar,
        options: Mapping[str, Any],
    ) -> UserRequest:
        """The request to send. Raises ValueError or TypeError for what cannot be sent."""
        refuse_unknown(options)
        target, origin = recipe.path.render(*values), recipe.path.origin
        if recipe.path.roams and not target.startswith("/"):
            origin, target = split_url(target)
        if "params" in options:
            target = with_params(target, options["params"])
        kind, body = encode_body(options) if BODY_OPTIONS & options.keys() else (None, b"")
        own = [field(name, value) for name, value in dict(options.get("headers") or {}).items() if value is not None]
        if (
            kind is not None
            and "content-type" not in headers
            and all(name.lower() != "content-type" for name, _ in own)
        ):
            own.append(("Content-Type", kind))
        block = self.block(headers, tuple(own), jar, origin or self.origin, target)
        timeout_ns = read_timeout_ns(options.get("timeout"))
        request = self.request(recipe, target, block, tuple(own), body, origin, timeout_ns)
        if "stream" in options:
            rules = imported("loadgen.workloads.parts.reader", "rules_of")(options["stream"])
            request.group = AnsweredGroup(repeats=False, keeps_body=True)
            request.group.reply_class = PartedReply
            read = imported("loadgen.workloads.parts.reader", "read_in_parts")
            read(request, rules, timeout_ns or self._timeout_ns, recipe.expect).keeps = True
        return request

    def renew(
        self,
        request: UserRequest,
        values: tuple[object, ...],
        headers: UserHeaders,
        jar: CookieJar,
        options: Mapping[str, Any],
        end: str,
    ) -> bool:
        """Make the next request of the last one like it, whose options differ at most in what is sent; False where it
        has to be made anew. `end` are the user's fields and the empty line. Raises as `make` does.
        """
        recipe, own, block, body = request.recipe, NO_PAIRS, "", b""
        target, timeout_ns = recipe.path.render(*values), None
        if not options.keys() <= _JUDGED:
            if not options.keys() <= OPTIONS or "stream" in options:
                return False
            given = options.get("headers")
            if given and request.given == given and request.given_end is end:
                own, block = request.given_own, request.given_block
            elif given:
                fields = dict(given)
                for name, value in fields.items():
                    if value is not None:
                        lowered, line = header_line(name, value)
                        if lowered in headers or lowered in _PLACED:
                            return False
                        own, block = (*own, (name, str(value))), block + line
                texts = all(isinstance(value, str) for value in fields.values())  # 1 is True, but not as a text
                request.given, request.given_end = fields if texts else None, end
                request.given_own, request.given_block = own, block
            if bodies := BODY_OPTIONS & options.keys():
                kind: str | None
                if bodies == JSON_ONLY and options["json"] is not None:
                    kind, body = JSON, to_json(options["json"]).encode()
                else:
                    kind, body = encode_body(options)
                if len(body) > JOINED_BODY_BYTES:
                    return False
                if kind is not None:
                    own, block = (*own, ("Content-Type", kind)), f"{block}Content-Type: {kind}\r\n"
            if "params" in options:
                target = with_params(target, options["params"])
            timeout_ns = read_timeout_ns(options.get("timeout"))
        if body or recipe.method in BODY_METHODS:
            block = f"{block}Content-Length: {len(body)}\r\n"
        if jar and (line := jar.header(self.origin, target, time.time())):
            block = f"{block}Cookie: {line}\r\n"
        request.target, request.body, request.own, request.end, request.timeout_ns = target, body, own, "", timeout_ns
        head = f"{recipe.start}{target}{recipe.middle}{block}{end}".encode("latin-1")
        request.wire = head + body if body else head
        return True

    def follow(self, request: UserRequest, redirect: Redirect, headers: UserHeaders, jar: CookieJar) -> UserRequest:
        """The request to which a redirect leads, under the name of the one that was redirected.

        It has the same fields, but none that tell of a body that is no longer there, and at another origin none that
        say who the user is.
        """
        key = ("", redirect.method, "", str(request.name_id), None)
        recipe = self._recipes.get(key)
        if recipe is None:
            path, start = compile_path("/"), f"{redirect.method} "
            middle = self._middle(None)
            recipe = Recipe(
                request.name_id, redirect.method, path, new_group(), request.expect, start, middle, keeps=False
            )
            self._recipes[key] = recipe
        dropped = (() if redirect.keep_body else OF_BODIES) + (() if redirect.same_origin else _OF_ORIGINS)
        own = tuple((name, value) for name, value in request.own if name.lower() not in dropped)
        block = self.block(headers, own, jar, redirect.origin, redirect.target, dropped)
        body = request.body if redirect.keep_body and isinstance(request.body, bytes) else b""
        return self.request(recipe, redirect.target, block, own, body, redirect.origin, request.timeout_ns)

    def block(
        self,
        headers: UserHeaders,
        own: tuple[tuple[str, str], ...],
        jar: CookieJar,
        origin: Origin,
        target: str,
        dropped: tuple[str, ...] = (),
    ) -> str:
        """The fields of the user, those of the request, which take the place of others, and the cookies."""
        replaced = {*dropped, *(name.lower() for name, _ in own)}
        block = headers.without(replaced) if replaced else headers.block
        block += "".join(f"{name}: {value}\r\n" for name, value in own)
        line = (
            jar.header(origin, target, time.time()) if jar and all(name.lower() != "cookie" for name, _ in own) else ""
        )
        if self._trace is not None and TRACE not in replaced and TRACE not in headers:
            block += self._trace()
        return f"{block}Cookie: {line}\r\n" if line else block

    def _middle(self, origin: Origin | None) -> str:
        return f" HTTP/1.1\r\nHost: {(origin or self.origin).authority}\r\n{self._close}"

    def request(
        self,
        recipe: Recipe,
        target: str,
        block: str,
        own: tuple[tuple[str, str], ...],
        body: bytes,
        origin: Origin | None,
        timeout_ns: int | None,
    ) -> UserRequest:
        """The same of its parts: `block` are all its fields but Host and those of its body's length."""
        if origin == self.origin:
            origin = None
        request = UserRequest(
            recipe.name_id, recipe.method, target, _NO_FIELDS, body=body, expect=recipe.expect, keep=KEEP_BYTES,
            group=recipe.group, awaited=True, origin=origin, timeout_ns=timeout_ns,
        )  # fmt: skip
        request.recipe, request.own, request.end = recipe, own, ""
        request.given, request.given_end = None, ""
        request.rest, request.rest_own, request.rest_end = b"", "", ""
        names = f"\r\n{block}".lower()
        names_host, waits = "\r\nhost:" in names, body != b"" and _EXPECT in names
        if waits:
            request.send_apart()
        if self.wire and not request.streams and not names_host:
            length = f"Content-Length: {len(body)}\r\n" if body or recipe.method in BODY_METHODS else ""
            middle = recipe.middle if origin is recipe.path.origin else self._middle(origin)
            head = f"{recipe.start}{target}{middle}{block}{length}\r\n".encode("latin-1")
            request.wire = head + body if body else head
        else:
            request.fields = _FIELDS[names_host, waits].with_block(block.encode("latin-1"))
        return request


_NO_FIELDS = Fields(())
_EXPECT = "\r\nexpect: 100-continue\r\n"
_FIELDS = {
    (names_host, waits): Fields((*((("Host", ""),) * names_host), *((("Expect", "100-continue"),) * waits)))
    for names_host in (False, True)
    for waits in (False, True)
}
