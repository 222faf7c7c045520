"""What drivers of journeys are given, whether these are coroutines or declared steps."""

from collections.abc import Callable
from typing import Any, Protocol

from loadgen.base.clock import Clock
from loadgen.base.dataclass import dataclass
from loadgen.base.endpoint import Endpoint
from loadgen.base.error_class import ErrorClass
from loadgen.measure.recorder import Recorder
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.plan.plan import Plan, Shard
from loadgen.workloads.base import Script, Workload
from loadgen.workloads.scenario.journeys import Journeys, Traveller
from loadgen.workloads.scenario.replies.reply import Reply
from loadgen.workloads.scenario.sending.user_request import UserRequest


class Notes(Protocol):
    """Where replies are written down: the worker's recorder, or the buffer of one user."""

    def replies(self, name_id: int, status: int, error: ErrorClass | None) -> Any:
        """Where those of this kind go: `samples` are nanoseconds, and `lags`, where send lag is measured."""

    def note_example(self, name_id: int, error: ErrorClass, detail: str, head: bytes) -> None:
        """A bad reply."""

    def lose(self, name_id: int, error: ErrorClass, service_ns: int, lag_ns: int, detail: str, head: bytes) -> None:
        """A request that ended without a complete reply."""


InPlace = Callable[[UserRequest], Reply | None]
"""Sends a request where it is asked for, and gives its reply; None where that must be a step."""


class JourneyScript(Script, Traveller, Protocol):
    """The journeys of one user. `requested`: its last step was a request. `loop` is what its futures belong to.
    `began_ns` is 0 where it is in the middle of no journey. `in_place` is set by a driver while requests need be no
    steps; a script may do without it. The driver sets `asked` for each that was sent so.
    """

    requested: bool
    began_ns: int
    loop: Any
    in_place: InPlace | None
    asked: bool

    @property
    def given_up(self) -> bool:
        """Whether something of its own has cancelled what it waits for: it wants that no longer."""

    @property
    def out(self) -> bool:
        """Whether the user, once it has been asked, takes no part any more, as it could not get ready."""

    def attach(
        self, due: Callable[[], int], wake: Callable[[], None], notes: Notes, *, flows: bool, signals: bool = False
    ) -> None:
        """Whoever drives the script says when the pass that begins was due, is told by `wake` to go on with it, and
        says where to write what the script judges itself. `flows`: the next pass begins at once, and nobody need be
        asked. `signals`: what is awaited may be a Signal.
        """

    def leave(self) -> bool:
        """Whether something is to be done after the last journey: `resume` does that from here on. True once."""

    def close(self) -> None:
        """The run is over, wherever the journey is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneySetup:
    """What a worker's journeys are made from. `job` is the plan's, or a part of it; `users` are those of all shards.

    `loop` makes what a user's futures belong to; `sequential`: each user may have a thread of its own. With `wire`
    requests are made as HTTP/1.1 sends them. `learn` is told of credentials that come up; `on_failure` when a request
    failed by the target's fault.
    """

    plan: Plan
    job: ScenarioJob
    shard: Shard
    endpoint: Endpoint
    recorder: Recorder
    on_failure: Callable[[int], None]
    loop: Callable[[], Any]
    clock: Clock
    sequential: bool
    wire: bool
    users: int = 1
    warmup: bool = False
    learn: Callable[[str], object] = str

    @property
    def seed(self) -> int:
        """That of the plan."""
        return self.shard.seed // 1_000_003

    def journeys(self) -> Journeys:
        """Those of the worker, none begun."""
        job, recorder = self.job, self.recorder
        return Journeys(
            job.journeys, recorder.names, recorder.transactions, self.on_failure,
            limit=self.shard.requests_limit, warmup=self.warmup, seed=self.seed, by_user=job.by_user, clock=self.clock,
            most_each=job.journeys_per_user,
        )  # fmt: skip


class JourneyWorkload(Workload, Protocol):
    """The journeys of one shard's users."""

    journeys: Journeys

    def script(self, user: int) -> JourneyScript:
        """The journeys of the shard's user number `user`."""

    def close(self) -> None:
        """The last user is gone."""


def not_timed() -> int:
    """When a pass was due, where that is not timed."""
    return 0


def nobody() -> None:
    """Wakes no script: it is driven by whoever waits for it."""
