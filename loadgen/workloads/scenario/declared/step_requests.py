"""One user's requests of declared steps, made of the values that it has; and what it takes out of their replies."""

import re
from collections.abc import Callable, Coroutine, Sequence
from random import Random
from time import time
from typing import Any

from loadgen.base.clock import Clock, s_to_ns
from loadgen.base.endpoint import Origin, Tls
from loadgen.base.error_class import ErrorClass
from loadgen.base.errors import UsageError
from loadgen.base.imported import imported
from loadgen.base.units import counted
from loadgen.plan.encodings import Encode
from loadgen.plan.jobs.grpc_call import GrpcError
from loadgen.workloads.scenario.declared.program import Program, RequestOp, SocketOp
from loadgen.workloads.scenario.replies.absent import AbsentError
from loadgen.workloads.scenario.replies.answers import AnsweredGroup
from loadgen.workloads.scenario.replies.answers import group as new_group
from loadgen.workloads.scenario.replies.cookies import CookieJar
from loadgen.workloads.scenario.replies.reply import Reply
from loadgen.workloads.scenario.sending.redirects import OF_BODIES, Redirect, next_request
from loadgen.workloads.scenario.sending.requests import BODY_METHODS, KEEP_BYTES
from loadgen.workloads.scenario.sending.user_request import UserRequest
from loadgen.workloads.template import Source
from loadgen.workloads.traces import trace_lines

Draw = Callable[[str, Encode], Source | None]
"""Gives what makes the values of a variable that are new with every request, as they are written in a place."""

_BLANK_END = re.compile(r"(?<=[^:\s])[ \t]+\r\n")


class StepError(Exception):
    """A step failed; the text says at which request and why."""

    def __init__(self, error: ErrorClass, detail: str) -> None:
        super().__init__(detail)
        self.error = error


class StepRequests:
    """Those of one user. `groups` are those of the program's requests, for one thread alone; with `wire` requests are
    made as HTTP/1.1 sends them, else in the parts that other clients take. `learn` is told each secret.
    With `traces` each request that has no trace id of its own is given one.
    """

    def __init__(
        self,
        program: Program,
        groups: Sequence[AnsweredGroup],
        origin: Origin,
        draw: Draw,
        seed: str,
        learn: Callable[[str], object],
        *,
        wire: bool,
        traces: bool = False,
        tls: Tls | None = None,
    ) -> None:
        self._tls = tls or Tls()
        self._trace = trace_lines(traces)
        self.values: list[Any] = program.initial.copy()
        self.jar: CookieJar | None = None
        self._groups = groups
        self._origin = origin
        self._seed = seed
        self._learn = learn
        self._wire = wire
        self._random: Callable[[], float] | None = None
        self._requests: list[UserRequest | None] = [None] * len(groups)
        self._hop: UserRequest | None = None  # the last request that followed from a step's by a redirect
        self._hops = 0
        self._hop_groups: dict[tuple[int, str], AnsweredGroup] = {}
        self._draws = [_sources(op, draw) for op in program.requests]
        self._of_sockets = {op: _sources(op, draw) for op in program.sockets}

    def draw(self) -> float:
        """A number from 0 to below 1, the same again for the same seed and user."""
        if self._random is None:
            self._random = Random(self._seed).random
        return self._random()

    def make(self, op: RequestOp) -> UserRequest:
        """The request with what is known now: the same object each time, with another content.

        Raises StepError for values that cannot stand where they do.
        """
        values, request = self.values, self._requests[op.index]
        if request is None:
            request = self._requests[op.index] = self._first(op)
        for slot, source in self._draws[op.index]:
            values[slot] = source()
        jar = self.jar
        cookies = "" if jar is None or op.has_cookie else self._cookies(op.target.text(values), jar, op.origin)
        if self._trace is not None and not op.has_trace:
            cookies += self._trace()
        if not self._wire or request.streams:
            request.wire = None
            request.target = op.target.text(values)
            block = _BLANK_END.sub("\r\n", f"{op.block.text(values)}{cookies}")
            request.fields = op.fields.with_block(block.encode("latin-1"))
            if op.body is not None:
                request.body = self._encoded(op, op.body.text(values).encode("utf-8", "surrogateescape"))
        elif op.body is not None:
            request.body = body = (op.body.format % op.body.pick(values)).encode("utf-8", "surrogateescape")
            head = op.head.text(values)
            request.wire = f"{head}{cookies}Content-Length: {len(body)}\r\n\r\n".encode("latin-1") + body
        elif op.head.constant is None:
            wire = f"{op.head.format % op.head.pick(values)}{cookies}\r\n".encode("latin-1")
            request.wire = wire + op.data if op.data else wire  # type: ignore[operator]
        elif cookies or jar is not None or request.wire is None:
            wire = f"{op.head.constant}{cookies}\r\n".encode("latin-1")
            request.wire = wire + op.data  # type: ignore[operator]
        if op.in_parts is not None:
            op.in_parts(request)
        return request

    def hold(self, op: SocketOp, note: Callable[..., None], clock: Clock) -> Coroutine[Any, Any, None]:
        """What holds a WebSocket, with what is known now."""
        values = self.values
        for slot, source in self._of_sockets[op]:
            values[slot] = source()
        target = op.target.text(values)
        cookies = "" if self.jar is None else self._cookies(target, self.jar, op.origin)
        socket = imported("loadgen.workloads.scenario.websocket.connect", "make_websocket")(
            target, op.origin, self._tls, op.block.text(values) + cookies, note, clock,
            subprotocols=op.spec.subprotocols, compress=op.spec.compress, timeout_s=op.timeout_s,
        )  # fmt: skip
        messages = [text.text(values) for text in op.messages]
        held: Coroutine[Any, Any, None] = imported("loadgen.workloads.scenario.declared.held_socket", "hold")(
            socket, op.spec, messages, op.timeout_s, clock
        )
        return held

    @staticmethod
    def _encoded(op: RequestOp, text: bytes) -> bytes:
        try:
            return op.encode(text)
        except GrpcError as error:
            raise StepError(ErrorClass.SCRIPT_ERROR, f"{op.target.constant}: {error}") from None

    def follow(self, op: RequestOp, reply: Reply) -> UserRequest | None:
        """What the reply to a request, or to the last that followed from it, redirects to; None where nothing follows.

        Raises StepError where that is one too many, or not for this target.
        """
        method, target = self._asked(op)
        redirect = next_request(reply, method, target, self._origin)
        if redirect is None:
            return None
        why = f"more than {counted(op.redirects, 'redirect')}" if self._hops == op.redirects else ""
        if not redirect.same_origin:
            why = f"redirects to {redirect.origin}, and steps stay at {self._origin}"
        if why:
            self.forget()
            raise StepError(ErrorClass.CHECK_FAILED, f"{method} {target}: {why}")
        if reply.set_cookies:
            self.jar = jar = self.jar or CookieJar()
            jar.receive(self._origin, target, reply.set_cookies, time())
        self._hops += 1
        self._hop = hop = self._hop_of(op, redirect)
        return hop

    def forget(self) -> None:
        """No redirect is being followed."""
        self._hop, self._hops = None, 0

    def _hop_of(self, op: RequestOp, redirect: Redirect) -> UserRequest:
        first = self._requests[op.index]
        assert first is not None
        keeps = redirect.method == op.method  # else its body was dropped, by this redirect or one before
        body = first.body if keeps else b""
        group = self._hop_groups.setdefault((op.index, redirect.method), new_group())
        hop = UserRequest(
            op.name_id, redirect.method, redirect.target, op.fields, body=body, expect=op.expect, keep=KEEP_BYTES,
            group=group, awaited=True, timeout_ns=first.timeout_ns,
        )  # fmt: skip
        lines = op.block.text(self.values).splitlines(keepends=True)
        block = "".join(line for line in lines if keeps or line.partition(":")[0].lower() not in OF_BODIES)
        if self.jar is not None and not op.has_cookie:
            block += self._cookies(redirect.target, self.jar)
        if self._trace is not None and not op.has_trace:
            block += self._trace()
        if self._wire and not hop.streams:
            assert isinstance(body, bytes)
            length = f"Content-Length: {len(body)}\r\n" if body or redirect.method in BODY_METHODS else ""
            hop.wire = f"{redirect.method} {redirect.target}{op.middle}{block}{length}\r\n".encode("latin-1") + body
        else:
            hop.fields = op.fields.with_block(_BLANK_END.sub("\r\n", block).encode("latin-1"))
        return hop

    def _asked(self, op: RequestOp) -> tuple[str, str]:
        """Method and target of the last request of a step."""
        hop = self._hop
        return (op.method, op.target.text(self.values)) if hop is None else (hop.method, hop.target)

    def take(self, op: RequestOp, reply: Reply) -> None:
        """Keep what the last reply of a step has for later ones. Raises StepError where that is not as it should be."""
        values = self.values
        method, target = op.method, ""
        if self._hops:
            method, target = self._asked(op)
            self.forget()
        if reply.special:
            target = target or op.target.text(values)
            if reply.set_cookies:
                self.jar = jar = self.jar or CookieJar()
                jar.receive(op.origin or self._origin, target, reply.set_cookies, time())
            if reply.error is not None:
                why = reply.detail or f"status {reply.status}"
                raise StepError(reply.error, f"{method} {target}: {why}")
        for take, writes, is_secret in op.takes:
            try:
                value = take(reply, self.draw)
                for slot, write in writes:
                    values[slot] = write(value)
                if is_secret:
                    self._learn(str(value))
            except (AbsentError, ValueError) as error:
                raise StepError(ErrorClass.CHECK_FAILED, f"{op.method} {op.target.text(values)}: {error}") from None
            except UsageError as error:
                raise StepError(ErrorClass.SCRIPT_ERROR, f"{op.method} {op.target.text(values)}: {error}") from None

    def _first(self, op: RequestOp) -> UserRequest:
        """The user's first request of a kind, of which the others are made."""
        request = UserRequest(
            op.name_id, op.method, op.target.constant or "", op.fields, body=op.data, expect=op.expect,
            keep=KEEP_BYTES, group=self._groups[op.index], awaited=True,
            timeout_ns=None if op.timeout_s is None else s_to_ns(op.timeout_s), origin=op.origin,
        )  # fmt: skip
        if op.body is not None and op.fields.expect_continue:
            request.send_apart()
        return request

    def _cookies(self, target: str, jar: CookieJar, origin: Origin | None = None) -> str:
        line = jar.header(origin or self._origin, target, time())
        return f"Cookie: {line}\r\n" if line else ""


def _sources(op: RequestOp | SocketOp, draw: Draw) -> list[tuple[int, Source]]:
    found = ((slot, draw(name, encode)) for slot, name, encode in op.draws)
    return [(slot, source) for slot, source in found if source is not None]
