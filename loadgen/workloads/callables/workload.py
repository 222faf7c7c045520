"""The workload of a function: each pass of a user is one call, with the next of the numbers from 0 on."""

import inspect
import itertools
from asyncio import Future
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from loadgen.base.error_class import ErrorClass
from loadgen.base.errors import UsageError
from loadgen.base.reply import Expect
from loadgen.base.user_code import describe
from loadgen.measure.recorder import Recorder
from loadgen.workloads.base import Step, Wait
from loadgen.workloads.callables.job import digest_of, load_callable
from loadgen.workloads.callables.results import CallResults
from loadgen.workloads.scenario.base import JourneySetup
from loadgen.workloads.scenario.failures import place
from loadgen.workloads.scenario.python.awaited import AwaitedScript
from loadgen.workloads.scenario.python.user import User
from loadgen.workloads.scenario.sending.requests import RequestMaker


class CallScript(AwaitedScript):
    """Calls of one user's. What a call awaits is waited for to its end, as nothing of it can be sent by others."""

    def _foreign(self, step: Any) -> Step:
        if step is None:  # asyncio.sleep(0)
            step = self.loop.create_future()
            self.loop.call_soon(step.set_result, None)
        else:
            step._asyncio_future_blocking = False
        return Wait(step, finishes=True)

    def _judged(self, error: BaseException) -> tuple[ErrorClass, str]:
        """A failed `assert` is as good as any other exception here."""
        return ErrorClass.SCRIPT_ERROR, f"{place(error)}{describe(error)}"


class CallableWorkload:
    """Loads the function. Shard i of n calls it with i, i + n, i + 2n and so on. `on_loop`: users share a thread, so a
    plain function is called in a pool of threads, one for each user.
    """

    def __init__(self, setup: JourneySetup, *, on_loop: bool) -> None:
        job, shard = setup.job, setup.shard
        assert job.function is not None
        self._shard = shard
        self._loop = setup.loop
        self._shares_loop = on_loop
        self._loops: list[Any] = []
        self._function = load_callable(job.function)
        if digest_of(self._function) != job.digest:
            raise UsageError(f"{job.function}: the file has changed since the run was planned")
        self._awaits = inspect.iscoroutinefunction(self._function)
        self._pool = ThreadPoolExecutor(max(1, shard.users)) if on_loop and not self._awaits else None
        self._calls = itertools.count(shard.index, shard.count)
        self._results = None if job.results is None else CallResults(job.results, shard.index)
        self._maker = RequestMaker(
            setup.recorder.names, setup.endpoint.origin, (), Expect(), keep_alive=True, wire=True
        )
        self.journeys = setup.journeys()

    @property
    def left(self) -> int:
        """Calls that were to begin and did not."""
        return self.journeys.left

    def script(self, user: int) -> CallScript:
        """The calls of the shard's user number `user`."""
        rank, seed = self._shard.rank_of_user(user), self._shard.seed // 1_000_003
        one, loop = User(rank, self._maker, self.journeys, None, seed, _no_rows), self._loop()
        if not self._shares_loop:
            self._loops.append(loop)
        return CallScript(one, [self._call], self.journeys, loop)

    def close(self) -> None:
        """The last user is gone, or hangs."""
        if self._pool is not None:
            self._pool.shutdown(wait=False)
        for loop in self._loops:
            loop.close()
        if self._results is not None:
            self._results.close()

    def never_sent(self, recorder: Recorder, waited_ns: int) -> None:
        self.journeys.never_started(waited_ns)

    async def _call(self, _user: User) -> None:
        index, results = next(self._calls), self._results
        if results is None:
            await self._value(index)
            return
        results.begun(index)
        try:
            results.good(index, await self._value(index))
        except GeneratorExit:  # the run is over
            raise
        except BaseException as error:
            results.failed(index, describe(error))
            raise

    async def _value(self, index: int) -> Any:
        if self._pool is not None:
            called: Future[Any] = self._loop().run_in_executor(self._pool, self._function, index)
            return await called
        value = self._function(index)
        return await value if inspect.isawaitable(value) else value


def _no_rows(_feed: Any, _user: int) -> Any:
    raise LookupError("a function has no feeds")
