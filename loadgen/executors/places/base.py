"""What a place is to the coordinator: it starts the workers, and its control starts and stops them all."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from loadgen.base.clock import NS_PER_MS
from loadgen.base.errors import LoadgenError
from loadgen.guard.shared_state import Cause, Slot
from loadgen.measure.recording import Frame
from loadgen.plan.plan import Plan, Shard

if TYPE_CHECKING:  # a worker needs neither
    from loadgen.measure.progress import MachineNow
    from loadgen.results.result import Machines

Deliver = Callable[[Frame], None]


class WorkersLostError(LoadgenError):
    """Workers ended without their last frame. The text says which and how; the others go on."""


class Control(Protocol):
    """The start gate, the stop signal and the totals of all workers. Instants are those of the coordinator's clock.

    Memory that processes share is one form of it (guard/shared_state.py).
    """

    @property
    def gate_at_ns(self) -> int:
        """When all users start together, 0 while that is not known."""

    @property
    def stop(self) -> int:
        """GO, DRAIN or CUT."""

    @property
    def cause(self) -> Cause:
        """Why the run was stopped; COMPLETED while it was not."""

    @property
    def stopped_at_ns(self) -> int:
        """When the run was stopped, 0 while it was not."""

    def open_gate(self, at_ns: int) -> None:
        """Let all users start at this instant."""

    def trip(self, cause: Cause, now: int) -> bool:
        """No new requests from here on, anywhere. False if the run was stopped already: the first cause stays."""

    def cut(self) -> None:
        """End what still runs."""

    def total(self, slot: Slot) -> int:
        """The sum of one figure over all workers."""

    def least(self, slot: Slot) -> int:
        """The smallest value of one figure over all workers."""


class Place(Protocol):
    """Where the workers of one run are. Belongs to the coordinator's loop, and is used for one run."""

    @property
    def control(self) -> Control:
        """The place's own form of it. Valid until `close`."""

    @property
    def gate_delay_ns(self) -> int:
        """How long ahead the gate is set, so that every worker has seen it before it opens."""

    def start(self, shards: Sequence[Shard], deliver: Deliver) -> list[asyncio.Future[None]]:
        """Start a worker for each shard; the futures are done when their workers are, and each is of one or more.

        `deliver` takes the workers' frames, on any thread; a worker's last one comes before its future is done. Workers
        that share a process say so in their Usage. A future raises UsageError for what cannot be done here,
        WorkersLostError, or an exception that is a bug of ours. Workers whose future is done count as FINISHED.
        """

    def machines(self) -> "Machines | None":
        """What the Result says of other machines; None where it is this one."""

    def glance(self) -> str:
        """What is to be shown of other machines while they run, in a few words."""

    def each_machine(self) -> "tuple[MachineNow, ...]":
        """The same of each; none where it is this one."""
        ...

    def abandon(self) -> None:
        """End workers that did not come back after a cut. Where that cannot be done, their futures stay as they are."""

    def close(self) -> None:
        """Wait for workers that still run, which are to be cut before, unless they were abandoned; and free all."""


class OnThisMachine:
    """What places on this machine have in common: there are no others."""

    gate_delay_ns = 20 * NS_PER_MS
    """Each worker looks every 2 ms; the rest is for a core that is busy."""

    def machines(self) -> None:
        return None

    def glance(self) -> str:
        return ""

    def each_machine(self) -> tuple[()]:
        return ()


class Site(Protocol):
    """Where runs may be made: this machine, or others."""

    @property
    def warnings(self) -> Sequence[str]:
        """What is to be told before a run."""

    @property
    def cores(self) -> int:
        """How many may be kept busy."""

    @property
    def least_processes(self) -> int:
        """Fewer would leave some of it out."""

    async def place(self, plan: Plan) -> tuple[Place, int | None]:
        """For one run, nothing of which goes on yet; to be closed. And what looking up the target's name took, in ns.

        Raises UsageError where the plan finds no room.
        """

    def close(self) -> None:
        """There will be no more runs."""
