"""Runs the demo server: `serve` inside a loop, `run_target` as a process of its own."""

import asyncio
import os
import signal
import socket
import ssl
from collections.abc import Callable
from contextlib import closing, suppress
from threading import Thread

from loadgen.base.descriptors import raise_descriptor_limit
from loadgen.base.errors import UsageError
from loadgen.base.loop import run_on_loop
from loadgen.target.connection import Connection
from loadgen.target.options import TargetOptions
from loadgen.target.site import Site

_BACKLOG = 4096
_STDIN = 0

Ready = Callable[[str, int], None]


async def serve(options: TargetOptions, ready: Ready) -> None:
    """Serve until cancelled; `ready` gets the host and port that are bound.

    Raises UsageError when the address, the certificate or the queue log cannot be used.
    """
    loop = asyncio.get_running_loop()
    context = _tls_context(options)
    with closing(Site(options)) as site:
        try:
            server = await loop.create_server(
                lambda: Connection(site), options.host, options.port, ssl=context, backlog=_BACKLOG
            )
        except OSError as error:
            raise UsageError(_cannot_listen(options, error)) from None
        try:
            host, port = server.sockets[0].getsockname()[:2]
            ready(host, port)
            await loop.create_future()
        finally:
            server.close()
            site.disconnect()
            await server.wait_closed()


def run_target(options: TargetOptions, ready: Ready) -> None:
    """Serve until SIGINT or SIGTERM, or the end of stdin if so asked. Raises UsageError as `serve` does."""
    raise_descriptor_limit()
    run_on_loop(_serve_until_stopped(options, ready))


async def _serve_until_stopped(options: TargetOptions, ready: Ready) -> None:
    loop = asyncio.get_running_loop()
    serving = asyncio.create_task(serve(options, ready))
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, serving.cancel)
    if options.stop_with_parent:
        Thread(target=_at_end_of_stdin, args=(loop, serving.cancel), daemon=True).start()
    with suppress(asyncio.CancelledError):
        await serving


def _at_end_of_stdin(loop: asyncio.AbstractEventLoop, stop: Callable[[], bool]) -> None:
    """A thread, because a loop cannot watch every kind of stdin; reads past sys.stdin, whose lock would block exit."""
    with suppress(OSError):
        while os.read(_STDIN, 4096):
            pass
    with suppress(RuntimeError):  # the loop has ended already
        loop.call_soon_threadsafe(stop)


def _tls_context(options: TargetOptions) -> ssl.SSLContext | None:
    if options.cert is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(options.cert, options.key)
    except OSError as error:  # an SSLError is one
        reason = getattr(error, "reason", None) or error.strerror or str(error)
        raise UsageError(f"cannot use the certificate {options.cert} with its key: {reason}") from None
    return context


def _cannot_listen(options: TargetOptions, error: OSError) -> str:
    where = f"cannot listen on {options.host}:{options.port}"
    if isinstance(error, socket.gaierror) or error.errno is None:
        return f"{where}: {error.strerror or error}"
    reason = f"{where}: {os.strerror(error.errno)}"
    return reason if options.port == 0 else f"{reason} (--port 0 takes any free port)"
