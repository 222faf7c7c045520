"""Where the requests of a plan go."""

from loadgen.base.exchange import Endpoint
from loadgen.clients.resolve import resolve
from loadgen.plan.plan import Plan


async def endpoint_of(plan: Plan) -> Endpoint:
    """All that a client needs; the name is looked up. Raises UsageError for one that has no address."""
    return Endpoint(
        plan.origin, await resolve(plan.origin), plan.tls, plan.timeout_s, plan.connect_timeout_s, plan.keep_alive,
        plan.phases,
    )  # fmt: skip
