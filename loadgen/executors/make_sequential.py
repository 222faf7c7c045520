"""From a shard to users that send one request after another: each has a client of its own, in a thread or in a task."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from loadgen.base.alarm import make_alarm
from loadgen.base.exchange import Client, ConnectionCounts
from loadgen.executors.base import ShardSetup, Users
from loadgen.executors.sequential_notes import SequentialSetup
from loadgen.executors.sequential_users import SequentialUsers
from loadgen.executors.waits import LoopWaits, ThreadWaits
from loadgen.guard.breaker import Breaker
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.workloads.base import Workload

if TYPE_CHECKING:
    from loadgen.clients.origins import MakeClient
    from loadgen.workloads.scenario.base import JourneyWorkload


def sequential_users(setup: ShardSetup, workload: Workload, breaker: Breaker) -> Users:
    """Users whose scripts are requests."""
    return SequentialUsers(_sequential(setup, workload, breaker))


def sequential_journey_users(setup: ShardSetup, workload: "JourneyWorkload") -> Users:
    """Users whose scripts are journeys."""
    from loadgen.executors.sequential_journey_users import SequentialJourneyUsers

    return SequentialJourneyUsers(_sequential(setup, workload, setup.breaker))


def _sequential(setup: ShardSetup, workload: Workload, breaker: Breaker) -> SequentialSetup:
    clock = setup.task.clock
    waits = ThreadWaits(clock) if setup.task.plan.mode == "threads" else LoopWaits(clock, make_alarm())
    return SequentialSetup(setup.task, _client_maker(setup), setup.pacer, workload, setup.recorder, breaker, waits)


def _client_maker(setup: ShardSetup) -> Callable[[], Client]:
    """How one user's requests are sent."""
    task, context, addresses = setup.task, setup.context, setup.addresses
    endpoint, clock, blocking = task.endpoint, task.clock, task.plan.mode == "threads"
    job = task.plan.job
    if isinstance(job, ScenarioJob) and job.function is not None:
        from loadgen.clients.none import NoClient

        return NoClient
    kind: MakeClient
    if task.plan.client == "httpx" and task.plan.http == "2":
        from loadgen.clients.httpx_client import AsyncHttpx2Client, BlockingHttpx2Client

        kind = BlockingHttpx2Client if blocking else AsyncHttpx2Client
    elif task.plan.http == "2":
        from loadgen.clients.http2.blocking import BlockingHttp2Client

        kind = BlockingHttp2Client
    elif task.plan.client == "raw":
        from loadgen.clients.http1.blocking import BlockingClient

        kind = BlockingClient
        if task.plan.dialing.requests_each is not None:
            from loadgen.clients.http1.limited import LimitedBlockingClient

            kind = LimitedBlockingClient
    else:
        from loadgen.clients.httpx_client import AsyncHttpxClient, BlockingHttpxClient

        kind = BlockingHttpxClient if blocking else AsyncHttpxClient
    if isinstance(job, ScenarioJob) or (isinstance(job, S3Job) and job.goes_beyond(task.plan.origin)):
        from loadgen.clients.destinations import Destinations
        from loadgen.clients.origins import OriginClients

        destinations = Destinations(endpoint, context, clock, addresses)
        return lambda: OriginClients(kind, endpoint, destinations, clock, blocking=blocking)
    if isinstance(job, S3Job) and (origins := job.origins):
        from loadgen.clients.destinations import Destinations
        from loadgen.clients.origins import clients_in_turn

        destinations = Destinations(endpoint, context, clock, addresses)
        first = task.shard.index % len(origins)
        return clients_in_turn(kind, endpoint, destinations, clock, origins[first:] + origins[:first])
    return lambda: kind(endpoint, context, ConnectionCounts(), clock, addresses)
