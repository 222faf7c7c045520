"""The Protocol of a workload: a supply of requests for one worker or one user."""

from typing import Protocol

from loadgen.base.exchange import Request


class Workload(Protocol):
    """Belongs to one thread. Requests may be sent at once or later, each of them once or often."""

    only: Request | None
    """The one request, where all are the same."""

    @property
    def pending(self) -> int:
        """Requests that were handed out and whose `done` is still to be called: one of them may lead to others."""
        ...

    @property
    def left(self) -> int:
        """How many requests it would have gone on to hand out, as far as that is known; 0 where it has no end."""
        ...

    def next(self) -> Request | None:
        """The next request to send; None while there is none, and for good once nothing is pending."""
        ...

    def skip(self) -> int:
        """The name id of a request that was due and will not be sent."""
        ...
