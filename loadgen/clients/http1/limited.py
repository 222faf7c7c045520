"""A blocking client whose connections carry so many requests and no more."""

from loadgen.base.exchange import Outcome, Request
from loadgen.clients.http1.blocking import BlockingClient


class LimitedBlockingClient(BlockingClient):
    """One virtual user's connection, which is closed after `Dialing.requests_each` replies."""

    _replies = 0

    async def exchange(self, request: Request) -> Outcome:
        outcome = await super().exchange(request)
        if self._sock is None:
            self._replies = 0
        else:
            self._replies += 1
            if self._replies == self.endpoint.dialing.requests_each:
                self.drop()
        return outcome

    def again(self, request: Request, sent_ns: int) -> Outcome | None:
        """There is no short way: each reply is counted."""
        return None

    def drop(self) -> None:
        super().drop()
        self._replies = 0
