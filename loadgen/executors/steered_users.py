"""Users of the closed model of whom more or fewer take part as somebody wants it, while the run lasts."""

from loadgen.base.clock import NEVER_NS
from loadgen.clients.base import Stream
from loadgen.executors.journey_users import JourneyUsers
from loadgen.executors.reactor_passes import ReactorSetup
from loadgen.executors.reactor_users import ReactorUsers


class SteeredUsers(ReactorUsers):
    """Those of a rank below the control's count. Who is not wanted leaves at the end of a pass, and closes its
    connection; who is wanted again opens one.
    """

    def __init__(self, setup: ReactorSetup) -> None:
        super().__init__(setup)
        self._away: set[int] = set()
        self._wanted = 0

    @property
    def finished(self) -> bool:
        """Who is away does nothing, and will not when the others are through."""
        return self._parked + len(self._waiting) + len(self._away) == len(self.connections)

    def _await_span(self, connection: Stream, now: int) -> None:
        if self._spans_left[connection.user]:
            super()._await_span(connection, now)
        else:
            self._away.add(connection.user)

    def tick(self, now: int) -> None:
        """The count is looked at as often as the stop is."""
        wanted = self._task.control.user_count()
        if wanted != self._wanted and self._end_ns:
            self._wanted = wanted
            self._change(wanted, now)
        super().tick(now)

    def _change(self, wanted: int, now: int) -> None:
        for connection in self.connections:
            user = connection.user
            if self._task.shard.rank_of_user(user) >= wanted:
                self._until_ns[user] = 0
                continue
            self._until_ns[user] = NEVER_NS
            if user in self._away:
                self._away.discard(user)
                self._sleep(connection, now)
                connection.due_ns = 0  # it connects


class SteeredJourneyUsers(SteeredUsers, JourneyUsers):
    """The same of users that follow journeys: they leave at the end of one."""
