"""The scenario workload of declared journeys, for one shard's users."""

from functools import partial
from typing import Any

from loadgen.base.clock import s_to_ns
from loadgen.measure.recorder import Recorder
from loadgen.workloads.scenario.base import JourneySetup
from loadgen.workloads.scenario.data.feeds import open_feed
from loadgen.workloads.scenario.declared.program import Program
from loadgen.workloads.scenario.declared.step_requests import StepRequests
from loadgen.workloads.scenario.declared.steps import AwaitedSteps, StepsScript
from loadgen.workloads.scenario.replies.answers import AnsweredGroup, group
from loadgen.workloads.template import Sources


class StepsWorkload:
    """The journeys of a profile: one program, in which each user has a place."""

    def __init__(self, setup: JourneySetup) -> None:
        """A user's loop holds its WebSockets."""
        job, shard, origin = setup.job, setup.shard, setup.endpoint.origin
        self._setup = setup
        self._program = Program(
            job,
            setup.recorder.names,
            origin,
            keep_alive=setup.plan.keep_alive,
            timeout_ns=s_to_ns(setup.plan.timeout_s),
        )
        self._groups = self._new_groups()
        self._feeds = {
            feed.name: open_feed(feed, shard.index, shard.count, setup.users, setup.seed) for feed in job.feeds
        }
        self.journeys = setup.journeys()

    @property
    def left(self) -> int:
        """Journeys that were to begin and did not."""
        return self.journeys.left

    def script(self, user: int) -> StepsScript:
        """The journeys of the shard's user number `user`."""
        setup = self._setup
        rank, seed = setup.shard.rank_of_user(user), setup.seed
        requests = StepRequests(
            self._program,
            self._new_groups() if setup.sequential else self._groups,
            setup.endpoint.origin,
            Sources(setup.job.variables, seed * 1_000_003 + rank, rank, setup.users).at,
            f"{seed}/{rank}",
            setup.learn,
            wire=setup.wire,
            traces=setup.job.traces,
            tls=setup.endpoint.tls,
        )
        kind = AwaitedSteps if setup.sequential else StepsScript
        script = kind(self._program, requests, self.journeys, rank, partial(self._row, rank))
        if self._program.sockets:
            script.loop = setup.loop()
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
