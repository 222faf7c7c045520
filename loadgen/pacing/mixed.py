"""Users of the closed model and arrivals in one shard: each user is paced by the one or by the other."""

from loadgen.pacing.base import Pacer, Span


class MixedPacer:
    """Users below `closed_users` follow the closed loop; to all others the arrivals come."""

    eager = False

    def __init__(self, closed: Pacer, arrivals: Pacer, closed_users: int) -> None:
        self._closed = closed
        self._arrivals = arrivals
        self._closed_users = closed_users

    def begin(self, start_ns: int, end_ns: int) -> None:
        self._closed.begin(start_ns, end_ns)
        self._arrivals.begin(start_ns, end_ns)

    def spans_ns(self, user: int) -> list[Span]:
        return self._of(user).spans_ns(user)

    def next_due_ns(self, user: int, now: int) -> int:
        return self._of(user).next_due_ns(user, now)

    def _of(self, user: int) -> Pacer:
        return self._closed if user < self._closed_users else self._arrivals
