"""Runs one after the other, each in a fresh process: memory, threads and caches of one leave nothing to the next.

Signals go through here, so that each reaches a run exactly once: the first drains it, the second ends it at once with
what there is, and one that finds it still there a second later kills it.
"""

import asyncio
import json
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

from loadgen.base.errors import UsageError
from loadgen.base.processes import main_of
from loadgen.base.restore import build
from loadgen.campaigns.rounds import RunLostError
from loadgen.measure.progress import Snapshot
from loadgen.measure.wire import second_in
from loadgen.plan.codec import plan_to_pieces
from loadgen.plan.plan import Plan
from loadgen.results.documents import from_document
from loadgen.results.result import Result
from loadgen.session.observers import Observer, Observers
from loadgen.session.signals import signals_to

if TYPE_CHECKING:  # for runs on other machines
    from loadgen.executors.places.machines.fleet import Where

LONGEST_LINE = 1 << 28
"""Bytes of a Result's JSON, whose histograms are by request name: some 10 kB for each of thousands."""

REPORTS_AT = 2
"""Signals that a run gets: the first drains, the second reports at once."""

PATIENCE_S = 1.0
"""A run that was told to report at once has so long for that. Who sends another signal later wants it gone."""


class Isolated:
    """Runs plans, and rests between them; a context manager that takes SIGINT and SIGTERM. Belongs to one loop.

    `observers` are told of each run. `where` are the machines that each is made on, if not this one.
    """

    def __init__(self, *observers: Observer, where: "Where | None" = None) -> None:
        self._where = [] if where is None else [f"where={where.written}"]
        self._observers = Observers(*observers)
        self._signals = 0
        self._passed = 0
        self._passed_s = 0.0
        self._last = signal.SIGINT
        self._signalled = asyncio.Event()
        self._child: asyncio.subprocess.Process | None = None
        self._listens = False
        self._stops = 0
        self._steered: float | None = None

    def __enter__(self) -> Self:
        self._signalling = signals_to(self._on_signal)
        self._signalling.__enter__()
        return self

    def __exit__(self, *exception: Any) -> None:
        self._signalling.__exit__(*exception)

    async def rest(self, seconds: float) -> bool:
        """Wait, or until a signal comes; whether none did."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._signalled.wait()
        return not self._signals

    async def until_signal(self) -> None:
        """Wait until one comes."""
        await self._signalled.wait()

    def stop(self, *, at_once: bool) -> None:
        """Drain the run that is under way, or end it at once with what there is. What comes next is another matter."""
        self._stops = max(self._stops, REPORTS_AT if at_once else 1)

    def steer(self, value: float) -> None:
        """Change the rate, or the users, of the run that is under way, whose plan is steered."""
        self._steered = value
        if self._child is not None and self._child.stdin is not None and self._listens:
            self._child.stdin.write(json.dumps({"change": value}).encode() + b"\n")

    async def run(self, plan: Plan, name: str = "") -> Result:
        """Run the plan, which has a name where it is one of several. Raises UsageError where this host cannot,
        RunLostError where there is no Result.
        """
        seconds = ["seconds"] if self._observers.want_seconds else []
        child = await asyncio.create_subprocess_exec(
            *main_of("loadgen.campaigns.child", *seconds, *self._where),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=LONGEST_LINE,
            start_new_session=True,  # a terminal's Ctrl-C comes to it from here, once
        )
        self._child, self._listens, self._passed, self._stops = child, False, 0, 0
        self._steered = None
        if name:
            self._observers.named(name)
        self._observers.started(plan)
        try:
            return self._observers.ended(await self._until_result(child, plan))
        finally:
            self._child = None
            if child.returncode is None:
                with suppress(ProcessLookupError):
                    child.kill()
                await child.wait()

    async def _until_result(self, child: asyncio.subprocess.Process, plan: Plan) -> Result:
        assert child.stdin is not None
        assert child.stdout is not None
        with suppress(BrokenPipeError, ConnectionResetError):  # it is gone already; its exit code says why
            for piece in plan_to_pieces(plan):
                child.stdin.write(piece)
            await child.stdin.drain()
        result = None
        async for line in child.stdout:
            if not self._listens:  # from now on it takes signals
                self._listens = True
                if self._steered is not None:
                    self.steer(self._steered)
                if self._signals:
                    self._pass_on(child)
            elif self._passed < self._stops:  # one for each line, ten times a second: two at a time would be one
                self._passed += 1
                with suppress(ProcessLookupError):
                    child.send_signal(signal.SIGINT)
            match json.loads(line):
                case {"progress": snapshot}:
                    self._observers.progress(build(Snapshot, snapshot))
                case {"second": second}:
                    self._observers.second(second_in(second))
                case {"usage_error": text}:
                    raise UsageError(text)
                case {"result": document}:
                    result = from_document(document, "a run")
        code = await child.wait()
        if result is None and (self._signals or self._stops):
            raise RunLostError("signal", "a signal before the run had a result")
        if result is None:
            how = f"was killed by signal {-code}" if code < 0 else f"failed with exit code {code}"
            raise RunLostError("error", f"the process of a run {how}")
        return result

    def _on_signal(self, number: signal.Signals) -> None:
        self._signals += 1
        self._last = number
        self._signalled.set()
        if self._child is not None:
            self._pass_on(self._child)

    def _pass_on(self, child: asyncio.subprocess.Process) -> None:
        """The last signal, in a form that suits."""
        now_s = asyncio.get_running_loop().time()
        with suppress(ProcessLookupError):
            if self._listens and self._passed < REPORTS_AT:
                self._passed, self._passed_s = self._passed + 1, now_s
                child.send_signal(self._last)
            elif self._signals > REPORTS_AT and now_s >= self._passed_s + PATIENCE_S:
                child.kill()
