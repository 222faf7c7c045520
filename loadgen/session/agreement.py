"""Which HTTP a run speaks, where the server is to be asked."""

import asyncio
import ssl
from dataclasses import replace

from loadgen.base.clock import now_ns, s_to_ns
from loadgen.base.endpoint import Endpoint
from loadgen.base.exchange import ConnectionCounts
from loadgen.base.tls import make_context
from loadgen.clients.dial import Dial
from loadgen.clients.endpoint import endpoint_of
from loadgen.plan.plan import HttpVersion, Plan


async def agreed(plan: Plan) -> Plan:
    """The same plan with the version that the server's TLS agrees to (ALPN), on a connection that carries nothing.

    Over http there is nothing to ask: HTTP/1.1. So it is where none can be opened, as the run will say.
    """
    version: HttpVersion = "1.1"
    if plan.origin.scheme == "https":
        endpoint = await endpoint_of(plan)
        version = await asyncio.get_running_loop().run_in_executor(None, _asked, endpoint)
    return replace(plan, http=version, streams=plan.streams if version == "2" else 1)


def _asked(endpoint: Endpoint) -> HttpVersion:
    context = make_context(endpoint.tls, ("h2", "http/1.1"))
    try:
        sock = Dial(endpoint, context, ConnectionCounts()).dial(now_ns() + s_to_ns(endpoint.connect_timeout_s))
    except OSError:
        return "1.1"
    with sock:
        return "2" if isinstance(sock, ssl.SSLSocket) and sock.selected_alpn_protocol() == "h2" else "1.1"
