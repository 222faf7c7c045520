"""What a plan leaves for the server to say, and is asked before anything is sent."""

from loadgen.base.imported import imported
from loadgen.plan.plan import Plan


async def settled(plan: Plan) -> Plan:
    """The same plan with the HTTP that the server's TLS agrees to, and the types that its reflection gives.

    Raises UsageError.
    """
    if plan.http == "auto":
        plan = await imported("loadgen.session.agreement", "agreed")(plan)
    if any(spec.grpc is not None and not spec.grpc.types for spec in plan.job.requests):
        plan = await imported("loadgen.session.reflection", "with_types")(plan)
    return plan
