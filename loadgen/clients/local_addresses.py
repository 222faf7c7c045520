"""Which of this host's own addresses a connection comes from: each in turn. One has some 28,000 ports to one target."""

import errno
import socket
import sys
from itertools import count

from loadgen.base.dialing import Dialing
from loadgen.base.errors import UsageError

_NO_PORT_YET = 24
"""IP_BIND_ADDRESS_NO_PORT of ip(7): the kernel takes the port when it knows the target, for which it need be free."""


class LocalAddresses:
    """Shared by the connections of one worker, threads included; `first` is where in the row it begins."""

    def __init__(self, addresses: tuple[str, ...], first: int = 0) -> None:
        self._of_family = {
            family: found
            for family in (socket.AF_INET, socket.AF_INET6)
            if (found := [address for address in addresses if family_of(address) == family])
        }
        self._next = count(first).__next__

    def bind(self, sock: socket.SocketType, family: int) -> None:
        """Let the socket's connection come from the next one of its family. Raises OSError."""
        row = self._of_family.get(socket.AddressFamily(family))
        if row is None:
            raise OSError(errno.EAFNOSUPPORT, "no --local-address is of this address's family")
        if sys.platform == "linux":
            sock.setsockopt(socket.IPPROTO_IP, _NO_PORT_YET, 1)
        sock.bind((row[self._next() % len(row)], 0))


def local_addresses_of(dialing: Dialing, first: int = 0) -> LocalAddresses | None:
    """None where the system chooses."""
    return LocalAddresses(dialing.local_addresses, first) if dialing.local_addresses else None


def family_of(address: str) -> socket.AddressFamily:
    """Of an address as text."""
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def check_local(dialing: Dialing) -> None:
    """Raise UsageError for an address that is none of this host's."""
    for address in dialing.local_addresses:
        with socket.socket(family_of(address), socket.SOCK_STREAM) as sock:
            try:
                sock.bind((address, 0))
            except OSError as error:
                raise UsageError(
                    f"--local-address: {address} cannot be used ({error.strerror}); "
                    "`ip address` lists those of this machine"
                ) from None
