"""From a plan to the place of its workers."""

from loadgen.base.clock import now_ns
from loadgen.base.descriptors import raise_descriptor_limit
from loadgen.base.endpoint import Endpoint
from loadgen.base.environment import usable_cores
from loadgen.base.imported import imported
from loadgen.clients.endpoint import endpoint_of
from loadgen.clients.resolve import needs_look_up
from loadgen.executors.places.base import Place
from loadgen.executors.places.limits import check_descriptors, check_ports
from loadgen.executors.places.processes import Processes
from loadgen.guard.shared_state import SharedState
from loadgen.plan.plan import Plan


class ThisMachine:
    """A Site."""

    least_processes = 1
    warnings = ()

    @property
    def cores(self) -> int:
        return usable_cores()

    async def place(self, plan: Plan) -> tuple[Place, int | None]:
        asked_ns = now_ns()
        endpoint = await endpoint_of(plan)
        dns_ns = now_ns() - asked_ns if needs_look_up(plan.origin, plan.dialing) else None
        return make_place(plan, endpoint), dns_ns

    def close(self) -> None:
        pass


def make_place(plan: Plan, endpoint: Endpoint) -> Place:
    """Where the plan's workers will be. Nothing runs yet; to be closed. Raises UsageError where they find no room."""
    check_descriptors(plan, raise_descriptor_limit())
    check_ports(plan, endpoint)
    control = SharedState.create(plan.shard_count)
    match plan.processes:
        case 1:
            here: Place = imported("loadgen.executors.places.here", "Here")(plan, endpoint, control)
            return here
        case _:
            return Processes(plan, endpoint, control)
