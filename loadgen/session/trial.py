"""Each journey of a job once, by one user in this process: what happens is told as it does, and nothing is measured."""

import asyncio
import signal
import ssl
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from loadgen.base.clock import now_ns
from loadgen.base.endpoint import Endpoint
from loadgen.base.error_class import ErrorClass
from loadgen.base.imported import imported
from loadgen.base.threads import ThreadPool
from loadgen.base.tls import make_context
from loadgen.base.user_code import describe
from loadgen.clients.endpoint import endpoint_of
from loadgen.clients.resolve import dialled, needs_look_up
from loadgen.executors.once import PerRun
from loadgen.executors.one_user import Change
from loadgen.executors.trial import Trial
from loadgen.executors.watcher import Watcher
from loadgen.plan.jobs.http import Signing
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.plan.plan import Plan
from loadgen.results.trial import Ended, Event
from loadgen.session.scenario import as_json
from loadgen.session.settled import settled
from loadgen.session.signals import signals_to
from loadgen.workloads.scenario.failures import example_of, place
from loadgen.workloads.scenario.python.file import load_declarations
from loadgen.workloads.scenario.sending.requests import PER_RUN

Tell = Callable[[Event], None]


async def run_trial(plan: Plan, tell: Tell, learn: Callable[[str], object], signing: Signing | None = None) -> str:
    """Do it all; the name of the signal that ended it, or "". `tell` is called on this loop, `learn` in any thread.

    Raises UsageError where it cannot be done here. The first signal ends what runs, the second does not wait for code
    that hangs.
    """
    plan = await settled(plan)
    job = plan.job
    assert isinstance(job, ScenarioJob)
    context = make_context(plan.tls, plan.alpn) if plan.origin.scheme == "https" else None
    began_ns = now_ns()
    endpoint = await endpoint_of(plan)
    took_ns = now_ns() - began_ns
    loop = asyncio.get_running_loop()
    told: asyncio.Queue[Event | None] = asyncio.Queue()

    def tell_here(event: Event) -> None:
        loop.call_soon_threadsafe(told.put_nowait, event)

    watcher = Watcher(tell_here, [journey.name for journey in job.journeys], plan.origin, now_ns)
    if needs_look_up(plan.origin, plan.dialing):
        there = dialled(plan.origin, plan.dialing)
        if there.is_address:  # of a proxy, which is to be asked for an address
            watcher.way.named(plan.origin.host, (endpoint.asked,), took_ns)
        else:
            watcher.way.named(there.host, [address[0] for _, address in endpoint.addresses], took_ns)
    change: Change | None = None
    if signing is not None:
        change = imported("loadgen.workloads.changed", "signer_of")(signing, plan.origin)
    run = _Run(plan, job, endpoint, context, watcher, learn, change)
    signalled = ""

    def interrupt(number: signal.Signals) -> None:
        nonlocal signalled
        if signalled:
            told.put_nowait(None)
        signalled = number.name
        run.interrupt()

    with signals_to(interrupt):
        pool = ThreadPool("once")
        work = loop.run_in_executor(pool, run.go)
        pool.shutdown(wait=False)
        work.add_done_callback(lambda _: told.put_nowait(None))
        while (event := await told.get()) is not None:
            tell(event)
        if work.done():
            work.result()
    return signalled


class _Run:
    """In its order, in one thread, and what of it runs now."""

    def __init__(
        self, plan: Plan, job: ScenarioJob, endpoint: Endpoint, context: ssl.SSLContext | None, watcher: Watcher,
        learn: Callable[[str], object], change: Change | None,
    ) -> None:  # fmt: skip
        self._plan, self._job, self._endpoint, self._context = plan, job, endpoint, context
        self._watcher, self._learn, self._change = watcher, learn, change
        self._running: PerRun | Trial | None = None
        self._interrupted = False

    def interrupt(self) -> None:
        """End what runs; what was begun is undone."""
        self._interrupted = True
        if self._running is not None:
            self._running.interrupt()

    def go(self) -> None:
        """Do it all."""
        job, watcher = self._job, self._watcher
        around: PerRun | None = None
        if job.file is not None and job.dialect == "loadgen" and load_declarations(job.file).per_run is not None:
            around = self._running = PerRun(
                self._plan, job, self._endpoint, self._context, watcher.on_exchange, watcher.recorder
            )
        try:
            if around is None:
                self._journeys(job)
                return
            went_well, shared = self._aside(around.before)
            if went_well:
                self._journeys(replace(job, shared=as_json(job.file or "", shared)))
                self._running = around
                self._aside(around.after)
        finally:
            if around is not None:
                around.close()

    def _journeys(self, job: ScenarioJob) -> None:
        if self._interrupted:
            return
        trial = self._running = Trial(
            self._plan, job, self._endpoint, self._context, self._watcher, self._learn, self._change
        )
        try:
            trial.go()
        finally:
            trial.close()

    def _aside(self, part: Callable[[], Any]) -> tuple[bool, Any]:
        """Do what stands around the run; whether that went well, and what it gave."""
        began_ns = now_ns()
        try:
            return True, part()
        except BaseException as error:  # whatever a script raises
            if not self._interrupted:
                detail = f"{place(error)}{describe(error)}"
                took_ns = now_ns() - began_ns
                self._watcher.tell(Ended(PER_RUN, took_ns, ErrorClass.SCRIPT_ERROR, detail, example_of(error)))
            return False, None
