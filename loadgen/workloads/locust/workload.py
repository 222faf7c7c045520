"""The workload of a locustfile: the users of one shard, each of one class for as long as it lives."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from typing import Any

from loadgen.base.errors import UsageError
from loadgen.measure.recorder import Recorder
from loadgen.workloads.locust.file import load_locustfile
from loadgen.workloads.locust.hub import UserEnds
from loadgen.workloads.locust.lives import make_life
from loadgen.workloads.locust.requests import CallMaker
from loadgen.workloads.locust.script import LocustScript
from loadgen.workloads.locust.user import make_locust_user
from loadgen.workloads.scenario.base import JourneySetup
from loadgen.workloads.scenario.python.file import digest


class LocustWorkload:
    """Loads the file and begins its test; `stop` ends the run, from any thread, and `close` the test."""

    def __init__(self, setup: JourneySetup, stop: Callable[[], object], *, threads: bool) -> None:
        job, shard, recorder, origin = setup.job, setup.shard, setup.recorder, setup.endpoint.origin
        assert job.file is not None
        if digest(job.file) != job.digest:
            raise UsageError(f"{job.file}: the file has changed since the run was planned")
        self.seed = shard.seed
        self.target: str | None = str(origin)
        self._stop = stop
        self._shard = shard
        self._sequential = setup.sequential
        self._file = load_locustfile(job.file, job.arguments)
        self._names = [journey.name for journey in job.journeys]
        self.journeys = setup.journeys()

        def maker() -> CallMaker:
            keep_alive = setup.plan.keep_alive
            return CallMaker(recorder.names, origin, keep_alive=keep_alive, paced=recorder.paced, traces=job.traces)

        shared_maker = maker()
        self._maker = (
            maker if setup.sequential else lambda: shared_maker
        )  # what is known of replies belongs to one thread
        self._used = ExitStack()
        self._used.enter_context(self._file.used(sleeps=not threads))
        try:
            self._file.begin(self, shard.users)
        except BaseException:
            self._used.close()
            raise

    def stop(self, reason: str) -> None:
        """The file ends the run."""
        del reason
        self.journeys.over = True
        self._stop()

    @property
    def left(self) -> int:
        """Tasks that were to begin and did not."""
        return self.journeys.left

    def script(self, user: int) -> LocustScript:
        """The shard's user number `user`."""
        rank = self._shard.rank_of_user(user)
        return self._script(rank, self.journeys.pick(rank, 0))

    def trials(self) -> Iterator[LocustScript]:
        """A user of each class that does each of its tasks once, in the order of the file."""
        return (self._script(journey, journey, once=True) for journey in range(len(self._names)))

    def _script(self, rank: int, journey: int, *, once: bool = False) -> LocustScript:
        name = self._names[journey]

        def live(hub: Any) -> None:
            with suppress(UserEnds):
                make_locust_user(self._file, name, hub)()

        return LocustScript(
            rank, journey, self.journeys, self._maker(), self._shard.seed // 1_000_003, live, make_life,
            awaits=self._sequential, once=once,
        )  # fmt: skip

    def never_sent(self, recorder: Recorder, waited_ns: int) -> None:
        self.journeys.never_started(waited_ns)

    def close(self) -> None:
        """The last user is gone: the end of the test."""
        try:
            self._file.end()
        finally:
            self._used.close()
