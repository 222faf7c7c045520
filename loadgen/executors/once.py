"""What a scenario's file does once, in a thread that lives as long as the run."""

import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from loadgen.base.clock import Clock, now_ns
from loadgen.base.endpoint import Endpoint
from loadgen.base.whereabouts import whereabouts
from loadgen.executors.one_user import OneUser, OnExchange
from loadgen.executors.thread_loop import ThreadLoop
from loadgen.measure.names import Names
from loadgen.measure.recorder import Recorder
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.plan.plan import Plan, Shard
from loadgen.workloads.scenario.base import JourneySetup
from loadgen.workloads.scenario.python.hooks import Part
from loadgen.workloads.scenario.python.workload import ScenarioWorkload
from loadgen.workloads.scenario.sending.requests import PER_RUN


class PerRun:
    """What stands around all journeys. `before` and `after` raise what the file raises; `interrupt` ends them early."""

    def __init__(
        self, plan: Plan, job: ScenarioJob, endpoint: Endpoint, context: ssl.SSLContext | None, on_exchange: OnExchange,
        recorder: Recorder | None = None, clock: Clock = now_ns,
    ) -> None:  # fmt: skip
        recorder = recorder or Recorder(bytes.decode, paced=False, names=Names(), clock=clock)
        setup = JourneySetup(
            plan=plan, job=job, shard=Shard(0, 1, 0, 1, None, plan.seed * 1_000_003), endpoint=endpoint,
            recorder=recorder, on_failure=nothing, clock=clock, sequential=True, users=plan.users,
            loop=partial(ThreadLoop, timeout_s=plan.timeout_s), wire=plan.writes_wire,
        )  # fmt: skip
        self._workload = ScenarioWorkload(setup)
        self._one = OneUser(endpoint, context, clock, on_exchange, http2=plan.http == "2")
        self._script = self._workload.part()
        self._parts = self._workload.per_run(self._script)
        self._thread = ThreadPoolExecutor(1)
        self._busy: int | None = None

    @property
    def asked(self) -> bool:
        """Whether the file has anything of the kind."""
        return self._parts is not None

    def before(self) -> Any:
        """What the file gives to all users."""
        assert self._parts is not None
        return self._take(self._parts[0])

    def after(self) -> None:
        """What is to be done when all is over."""
        assert self._parts is not None
        self._take(self._parts[1])

    def interrupt(self) -> None:
        """End what runs."""
        self._one.interrupt()

    def whereabouts(self) -> str:
        """Where the file's own code is."""
        return whereabouts(self._busy)

    def close(self) -> None:
        """Free all."""
        self.interrupt()
        self._thread.shutdown()
        self._script.close()
        self._script.loop.close()
        self._one.close()

    @property
    def thread(self) -> ThreadPoolExecutor:
        """Where all of it is to be called."""
        return self._thread

    def _take(self, part: Part) -> Any:
        self._busy = threading.get_ident()
        self._script.take(part, PER_RUN)
        self._one.take(self._script)
        return self._script.result


def nothing(_now: int) -> None:
    """A failure here stops nothing by itself."""
