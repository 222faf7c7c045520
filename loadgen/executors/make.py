"""From a shard to a worker: which users, which client, on which loop."""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from loadgen.base.alarm import Alarm, make_alarm
from loadgen.base.clock import s_to_ns
from loadgen.base.exchange import Client, ConnectionCounts, Origin
from loadgen.clients.addresses import Addresses
from loadgen.clients.http1.client import Http1Client
from loadgen.clients.local_addresses import local_addresses_of
from loadgen.clients.reactor import Reactor
from loadgen.clients.resolve import Renewal
from loadgen.executors.base import Assignment, Users
from loadgen.executors.reactor_users import ReactorUsers
from loadgen.executors.waits import LoopWaits, ThreadWaits
from loadgen.executors.worker import Worker
from loadgen.guard.breaker import Breaker, Deaf
from loadgen.guard.shared_state import Cause
from loadgen.measure.names import names_of
from loadgen.measure.recorder import Recorder
from loadgen.measure.transactions import Transactions
from loadgen.pacing.base import Pacer
from loadgen.pacing.make import make_pacer
from loadgen.plan.jobs.http import HttpJob
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.plan.plan import Plan
from loadgen.workloads.base import Workload
from loadgen.workloads.http import HttpWorkload

if TYPE_CHECKING:  # for runs of journeys
    from loadgen.clients.base import Handler, StreamClient
    from loadgen.clients.origins import MakeClient
    from loadgen.executors.loop_watch import LoopWatch
    from loadgen.workloads.scenario.base import JourneyWorkload


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
    return Worker(task, _users(task, addresses), renewal, _watch_of(plan))


def _watch_of(plan: Plan) -> "type[LoopWatch] | None":
    if not isinstance(plan.job, ScenarioJob) or plan.job.file is None:
        return None
    from loadgen.executors.loop_watch import LoopWatch

    return LoopWatch


def _users(task: Assignment, addresses: Addresses) -> Users:
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
    breaker = told = Breaker(task.control, shard.index, plan.stop.max_errors)
    job = plan.job
    if isinstance(job, S3Job) and job.most_retries:
        told = Deaf(task.control, shard.index, None)
    if isinstance(job, ScenarioJob):
        return _journeys(task, job, recorder, pacer, breaker, context, addresses)
    if plan.mode != "threads" and plan.client == "raw":
        workload = _workload(task, job, recorder.transactions, breaker, sequential=False)
        parts = _on_reactor(task, context, addresses, pacer, workload, recorder, told)
        origins = _origins(job)
        if plan.arrivals is not None:
            from loadgen.executors.open_users import OpenUsers

            return OpenUsers(task, plan.arrivals, *parts, origins)
        if isinstance(job, S3Job) and job.goes_beyond(plan.origin):
            from loadgen.executors.origin_users import OriginUsers

            return OriginUsers(task, *parts)
        if plan.steered:
            from loadgen.executors.steered_users import SteeredUsers

            return SteeredUsers(task, *parts)
        return ReactorUsers(task, *parts, origins)

    from loadgen.executors.sequential_users import SequentialUsers

    return SequentialUsers(
        task,
        _client_maker(task, context, addresses),
        pacer,
        _workload(task, job, recorder.transactions, breaker, sequential=True),
        recorder,
        told,
        waits=ThreadWaits(task.clock) if plan.mode == "threads" else LoopWaits(task.clock, make_alarm()),
    )


def _origins(job: HttpJob | S3Job) -> list[Origin]:
    """Those of several endpoints, of which each user has one."""
    return [host.origin for host in job.hosts if host.origin is not None] if isinstance(job, S3Job) else []


def _journeys(
    task: Assignment,
    job: ScenarioJob,
    recorder: Recorder,
    pacer: Pacer,
    breaker: Breaker,
    context: ssl.SSLContext | None,
    addresses: Addresses,
) -> Users:
    """The same for journeys, which are counted and end by themselves: their requests have no limit."""
    plan = task.plan
    sequential = plan.mode == "threads" or plan.client != "raw" or job.function is not None
    workload = _journey_workload(task, job, recorder, breaker, sequential=sequential)
    task = replace(task, shard=replace(task.shard, requests_limit=None))
    if sequential:
        from loadgen.executors.sequential_journey_users import SequentialJourneyUsers

        waits = ThreadWaits(task.clock) if plan.mode == "threads" else LoopWaits(task.clock, make_alarm())
        clients = _client_maker(task, context, addresses)
        return SequentialJourneyUsers(task, clients, pacer, workload, recorder, breaker, waits=waits)
    from loadgen.executors.journey_users import JourneyUsers
    from loadgen.executors.mixed_users import MixedJourneyUsers
    from loadgen.executors.open_journey_users import OpenJourneyUsers

    parts = _on_reactor(task, context, addresses, pacer, workload, recorder, breaker)
    if plan.arrivals is not None:
        kind = MixedJourneyUsers if plan.closed_users else OpenJourneyUsers
        return kind(task, plan.arrivals, *parts)
    if plan.steered:
        from loadgen.executors.steered_users import SteeredJourneyUsers

        return SteeredJourneyUsers(task, *parts)
    return JourneyUsers(task, *parts)


W = TypeVar("W", bound=Workload)


def _on_reactor(
    task: Assignment,
    context: ssl.SSLContext | None,
    addresses: Addresses,
    pacer: Pacer,
    workload: W,
    recorder: Recorder,
    breaker: Breaker,
) -> "tuple[Reactor, Pacer, W, Recorder, Breaker, Alarm, Callable[[Reactor, Handler, int], StreamClient]]":
    """What all users on a reactor are made of, open or closed."""
    reactor = Reactor(task.endpoint, context, recorder.connections, task.clock, addresses)
    reactor.batches_ns = recorder.batches_ns
    return reactor, pacer, workload, recorder, breaker, make_alarm(), _streams_client(task, recorder)


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


def _journey_workload(
    task: Assignment, job: ScenarioJob, recorder: Recorder, breaker: Breaker, *, sequential: bool
) -> "JourneyWorkload":
    """What the users do: as their file says, or the steps of the profile."""
    plan, origin = task.plan, task.endpoint.origin
    wire, warmup = plan.writes_wire, plan.warmup_s > 0
    if job.function is not None:
        return _calls(task, job, recorder, breaker)
    if job.file is None:
        from loadgen.executors.thread_loop import ThreadLoop
        from loadgen.workloads.scenario.declared.steps_workload import StepsWorkload

        own_loop = partial(ThreadLoop, timeout_s=plan.timeout_s)
        return StepsWorkload(
            job, task.shard, plan.most_users, recorder, breaker.failed, task.learn,
            origin=origin, keep_alive=plan.keep_alive, wire=wire, warmup=warmup, clock=task.clock,
            sequential=sequential, timeout_s=plan.timeout_s, tls=task.endpoint.tls,
            loop=own_loop if plan.mode == "threads" else asyncio.get_running_loop,
        )  # fmt: skip
    if job.dialect == "locust":
        from loadgen.workloads.locust.workload import LocustWorkload

        return LocustWorkload(
            job, task.shard, recorder, breaker.failed, lambda: task.control.trip(Cause.COMPLETED, task.clock()),
            origin=origin, keep_alive=plan.keep_alive, warmup=warmup, clock=task.clock,
            threads=plan.mode == "threads", sequential=sequential,
        )  # fmt: skip
    from loadgen.executors.thread_loop import ThreadLoop
    from loadgen.workloads.scenario.python.workload import ScenarioWorkload
    from loadgen.workloads.scenario.strays import Strays

    loop = asyncio.get_running_loop()
    threads = plan.mode == "threads"
    strays = Strays() if threads else Strays(loop.get_exception_handler())
    if not threads:
        loop.set_exception_handler(strays)
    workload = ScenarioWorkload(
        job, task.shard, plan.most_users, recorder, breaker.failed, learn=task.learn, tls=task.endpoint.tls,
        origin=origin, keep_alive=plan.keep_alive, wire=wire, warmup=warmup, clock=task.clock, sequential=sequential,
        loop=partial(ThreadLoop, strays, timeout_s=plan.timeout_s) if threads else lambda: loop,
        http2=plan.http == "2", timeout_s=plan.timeout_s,
    )  # fmt: skip
    strays.journeys = workload.journeys
    return workload


def _calls(task: Assignment, job: ScenarioJob, recorder: Recorder, breaker: Breaker) -> "JourneyWorkload":
    from loadgen.executors.thread_loop import ThreadLoop
    from loadgen.workloads.callables.workload import CallableWorkload

    on_loop = task.plan.mode != "threads"
    own_loop = partial(ThreadLoop, timeout_s=task.plan.timeout_s)
    return CallableWorkload(
        job, task.shard, recorder, breaker.failed, origin=task.endpoint.origin, clock=task.clock,
        loop=asyncio.get_running_loop if on_loop else own_loop, on_loop=on_loop,
    )  # fmt: skip


def _workload(
    task: Assignment, job: HttpJob | S3Job, transactions: Transactions, breaker: Breaker, *, sequential: bool
) -> Workload:
    """What the shard's users send. Sequential users have streams of their own, as each may have a thread."""
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

            return make_s3_workload(
                plan, job, shard, transactions, on_lost, on_unwritten, breaker.failed, threads=sequential
            )


def _client_maker(task: Assignment, context: ssl.SSLContext | None, addresses: Addresses) -> Callable[[], Client]:
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
    if isinstance(job, S3Job) and (origins := _origins(job)):
        from loadgen.clients.destinations import Destinations
        from loadgen.clients.origins import clients_in_turn

        destinations = Destinations(endpoint, context, clock, addresses)
        first = task.shard.index % len(origins)
        return clients_in_turn(kind, endpoint, destinations, clock, (*origins[first:], *origins[:first]))
    return lambda: kind(endpoint, context, ConnectionCounts(), clock, addresses)
