"""Users on a reactor whose journeys begin at a rate."""

from loadgen.base.exchange import Request
from loadgen.clients.base import Stream
from loadgen.executors.base import UNLIMITED
from loadgen.executors.journey_users import JourneyUsers
from loadgen.executors.open_users import OpenUsers
from loadgen.guard.shared_state import GO, STOP


class OpenJourneyUsers(JourneyUsers, OpenUsers):
    """Journeys that begin at a rate: an arrival is one that is due."""

    _out = 0  # users that could not get ready

    @property
    def finished(self) -> bool:
        return self._over and len(self._idle) + len(self._waiting) + self._out + self._parked == len(self.connections)

    def _continue(self, connection: Stream, now: int) -> Request | None:
        if self._over:
            if self._leave(connection, now):
                return None
        elif self._scripts[connection.user].out:
            self._go_without(connection, now)
            self._serve_waiting(now)
            return None
        return super()._continue(connection, now)

    def _park(self, connection: Stream, now: int) -> None:
        """Whoever is parked in the middle of a journey, as the run is over, serves no arrival that waits."""
        if now >= self._end_ns or self._shared[STOP] != GO:
            self._finish(now)
        super()._park(connection, now)

    def _none_left(self, connection: Stream) -> None:
        if self._scripts[connection.user].out:
            self._go_without(connection, self._clock())
        else:
            super()._none_left(connection)

    def _go_without(self, connection: Stream, now: int) -> None:
        """A user cannot take part: the arrival that it was to serve is lost, and the next ones are others'."""
        self._out += 1
        self._lose_arrival(max(0, now - connection.due_ns))
        if self._out == self._most - self._closed and self._end_ns >= UNLIMITED:
            self._finish(now)

    def _finish(self, now: int) -> None:
        if self._over:
            return
        super()._finish(now)
        idle, self._idle = self._idle, []
        for connection in idle:
            self._park(connection, now)
