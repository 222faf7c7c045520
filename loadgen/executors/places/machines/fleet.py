"""The machines that were asked for: found and described once, and then a place for one run after the other."""

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path

from loadgen.base.clock import NS_PER_MS, NS_PER_S, Clock, now_ns, s_to_ns
from loadgen.base.dataclass import dataclass
from loadgen.base.errors import UsageError
from loadgen.base.loop import run_on_loop
from loadgen.base.restore import build
from loadgen.executors.places.base import Place
from loadgen.executors.places.machines.clock import RemoteClock
from loadgen.executors.places.machines.deal import deal
from loadgen.executors.places.machines.description import (
    Description,
    check_alike,
    crowded,
    describe_machine,
    description_in,
)
from loadgen.executors.places.machines.links.addresses import check_extra
from loadgen.executors.places.machines.links.base import Link
from loadgen.executors.places.machines.links.command import LEAVE_S, CommandLink
from loadgen.executors.places.machines.links.messages import Message
from loadgen.executors.places.machines.member import Member
from loadgen.executors.places.machines.place import Machines, OnLost
from loadgen.executors.places.machines.sending import files_for, send_ahead
from loadgen.plan.codec import plan_to_pieces
from loadgen.plan.files import with_files
from loadgen.plan.plan import Plan

ANSWER_S = 30.0
"""To log in and to start Python takes seconds on a slow machine; no answer after this is none."""

EXCHANGES = 16
"""Of the clocks before a run: the quickest of so many was 2 to 20 times nearer than the bound that it gives."""

NEAR_NS = 5 * NS_PER_MS
"""A clock that is known to less is asked while no other is, or the answers would wait for each other. Those of machines
that are farther away are asked at once: of twenty at 200 ms each would else wait 6 s for those before it.
"""

_Came = asyncio.Queue[tuple[Message | None, int]]


@dataclass(frozen=True, slots=True)
class Where:
    """What was asked for: a command for each machine, or a cluster and how many of its machines (None: all).

    `certificates` is the folder of a cluster's, which may take `wait_s` to be there. Nothing of it belongs to a plan.
    """

    commands: tuple[str, ...] = ()
    on_lost: OnLost = "stop"
    cluster: str | None = None
    machines: int | None = None
    certificates: str | None = None
    wait_s: float | None = None

    @classmethod
    def read(cls, text: str) -> "Where":
        """Of what `written` gives."""
        where: Where = build(Where, json.loads(text))
        return where

    @property
    def written(self) -> str:
        """For another process."""
        return json.dumps(asdict(self))

    def open(self) -> "Fleet":
        """Reach them all. Raises UsageError where one cannot be reached, or is not the same program."""
        if self.cluster is not None:
            return self._open_cluster(self.cluster)
        links: list[Link] = []
        try:
            links += map(CommandLink, self.commands)
            return Fleet(links, self)
        except BaseException:
            _close(links)
            raise

    def _open_cluster(self, address: str) -> "Fleet":
        check_extra()
        from loadgen.executors.places.machines.links.dask_link import Cluster

        cluster = Cluster(address, self.machines, self.certificates, self.wait_s)
        try:
            return Fleet(cluster.links(), self, warnings=cluster.warnings, release=cluster.close)
        except BaseException:
            cluster.close()
            raise


@dataclass(frozen=True, slots=True)
class _Machine:
    name: str
    link: Link
    description: Description
    clock: RemoteClock


class Fleet:
    """A Site of machines at the ends of `links`. Raises UsageError where one does not answer, or does not fit.

    `where` is what was asked for, `warnings` are lines to be told before a run. `release` is called when the links are
    closed.
    """

    def __init__(
        self,
        links: Sequence[Link],
        where: Where,
        clock: Clock = now_ns,
        warnings: Sequence[str] = (),
        release: Callable[[], None] = lambda: None,
    ) -> None:
        self._release = release
        self.where = where
        self._clock = clock
        self._machines = run_on_loop(self._all_known(links))
        known = [(machine.name, machine.description) for machine in self._machines]
        check_alike(known, describe_machine())
        self.warnings = [*warnings, *crowded(known)]

    @property
    def cores(self) -> int:
        """The usable ones of all."""
        return sum(machine.description.cores for machine in self._machines)

    @property
    def least_processes(self) -> int:
        """One on each machine."""
        return len(self._machines)

    def lines(self) -> list[str]:
        """A line on each machine."""
        return [
            f"{machine.name}: {machine.description.cores} cores, loadgen {machine.description.loadgen}, "
            f"Python {machine.description.python}, clock known to {machine.clock.bound_ns / NS_PER_MS:.2f} ms"
            for machine in self._machines
        ]

    async def place(self, plan: Plan) -> tuple[Place, int | None]:
        """For one run; the plan's files go along, and each machine looks up the target's name by itself."""
        folder = Path.cwd()
        plan = with_files(plan, lambda name: str((folder / name).resolve()))
        files = files_for(plan, folder)
        machines = [(machine.name, machine.link) for machine in self._machines]
        await send_ahead(b"".join(plan_to_pieces(plan)), files.sent, machines)
        parts = deal(plan, [machine.description.cores for machine in self._machines])
        members = [
            Member(machine.name, machine.link, machine.description, machine.clock, shards)
            for machine, shards in zip(self._machines, parts, strict=True)
        ]
        return Machines(plan, members, self.where.on_lost, self._clock, files), None

    def close(self) -> None:
        """Let the machines go."""
        _close([machine.link for machine in self._machines], self._clock)
        self._release()

    async def _all_known(self, links: Sequence[Link]) -> list[_Machine]:
        turn = asyncio.Lock()
        tasks = [asyncio.ensure_future(self._known(number, link, turn)) for number, link in enumerate(links, 1)]
        try:
            return await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()

    async def _known(self, number: int, link: Link, turn: asyncio.Lock) -> _Machine:
        name, clock = f"machine {number} ({link.name})", RemoteClock()
        came: _Came = asyncio.Queue()
        link.listen(lambda message: came.put_nowait((message, self._clock())))
        try:
            link.send(Message("describe"))
            described = (await _answer(name, link, came, "before it said that it is a machine"))[0]
            description = description_in(dict(described.head))
            await self._exchange(name, link, came, clock)
            async with turn if clock.bound_ns < NEAR_NS else nullcontext():
                for _ in range(1, EXCHANGES):
                    await self._exchange(name, link, came, clock)
        except (TypeError, KeyError):
            raise UsageError(f"{name} has another loadgen: install the same") from None
        finally:
            link.listen(None)
        return _Machine(name, link, description, clock)

    async def _exchange(self, name: str, link: Link, came: _Came, clock: RemoteClock) -> None:
        link.send(Message("clock", {"sent": self._clock()}))
        answer, back_ns = await _answer(name, link, came, "while its clock was asked")
        clock.add(answer.head["sent"], answer.head["there"], back_ns)


async def _answer(name: str, link: Link, came: _Came, when: str) -> tuple[Message, int]:
    """The next one, and when it came. Raises UsageError where none comes."""
    try:
        async with asyncio.timeout(ANSWER_S):
            message, at_ns = await came.get()
    except TimeoutError:
        raise UsageError(
            f"{name} did not answer within {ANSWER_S:g} s; the command has to run what stands behind it, as 'ssh host2'"
        ) from None
    if message is not None:
        return message, at_ns
    how, why = getattr(link, "how_it_ended", "was lost"), getattr(link, "why_it_ended", "")
    raise UsageError(f"{name} {how} {when}{why}")


def _close(links: Sequence[Link], clock: Clock = now_ns) -> None:
    """All at once, and then wait for all of them."""
    for link in links:
        link.close()
    until_ns = clock() + s_to_ns(LEAVE_S)
    for link in links:
        link.wait(max(0, until_ns - clock()) / NS_PER_S)
