"""The HTTP workload: the plan's requests in the proportion of their weights."""

from collections.abc import Callable
from functools import partial
from itertools import cycle, repeat
from random import Random

from loadgen.base.exchange import BodySource, Expect, Fields, Outcome, Request, RequestGroup
from loadgen.measure.recorder import Recorder
from loadgen.plan.encodings import in_body, in_url
from loadgen.plan.jobs.http import HttpJob, RequestSpec
from loadgen.plan.jobs.parts import PartsSpec
from loadgen.plan.plan import Shard
from loadgen.workloads.file_body import FileBody
from loadgen.workloads.template import Sources, Template
from loadgen.workloads.weights import weighted_cycle

Part = Callable[[Request], Request]
"""The same request, with a reply whose parts are timed."""


def _expected(spec: RequestSpec) -> Expect:
    """What few plans need is imported for them alone."""
    if spec.grpc:
        from loadgen.plan.jobs.grpc import GrpcExpect

        return GrpcExpect(spec.expect.statuses)
    if spec.expect.checks or spec.expect.within_s is not None:
        from loadgen.workloads.scenario.replies.expecting import checked

        return checked(spec.expect)
    return spec.expect


class HttpScript:
    """One stream of the job's requests, number `index` of `count` of them; seeded, so a run can be repeated."""

    def __init__(
        self, job: HttpJob, index: int, count: int, seed: int, parts: Callable[[PartsSpec], Part] | None = None
    ) -> None:
        sources = Sources(job.variables, seed, index, count)
        made: list[Request | Callable[[], Request]] = []
        for name_id, spec in enumerate(job.requests):
            one = self._make(name_id, spec, sources)
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

    @staticmethod
    def _make(name_id: int, spec: RequestSpec, sources: Sources) -> Request | Callable[[], Request]:
        """The request; or what makes one, where each is another."""
        path = Template(spec.path, sources.at, in_url)
        block = Template("".join(f"{name}: {value}\r\n" for name, value in spec.headers), sources.at)
        body: bytes | BodySource = FileBody(spec.body_file) if spec.body_file else spec.body
        places = spec.body if b"${" in spec.body else b""  # a large body without any is not copied
        text = Template(places.decode("utf-8", "surrogateescape"), sources.at, partial(in_body, spec.body_kind))
        fields = Fields(spec.headers)
        expect = _expected(spec)
        group = RequestGroup(repeats=expect.within_s is None)
        model = Request(name_id, spec.method, path.text, fields, body=body, expect=expect, group=group)
        if path.constant and block.constant and text.constant:
            return model

        def request() -> Request:
            return model.varied(
                path.render(),
                fields if block.constant else fields.with_block(block.render().encode("latin-1")),
                body if text.constant else text.render().encode("utf-8", "surrogateescape"),
            )

        return request


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
        self._rest = self._stream(users) if streams else self._script(shard.index, shard.count, shard.seed)

    def script(self, user: int) -> HttpScript:
        return self._stream(self._shard.first_user + user) if self._streams else self._rest

    def never_sent(self, recorder: Recorder, waited_ns: int) -> None:
        """The next request of the shared stream is passed over; or one of a stream of nobody's."""
        recorder.never_sent(self._rest.resume(None).name_id, waited_ns)

    def _stream(self, index: int) -> HttpScript:
        return self._script(index, self._users, self._shard.seed * 1_000_003 + index)

    def _script(self, index: int, count: int, seed: int) -> HttpScript:
        return HttpScript(self._job, index, count, seed, self._parts)
