"""The Protocol of a workload: an endless supply of requests for one worker or one user."""

from typing import Protocol

from loadgen.base.exchange import Request


class Workload(Protocol):
    """Belongs to one thread. Requests may be sent at once or later, each of them once or often."""

    only: Request | None
    """The one request, where all are the same."""

    def next(self) -> Request:
        """The next request to send."""
        ...
