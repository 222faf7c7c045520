"""Whether a target is up, for `--wait`: it takes a connection and answers what it is asked there."""

import re
import socket
import ssl

from loadgen import __version__
from loadgen.base.clock import NS_PER_S, now_ns
from loadgen.base.encode import make_encoder
from loadgen.base.endpoint import Endpoint
from loadgen.base.exchange import ConnectionCounts, Fields, Request
from loadgen.base.tls import make_context
from loadgen.clients.dial import Dial
from loadgen.clients.http2.frames import PREFACE, settings
from loadgen.plan.jobs.http import HttpJob
from loadgen.plan.plan import Plan
from loadgen.session.reach import LOOK_S

STARTING = frozenset({502, 503, 504})
"""What a proxy answers for a server behind it that is not up, and some servers while they begin (RFC 9110, 15.6)."""

ENDED = "it ends each connection without an answer"
"""As what forwards a port of a container does, whose server is not up."""

_STATUS = re.compile(rb"HTTP/1\.\d (\d{3})")
_ENOUGH = len(b"HTTP/1.1 200")


class Answer:
    """One question, on a connection of its own: `missing` blocks, and `cut` ends it from any thread.

    Over HTTP/2 it is the preface, which a server answers with its settings (RFC 9113, 3.4), else a GET; where TLS is to
    agree on the one or the other, it does.
    """

    def __init__(self, plan: Plan, endpoint: Endpoint) -> None:
        alpn = ("h2", "http/1.1") if plan.http == "auto" else plan.alpn
        context = make_context(endpoint.tls, alpn) if endpoint.origin.scheme == "https" else None
        self._dial = Dial(endpoint, context, ConnectionCounts())
        path, headers = _asked(plan)
        fields = Fields((*headers, ("User-Agent", f"loadgen/{__version__}"), ("Accept", "*/*")))
        encoder = make_encoder(endpoint.origin, keep_alive=False, dialing=endpoint.dialing)
        self._get = encoder.head(Request(0, "GET", path, fields))
        self._http2 = plan.http == "2"

    def cut(self) -> None:
        """End what `missing` waits for."""
        self._dial.cut()

    def missing(self, within_s: float) -> str:
        """What is not there yet; empty where the target is up. A connection alone has LOOK_S at most."""
        began_ns = now_ns()
        try:
            sock = self._dial.dial(began_ns + round(LOOK_S * NS_PER_S))
        except OSError as error:
            return str(error.strerror or error or "no answer yet")
        with sock:
            try:
                return self._read(sock, began_ns + round(within_s * NS_PER_S))
            except TimeoutError:
                return "it takes connections, and answers nothing"
            except ConnectionError:
                return ENDED
            except OSError as error:
                return str(error.strerror or error)

    def _read(self, sock: socket.socket, until_ns: int) -> str:
        http2 = self._http2 or (isinstance(sock, ssl.SSLSocket) and sock.selected_alpn_protocol() == "h2")
        sock.settimeout(LOOK_S)
        sock.sendall(PREFACE + settings() if http2 else self._get)
        answer = b""
        while len(answer) < _ENOUGH:
            sock.settimeout(max(0.001, (until_ns - now_ns()) / NS_PER_S))
            if not (more := sock.recv(_ENOUGH)):
                break
            answer += more
        status = _STATUS.match(answer)
        if not answer:
            return ENDED
        return f"it answers {status[1].decode()}" if status and int(status[1]) in STARTING else ""


def _asked(plan: Plan) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The path to ask for, and a Host of its own: those of the first request, where they are the same for all."""
    first = plan.job.requests[0] if isinstance(plan.job, HttpJob) and plan.job.targets is None else None
    if first is None or first.origin is not None or "${" in first.path:
        return "/", ()
    return first.path, tuple(row for row in first.headers if row[0].lower() == "host" and "${" not in row[1])
