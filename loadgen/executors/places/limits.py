"""What this host allows: raised where it may be, refused with the figure and the remedy where it may not."""

import math
import resource
from pathlib import Path

from loadgen.base.descriptors import raise_descriptor_limit
from loadgen.base.endpoint import Endpoint
from loadgen.base.errors import UsageError
from loadgen.base.units import counted
from loadgen.clients.local_addresses import family_of
from loadgen.plan.plan import Plan, share

SPARE_DESCRIPTORS = 64
"""For what is not a connection: the loop, pipes to each process, the shared memory, output files, the resolver."""

LISTED_PORTS = Path("/proc/sys/net/ipv4/ip_local_port_range")


def check_room_for_a_loop() -> None:
    """Raise UsageError where this process may open next to nothing: an event loop then fails in its own words."""
    _check_room(raise_descriptor_limit())


def _check_room(limit: int) -> None:
    if limit != resource.RLIM_INFINITY and limit <= SPARE_DESCRIPTORS:  # however few connections a process had
        raise UsageError(f"this host allows {limit} file descriptors: raise the hard limit (`ulimit -Hn`)")


def check_descriptors(plan: Plan, limit: int) -> None:
    """Raise UsageError where one process cannot hold its connections with so many descriptors."""
    _check_room(limit)
    most = plan.most_users
    needed = share(most, plan.processes, 0) + SPARE_DESCRIPTORS
    if limit != resource.RLIM_INFINITY and needed > limit:
        fits = -(-most // (limit - SPARE_DESCRIPTORS))
        raise UsageError(
            f"{counted(most, 'connection')} in {counted(plan.processes, 'process', 'processes')} need {needed:,} "
            f"file descriptors{' each' if plan.processes > 1 else ''}, but this host allows {limit:,}: raise the hard "
            f"limit (`ulimit -Hn`), or use --processes {fits}"
        )


def check_ports(plan: Plan, endpoint: Endpoint, listed: Path = LISTED_PORTS, *, part: float = 1) -> None:
    """Raise UsageError where there are fewer ephemeral ports than connections, of which so large a part is here."""
    try:
        low, high = (int(text) for text in listed.read_text().split())
    except (OSError, ValueError):
        return
    if endpoint.dialing.unix_socket is not None:
        return
    local = [family_of(address) for address in endpoint.dialing.local_addresses]
    pairs = sum(local.count(family_of(host)) if local else 1 for _, (host, _) in endpoint.addresses)
    available = (high - low + 1) * pairs
    most = math.ceil(plan.most_users * part)
    if most > available:
        raise UsageError(
            f"{most:,} connections to one address need as many ephemeral ports, but this host has {available}: "
            "widen net.ipv4.ip_local_port_range, or give several --local-address"
        )
