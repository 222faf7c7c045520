"""Names to addresses: once before anything is timed, and again while a run lasts where that is asked for."""

import asyncio
import errno
import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from loadgen.base.errors import UsageError
from loadgen.base.exchange import Address, Origin


async def resolve(origin: Origin) -> tuple[Address, ...]:
    """All addresses of the target in the order in which they are tried. Raises UsageError where there are none."""
    if origin.is_address:
        return _literal(origin)
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(origin.host, origin.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UsageError(f"{_unknown(origin, error)}; check the target's spelling") from None
    return _unique(found)


def look_up(origin: Origin) -> tuple[Address, ...]:
    """The same in this thread, which may wait long for an answer. Raises OSError where there are none."""
    if origin.is_address:
        return _literal(origin)
    try:
        return _unique(socket.getaddrinfo(origin.host, origin.port, type=socket.SOCK_STREAM))
    except (OSError, UnicodeError) as error:
        raise OSError(errno.EHOSTUNREACH, _unknown(origin, error)) from None


def _literal(origin: Origin) -> tuple[Address, ...]:
    family = socket.AF_INET6 if ":" in origin.host else socket.AF_INET
    return ((family, (origin.host, origin.port)),)


def _unknown(origin: Origin, error: OSError | UnicodeError) -> str:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"cannot resolve {origin.host!r}: {reason}"


def _unique(found: Iterable[tuple[Any, ...]]) -> tuple[Address, ...]:
    rows = ((int(family), (str(address[0]), int(address[1]))) for family, *_, address in found)
    return tuple(dict.fromkeys(rows))


class Renewal:
    """Looks a name up every `ttl_s` seconds, in a thread of its own that may wait long for an answer, until closed.

    `found` gets the addresses, in that thread; a look-up that fails changes nothing.
    """

    def __init__(
        self,
        origin: Origin,
        ttl_s: float,
        found: Callable[[tuple[Address, ...]], None],
        look_up: Callable[..., Iterable[tuple[Any, ...]]] = socket.getaddrinfo,
    ) -> None:
        self._closed = threading.Event()
        threading.Thread(target=self._run, args=(origin, ttl_s, found, look_up), daemon=True).start()

    def _run(self, origin: Origin, ttl_s: float, found: Callable[..., None], look_up: Callable[..., Any]) -> None:
        while not self._closed.wait(ttl_s):
            with suppress(OSError, UnicodeError):
                found(_unique(look_up(origin.host, origin.port, type=socket.SOCK_STREAM)))

    def close(self) -> None:
        self._closed.set()
