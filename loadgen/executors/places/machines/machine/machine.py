"""A machine of a run: it does what the coordinator's messages say, and stops by itself where they no longer come."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from functools import partial
from io import BytesIO

from loadgen.base.clock import Clock, now_ns
from loadgen.base.descriptors import raise_descriptor_limit
from loadgen.base.endpoint import Endpoint
from loadgen.base.errors import UsageError
from loadgen.base.tls import make_context
from loadgen.clients.endpoint import endpoint_of
from loadgen.clients.resolve import needs_look_up
from loadgen.executors.places.base import Place
from loadgen.executors.places.limits import check_descriptors, check_ports
from loadgen.executors.places.machines.description import describe_machine, description_out
from loadgen.executors.places.machines.links.messages import Message
from loadgen.executors.places.machines.machine.keeping import Keeper, MakeKeeper, keep_nothing
from loadgen.executors.places.machines.machine.machine_run import CUT_S, MachineRun
from loadgen.executors.places.machines.machine.received import Received, check_there
from loadgen.executors.places.processes import Processes, spawn_child
from loadgen.guard.shared_state import CUT, Cause, SharedState
from loadgen.plan.codec import read_plan
from loadgen.plan.plan import Plan

GONE_S = 30.0
"""The lease ended all long before. A coordinator that was frozen for so long, or a cable that was cut, may come back
until then, and find what the machine has told in the meantime."""

ORPHANED = "the coordinator of the run was gone before it had all of this machine's part"

MakePlace = Callable[[Plan, Endpoint, SharedState, str | None], Place]
"""Of a plan, where it goes to, its memory, and the folder that processes work in, where it matters."""


def _processes(plan: Plan, endpoint: Endpoint, control: SharedState, folder: str | None) -> Place:
    return Processes(plan, endpoint, control, partial(spawn_child, folder=folder))


class Machine:
    """Takes messages on one loop. `tell` sends one to the coordinator, and never waits."""

    def __init__(
        self,
        tell: Callable[[Message], None],
        make_place: MakePlace = _processes,
        clock: Clock = now_ns,
        make_keeper: MakeKeeper = keep_nothing,
        received: Received | None = None,
        look_up: Callable[[Plan], Awaitable[Endpoint]] = endpoint_of,
    ) -> None:
        self._look_up = look_up
        self._until_ns = 0
        self._make_keeper = make_keeper
        self._keeper: Keeper | None = None
        self._tell = tell
        self._make_place = make_place
        self._clock = clock
        self._run: MachineRun | None = None
        self._running: asyncio.Task[None] | None = None
        self._received = received or Received()
        self._plan = bytearray()

    async def serve(self, inbox: "asyncio.Queue[Message | None]") -> str:
        """Until None comes, which is the end of whoever gave the messages; then all that runs ends, and is waited for.

        What is to be told of a run whose coordinator did not say that it had it all. Raises what is a bug of ours.
        """
        with closing(self._received):
            while (message := await self._next(inbox)) is not None:
                self._take(message)
            if self._running is not None:
                await self._end(self._running)
        return "" if self._keeper is None else self._keeper.keep(ORPHANED)

    async def _end(self, running: "asyncio.Task[None]") -> None:
        if self._run is not None:
            self._run.end(Cause.ALONE)
        await asyncio.wait([running], timeout=CUT_S)
        if self._run is not None and not running.done():
            self._run.abandon()
        await running

    async def _next(self, inbox: "asyncio.Queue[Message | None]") -> Message | None:
        """What comes next; None where a run is not over and nothing has come for long."""
        if self._keeper is None:
            return await inbox.get()
        with suppress(TimeoutError):
            async with asyncio.timeout(GONE_S):
                return await inbox.get()
        return None

    def _take(self, message: Message) -> None:
        head, run = message.head, self._run
        match message.kind:
            case "describe":
                self._tell(Message("described", description_out(describe_machine())))
            case "clock":
                self._tell(Message("clock", {"sent": head["sent"], "there": self._clock()}))
            case "plan":
                self._plan[head["at"] :] = message.body
                self._tell(Message("filed"))
            case "file":
                self._tell(self._kept(message))
            case "begin":
                self._until_ns = head["until"]
                self._running = asyncio.get_running_loop().create_task(self._begin(message))
            case "lease":
                self._until_ns = head["until"]
                if run is None:
                    self._tell(Message("leased", {"sent": head["sent"], "there": self._clock()}))
                else:
                    run.renew(head["until"], head["failed"], head["sent"])
            case "gate" if run is not None:
                if head["open"]:
                    run.control.open_gate(head["at"])
                self._tell(Message("gated", {**head, "early": head["at"] - self._clock()}))
            case "stop" if run is not None:
                run.control.trip(Cause(head["cause"]), self._clock())
                if head["stop"] == CUT:
                    run.control.cut()
                self._tell(Message("stopped", {"at": run.control.stopped_at_ns}))
            case "over":
                self._keeper = None
            case "abandon" if run is not None:
                run.abandon()

    def _kept(self, message: Message) -> Message:
        """What is answered to a piece of a file."""
        try:
            self._received.take(message.head["name"], message.head["at"], message.body)
        except UsageError as error:
            return Message("refused", {"text": str(error)})
        return Message("filed")

    async def _begin(self, message: Message) -> None:
        head = message.head
        try:
            check_there(head["there"], head["modules"])
            plan = self._received.plan_here(read_plan(BytesIO(self._plan)))
            self._plan.clear()
            folder = self._received.folder(head["folder"])
            shards = range(*head["shards"])
            if plan.origin.scheme == "https" and (plan.tls.ca_file or plan.tls.cert_file):
                make_context(plan.tls)
            asked_ns = self._clock()
            endpoint = await self._look_up(plan)
            dns_ns = self._clock() - asked_ns if needs_look_up(plan.origin, plan.dialing) else None
            check_descriptors(plan, raise_descriptor_limit())
            check_ports(plan, endpoint, part=len(shards) / plan.shard_count)
            control = SharedState.create(plan.shard_count)
        except UsageError as error:
            self._tell(Message("refused", {"text": str(error)}))
            return
        control.lease(self._until_ns)  # renewed meanwhile: to look up a name may take long
        keeper = self._keeper = self._make_keeper(plan, shards, head["run"])
        place = self._make_place(plan, endpoint, control, folder)
        self._run = MachineRun(plan, shards, place, control, self._tell, self._clock, keeper)
        self._tell(Message("begun"))
        try:
            await self._run.run(dns_ns)
        finally:
            self._run = None
