"""The scenario workload of declared journeys, for one shard's users."""

from collections.abc import Callable
from functools import partial
from typing import Any

from loadgen.base.clock import Clock, s_to_ns
from loadgen.base.exchange import Origin, Tls
from loadgen.measure.recorder import Recorder
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.plan.plan import Shard
from loadgen.workloads.scenario.data.feeds import open_feed
from loadgen.workloads.scenario.declared.program import Program
from loadgen.workloads.scenario.declared.step_requests import StepRequests
from loadgen.workloads.scenario.declared.steps import AwaitedSteps, StepsScript
from loadgen.workloads.scenario.journeys import Journeys
from loadgen.workloads.scenario.replies.answers import AnsweredGroup, group
from loadgen.workloads.template import Sources


class StepsWorkload:
    """The journeys of a profile: one program, in which each user has a place. `users` are those of all shards."""

    def __init__(
        self,
        job: ScenarioJob,
        shard: Shard,
        users: int,
        recorder: Recorder,
        on_failure: Callable[[int], None],
        learn: Callable[[str], object],
        *,
        origin: Origin,
        keep_alive: bool,
        wire: bool,
        warmup: bool,
        clock: Clock,
        sequential: bool,
        timeout_s: float,
        tls: Tls | None = None,
        loop: Callable[[], Any] | None = None,
    ) -> None:
        """`loop` gives that on which a user's WebSockets are held."""
        self._tls = tls
        self._loop = loop
        self._variables = job.variables
        self._shard = shard
        self._users = users
        self._learn = learn
        self._origin = origin
        self._wire = wire
        self._traces = job.traces
        self._sequential = sequential
        self._seed = seed = shard.seed // 1_000_003
        self._program = Program(job, recorder.names, origin, keep_alive=keep_alive, timeout_ns=s_to_ns(timeout_s))
        self._groups = self._new_groups()
        self._feeds = {feed.name: open_feed(feed, shard.index, shard.count, users, seed) for feed in job.feeds}
        self.journeys = Journeys(
            job.journeys, recorder.names, recorder.transactions, on_failure,
            limit=shard.requests_limit, warmup=warmup, seed=seed, by_user=job.by_user, clock=clock,
            most_each=job.journeys_per_user,
        )  # fmt: skip

    @property
    def left(self) -> int:
        """Journeys that were to begin and did not."""
        return self.journeys.left

    def script(self, user: int) -> StepsScript:
        """The journeys of the shard's user number `user`."""
        rank = self._shard.rank_of_user(user)
        groups = self._new_groups() if self._sequential else self._groups
        draw = Sources(self._variables, self._seed * 1_000_003 + rank, rank, self._users).at
        requests = StepRequests(
            self._program,
            groups,
            self._origin,
            draw,
            f"{self._seed}/{rank}",
            self._learn,
            wire=self._wire,
            traces=self._traces,
            tls=self._tls,
        )
        kind = AwaitedSteps if self._sequential else StepsScript
        script = kind(self._program, requests, self.journeys, rank, partial(self._row, rank))
        if self._program.sockets and self._loop is not None:
            script.loop = self._loop()
        return script

    def _new_groups(self) -> list[AnsweredGroup]:
        """Of each request's replies."""
        groups = [group(op.expect) for op in self._program.requests]
        for op, one in zip(self._program.requests, groups, strict=True):
            one.reply_class, one.repeats = op.answers, one.repeats and op.in_parts is None
        return groups

    def close(self) -> None:
        """Nothing is open."""

    def never_sent(self, recorder: Recorder, waited_ns: int) -> None:
        self.journeys.never_started(waited_ns)

    def _row(self, rank: int, feed: str) -> Any:
        return self._feeds[feed].row(rank)
