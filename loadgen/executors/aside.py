"""A request that is out while the script that sent it goes on, by a client that is awaited."""

from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Client, Outcome
from loadgen.clients.origins import OriginClients
from loadgen.executors.judging import GIVEN_UP
from loadgen.workloads.base import Sending


class Aside:
    """One by `client`, which has no other meanwhile. All belongs to the user's thread."""

    def __init__(self, client: Client, sending: Sending) -> None:
        self.client = client
        self.sending = sending
        self._error: ErrorClass | None = None
        self._is_ending = False
        sending.end = self.end

    def end(self, error: ErrorClass | None) -> None:
        """See Sending."""
        self._is_ending, self._error = True, error
        if isinstance(self.client, OriginClients):
            self.client.stop()
            if error is not None:
                self.client.give_up()

    def ended(self, outcome: Outcome) -> Outcome:
        """What came of it; a connection that was ended carries no other request."""
        if self._is_ending:
            self.client.drop()
        if self._error is not None and outcome.reply is None and outcome.error is not ErrorClass.CUT:
            outcome.error = self._error
            outcome.detail = GIVEN_UP if self._error is ErrorClass.TIMEOUT else ""
        return outcome
