"""Workers on other machines: what starts, watches and stops them all."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Literal
from uuid import uuid4

from loadgen.base.clock import NS_PER_MS, NS_PER_S, Clock, now_ns, s_to_ns
from loadgen.base.errors import UsageError
from loadgen.base.received_names import original_names
from loadgen.base.units import counted
from loadgen.executors.places.base import Deliver, WorkersLostError
from loadgen.executors.places.machines.gate import Gate
from loadgen.executors.places.machines.links.messages import Message, unpack_values
from loadgen.executors.places.machines.member import Member
from loadgen.executors.places.machines.mirror import Mirror
from loadgen.executors.places.machines.rows import machine_rows
from loadgen.executors.places.machines.sending import NO_FILES, Files
from loadgen.executors.places.machines.unaccounted import at_most_unaccounted
from loadgen.guard.shared_state import GO, SLOT_VALUES, Cause, Slot, State
from loadgen.measure.progress import MachineNow
from loadgen.measure.wire import unpack_frames
from loadgen.plan.plan import Plan, Shard
from loadgen.results.result import Machines as MachineRows

OnLost = Literal["stop", "go-on"]

LEASE_S = 2.0
"""A machine that has heard nothing for so long stops. Of 5 runs with one second on a host at load 15 one lost a machine
that was well; after two, a target that nobody watches any more has had little that it would not have had."""

RENEW_S = 0.25
"""Eight leases may be late or lost before one runs out."""

LOST_S = LEASE_S + 0.5
"""More than the lease, a tick and what clocks are apart: what is called lost has stopped."""

SILENT_S = 1.0
"""A machine tells something ten times a second; it is shown, and nothing is decided by it."""

LOOK_S = RENEW_S / 2
STALL_S = 0.5
"""Between two looks: then it is this process that stood still, and what the machines told lies unread."""

LEAST_AHEAD_NS = 300 * NS_PER_MS
"""How long ahead the gate is set: it came 288-297 ms early on two busy cores, in the time that a message takes."""

MOST_AHEAD_NS = NS_PER_S
"""Five round trips around the earth. What takes longer waited behind something else, as the plan on its way there."""


class Machines:
    """A Place; `members` have the plan already, their shards, and the `files` that go along. Their links stay open."""

    def __init__(
        self,
        plan: Plan,
        members: Sequence[Member],
        on_lost: OnLost = "stop",
        clock: Clock = now_ns,
        files: Files = NO_FILES,
    ) -> None:
        self.control = Mirror.create(plan.shard_count)
        self.members = members
        self._plan = plan
        self._on_lost = on_lost
        self._files = files
        self._clock = clock
        self._deliver: Deliver | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._gate = Gate(members, self.control)
        self._renew_ns = 0
        self._looked_ns = 0

    @property
    def gate_delay_ns(self) -> int:
        slowest_ns = max(member.clock.slowest_ns for member in self.members)
        return min(max(LEAST_AHEAD_NS, 5 * slowest_ns), MOST_AHEAD_NS)

    def start(self, shards: Sequence[Shard], deliver: Deliver) -> list[asyncio.Future[None]]:
        """The shards are those of the whole plan."""
        loop = asyncio.get_running_loop()
        self._deliver = deliver
        run = uuid4().hex[:12]
        futures = []
        for member in self.members:
            member.over = loop.create_future()
            futures.append(member.over)
            member.heard_ns = self._clock()
            member.link.listen(partial(self._heard, member))
            head = {"shards": [member.shards.start, member.shards.stop], "until": self._lease(member), "run": run}
            member.link.send(Message("begin", head | self._files.head))
        self.control.changed = self._spread
        self._keeping = loop.create_task(self._keep())
        return futures

    def machines(self) -> MachineRows:
        return machine_rows(self._plan, self.members, self.control)

    def each_machine(self) -> tuple[MachineNow, ...]:
        return tuple(
            MachineNow(
                member.name,
                self.control.sum_of(member.shards, Slot.SENT),
                self.control.sum_of(member.shards, Slot.FAILED),
                "lost" if member.lost else "silent" if self._is_silent(member) else "",
            )
            for member in self.members
        )

    def _is_silent(self, member: Member) -> bool:
        return not member.is_over and self._clock() - member.heard_ns > s_to_ns(SILENT_S)

    def glance(self) -> str:
        lost = sum(bool(member.lost) for member in self.members)
        silent = sum(map(self._is_silent, self.members))
        parts = [counted(len(self.members), "machine")]
        return ", ".join([*parts, *([f"{silent} silent"] if silent else []), *([f"{lost} lost"] if lost else [])])

    def abandon(self) -> None:
        for member in self.members:
            if not member.is_over:
                member.link.send(Message("abandon"))

    def close(self) -> None:
        """Workers that still run end with their lease, at the latest."""
        self.control.changed = None
        if self._keeping is not None:
            self._keeping.cancel()
        for member in self.members:
            member.link.listen(None)
            member.link.send(Message("over"))
        self.control.close()

    def _heard(self, member: Member, message: Message | None) -> None:
        now = self._clock()
        if message is not None:
            member.hear(now)
        try:
            self._on(member, message, now)
        except Exception as error:  # ours, or of another loadgen there: as of a worker that fails
            self.control.trip(Cause.ERROR, now)
            if not member.is_over:
                self._finish(member, error)

    def _on(self, member: Member, message: Message | None, now: int) -> None:
        """Something came from a machine at an instant, or its link ended."""
        if member.is_over or self._deliver is None:
            return
        if message is None:
            self._ended(member, now)
            return
        head = message.head
        if "number" in head:
            member.count(head["number"])
        match message.kind:
            case "slots":
                self._mirror(member, message, now)
                if "sent" in head:  # a lease's, which it held until now
                    member.clock.add(head["sent"], head["there"], now - (head["at"] - head["there"]))
            case "frames":
                for frame in unpack_frames(message.body):
                    member.look_at(frame)
                    self._deliver(frame)
                self._renew(self._clock())
            case "leased" | "clock":
                member.clock.add(head["sent"], head["there"], now)
            case "gated":
                self._gate.hear(member, head["at"], head["early"], is_open=head["open"])
                self._gate.look(now, self.gate_delay_ns)
            case "stopped":
                member.stopped_ns = member.clock.here(head["at"])
            case "refused":
                self._finish(member, UsageError(f"{member.name}: {original_names(head['text'])}"))
            case "done":
                self._done(member, head["lost"], head["refused"])

    def _mirror(self, member: Member, message: Message, now: int) -> None:
        head, control, slots = message.head, self.control, unpack_values(message.body)
        control.show(member.shards.start, slots)
        member.pace.saw(sum(slots[Slot.SENT :: SLOT_VALUES]), head["at"])
        limit = self._plan.stop.max_errors
        if head["stop"] != GO:
            stopped_ns = member.clock.here(head["stopped_at"])
            member.stopped_ns = member.stopped_ns or stopped_ns
            if head["cause"] and control.stop == GO:
                control.trip(Cause(head["cause"]), stopped_ns)
        elif limit is not None and control.total(Slot.FAILED) >= limit:
            control.trip(Cause.FAIL_FAST, now)

    def _done(self, member: Member, lost: Sequence[str], refused: str) -> None:
        if member.missing:
            lost = [*lost, f"{member.missing} of its messages did not come"]
        if refused:
            self._finish(member, UsageError(f"{member.name}: {original_names(refused)}"))
        elif lost:
            self._finish(member, WorkersLostError("; ".join(f"{member.name}: {text}" for text in lost)))
        else:
            self._finish(member)

    def _ended(self, member: Member, now: int) -> None:
        """Nothing comes from it any more. Its workers may go on as long as its lease."""
        member.gone = member.gone or "its connection ended"
        self._stop_the_rest(now)

    def _lose(self, member: Member, now: int) -> None:
        """It has stopped for certain, with what it had told before."""
        silent_s = (now - member.heard_ns) / NS_PER_S
        member.lost = member.gone or f"nothing was heard of it for {silent_s:.1f} s"
        member.unaccounted = at_most_unaccounted(self._plan, member, self.members, self.control)
        self._stop_the_rest(now)
        more = counted(member.unaccounted, "request")
        at_most = f", and may have sent {more} more than it told" if member.unaccounted else ""
        self._finish(member, WorkersLostError(f"{member.name} was lost: {member.lost}{at_most}"))

    def _stop_the_rest(self, now: int) -> None:
        """Before the gate in any case: a run of fewer machines is not what was asked for."""
        if self._on_lost == "stop" or not self.control.gate_at_ns:
            self.control.trip(Cause.ERROR, now)

    def _finish(self, member: Member, error: Exception | None = None) -> None:
        assert member.over is not None
        for worker in member.shards:
            self.control.put(worker, Slot.STATE, State.FINISHED)
        if isinstance(error, UsageError):
            self.control.trip(Cause.ERROR, self._clock())
        if error is None:
            member.over.set_result(None)
        else:
            member.over.set_exception(error)

    def _spread(self) -> None:
        """Tell the machines what has come into the header."""
        self._gate.tell()
        stop = self.control.stop
        for member in self.members:
            if not member.is_over and stop != member.stop_told:
                member.stop_told = stop
                member.link.send(Message("stop", {"cause": self.control.cause, "stop": stop}))

    async def _keep(self) -> None:
        """Renew the leases; find out who is lost."""
        self._looked_ns = self._clock()
        while True:
            self._look(self._clock())
            await asyncio.sleep(LOOK_S)

    def _look(self, now: int) -> None:
        stalled_ns = now - self._looked_ns - s_to_ns(STALL_S)
        self._looked_ns = now
        living = self._living()
        if stalled_ns > 0:
            for member in living:
                member.heard_ns = now
            return
        self._renew(now)
        self._gate.look(now, self.gate_delay_ns)
        for member in living:
            quiet = now - member.heard_ns > s_to_ns(LOST_S)
            if quiet or (member.gone and now - member.until_ns > s_to_ns(LOST_S - LEASE_S)):
                self._lose(member, now)

    def _renew(self, now: int) -> None:
        """The leases, where it is time. Frames of a hundred machines lie there at once: it is time amid them, too."""
        if now < self._renew_ns:
            return
        self._renew_ns = now + s_to_ns(RENEW_S)
        failed = self.control.total(Slot.FAILED)
        for member in self._living():
            if not member.gone:
                elsewhere = failed - self.control.sum_of(member.shards, Slot.FAILED)
                head = {"until": self._lease(member), "failed": elsewhere, "sent": now}
                member.link.send(Message("lease", head))

    def _living(self) -> list[Member]:
        return [member for member in self.members if not member.is_over]

    def _lease(self, member: Member) -> int:
        """Until when it may go on now, on its clock: counted from when it was last heard of, since it may hear us and
        not be heard, and has to have stopped when it is called lost."""
        member.until_ns = member.heard_ns + s_to_ns(LEASE_S)
        return member.clock.there(member.until_ns)
