"""What the coordinator knows of one machine of a run."""

import asyncio
from dataclasses import dataclass, field

from loadgen.base.clock import NS_PER_S, s_to_ns
from loadgen.executors.places.machines.clock import RemoteClock
from loadgen.executors.places.machines.description import Description
from loadgen.executors.places.machines.link import Link
from loadgen.measure.histogram import Histogram
from loadgen.measure.recording import Frame

STOPS_WITHIN_S = 0.1
"""After its lease: two ticks of a worker (executors/base.py)."""


@dataclass(slots=True)
class Member:
    """`name` is what texts call it, `shards` its part. Instants are ours, 0 while there are none.

    `until_ns` is the end of the last lease that was sent. `fastest_rps` is the most that it was seen to send.
    """

    name: str
    link: Link
    description: Description
    clock: RemoteClock
    shards: range = range(0)
    over: "asyncio.Future[None] | None" = None
    heard_ns: int = 0
    until_ns: int = 0
    gone: str = ""
    lost: str = ""
    gate_told: int = 0
    stop_told: int = 0
    early_ns: int | None = None
    stopped_ns: int = 0
    number: int = 0
    missing: int = 0
    silent_ns: int = 0
    sent: int = 0
    sent_ns: int = 0
    fastest_rps: float = 0.0
    unaccounted: int = 0
    service: Histogram = field(default_factory=Histogram)

    @property
    def is_over(self) -> bool:
        """Whether its part is done, or lost."""
        return self.over is not None and self.over.done()

    def hear(self, now: int) -> None:
        """Something came."""
        if self.heard_ns:
            self.silent_ns = max(self.silent_ns, now - self.heard_ns)
        self.heard_ns = now

    def look_at(self, frame: Frame) -> None:
        """What it recorded: its service times are looked at, and nothing is kept of it else."""
        if frame.window in ("measured", "drain"):
            for tally in frame.recording.tallies.values():
                if times := tally.clocks.get("service"):
                    self.service.merge(times)

    def count(self, number: int) -> None:
        """Something numbered came: what is missing before it is."""
        self.missing += max(0, number - self.number - 1)
        self.number = max(self.number, number)

    def saw_sent(self, sent: int, at_ns: int) -> None:
        """So many requests it had sent by an instant of its own clock."""
        if self.sent_ns and at_ns > self.sent_ns:
            self.fastest_rps = max(self.fastest_rps, (sent - self.sent) * NS_PER_S / (at_ns - self.sent_ns))
        self.sent, self.sent_ns = sent, at_ns

    def at_most_unaccounted(self, users: int) -> int:
        """What it may have sent that nobody was told: at its fastest until its lease was over, and one more a user."""
        if not self.sent_ns:
            return 0
        alone_ns = self.until_ns + s_to_ns(STOPS_WITHIN_S) - self.clock.here(self.sent_ns)
        return round(self.fastest_rps * max(0, alone_ns) / NS_PER_S) + users
