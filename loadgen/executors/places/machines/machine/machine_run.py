"""What one machine does of a run: its processes, what they tell, and the lease that ends them where nobody watches."""

import asyncio
from collections.abc import Callable
from typing import Any

from loadgen.base.clock import NS_PER_US, Clock, s_to_ns
from loadgen.base.errors import UsageError
from loadgen.executors.places.base import Place, WorkersLostError
from loadgen.executors.places.machines.links.messages import Message, pack_values
from loadgen.executors.places.machines.machine.keeping import Keeper
from loadgen.executors.places.machines.machine.merging import Merger
from loadgen.guard.shared_state import HEADER_VALUES, SLOT_VALUES, Cause, SharedState, Slot
from loadgen.measure.histogram import Histogram, bucket_of
from loadgen.measure.names import names_of
from loadgen.measure.recording import Frame, Recording
from loadgen.measure.wire import pack_frames
from loadgen.plan.plan import Plan, make_shards

LOOK_S = 0.005
"""How often the counters are looked at for a failure, a stop or a worker that is ready: so late do the others hear."""

TELL_S = 0.1
"""How often they are told all the same. That is also how the coordinator knows that the machine is there. Of a run that
is under way and that no number of failures ends they are looked at no more often: what a worker stops for then is an
error of ours, and a look costs 50 to 140 us, most of it for waking up.
"""

CUT_S = 5.0
"""As long as the coordinator gives workers to come back after a cut."""


class MachineRun:
    """`tell` sends to the coordinator and never waits. `control` has the slots of all machines' workers, of which those
    of `shards` are written here; it is the place's, and closed with it. `keeper` has a copy of what is told.
    """

    def __init__(
        self,
        plan: Plan,
        shards: range,
        place: Place,
        control: SharedState,
        tell: Callable[[Message], None],
        clock: Clock,
        keeper: Keeper,
    ) -> None:
        self._keeper = keeper
        self.control = control
        self._plan = plan
        self._shards = shards
        self._place = place
        self._merger = Merger(names_of(plan.job, most=None))
        self._clock = clock
        self._tell = tell
        self._number = 0
        self._told: tuple[int, ...] = ()
        self._renewed: dict[str, Any] = {}
        self._next_ns = 0
        self._cut_ns = 0

    async def run(self, dns_ns: int | None) -> None:
        """From starting the processes to telling that all is done. `dns_ns` is what looking up the name took."""
        loop = asyncio.get_running_loop()
        lost: list[str] = []
        refused = ""
        try:
            shards = make_shards(self._plan)[self._shards.start : self._shards.stop]

            def deliver(frame: Frame) -> None:
                loop.call_soon_threadsafe(self._take, frame)

            futures = self._place.start(shards, deliver)
            if dns_ns is not None and self._plan.phases:
                opening = {"dns": Histogram([(bucket_of(dns_ns // NS_PER_US), 1)])}
                self._take(Frame(self._shards.start, 0, 0, Recording(opening=opening), "warmup"))
            await self._watched(loop, asyncio.gather(*futures, return_exceptions=True))
            for error in filter(None, (future.exception() for future in futures)):
                if isinstance(error, UsageError):
                    refused = str(error)
                else:
                    lost.append(str(error) if isinstance(error, WorkersLostError) else f"a worker failed ({error!r})")
            if self.control.lease_ran_out:  # and what else is lost is so because of it
                lost = ["its lease ran out, for nothing came from the coordinator"]
            self._give_frames()
            self._give_slots()
            self._say("done", lost=lost, refused=refused)
            self._keeper.end(self.control)
        finally:
            self._place.close()

    async def _watched(self, loop: asyncio.AbstractEventLoop, all_done: "asyncio.Future[Any]") -> None:
        """Look at the counters until all is done; by a timer alone, as a task costs several times what a look does."""
        broken: asyncio.Future[None] = loop.create_future()

        def look() -> None:
            if all_done.done():
                return
            try:
                self._look()
            except Exception as error:
                broken.set_exception(error)
            else:
                loop.call_later(LOOK_S if self._matters() else TELL_S, look)

        loop.call_later(LOOK_S, look)
        await asyncio.wait((all_done, broken), return_when=asyncio.FIRST_COMPLETED)
        if broken.done():
            broken.result()

    def end(self, cause: Cause) -> None:
        """Nothing new from here on, and what still runs ends."""
        self.control.trip(cause, self._clock())
        self.control.cut()

    def abandon(self) -> None:
        """End processes that did not come back."""
        self._place.abandon()

    def renew(self, until_ns: int, failed: int, sent_ns: int) -> None:
        """The lease, at `sent_ns` of the coordinator's clock. So many failures the other machines have had: they count
        for `--max-errors` here, too.
        """
        self.control.lease(until_ns)
        self._renewed = {"sent": sent_ns, "there": self._clock()}
        elsewhere = 0 if self._shards.start else self._shards.stop
        if elsewhere < self._plan.shard_count:
            self.control.put(elsewhere, Slot.FAILED, failed)

    def _take(self, frame: Frame) -> None:
        if frame.hung is None:
            self._merger.add(frame, self._clock())
        else:
            self._say("frames", body=pack_frames([frame]))

    def _matters(self) -> bool:
        """Whether others wait for what the counters say."""
        gate_ns = self.control.gate_at_ns
        return self._plan.stop.max_errors is not None or not gate_ns or self._clock() < gate_ns

    def _look(self) -> None:
        now, control, shards = self._clock(), self.control, self._shards
        control.check_lease(now)
        seen = control.sum_of(shards, Slot.FAILED), control.sum_of(shards, Slot.STATE), control.stop
        if seen != self._told or now >= self._next_ns:
            self._told, self._next_ns = seen, now + s_to_ns(TELL_S - LOOK_S)  # a timer may ring early
            self._give_slots()
        if self._merger.due(now):
            self._give_frames()
        if control.stop and control.cause is Cause.ALONE:
            self._cut_ns = self._cut_ns or now
            if now - self._cut_ns > s_to_ns(CUT_S):
                self._place.abandon()

    def _give_slots(self) -> None:
        own = slice(HEADER_VALUES + self._shards.start * SLOT_VALUES, HEADER_VALUES + self._shards.stop * SLOT_VALUES)
        control, renewed = self.control, self._renewed
        self._renewed = {}
        self._say(
            "slots", body=pack_values(control.values[own]), stop=control.stop, cause=control.cause,
            stopped_at=control.stopped_at_ns, at=self._clock(), **renewed,
        )  # fmt: skip

    def _give_frames(self) -> None:
        if frames := self._merger.take():
            self._say("frames", body=pack_frames(frames))
            self._keeper.add(frames)

    def _say(self, kind: str, *, body: bytes = b"", **head: object) -> None:
        self._number += 1
        self._tell(Message(kind, {"number": self._number, **head}, body))
