"""A request of a profile becomes a RequestSpec: joined with the target, the common headers and the variables."""

import json
import re
from base64 import b64encode
from collections.abc import Iterable
from typing import Any

from loadgen import __version__
from loadgen.base.endpoint import Origin
from loadgen.base.exchange import is_continue
from loadgen.base.reply import Expect
from loadgen.base.units import listed
from loadgen.plan.encodings import body_kind, encode_path
from loadgen.plan.jobs.http import RequestSpec, Variable
from loadgen.plan.jobs.parts import PartsSpec
from loadgen.plan.jobs.websocket import WebSocketSpec
from loadgen.plan.places import PLACE
from loadgen.plan.problems import Problem, Where
from loadgen.plan.profiles import fields
from loadgen.plan.profiles.address import request_place
from loadgen.plan.profiles.form_values import encoded_form
from loadgen.plan.profiles.grpc_requests import grpc_call
from loadgen.plan.profiles.journey_names import JourneyNames
from loadgen.plan.profiles.profile import Profile
from loadgen.plan.profiles.protocols import waiting_problems
from loadgen.plan.profiles.request_profile import BODIES, GrpcProfile, RequestKeys
from loadgen.plan.profiles.variables import PLACEHOLDER

_NUMBER = re.compile(rb"-?(0|[1-9][0-9]*)(\.[0-9]+)?")


class RequestMaker:
    """One request of a profile, and what is wrong with it. Of `names` the values are found out while it runs."""

    def __init__(
        self,
        profile: Profile,
        request: RequestKeys,
        where: Where,
        changing: dict[str, Variable],
        names: JourneyNames = JourneyNames(),  # noqa: B008
    ) -> None:
        self._names = names
        self._profile = profile
        self._request = request
        self._where = where
        self._changing = changing
        self.problems: list[Problem] = []

    def spec(self, weight: float = 1.0) -> RequestSpec:
        request = self._request
        if request.grpc is not None:
            return self._grpc(request, request.grpc, weight)
        body = self._body()
        origin, path = self._place()
        expect = request.expect
        headers = self._headers()
        if any(is_continue(*pair) for pair in headers) and (body or request.body_file):
            self.problems += [Problem((key,), said) for key, said in waiting_problems(self._profile)]
        return RequestSpec(
            name=request.name or "",
            method=request.method or ("POST" if request.bodies else "GET"),
            path=path,
            weight=weight,
            headers=headers,
            body=body,
            body_file=request.body_file,
            body_kind="json" if "json" in request.bodies else body_kind(headers),
            expect=Expect(
                expect.status, expect.body_contains, expect.length, self._profile.compressed, expect.checks, expect.time
            ),
            stream=self._stream(),
            websocket=self._websocket(),
            origin=origin,
            multipart=request.multipart or (),
        )

    def _grpc(self, request: RequestKeys, grpc: GrpcProfile, weight: float) -> RequestSpec:
        given = [key for key in ("path", "method", "expect") if key in request.given]
        for key in (*request.bodies, *given):
            said = "is good when its status is OK" if key == "expect" else "is said by its method and message"
            self._problem(key, f"cannot be combined with grpc: a call {said}")
        text = self._as_json(grpc.message, "grpc")
        places = self._profile.origins.places
        call, body, problems = grpc_call(grpc, text, (*self._where, "grpc"), places, [*self._changing.values()])
        self.problems += problems
        pairs = tuple(pair for pair in self._headers() if pair[0].lower() not in ("content-type", "te", "grpc-timeout"))
        pairs += (("Content-Type", "application/grpc"), ("TE", "trailers"))
        if grpc.deadline is not None:
            pairs += (("grpc-timeout", f"{max(1, round(grpc.deadline * 1000))}m"),)
        return RequestSpec(
            name=request.name or call.method, method="POST", path=f"/{call.method}", weight=weight, headers=pairs,
            body=body, body_kind="json", expect=Expect(((200, 200),)), stream=self._stream(), grpc=call,
        )  # fmt: skip

    def _stream(self) -> PartsSpec | None:
        stream = self._request.stream
        if stream is None:
            return None
        if self._profile.client == "httpx":
            self._problem("stream", "cannot be combined with the httpx client: use client: raw")
        if stream.kind is None:
            self.problems.append(Problem((*self._where, "stream", "kind"), "is missing: sse, lines or grpc"))
        until = stream.until
        return PartsSpec(stream.kind or "sse", stream.first, until.match, until.parts, until.time)

    def _websocket(self) -> WebSocketSpec | None:
        held, given = self._request.websocket, self._request.given
        if held is None:
            return None
        for key in (*self._request.bodies, *({"method", "expect", "stream", "extract", "redirects"} & given)):
            self._problem(key, "cannot be combined with websocket: what is sent are its messages")
        if not held.messages and held.stay is None:
            self._problem("websocket", "expected messages, or stay: how long to hold it")
        if held.stay is not None and held.messages and not (held.answers or held.every):
            self._problem("websocket", "expected every: the time between messages that no answer is waited for")
        return WebSocketSpec(
            held.messages, held.answer, held.answers, held.every, held.stay, held.subprotocols, held.compress
        )

    def _place(self) -> tuple[Origin | None, str]:
        target, path = self._profile.target, self._request.path
        if (
            path is not None
            and (place := PLACE.match(path))
            and place[1] in (*self._names.extracted, *self._names.feeds)
        ):
            return None, encode_path(path)
        try:
            return (None, target.path) if path is None else request_place(target, path)
        except ValueError as error:
            self._problem("path", str(error))
            return None, "/"

    def _headers(self) -> tuple[tuple[str, str], ...]:
        own = tuple(self._request.headers.items())
        replaced = {name.lower() for name, _ in own}
        pairs = tuple(pair for pair in self._profile.common_headers if pair[0].lower() not in replaced) + own
        given = {name.lower() for name, _ in pairs}
        if "json" in self._request.bodies and "content-type" not in given:
            pairs += (("Content-Type", "application/json"),)
        if "form" in self._request.bodies and "content-type" not in given:
            pairs += (("Content-Type", "application/x-www-form-urlencoded"),)
        if self._profile.target.userinfo is not None and "authorization" not in given:
            pairs += (("Authorization", f"Basic {b64encode(self._profile.target.userinfo.encode()).decode()}"),)
        if "user-agent" not in given:
            pairs += (("User-Agent", f"loadgen/{__version__}"),)
        for name, value in pairs:
            self._check_header_choices(name, value)
        return pairs

    def _check_header_choices(self, name: str, value: str) -> None:
        for variable in choices_in(value, self._changing.values()):
            try:
                for item in variable.values:
                    fields.header_value(str(item))
            except ValueError as error:
                self.problems.append(
                    Problem((*self._where, "headers", name), f"a choice of ${{{variable.name}}}: {error}")
                )

    def _body(self) -> bytes:
        keys = self._request.bodies
        if len(keys) > 1:
            self._problem(keys[1], f"expected one of {listed(BODIES, 'and')}, got {' and '.join(keys)}")
        if "json" in keys:
            return self._as_json(self._request.json_body, "json")
        if self._request.form is not None:
            return encoded_form(self._request.form).encode()
        return self._request.body or self._request.base64 or b""

    def _as_json(self, value: Any, key: str) -> bytes:
        try:
            text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
            data = text.encode()
        except (ValueError, TypeError):
            said = "expected what JSON can hold: texts, finite numbers, true, false, null, lists, mappings"
            self._problem(key, said)
            return b""
        return re.sub(rb'"\$\{([A-Za-z_][^{}:"\\]*)(?::-((?:[^"\\]|\\.)*))?\}"', self._as_value, data)

    def _as_value(self, match: re.Match[bytes]) -> bytes:
        """A value that is wholly a number's variable is a number, without quotes; one found out later what it is."""
        name, default = match[1].decode(), match[2]
        if name in self._names and name not in self._changing:
            if default is None:
                return b"${%b:json}" % match[1]
            return b"${%b:json:-%b}" % (match[1], default if _NUMBER.fullmatch(default) else b'"%b"' % default)
        variable = self._changing.get(name)
        if variable is None or variable.kind == "uuid" or any(isinstance(value, str) for value in variable.values):
            return match[0]
        return match[0].strip(b'"')

    def _problem(self, key: str, text: str) -> None:
        self.problems.append(Problem((*self._where, key), text))


def choices_in(text: str, variables: Iterable[Variable]) -> list[Variable]:
    """The variables in a text that are one of several values."""
    names = PLACEHOLDER.findall(text)
    return [variable for variable in variables if variable.kind == "choice" and variable.name in names]
