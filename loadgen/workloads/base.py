"""The Protocols of what is sent: a Workload gives each of a shard's virtual users its Script."""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from loadgen.base.dataclass import dataclass
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Request
from loadgen.measure.recorder import Recorder


@dataclass(frozen=True, slots=True)
class Pause:
    """A script has nothing to send before `until_ns` (CLOCK_MONOTONIC nanoseconds).

    None: before the outcome of another request of the shard is known, which may change what there is to do.
    """

    until_ns: int | None = None


@dataclass(slots=True, eq=False)
class Sending:
    """A request that is out while its script goes on. Whoever drives the script sets `end`, and calls `told` with what
    came of it, on the script's thread; then `over` is done.

    `end`, for the script: with None the sink has enough, and the reply is what came so far; else that is its failure.
    """

    request: Request
    told: Callable[[Any], None]
    over: "asyncio.Future[None]"
    end: Callable[[ErrorClass | None], object] = bool


class Signal:
    """What is awaited again and again. Where a driver understands signals it stands for a future, and the script goes
    on inside `tell`, which the driver sets and which is given the time in ns: no loop has to come by.
    """

    __slots__ = ("tell",)

    def __init__(self) -> None:
        self.tell: Callable[[int], object] = bool


@dataclass(slots=True)
class Wait:
    """A script goes on when the future, which is of the running loop, is done; or a Signal is told.

    With `finishes` it is also waited for when nothing new may begin any more, until the users are cut. What it `sends`
    goes out first.
    """

    future: "asyncio.Future[Any]"
    finishes: bool = False
    sends: Sending | None = None


@dataclass(slots=True)
class Batch:
    """Requests to be sent at the same time, each on a connection of its own; the outcome is a list of theirs."""

    requests: list[Request]


class Fresh:
    """A script goes on at once; its next request goes out on a new connection."""

    __slots__ = ()


Step = Request | Pause | Wait | Batch | Fresh


class Script(Protocol):
    """What one virtual user does, pass after pass; belongs to one thread, and never waits by itself."""

    only: Request | None
    """The one request, where all are the same: drivers then send it without asking."""

    def resume(self, outcome: Any) -> Step | None:
        """The next step; with None a pass begins, or goes on after any other step.

        A Request that is not `awaited` ends its pass. After one that is, `resume` is given its outcome, whose `error`
        is also set where the reply broke `expect`, at whatever moment of the run; a Request in answer is sent at once,
        or dropped where nothing new may be sent any more. None ends the pass; a pass that ends without a request says
        that nothing is left, for good.
        """


class Workload(Protocol):
    """The scripts of one shard's users."""

    @property
    def left(self) -> int:
        """How many requests its scripts would have gone on to send, as far as that is known; 0 without an end."""

    def script(self, user: int) -> Script:
        """The script of the shard's user number `user`; users may share one whose requests do not depend on others."""

    def never_sent(self, recorder: Recorder, waited_ns: int) -> None:
        """Write down that an arrival was due, has waited so long, and is not served any more."""
