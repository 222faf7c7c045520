"""What a user of a locustfile asks of whoever drives it: Hub for each user, Control for each process."""

from random import Random
from typing import Any, Protocol

from loadgen.base.exchange import BodySource
from loadgen.workloads.scenario.replies.reply import Reply


class UserEnds(BaseException):
    """Raised out of a Hub when the run is over. The user leaves its task and does what it does at its end, in which
    the hub may still be asked; the second one ends that, too.
    """


class Call:
    """One request. `url` is absolute and encoded, `name` the one in the report; `headers` are all but Host and
    Content-Length. The same object comes again where everything is the same: `made` is its driver's, None at first.

    `settles`: the driver judges the reply by its status (below 400 is good) and records it; otherwise nothing is
    recorded before `Hub.settle`.
    """

    __slots__ = ("body", "headers", "made", "method", "name", "settles", "timeout_s", "url")

    def __init__(
        self,
        method: str,
        url: str,
        name: str,
        headers: tuple[tuple[str, str], ...] = (),
        body: bytes | BodySource = b"",
        *,
        timeout_s: float | None = None,
        settles: bool = True,
    ) -> None:
        self.method = method
        self.url = url
        self.name = name
        self.headers = headers
        self.body = body
        self.timeout_s = timeout_s
        self.settles = settles
        self.made: Any = None

    def renamed(self, name: str) -> "Call":
        """The same under another name in the report."""
        return Call(self.method, self.url, name, self.headers, self.body, timeout_s=self.timeout_s, settles=False)


REDIRECTS = frozenset({301, 302, 303, 307, 308})
"""The statuses that, with a Location, are redirects."""


class Hub(Protocol):
    """One simulated user's; called from where its code runs. Every method may raise UserEnds."""

    random: Random
    took_ns: int
    """The service time of the last exchange that ended."""
    shared: dict[Any, Any]
    """What the users of one worker may have in common; empty at first."""
    once: bool
    """Each task is to be done once, in the order of the file, and the user is through."""

    def begin(self) -> None:
        """A task begins."""

    def end(self, error: BaseException | None) -> None:
        """It ended: well, or with what its code raised."""

    def request(self, call: Call) -> Reply:
        """One exchange. What went wrong on the way is in the Reply, whose status is 0."""

    def settle(self, call: Call, reply: Reply, took_ns: int, verdict: bool | str) -> None:
        """Record an open call: as good; as failed as its reply says (False), or for the reason given."""

    def pause(self, seconds: float) -> None:
        """Come back after so long; with 0, let others run where this user has sent nothing since its last pause."""

    def measured(self, name: str, took_ms: float, size: int, error: str | None) -> None:
        """Something that the file measured itself: `size` is bytes, `error` why it failed."""


class Control(Protocol):
    """One process's run, as the file sees it."""

    seed: int
    target: str | None
    """Where requests of classes go that have no host of their own."""

    def stop(self, reason: str) -> None:
        """End the run; from any thread."""
