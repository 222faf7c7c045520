"""A coordinator and its machines in virtual time: each machine with a clock of its own, on a wire that may be cut."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from math import inf
from typing import Any

from loadgen.base.clock import NS_PER_S, Clock, s_to_ns
from loadgen.base.endpoint import Endpoint
from loadgen.clients.endpoint import endpoint_of
from loadgen.executors.places.base import Deliver, OnThisMachine
from loadgen.executors.places.machines.clock import RemoteClock
from loadgen.executors.places.machines.deal import deal
from loadgen.executors.places.machines.description import Description
from loadgen.executors.places.machines.links.mailbox import Listen, Mailbox
from loadgen.executors.places.machines.links.messages import Message, MessageReader, encode_message
from loadgen.executors.places.machines.machine.keeping import MakeKeeper, keep_nothing
from loadgen.executors.places.machines.machine.machine import Machine
from loadgen.executors.places.machines.member import Member
from loadgen.executors.places.machines.place import Machines, OnLost
from loadgen.executors.places.machines.sending import send_ahead
from loadgen.guard.shared_state import SharedState, Slot, State
from loadgen.plan.codec import plan_to_pieces
from loadgen.plan.plan import Plan, Shard
from loadgen.results.result import Result
from loadgen.session.observers import Hooks, Observers
from loadgen.session.run import Session
from tests.support.command import balanced
from tests.support.fakes import VirtualClock, run_virtually
from tests.support.places import FakeWorker, Watcher, Work, as_planned

DELAY_S = 0.001


class Wire:
    """A Link, and at its other end a machine. What is sent arrives after a while, in its order, unless the wire is cut.

    Down it takes `delay_s`, and `bytes_per_s` go there. Where the machine `is_deaf` nothing gets there, and where it
    `is_mute` nothing comes from there.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.delay_s = DELAY_S
        self.bytes_per_s = inf
        self.is_cut = False
        self.is_deaf = False
        self.is_mute = False
        self.inbox: asyncio.Queue[Message | None] = asyncio.Queue()
        self._mailbox = Mailbox()
        self._down: deque[bytes] = deque()
        self._up: deque[bytes] = deque()
        self._last_s: dict[int, float] = {}

    def send(self, message: Message) -> None:
        if not self.is_deaf:
            taken_s = len(message.body) / self.bytes_per_s
            self._later(self._down, self.inbox.put_nowait, message, self.delay_s, taken_s)

    def tell(self, message: Message) -> None:
        """From the machine."""
        if not self.is_mute:
            self._later(self._up, self._mailbox.take, message, DELAY_S)

    def listen(self, to: Listen | None) -> None:
        self._mailbox.listen(to)

    def close(self) -> None:
        pass

    def wait(self, within_s: float) -> None:
        pass

    def end(self, *, at_machine: bool = True, here: bool = True) -> None:
        """One of the two has gone, and the other sees that."""
        self.is_cut = True
        if at_machine:
            self.inbox.put_nowait(None)
        if here:
            self._mailbox.take(None)

    def _later(
        self, way: deque[bytes], take: Callable[[Any], None], message: Message, delay_s: float, taken_s: float = 0.0
    ) -> None:
        loop = asyncio.get_running_loop()
        way.append(encode_message(message))
        self._last_s[id(way)] = at_s = taken_s + max(loop.time() + delay_s, self._last_s.get(id(way), 0.0))

        def arrive() -> None:
            data = way.popleft()  # timers of one instant ring in any order
            if not self.is_cut:
                take(*MessageReader().feed(data))

        loop.call_at(at_s, arrive)


class _Workers(OnThisMachine):
    """A Place on a machine; `sent_at` are the instants, on the lab's clock, at which its workers sent a request."""

    def __init__(self, plan: Plan, control: SharedState, clock: Clock, works: Sequence[Work], sent: Callable[[], None]):
        self.control = control
        self.tasks: list[asyncio.Future[None]] = []
        self.gate_delay_ns = 0
        self._plan = plan
        self._clock = clock
        self._works = works
        self._sent = sent

    def start(self, shards: Sequence[Shard], deliver: Deliver) -> list[asyncio.Future[None]]:
        self.tasks = [asyncio.ensure_future(self._run(self._works[shard.index], shard, deliver)) for shard in shards]
        return self.tasks

    async def _run(self, work: Work, shard: Shard, deliver: Deliver) -> None:
        worker = _Counted(self._plan, shard, self.control, deliver, self._clock)
        worker.on_sent = self._sent
        try:
            await work(worker)
        finally:
            self.control.put(shard.index, Slot.STATE, State.FINISHED)

    def abandon(self) -> None:
        for task in self.tasks:
            task.cancel()

    def close(self) -> None:
        self.control.close()


class _Counted(FakeWorker):
    on_sent: Callable[[], None]

    def _put(self, slot: Slot, value: int) -> None:
        if slot is Slot.SENT:
            self.on_sent()
        super()._put(slot, value)


class Lab:
    """One run of the real coordinator over real machines with fake workers, one process a machine if not said.

    `at` holds what happens from outside: instants in seconds from the start, and what is done to the lab then.
    Afterwards: when which machine sent what, on the lab's clock in seconds from the start.
    """

    def __init__(
        self,
        plan: Plan,
        machines: int = 3,
        works: Sequence[Work] = (),
        on_lost: OnLost = "stop",
        at: dict[float, Callable[["Lab"], None]] | None = None,
        make_keeper: MakeKeeper = keep_nothing,
        look_up_s: float = 0.0,
    ) -> None:
        self._look_up_s = look_up_s
        self._make_keeper = make_keeper
        self.told: list[str] = []
        self.plan = plan
        self.clock = VirtualClock()
        self.began_ns = self.clock()
        self.wires = [Wire(f"host{number}") for number in range(machines)]
        self.sent_s: list[list[float]] = [[] for _ in range(machines)]
        self.watcher = Watcher()
        self.places: list[_Workers | None] = [None] * machines
        self.tasks: list[asyncio.Task[None]] = []
        self.took_s = 0.0
        self.crashes: list[BaseException] = []
        self._works = [*works, *[as_planned] * (plan.shard_count - len(works))]
        self._on_lost = on_lost
        self._at = at or {}

    @property
    def sent(self) -> int:
        """What the target saw of all machines."""
        return sum(map(len, self.sent_s))

    def kill(self, machine: int) -> None:
        """As SIGKILL does: its processes end with it, and the connection does."""
        place = self.places[machine]
        assert place is not None
        self.tasks[machine].cancel()
        place.abandon()
        self.wires[machine].end(at_machine=False)

    def cut(self, machine: int) -> None:
        """Nothing arrives any more, in either direction, and nobody is told so."""
        self.wires[machine].is_cut = True

    def run(self) -> Result:
        """From the start to the Result, whose ledger balances, and to the end of all machines."""
        return balanced(run_virtually(self.clock, self._run()))

    async def _run(self) -> Result:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: self.crashes.append(context["exception"]))
        self.tasks = [loop.create_task(self._serve(number)) for number in range(len(self.wires))]
        parts = deal(self.plan, [1] * len(self.wires))
        wires = [(wire.name, wire) for wire in self.wires]
        await send_ahead(b"".join(plan_to_pieces(self.plan)), (), wires)
        members = [
            Member(f"machine {number + 1}", wire, Description(cores=1), self._clock_of(number), parts[number])
            for number, wire in enumerate(self.wires)
        ]
        place = Machines(self.plan, members, self._on_lost, self.clock)
        hooks = Hooks(Observers(self.watcher), lambda _: None, self.crashes.append)
        for after_s, act in self._at.items():
            loop.call_later(after_s, act, self)
        try:
            result = await Session(self.plan, place, hooks, clock=self.clock).run()
        finally:
            place.close()
            self.took_s = (self.clock() - self.began_ns) / NS_PER_S
            await asyncio.sleep(10 * DELAY_S)
            for wire in self.wires:
                wire.inbox.put_nowait(None)
            await asyncio.wait(self.tasks)
        return result

    def ahead_ns(self, machine: int) -> int:
        """How much a machine's clock is ahead of the coordinator's."""
        return s_to_ns(500.0 * (machine + 1))

    def _clock_of(self, machine: int) -> RemoteClock:
        """As after exchanges that took a millisecond, all of it on the way there."""
        clock, now = RemoteClock(), self.clock()
        clock.add(now - 1_000_000, now + self.ahead_ns(machine), now)
        return clock

    async def _serve(self, number: int) -> None:
        own: Clock = lambda: self.clock() + self.ahead_ns(number)  # noqa: E731

        def sent() -> None:
            self.sent_s[number].append((self.clock() - self.began_ns) / NS_PER_S)

        def make(plan: Plan, _endpoint: Endpoint, control: SharedState, _folder: str | None) -> _Workers:
            place = self.places[number] = _Workers(plan, control, own, self._works, sent)
            return place

        async def look_up(plan: Plan) -> Endpoint:
            await asyncio.sleep(self._look_up_s)
            return await endpoint_of(plan)

        machine = Machine(self.wires[number].tell, make, own, self._make_keeper, look_up=look_up)
        self.told.append(await machine.serve(self.wires[number].inbox))
