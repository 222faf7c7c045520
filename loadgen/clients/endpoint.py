"""Where the requests of a plan go."""

from loadgen.base.endpoint import Endpoint
from loadgen.clients.local_addresses import check_local
from loadgen.clients.resolve import resolve, resolve_asked
from loadgen.plan.plan import Plan


async def endpoint_of(plan: Plan) -> Endpoint:
    """All that a client needs; the name is looked up. Raises UsageError for one that has no address, and for
    local addresses that are none of this host's."""
    check_local(plan.dialing)
    addresses = await resolve(plan.origin, plan.dialing)
    return Endpoint(
        plan.origin, addresses, plan.tls, plan.timeout_s, plan.connect_timeout_s, plan.keep_alive, plan.phases,
        plan.dialing, await resolve_asked(plan.origin, plan.dialing),
    )  # fmt: skip
