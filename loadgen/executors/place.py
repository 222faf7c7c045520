"""From a shard to a worker: which users, which client, on which loop."""

import ssl
from collections.abc import Callable

from loadgen.base.alarm import make_alarm
from loadgen.base.exchange import Client, ConnectionCounts
from loadgen.executors.base import Assignment, Users
from loadgen.executors.reactor_users import ReactorUsers
from loadgen.executors.worker import Worker
from loadgen.guard.breaker import Breaker
from loadgen.guard.shared_state import Cause
from loadgen.measure.recorder import Recorder
from loadgen.measure.transactions import Transactions
from loadgen.plan.jobs.http import HttpJob
from loadgen.workloads.base import Workload
from loadgen.workloads.http import HttpWorkload


def make_worker(task: Assignment) -> Worker:
    """Build a worker where it will run: on its own thread, with its loop running."""
    return Worker(task, _users(task))


def _users(task: Assignment) -> Users:
    plan, shard, endpoint = task.plan, task.shard, task.endpoint
    context: ssl.SSLContext | None = None
    if endpoint.origin.scheme == "https":
        from loadgen.base.tls import make_context

        context = make_context(endpoint.tls)
    recorder = Recorder(task.redact, paced=plan.paced, phases=plan.phases, clock=task.clock)
    breaker = Breaker(task.control, shard.index, plan.stop.max_errors)
    if plan.mode != "threads" and plan.client == "raw":
        workload = _shard_workload(task, recorder.transactions)
        if plan.arrivals is not None:
            from loadgen.executors.open_users import OpenUsers

            return OpenUsers(task, plan.arrivals, context, workload, recorder, breaker, make_alarm())
        return ReactorUsers(task, context, workload, recorder, breaker, make_alarm())

    from loadgen.executors.sequential_users import SequentialUsers
    from loadgen.executors.waits import LoopWaits, ThreadWaits

    return SequentialUsers(
        task,
        _client_maker(task, context),
        _workload_maker(task, recorder.transactions),
        recorder,
        breaker,
        waits=ThreadWaits(task.clock) if plan.mode == "threads" else LoopWaits(task.clock, make_alarm()),
    )


def _shard_workload(task: Assignment, transactions: Transactions) -> Workload:
    """One workload for all users of the shard, who belong to one thread."""
    plan, shard, control = task.plan, task.shard, task.control
    job = plan.job
    if isinstance(job, HttpJob):
        return HttpWorkload(job, shard.index, shard.count, shard.seed)
    from loadgen.workloads.s3.workload import make_s3_workload

    def on_lost(_problem: str) -> None:
        control.trip(Cause.CREDENTIALS, task.clock())

    return make_s3_workload(plan, job, shard, transactions, on_lost)


def _workload_maker(task: Assignment, transactions: Transactions) -> Callable[[int], Workload]:
    """One workload for each user; what leads from one request to others is shared by all users of the shard."""
    plan, shard = task.plan, task.shard
    job = plan.job
    if isinstance(job, HttpJob):
        return lambda user: HttpWorkload(job, user, plan.users, shard.seed * 1_000_003 + user)
    from loadgen.workloads.s3.shared import Shared

    shared = Shared(_shard_workload(task, transactions))
    return lambda _: shared


def _client_maker(task: Assignment, context: ssl.SSLContext | None) -> Callable[[], Client]:
    endpoint, clock = task.endpoint, task.clock
    if task.plan.client == "raw":
        from loadgen.clients.http1.blocking import BlockingClient

        return lambda: BlockingClient(endpoint, context, ConnectionCounts(), clock)

    from loadgen.clients.httpx_client import AsyncHttpxClient, BlockingHttpxClient

    kind = BlockingHttpxClient if task.plan.mode == "threads" else AsyncHttpxClient
    return lambda: kind(endpoint, context, ConnectionCounts(), clock)
