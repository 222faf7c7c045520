"""What every executor is given, what it owes, and what all of them do alike."""

import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from loadgen.base.clock import Clock, now_ns
from loadgen.base.dataclass import dataclass
from loadgen.base.endpoint import Endpoint
from loadgen.guard.shared_state import SharedState
from loadgen.measure.recording import Frame, Recording
from loadgen.plan.plan import Plan, Shard

if TYPE_CHECKING:  # who only watches a run needs none of them
    from loadgen.clients.addresses import Addresses
    from loadgen.guard.breaker import Breaker
    from loadgen.measure.recorder import Recorder
    from loadgen.pacing.base import Pacer

UNLIMITED = 1 << 62
TICK_S = 0.05
"""So late at most does a user who waits see the stop; twenty wake-ups a second cost next to nothing."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """One worker's task. `deliver` takes a Frame a second and a last one; it may be called from the worker's thread.
    `learn` is told what is found out to be a secret, for `redact`.

    A worker connects its users, sets its slot to READY, waits for the control's gate, starts them, and is done when
    nothing runs any more. It never raises for what the target did.
    """

    plan: Plan
    shard: Shard
    endpoint: Endpoint
    control: SharedState
    deliver: Callable[[Frame], None]
    redact: Callable[[bytes], str]
    clock: Clock = now_ns
    learn: Callable[[str], object] = str


@dataclass(frozen=True, slots=True)
class ShardSetup:
    """What the users of a shard are made from, whatever they send and through whatever client."""

    task: Assignment
    context: ssl.SSLContext | None
    addresses: "Addresses"
    pacer: "Pacer"
    recorder: "Recorder"
    breaker: "Breaker"


class Users(Protocol):
    """One shard's virtual users, driven by a worker on its event loop: open, start, tick until finished, close."""

    @property
    def opened(self) -> int:
        """Users that have connected, or failed to."""

    @property
    def started(self) -> int:
        """Users that passed the gate, or whose turn of the ramp came."""

    @property
    def finished_ns(self) -> int:
        """When the last user ended; only once `finished`."""

    @property
    def sent(self) -> int:
        """Requests for which a connect or write was attempted."""

    @property
    def journeys(self) -> int:
        """Journeys that have begun; 0 where there are none."""
        ...

    @property
    def judged(self) -> tuple[int, int]:
        """Good replies, and failures that are the target's fault, at one instant."""

    @property
    def not_sent(self) -> int:
        """Arrivals of the open model that were due and not sent: dropped, or still waiting at the end."""

    @property
    def finished(self) -> bool:
        """Whether nothing runs and nothing will."""

    def open(self, now: int) -> None:
        """Begin to connect all users, paced, where the plan wants them connected before the gate."""

    def start(self, now: int, end_ns: int) -> None:
        """Let all users send from `now`, the gate's instant, and nothing new from `end_ns` on."""

    def end_warmup(self, done: int) -> None:
        """The shard's `requests_limit` counts from here on; `done` requests have been recorded before.

        What was sent in the warm-up and ends after it is recorded after it, and so is among those that are counted.
        """

    def tick(self, now: int) -> None:
        """Called about every 50 ms: deadlines, and the stop flag for users that wait."""

    def cut(self) -> None:
        """End every request that still runs."""

    def take(self) -> Recording:
        """All that was recorded since the last `take`."""

    async def close(self) -> None:
        """Free everything; raises what a user raised, which is a bug of ours."""
