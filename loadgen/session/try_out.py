"""One journey of a scenario's, for tests: no run, no measurement, an exception of it is an exception of the test."""

import asyncio
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from loadgen.base.clock import NS_PER_S, now_ns
from loadgen.base.dataclass import dataclass
from loadgen.base.endpoint import Endpoint
from loadgen.base.errors import UsageError
from loadgen.base.tls import make_context
from loadgen.clients.endpoint import endpoint_of
from loadgen.executors.once import nothing
from loadgen.executors.one_user import OneUser
from loadgen.executors.thread_loop import ThreadLoop
from loadgen.executors.watcher import Watcher
from loadgen.plan.declarations import MARK, Declarations, Declared, declared_in
from loadgen.plan.jobs.scenario import Journey, ScenarioJob
from loadgen.plan.plan import Plan, Shard
from loadgen.plan.profiles.document import profile_for_url
from loadgen.results.trial import Checked, Event, Measured
from loadgen.session.here import plan_here
from loadgen.workloads.scenario.base import JourneySetup, not_timed
from loadgen.workloads.scenario.failures import JourneyEndedError
from loadgen.workloads.scenario.python.awaited import PartScript
from loadgen.workloads.scenario.python.hooks import Part, parts
from loadgen.workloads.scenario.python.workload import ScenarioWorkload
from loadgen.workloads.scenario.replies.reply import Reply
from loadgen.workloads.scenario.sending.requests import PER_USER


@dataclass(frozen=True, slots=True)
class TriedStep:
    """One request of a journey: its name without the journey's, and what came of it."""

    name: str
    method: str
    target: str
    reply: Reply
    took_s: float


@dataclass(frozen=True, slots=True)
class Tried:
    """What a journey did. `checks` say whether each held every time; `metrics` have all values that were added.

    `error` says why the journey has failed, None where it has not.
    """

    steps: tuple[TriedStep, ...]
    checks: dict[str, bool]
    metrics: dict[str, tuple[float, ...]]
    error: str | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing in it failed."""
        return self.error is None

    def step(self, name: str) -> TriedStep:
        """The first step of a name. Raises KeyError with the names that there are."""
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(f"no step {name!r}; there are {[step.name for step in self.steps]}")


def try_out(function: Callable[[Any], Any], url: str, *, per_user: bool, shared: Any, fields: dict[str, Any]) -> Tried:
    """See `loadgen.scenario.try_out`."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        pass
    else:
        raise UsageError("try_out runs the journey to its end: call it where no event loop runs, from a plain `def`")
    profile = profile_for_url(url, fields)
    plan = plan_here(profile)
    declared = _declared(function, per_user=per_user)
    one = declared.scenarios[0]
    file = str(getattr(sys.modules.get(function.__module__), "__file__", None) or Path("scenario.py"))
    job = ScenarioJob((Journey(one.name),), file=file, headers=profile.common_headers)
    endpoint = asyncio.run(endpoint_of(plan))
    events: list[Event] = []
    watcher = Watcher(events.append, [one.name], plan.origin, now_ns)
    try:
        error = _Journey(plan, job, declared, endpoint, watcher, shared).go()
    finally:
        for metric in declared.metrics:
            metric.bind(None)
    checks: dict[str, bool] = {}
    metrics: dict[str, tuple[float, ...]] = {}
    for event in events:
        if isinstance(event, Checked):
            checks[event.name] = event.holds and checks.get(event.name, True)
        elif isinstance(event, Measured):
            metrics[event.name] = (*metrics.get(event.name, ()), event.value)
    steps = (
        TriedStep(told.name, told.method, told.target, reply, told.took_ns / NS_PER_S)
        for told, reply in watcher.replies
        if told.part != PER_USER
    )
    return Tried(tuple(steps), checks, metrics, error)


class _Journey:
    """It and what stands around it."""

    def __init__(
        self, plan: Plan, job: ScenarioJob, declared: Declarations, endpoint: Endpoint, watcher: Watcher, shared: Any
    ) -> None:
        context = make_context(plan.tls, plan.alpn) if plan.origin.scheme == "https" else None
        self._name = job.journeys[0].name
        self._per_user = declared.per_user
        setup = JourneySetup(
            plan=plan, job=job, shard=Shard(0, 1, 0, 1, None, plan.seed * 1_000_003), endpoint=endpoint,
            recorder=watcher.recorder, on_failure=nothing, clock=now_ns, sequential=True,
            loop=partial(ThreadLoop, timeout_s=plan.timeout_s), wire=plan.writes_wire,
        )  # fmt: skip
        self._workload = ScenarioWorkload(setup, declared)
        self._script: PartScript = self._workload.part()
        self._script.user.shared = shared
        self._one = OneUser(endpoint, context, now_ns, watcher.on_exchange, hurries=True, http2=plan.http == "2")
        self._script.attach(not_timed, self._script.loop.interrupt, watcher.recorder, flows=False)
        watcher.where = lambda: self._script.user.journey

    def go(self) -> str | None:
        """Do it; why it failed."""
        user = self._script.user
        before, after = (None, None) if self._per_user is None else parts(self._per_user.function, user)
        try:
            error = None if before is None else self._done(before, PER_USER)
            if error is not None:
                return f"{PER_USER}: {error}"
            try:
                error = self._done(self._workload.pass_of(user), self._name)
                return error or (user.failed_because if user.failed is not None else None)
            finally:
                if after is not None:
                    self._done(after, PER_USER)
        finally:
            self._script.close()
            self._one.close()
            self._script.loop.close()

    def _done(self, part: Part, name: str) -> str | None:
        self._script.take(part, name)
        try:
            self._one.take(self._script)
        except JourneyEndedError as error:
            return error.detail
        return None


def _declared(function: Callable[[Any], Any], *, per_user: bool) -> Declarations:
    """The function as the one scenario, with what else the file has in which it is."""
    found = getattr(function, MARK, None)
    if isinstance(found, Declared) and found.kind != "scenario":
        raise UsageError(f"{function.__name__} is @{found.kind}, not a scenario")
    one = found if isinstance(found, Declared) else Declared("scenario", function, function.__name__)
    return declared_in(sys.modules[function.__module__], one, per_user=per_user)
