"""Whether anybody is there: looked at where requests fail and not one is good."""

import asyncio
import errno
import ssl
from collections.abc import Callable
from dataclasses import replace

from loadgen.base.clock import NS_PER_S, now_ns
from loadgen.base.endpoint import Endpoint, Tls
from loadgen.base.error_class import ErrorClass
from loadgen.base.errors import UsageError
from loadgen.base.exchange import ConnectionCounts
from loadgen.base.tls import make_context
from loadgen.clients.dial import Dial
from loadgen.clients.endpoint import endpoint_of
from loadgen.clients.faults import ProxyError
from loadgen.plan.plan import Plan
from loadgen.session.fruitless import Failures

LOOK_S = 1.0
"""A connection opens within a few round trips; one that takes longer is no sign that nobody is there."""

_NO_WAY = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN)
_OF_TLS_PORTS = {
    ErrorClass.MALFORMED_REPLY, ErrorClass.EARLY_CLOSE, ErrorClass.CONNECTION_RESET, ErrorClass.UNEXPECTED_STATUS,
}  # fmt: skip
"""What comes of a plain request there: an alert, the end of the connection, or the status 400."""


class Reach:
    """Of one run: says why no request can succeed, once that is known. Nothing is sent on its connections."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._looking: asyncio.Future[str] | None = None
        self._asked: set[Callable[[Endpoint], str]] = set()

    def look(self, seen: Failures) -> str:
        """To be asked now and then while requests fail and not one was good. Never waits."""
        if self._looking is None:
            question = self._question(seen)
            if question is None:
                return ""
            self._asked.add(question)
            self._looking = asyncio.ensure_future(self._answer(question))
        if not self._looking.done():
            return ""
        found, self._looking = self._looking.result(), None
        return found

    async def last_look(self, seen: Failures) -> str:
        """The same at the end of a run, which waits for the answer."""
        while self._looking is not None or self._question(seen) is not None:
            if found := self.look(seen):
                return found
            if self._looking is not None:
                await asyncio.wait([self._looking])
        return ""

    async def _answer(self, question: Callable[[Endpoint], str]) -> str:
        """In a thread of its own, for it blocks."""
        try:
            endpoint = await endpoint_of(self._plan)
        except UsageError:  # the name that had an address has none any more: that is not what failed the first request
            return ""
        return await asyncio.get_running_loop().run_in_executor(None, question, endpoint)

    def _question(self, seen: Failures) -> Callable[[Endpoint], str] | None:
        """What is to be asked next."""
        is_plain = self._plan.origin.scheme == "http"
        questions = {
            obstacle: seen.not_opened > 0 and not seen.opened,
            wrong_scheme: is_plain and seen.errors <= _OF_TLS_PORTS and seen.statuses <= {400},
        }
        return next((ask for ask, may_be in questions.items() if may_be and ask not in self._asked), None)


def obstacle(endpoint: Endpoint) -> str:
    """Why no connection opens, and what to check; empty where one opens, or may."""
    errors = [_failure(replace(endpoint, addresses=(address,))) for address in endpoint.addresses]
    if None in errors:
        return ""
    found = [error for error in errors if error is not None and error.errno != errno.EADDRNOTAVAIL]
    for error in found:
        if isinstance(error, ProxyError):
            return f"{error.strerror}; check --proxy"
        if isinstance(error, ssl.SSLError):
            return f"{endpoint.origin}: {error.strerror}" if error.errno == ssl.SSL_ERROR_SSL else ""
    if not found or any(error.errno not in (errno.ECONNREFUSED, *_NO_WAY) for error in found):
        return ""
    lost = next((error.strerror for error in found if error.errno in _NO_WAY), None)
    if lost is not None:
        return f"no way leads to {place_of(endpoint)} ({lost}); check the address, the network and the firewall"
    port = "" if endpoint.dialing.unix_socket else ", and is that its port"
    return f"nothing listens on {place_of(endpoint)}; is the server up{port}? --wait 30s waits for it"


def wrong_scheme(endpoint: Endpoint) -> str:
    """That a server speaks TLS where plain HTTP was sent; empty where it does not."""
    origin = endpoint.origin
    error = _failure(replace(endpoint, origin=replace(origin, scheme="https"), tls=Tls(verify=False)))
    return "" if error is not None else f"{origin}: the server speaks TLS on this port: use https://"


def place_of(endpoint: Endpoint) -> str:
    """Host and port, with the addresses of a name, or the socket's file."""
    origin = endpoint.origin
    if endpoint.dialing.unix_socket is not None:
        return f"the unix socket {endpoint.dialing.unix_socket}"
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    hosts = ", ".join(dict.fromkeys(host for _, (host, _) in endpoint.addresses))
    return f"{host}:{origin.port}" + ("" if origin.is_address else f" ({hosts})")


def _failure(endpoint: Endpoint) -> OSError | None:
    """Open a connection and close it; what prevented that."""
    context = make_context(endpoint.tls) if endpoint.origin.scheme == "https" else None
    try:
        Dial(endpoint, context, ConnectionCounts()).dial(now_ns() + round(LOOK_S * NS_PER_S)).close()
    except OSError as error:
        return error
    return None
