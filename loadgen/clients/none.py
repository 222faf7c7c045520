"""A client for users that send nothing."""

from loadgen.base.clock import now_ns
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import ConnectionCounts, Outcome, Request


class NoClient:
    """Opens no connection."""

    def __init__(self) -> None:
        self.counts = ConnectionCounts()

    async def connect(self) -> ErrorClass | None:
        return None

    async def exchange(self, request: Request) -> Outcome:
        now = now_ns()
        return Outcome(now, now, None, ErrorClass.GENERATOR, "these users have no connection to send on")

    def again(self, request: Request, sent_ns: int) -> Outcome | None:
        return None

    def cut(self) -> None:
        """Nothing runs."""

    def drop(self) -> None:
        """Nothing is open."""

    async def close(self) -> None:
        """Nothing is open."""
