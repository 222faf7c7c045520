"""How fast a machine sends, as far as it tells."""

from loadgen.base.clock import NS_PER_MS, NS_PER_S, s_to_ns
from loadgen.executors.base import TICK_S

LEAST_NS = 250 * NS_PER_MS
"""Over which a rate is taken. A worker shows what it has sent once in a tick: two reports 5 ms apart may have all of
one between them, which makes ten times the rate; here it makes a quarter more."""

TICK_NS = s_to_ns(TICK_S)


class SentPace:
    """What one machine told that it had sent: `sent` by `at_ns` of its own clock."""

    def __init__(self) -> None:
        self.sent = self.at_ns = 0
        self._from_sent = self._from_ns = 0
        self._fastest_rps = 0.0

    def saw(self, sent: int, at_ns: int) -> None:
        """So many by this instant, not before the last one."""
        self.sent, self.at_ns = sent, at_ns
        if not self._from_sent:  # from the first of them on
            self._from_sent, self._from_ns = sent, at_ns
        elif at_ns - self._from_ns >= LEAST_NS:
            self._fastest_rps = max(self._fastest_rps, self._last_rps)
            self._from_sent, self._from_ns = sent, at_ns

    @property
    def fastest_rps(self) -> float:
        """The most so far, and rather more than less: of what it has sent last a tick may not be shown."""
        return self._fastest_rps or self._last_rps

    @property
    def _last_rps(self) -> float:
        elapsed_ns = self.at_ns - self._from_ns
        if elapsed_ns < 2 * TICK_NS:  # it has only begun
            return self.sent * NS_PER_S / TICK_NS
        return (self.sent - self._from_sent) * NS_PER_S / (elapsed_ns - TICK_NS)
