"""The HTTP workload: the plan's requests in the proportion of their weights."""

from collections.abc import Callable
from itertools import cycle, repeat
from random import Random

from loadgen.base.exchange import Outcome, Request
from loadgen.measure.recorder import Recorder
from loadgen.plan.jobs.http import HttpJob
from loadgen.plan.jobs.parts import PartsSpec
from loadgen.plan.plan import Shard
from loadgen.workloads.request import make_request
from loadgen.workloads.targets import TargetScript
from loadgen.workloads.template import Sources
from loadgen.workloads.weights import weighted_cycle

Part = Callable[[Request], Request]
"""The same request, with a reply whose parts are timed."""


class HttpScript:
    """One stream of the job's requests, number `index` of `count` of them; seeded, so a run can be repeated."""

    def __init__(
        self, job: HttpJob, index: int, count: int, seed: int, parts: Callable[[PartsSpec], Part] | None = None
    ) -> None:
        sources = Sources(job.variables, seed, index, count)
        made: list[Request | Callable[[], Request]] = []
        for name_id, spec in enumerate(job.requests):
            one = make_request(name_id, spec, sources)
            made.append(one if spec.stream is None or parts is None else self._parted(one, parts(spec.stream)))
        self.only = made[0] if len(made) == 1 and isinstance(made[0], Request) else None
        makers = [repeat(one).__next__ if isinstance(one, Request) else one for one in made]
        picks = weighted_cycle([spec.weight for spec in job.requests], Random(seed))
        self._makers = cycle([makers[pick] for pick in picks])

    def resume(self, _outcome: Outcome | None) -> Request:
        return next(self._makers)()

    @staticmethod
    def _parted(make: Request | Callable[[], Request], part: Part) -> Callable[[], Request]:
        """What makes one whose reply's parts are timed."""
        if isinstance(make, Request):
            return lambda: part(make)
        return lambda: part(make())


class HttpWorkload:
    """The job's requests for one shard: one stream that its users share, or with `streams` one for each user.

    `parts` makes what times the parts of replies that come in parts.
    """

    left = 0

    def __init__(
        self,
        job: HttpJob,
        shard: Shard,
        users: int,
        *,
        streams: bool = False,
        parts: Callable[[PartsSpec], Part] | None = None,
    ) -> None:
        self._job = job
        self._parts = parts
        self._users = users
        self._shard = shard
        self._streams = streams
        self._lines = job.targets.lines.split(b"\n") if job.targets is not None else []
        self._rest = self._stream(users) if streams else self._script(shard.index, shard.count, shard.seed)

    def script(self, user: int) -> HttpScript | TargetScript:
        return self._stream(self._shard.first_user + user) if self._streams else self._rest

    def never_sent(self, recorder: Recorder, waited_ns: int) -> None:
        """The next request of the shared stream is passed over; or one of a stream of nobody's."""
        recorder.never_sent(self._rest.resume(None).name_id, waited_ns)

    def _stream(self, index: int) -> HttpScript | TargetScript:
        return self._script(index, self._users, self._shard.seed * 1_000_003 + index)

    def _script(self, index: int, count: int, seed: int) -> HttpScript | TargetScript:
        if self._lines:
            return TargetScript(self._job, self._lines, index, count, seed)
        return HttpScript(self._job, index, count, seed, self._parts)
