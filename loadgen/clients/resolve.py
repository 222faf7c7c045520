"""Names to addresses: once before anything is timed, and again while a run lasts where that is asked for."""

import asyncio
import errno
import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from loadgen.base.dialing import DIRECT, Dialing
from loadgen.base.endpoint import Address, Origin
from loadgen.base.errors import UsageError
from loadgen.clients.local_addresses import family_of

_FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}


def dialled(origin: Origin, dialing: Dialing) -> Origin:
    """What a connection for this origin goes to: a proxy, or where `connect_to` leads."""
    proxy = dialing.proxy_for(origin.scheme, origin.host)
    host, port = dialing.redirected(origin.host, origin.port) if proxy is None else (proxy.host, proxy.port)
    return Origin(origin.scheme, host, port)


def needs_look_up(origin: Origin, dialing: Dialing) -> bool:
    """Whether a name has to be looked up for it."""
    there = dialled(origin, dialing)
    known = there.is_address or dialing.unix_socket is not None or bool(dialing.fixed(there.host, there.port))
    return not known or (is_asked(origin, dialing) and needs_look_up(origin, _without_proxy(dialing)))


async def resolve(origin: Origin, dialing: Dialing = DIRECT) -> tuple[Address, ...]:
    """All addresses to connect to in the order in which they are tried. Raises UsageError where there are none."""
    there = dialled(origin, dialing)
    found = _known(there, dialing)
    if found is None:
        loop = asyncio.get_running_loop()
        try:
            found = _unique(await loop.getaddrinfo(there.host, there.port, type=socket.SOCK_STREAM, **_kinds(dialing)))
        except (OSError, UnicodeError) as error:
            what = "target" if there.host == origin.host else "proxy" if dialing.connect_to == () else "--connect-to"
            raise UsageError(f"{_unknown(there, error, dialing)}; check the {what}'s spelling") from None
    fitting = _fitting(found, dialing)
    if not fitting:
        raise UsageError(_unfit(there, dialing))
    return fitting


def look_up(origin: Origin, dialing: Dialing = DIRECT) -> tuple[Address, ...]:
    """The same in this thread, which may wait long for an answer. Raises OSError where there are none."""
    there = dialled(origin, dialing)
    found = _known(there, dialing)
    if found is None:
        try:
            found = _unique(socket.getaddrinfo(there.host, there.port, type=socket.SOCK_STREAM, **_kinds(dialing)))
        except (OSError, UnicodeError) as error:
            raise OSError(errno.EHOSTUNREACH, _unknown(there, error, dialing)) from None
    fitting = _fitting(found, dialing)
    if not fitting:
        raise OSError(errno.EHOSTUNREACH, _unfit(there, dialing))
    return fitting


def is_asked(origin: Origin, dialing: Dialing) -> bool:
    """Whether the target's name is looked up here and its address given to a proxy."""
    proxy = dialing.proxy_for(origin.scheme, origin.host)
    return proxy is not None and proxy.scheme == "socks5"


async def resolve_asked(origin: Origin, dialing: Dialing) -> str:
    """What the proxy is to be asked for, where it is to be no name. Raises UsageError."""
    return (await resolve(origin, _without_proxy(dialing)))[0][1][0] if is_asked(origin, dialing) else ""


def look_up_asked(origin: Origin, dialing: Dialing) -> str:
    """The same in this thread. Raises OSError."""
    return look_up(origin, _without_proxy(dialing))[0][1][0] if is_asked(origin, dialing) else ""


def _without_proxy(dialing: Dialing) -> Dialing:
    """How it is looked up what is beyond the proxy; local addresses are of the way to the proxy."""
    return replace(dialing, http_proxy=None, https_proxy=None, local_addresses=())


def _known(there: Origin, dialing: Dialing) -> tuple[Address, ...] | None:
    """What nobody has to be asked for."""
    if dialing.unix_socket is not None:
        return ((socket.AF_UNIX, (dialing.unix_socket, 0)),)
    fixed = dialing.fixed(there.host, there.port) or ((there.host,) if there.is_address else ())
    return tuple((family_of(address), (address, there.port)) for address in fixed) or None


def _kinds(dialing: Dialing) -> dict[str, Any]:
    return {} if dialing.family is None else {"family": _FAMILIES[dialing.family]}


def _fitting(found: tuple[Address, ...], dialing: Dialing) -> tuple[Address, ...]:
    """Those of the families that are asked for, and that connections may come from."""
    families = {_FAMILIES[dialing.family]} if dialing.family else {*_FAMILIES.values()}
    if dialing.local_addresses:
        families &= {family_of(address) for address in dialing.local_addresses}
    return tuple(row for row in found if row[0] in families or row[0] == socket.AF_UNIX)


def _unfit(there: Origin, dialing: Dialing) -> str:
    family = f"IPv{dialing.family}" if dialing.family else "that of --local-address"
    return f"{there.host!r} has no address of the family that is asked for ({family})"


def _unknown(origin: Origin, error: OSError | UnicodeError, dialing: Dialing) -> str:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    family = f" to an IPv{dialing.family} address" if dialing.family else ""
    return f"cannot resolve {origin.host!r}{family}: {reason}"


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
        dialing: Dialing = DIRECT,
    ) -> None:
        self._closed = threading.Event()
        there = dialled(origin, dialing)
        threading.Thread(target=self._run, args=(there, ttl_s, found, look_up, dialing), daemon=True).start()

    def _run(
        self, there: Origin, ttl_s: float, found: Callable[..., None], look_up: Callable[..., Any], dialing: Dialing
    ) -> None:
        kinds = _kinds(dialing)
        while not self._closed.wait(ttl_s):
            with suppress(OSError, UnicodeError):
                fitting = _fitting(_unique(look_up(there.host, there.port, type=socket.SOCK_STREAM, **kinds)), dialing)
                if fitting:
                    found(fitting)

    def close(self) -> None:
        self._closed.set()
