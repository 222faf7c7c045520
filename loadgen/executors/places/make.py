"""From a plan to the place of its workers."""

from loadgen.base.descriptors import raise_descriptor_limit
from loadgen.base.exchange import Endpoint
from loadgen.executors.places.base import Place
from loadgen.executors.places.here import Here
from loadgen.executors.places.limits import check_descriptors, check_ports
from loadgen.executors.places.processes import Processes
from loadgen.guard.shared_state import SharedState
from loadgen.plan.plan import Plan


def make_place(plan: Plan, endpoint: Endpoint) -> Place:
    """Where the plan's workers will be. Nothing runs yet; to be closed. Raises UsageError where they find no room."""
    check_descriptors(plan, raise_descriptor_limit())
    check_ports(plan, endpoint)
    control = SharedState.create(plan.shard_count)
    match plan.processes:
        case 1:
            return Here(plan, endpoint, control)
        case _:
            return Processes(plan, endpoint, control)
