"""From a shard to a worker: which users, which client, on which loop."""

import ssl
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from loadgen.base.alarm import make_alarm
from loadgen.base.clock import s_to_ns
from loadgen.base.endpoint import Origin
from loadgen.clients.addresses import Addresses
from loadgen.clients.http1.client import Http1Client
from loadgen.clients.local_addresses import local_addresses_of
from loadgen.clients.reactor import Reactor
from loadgen.clients.resolve import Renewal
from loadgen.executors.base import Assignment, ShardSetup, Users
from loadgen.executors.reactor_passes import ReactorSetup
from loadgen.executors.reactor_users import ReactorUsers
from loadgen.executors.worker import Worker
from loadgen.guard.breaker import Breaker, Deaf
from loadgen.guard.shared_state import Cause
from loadgen.measure.names import names_of
from loadgen.measure.recorder import Recorder
from loadgen.pacing.make import make_pacer
from loadgen.plan.jobs.http import HttpJob
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.plan.plan import Plan
from loadgen.workloads.base import Workload
from loadgen.workloads.http import HttpWorkload

if TYPE_CHECKING:
    from loadgen.clients.base import Handler, StreamClient
    from loadgen.executors.loop_watch import LoopWatch


def make_worker(task: Assignment) -> Worker:
    """Build a worker where it will run: on its own thread, with its loop running."""
    plan, origin = task.plan, task.endpoint.origin
    dialing, first = plan.dialing, task.shard.index
    changes = plan.dns_ttl_s is not None
    local = local_addresses_of(dialing, first)
    addresses = Addresses(task.endpoint.addresses, task.clock, first, local, may_change=changes)
    renewal = None
    if plan.dns_ttl_s is not None:
        renewal = Renewal(origin, plan.dns_ttl_s, addresses.replace, dialing=dialing)
    return Worker(task, _users(_setup(task, addresses)), renewal, _watch_of(plan))


def _watch_of(plan: Plan) -> "type[LoopWatch] | None":
    if not isinstance(plan.job, ScenarioJob) or plan.job.file is None:
        return None
    from loadgen.executors.loop_watch import LoopWatch

    return LoopWatch


def _setup(task: Assignment, addresses: Addresses) -> ShardSetup:
    plan, shard, endpoint = task.plan, task.shard, task.endpoint
    context: ssl.SSLContext | None = None
    if endpoint.origin.scheme == "https":
        from loadgen.base.tls import make_context

        context = make_context(endpoint.tls, plan.alpn)
    names = names_of(plan.job, on_full=lambda: task.control.trip(Cause.NAMES, task.clock()))
    recorder = Recorder(task.redact, paced=plan.paced, phases=plan.phases, names=names, clock=task.clock)
    if plan.log_every:
        from loadgen.measure.request_log import RequestLog

        recorder.log = RequestLog(plan.log_every, names)
    if plan.slowest:
        from loadgen.measure.slowest import Slowest

        recorder.slowest = Slowest(task.redact)
    pacer = make_pacer(plan, shard, task.control.speed)
    return ShardSetup(
        task, context, addresses, pacer, recorder, Breaker(task.control, shard.index, plan.stop.max_errors)
    )


def _users(setup: ShardSetup) -> Users:
    job = setup.task.plan.job
    return _journey_users(setup, job) if isinstance(job, ScenarioJob) else _request_users(setup, job)


def _request_users(setup: ShardSetup, job: HttpJob | S3Job) -> Users:
    task, plan = setup.task, setup.task.plan
    breaker = setup.breaker
    if isinstance(job, S3Job) and job.most_retries:
        breaker = Deaf(task.control, task.shard.index, None)  # the workload says which of them count
    if plan.mode == "threads" or plan.client != "raw":
        from loadgen.executors.make_sequential import sequential_users

        return sequential_users(setup, _workload(setup, job, sequential=True), breaker)
    workload = _workload(setup, job, sequential=False)
    given = _on_reactor(setup, workload, breaker, job.origins if isinstance(job, S3Job) else ())
    if plan.arrivals is not None:
        from loadgen.executors.open_users import OpenUsers

        return OpenUsers(given)
    if isinstance(job, S3Job) and job.goes_beyond(plan.origin):
        from loadgen.executors.origin_users import OriginUsers

        return OriginUsers(given)
    if plan.steered:
        from loadgen.executors.steered_users import SteeredUsers

        return SteeredUsers(given)
    return ReactorUsers(given)


def _journey_users(setup: ShardSetup, job: ScenarioJob) -> Users:
    """Journeys are counted and end by themselves: their requests have no limit."""
    from loadgen.executors.make_journeys import journey_workload

    plan = setup.task.plan
    sequential = plan.mode == "threads" or plan.client != "raw" or job.function is not None
    workload = journey_workload(setup, job, sequential=sequential)
    shard = replace(setup.task.shard, requests_limit=None)
    setup = replace(setup, task=replace(setup.task, shard=shard))
    if sequential:
        from loadgen.executors.make_sequential import sequential_journey_users

        return sequential_journey_users(setup, workload)
    from loadgen.executors.journey_users import JourneyUsers
    from loadgen.executors.mixed_users import MixedJourneyUsers
    from loadgen.executors.open_journey_users import OpenJourneyUsers

    given = _on_reactor(setup, workload, setup.breaker)
    if plan.arrivals is not None:
        kind = MixedJourneyUsers if plan.closed_users else OpenJourneyUsers
        return kind(given)
    if plan.steered:
        from loadgen.executors.steered_users import SteeredJourneyUsers

        return SteeredJourneyUsers(given)
    return JourneyUsers(given)


def _on_reactor(
    setup: ShardSetup, workload: Workload, breaker: Breaker, origins: Sequence[Origin] = ()
) -> ReactorSetup:
    task, recorder = setup.task, setup.recorder
    reactor = Reactor(task.endpoint, setup.context, recorder.connections, task.clock, setup.addresses)
    reactor.batches_ns = recorder.batches_ns
    client = _streams_client(task, recorder)
    return ReactorSetup(task, reactor, setup.pacer, workload, recorder, breaker, make_alarm(), client, origins)


def _streams_client(task: Assignment, recorder: Recorder) -> "Callable[[Reactor, Handler, int], StreamClient]":
    """What users on a reactor send through."""
    plan = task.plan
    make: Callable[[Reactor, Handler, int], StreamClient] = Http1Client
    if plan.http != "1.1":
        from loadgen.clients.http2.client import Http2Client

        make = partial(Http2Client, streams=plan.streams)
    log, slowest = recorder.log, recorder.slowest
    if log is None and slowest is None:
        return make
    from loadgen.executors.logged import LoggedHandler, SlowestHandler, Watching, watched

    first_user, watching = task.shard.first_user, list[Watching]()
    if log is not None:
        watching.append(lambda users: LoggedHandler(users, log, first_user, paced=plan.paced))
    if slowest is not None:
        watching.append(lambda users: SlowestHandler(users, slowest, first_user, paced=plan.paced))
    return watched(make, *watching)


def _workload(setup: ShardSetup, job: HttpJob | S3Job, *, sequential: bool) -> Workload:
    """What the shard's users send. Sequential users have streams of their own, as each may have a thread."""
    task = setup.task
    plan, shard, control = task.plan, task.shard, task.control

    def on_lost(_problem: str) -> None:
        control.trip(Cause.CREDENTIALS, task.clock())

    def on_unwritten() -> None:
        control.trip(Cause.JOURNAL, task.clock())

    match job:
        case HttpJob():
            if job.redirects or job.signing is not None:
                from loadgen.workloads.changed import changed_workload

                return changed_workload(plan, job, shard, on_lost, streams=sequential)
            if all(spec.stream is None for spec in job.requests):
                return HttpWorkload(job, shard, plan.users, streams=sequential)
            from loadgen.workloads.parts.reader import timing

            return HttpWorkload(job, shard, plan.users, streams=sequential, parts=timing(s_to_ns(plan.timeout_s)))
        case S3Job():
            from loadgen.workloads.s3.workload import make_s3_workload

            transactions, failed = setup.recorder.transactions, setup.breaker.failed
            return make_s3_workload(plan, job, shard, transactions, on_lost, on_unwritten, failed, threads=sequential)
