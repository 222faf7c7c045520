"""What is told of a run while it lasts: how far it is, and what each second held."""

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from loadgen.base.dataclass import dataclass
from loadgen.base.exchange import ConnectionCounts
from loadgen.measure.histogram import Histogram
from loadgen.measure.metric_sums import MetricSums
from loadgen.measure.names import Kind, Names
from loadgen.measure.recording import Recording, Tally

Phase = Literal["opening", "running", "draining"]


@dataclass(frozen=True, slots=True)
class MachineNow:
    """One of several machines at one moment; `trouble` says in a word what is the matter with it, if anything."""

    name: str
    sent: int = 0
    failed: int = 0
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is known of a run at one moment. `planned_s` and `planned_requests` are None where there is no such limit.

    `elapsed_s` counts from the start gate. `done` are complete replies and errors so far; where a number of requests is
    planned (of a scenario: of journeys), how many of these, without those of the warm-up, for which none is. `rate_rps`
    and `p99_ms` are of the last moments; `errors` are failures of the target and, a second later, of this machine;
    `connected` of `users` connections are open. `done` and planned are counted in `noun`, requests where that is empty.
    `machines` says in words where it runs, if not here, and `each_machine` how each of those is. `step` names what is
    not the run itself: a preparation, a clean-up.
    """

    elapsed_s: float
    planned_s: float | None
    planned_requests: int | None
    done: int
    rate_rps: float
    p99_ms: float | None
    errors: int
    connected: int
    users: int
    phase: Phase
    step: str = ""
    machines: str = ""
    each_machine: tuple[MachineNow, ...] = ()
    noun: str = ""

    @property
    def progress(self) -> float | None:
        """How much of the plan is done, 0 to 1: the limit that is nearer; None without any limit."""
        if self.phase == "opening":
            return min(1.0, self.connected / self.users) if self.users else 1.0
        parts = [
            done / planned
            for done, planned in ((self.elapsed_s, self.planned_s), (self.done, self.planned_requests))
            if planned
        ]
        return min(1.0, max(parts)) if parts else None


@dataclass(frozen=True, slots=True)
class RunSecond:
    """What one second of the measured window held, of all workers together; to be read only.

    `t_s` counts from the window's opening; a second in which nothing ended is left out. `requests` holds counts, errors
    and histograms by request name, `transactions` those of journeys, groups and calls by theirs (`kinds` says what each
    is), `checks` how often each held (ok) and failed, `metrics` a script's own values; `loop_lag` is the delay that the
    generator added itself, `users` how many have started so far. The seconds of a run add up to its measured window.
    """

    t_s: int
    users: int
    requests: Mapping[str, Tally]
    transactions: Mapping[str, Tally]
    connections: ConnectionCounts
    loop_lag: Histogram
    checks: Mapping[str, Tally] = field(default_factory=dict)
    metrics: Mapping[str, MetricSums] = field(default_factory=dict)
    kinds: Mapping[str, Kind] = field(default_factory=dict)


def second_of(t_s: int, users: int, recording: Recording, names: Names) -> RunSecond:
    """What was recorded in a second, by name."""
    transactions: dict[str, Tally] = {}
    checks: dict[str, Tally] = {}
    kinds: dict[str, Kind] = {}
    for number, tally in recording.transactions.items():
        kind = names[number][0]
        name = names.of_its_own(number)
        (checks if kind is Kind.CHECK else transactions)[name] = tally
        if kind is not Kind.CHECK:
            kinds[name] = kind
    requests = {names[number][1]: tally for number, tally in recording.tallies.items()}
    metrics = {names[number][1]: sums for number, sums in recording.metrics.items()}
    connections, lag = recording.connections, recording.loop_lag
    return RunSecond(t_s, users, requests, transactions, connections, lag, checks, metrics, kinds)
