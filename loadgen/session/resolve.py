"""Names to addresses, once, before anything is timed."""

import asyncio
import ipaddress
import socket

from loadgen.base.errors import UsageError
from loadgen.base.exchange import Address, Origin


def is_address(host: str) -> bool:
    """Whether there is nothing to look up."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


async def resolve(origin: Origin) -> tuple[Address, ...]:
    """All addresses of the target in the order in which they are tried. Raises UsageError where there are none."""
    if is_address(origin.host):
        family = socket.AF_INET6 if ":" in origin.host else socket.AF_INET
        return ((family, (origin.host, origin.port)),)
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(origin.host, origin.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UsageError(f"cannot resolve {origin.host!r}: {reason}; check the target's spelling") from None
    unique = dict.fromkeys((int(family), (str(address[0]), int(address[1]))) for family, *_, address in found)
    return tuple(unique)
