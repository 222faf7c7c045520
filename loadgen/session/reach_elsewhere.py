"""Whether anybody is there for other machines, which may have another way to the target than this one has."""

from loadgen.base.address import is_loopback
from loadgen.base.clock import NS_PER_S, Clock, now_ns
from loadgen.base.error_class import ErrorClass
from loadgen.plan.plan import Plan
from loadgen.session.fruitless import Failures

SURE_NS = 3 * NS_PER_S
"""Each worker tells once a second what it saw: one that has a connection has said so by then."""


class ReachElsewhere:
    """Of one run on machines: goes by what all of them saw, and asks nobody itself."""

    def __init__(self, plan: Plan, clock: Clock = now_ns) -> None:
        self._plan = plan
        self._clock = clock
        self._since_ns = clock()

    def look(self, seen: Failures) -> str:
        """Never waits."""
        return self._found(seen) if self._clock() - self._since_ns >= SURE_NS else ""

    async def last_look(self, seen: Failures) -> str:
        """All have told all."""
        return self._found(seen)

    def _found(self, seen: Failures) -> str:
        if seen.opened or seen.errors != {ErrorClass.CONNECTION_REFUSED}:
            return ""
        origin = self._plan.origin
        why = "there it is the machine itself; is" if is_loopback(origin.host) else "is"
        return f"{origin} refused every machine's connections; {why} the server up, and is that its port?"
