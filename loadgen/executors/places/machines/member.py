"""What the coordinator knows of one machine of a run."""

import asyncio
from dataclasses import field

from loadgen.base.dataclass import dataclass
from loadgen.executors.places.machines.clock import RemoteClock
from loadgen.executors.places.machines.description import Description
from loadgen.executors.places.machines.links.base import Link
from loadgen.executors.places.machines.sent_pace import SentPace
from loadgen.measure.histogram import Histogram
from loadgen.measure.recording import Frame


@dataclass(slots=True)
class Member:
    """`name` is what texts call it, `shards` its part. Instants are ours, 0 while there are none.

    `until_ns` is the end of the last lease that was sent; `ok` and `failed` are of its frames.
    `gate_there` is the gate that it was told of, on its clock, of which it has said that it knows (`gate_heard`).
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
    gate_there: int = 0
    gate_heard: bool = False
    stop_told: int = 0
    early_ns: int | None = None
    stopped_ns: int = 0
    number: int = 0
    missing: int = 0
    silent_ns: int = 0
    pace: SentPace = field(default_factory=SentPace)
    unaccounted: int = 0
    ok: int = 0
    failed: int = 0
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
        """What it recorded: its requests are counted and their service times kept, and nothing else."""
        for tally in frame.recording.tallies.values():
            self.ok += tally.ok
            self.failed += tally.failed
        if frame.window in ("measured", "drain"):
            for tally in frame.recording.tallies.values():
                if times := tally.clocks.get("service"):
                    self.service.merge(times)

    def count(self, number: int) -> None:
        """Something numbered came: what is missing before it is."""
        self.missing += max(0, number - self.number - 1)
        self.number = max(self.number, number)
