"""Users and arrivals side by side on one reactor: some users repeat their journeys, the others serve what arrives."""

from loadgen.base.exchange import Request
from loadgen.clients.base import Stream
from loadgen.executors.open_journey_users import OpenJourneyUsers


class MixedJourneyUsers(OpenJourneyUsers):
    """The shard's first `closed_users` follow the closed model: no arrival takes one of them, and none of them waits
    for an arrival. The others are as in the open model.
    """

    def start(self, now: int, end_ns: int) -> None:
        """The timetable begins, and so does every user of the closed model."""
        super().start(now, end_ns)
        for connection in self.connections[: self._closed]:
            self._start_user(connection)

    def _continue(self, connection: Stream, now: int) -> Request | None:
        if connection.user >= self._closed:
            return super()._continue(connection, now)
        if connection.backoff_ns:
            self._sleep(connection, now + connection.backoff_ns)
            return None
        connection.due_ns = now
        return self._begin(connection, now)

    def _park(self, connection: Stream, now: int) -> None:
        if connection.user >= self._closed:
            super()._park(connection, now)
            return
        self._held.pop(connection.user, None)
        if not self._leave(connection, now):
            self._parked += 1
            self.finished_ns = now
