"""`loadgen target`."""

from typing import Annotated, ClassVar

import typer

from loadgen.base.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Serve pages made for load tests, on loopback.

    / 12 bytes; /bytes/N; /status/N; /delay/MS; /error-rate/PERCENT;
    /drip?bytes=N&ms=M; /queue/MS a single-server queue; POST anything
    anywhere; /_stats counts. And a shop: /login (the password is
    `secret`), /search?q=TEXT, /items/N, /cart, /cart/N/pay, /orders/N,
    /logout; /shop/counts counts.
    """

    body: ClassVar[str] = "target:target"
    port: Annotated[int, typer.Option("-p", "--port", help="Port to listen on; 0 picks a free one.")] = 8080
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1"
    capacity_rps: Annotated[
        float | None, typer.Option("--capacity", metavar="RPS", help="Serve at most this many requests a second.")
    ] = None
    fail_after: Annotated[
        int | None, typer.Option("--fail-after", metavar="N", help="Reply 500 to all but the first N requests.")
    ] = None
    queue_log: Annotated[
        str | None, typer.Option("--queue-log", metavar="FILE", help="Log /queue arrivals and departures (ns).")
    ] = None
    cert: Annotated[str | None, typer.Option("--cert", metavar="FILE", help="Serve https with this PEM.")] = None
    key: Annotated[str | None, typer.Option("--key", metavar="FILE", help="Its private key.")] = None
