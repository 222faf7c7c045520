"""Which of the target's addresses a connection goes to: each in turn."""

from collections.abc import Iterator
from itertools import count
from socket import AF_UNIX

from loadgen.base.clock import NS_PER_S, Clock
from loadgen.base.endpoint import Address
from loadgen.base.exchange import ConnectionCounts
from loadgen.clients.local_addresses import LocalAddresses

AVOID_NS = 5 * NS_PER_S
"""How long an address that failed is tried last: a server restarts in less, and a dead one costs a connect each."""


TIMED_OUT = "timed out"


class Addresses:
    """Shared by the connections of one worker, threads included; `first` is where in the row it begins, and `local`
    where the connections come from.

    Connections are counted by address where there are several, or may come to be: `may_change`.

    An address of the family that a name gives first is preferred. Where none of that family opens but others do, as
    with a localhost that is served on one of its two, the others are used from then on.
    """

    def __init__(
        self,
        addresses: tuple[Address, ...],
        clock: Clock,
        first: int = 0,
        local: LocalAddresses | None = None,
        *,
        may_change: bool = False,
    ) -> None:
        self.local = local
        self._counted = may_change
        self._clock = clock
        self._next = count(first).__next__
        self._avoid_until_ns: dict[Address, int] = {}
        self.replace(addresses)

    def replace(self, addresses: tuple[Address, ...]) -> None:
        """What the name stands for from now on."""
        self._addresses = addresses
        self._counted |= len(addresses) > 1
        self._family = addresses[0][0] if addresses else 0

    @property
    def are_near(self) -> bool:
        """Whether all of them are this host's own."""
        return all(host == "::1" or host.startswith("127.") for _, (host, _) in self._addresses)

    def in_turn(self) -> Iterator[Address]:
        """All of them, in the order in which one connection tries them."""
        addresses = self._addresses
        if len(addresses) < 2:
            return iter(addresses)
        now = self._clock()
        ranks = {one: (self._avoid_until_ns.get(one, 0) > now, one[0] != self._family) for one in addresses}
        row = sorted(addresses, key=ranks.__getitem__)
        best = sum(rank == ranks[row[0]] for rank in ranks.values())
        shift = self._next() % best
        return iter(row[shift:best] + row[:shift] + row[best:])

    def opened(self, address: Address, counts: ConnectionCounts) -> None:
        """A connection to one of them opened."""
        if self._counted:
            self._avoid_until_ns.pop(address, None)
            self._family = address[0]
            counts.note_address(address_text(address), "")

    def failed(self, address: Address, counts: ConnectionCounts, reason: str) -> None:
        """A connect to one of them failed; the `reason` is one of few texts."""
        if self._counted:
            self._avoid_until_ns[address] = self._clock() + AVOID_NS
            counts.note_address(address_text(address), reason)


def address_text(address: Address) -> str:
    """Host and port, or the path of a unix socket."""
    family, (host, port) = address
    if family == AF_UNIX:
        return host
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
