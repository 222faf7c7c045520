"""The Result (`loadgen.result/1`): one immutable value from which every report, gate and comparison is made.

History of the format: 1, the first. Readers ignore fields they do not know; absent fields take their defaults.
"""

from dataclasses import field
from typing import Any

from loadgen.base.dataclass import dataclass
from loadgen.results.block import Block
from loadgen.results.journeys import CheckResult, Journeys, MetricResult
from loadgen.results.requests import Bytes, ErrorRow, Latency, Ledger, RequestResult

SCHEMA = "loadgen.result/1"

PART_OF_A_SECOND = 0.05
"""A last second that lacks less than this counts as a whole one."""


@dataclass(frozen=True, slots=True)
class Users:
    """asked = started + skipped."""

    asked: int = 0
    started: int = 0
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Rate:
    """Per second of the measured window; of arrivals at a rate, the last one has the time until the next."""

    offered_rps: float = 0.0
    sent_rps: float = 0.0
    ok_rps: float = 0.0


@dataclass(frozen=True, slots=True)
class AddressRow:
    """One address of the target: how many connects to it opened, how many failed, and the most frequent reason."""

    address: str = ""
    opened: int = 0
    failed: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Connections:
    """Over the whole run, warm-up and cool-down included.

    `failed` attempts never opened; `reconnected` were opened again after a close; `unused` never carried a request;
    `resumed` took up a session of TLS.
    """

    opened: int = 0
    reused: int = 0
    failed: int = 0
    reconnected: int = 0
    idle_closed: int = 0
    desynced: int = 0
    unused: int = 0
    resumed: int = 0


@dataclass(frozen=True, slots=True)
class Second:
    """One second of the timeline; counts are of what was done in it. `payload_bytes` were moved in either direction.

    `offered` requests were due in it, where they did not wait for the server (None: they did). `users` have started and
    take part.
    """

    t_s: float = 0.0
    sent: int = 0
    ok: int = 0
    failed: int = 0
    response_p50_ms: float | None = None
    response_p99_ms: float | None = None
    payload_bytes: int = 0
    response_p90_ms: float | None = None
    response_max_ms: float | None = None
    offered: float | None = None
    users: int = 0


@dataclass(frozen=True, slots=True)
class ThresholdRow:
    """A threshold and how it went: pass, fail or no_data. `at_least`: what was observed is a lower bound.

    `expr` is as it was written: `metric` compared with `limit`, which like `observed` is in `unit`; where that is
    "own", the unit of a scenario's own metric stands behind it. `hint` says why there is no data, where that is known.
    """

    expr: str = ""
    observed: float | None = None
    verdict: str = "no_data"
    at_least: bool = False
    metric: str = ""
    limit: float = 0.0
    unit: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """One worker in the measured window: CPU seconds, the delay it added, seconds without a core though ready.

    `loop_lag` is that delay as a histogram (base64 HdrHistogram V2).
    """

    cpu_s: float = 0.0
    loop_lag_ms: dict[str, float] = field(default_factory=dict)
    lost: bool = False
    core_wait_s: float = 0.0
    loop_lag: str = ""


@dataclass(frozen=True, slots=True)
class Generator:
    """How the load was made, and whether to believe the figures: valid, limited, invalid or not_judged, with reasons.

    Of `quota_periods` of a container's CPU quota `throttled_periods` used it up; all in it then stood still, for
    `throttled_ms` in all, of every core. `stalled_in` is where code of a scenario's own held it up the longest, as
    `shop.py:12 in buy`.
    """

    mode: str = "pool"
    client: str = "raw"
    processes: int = 1
    workers: list[WorkerRow] = field(default_factory=list)
    threads: int = 0
    cpu_us_per_request: float | None = None
    peak_rss_mb: float = 0.0
    context_switches: int = 0
    gc_pause_ms: float = 0.0
    longest_stall_ms: float = 0.0
    stalled_in: str = ""
    quota_periods: int = 0
    throttled_periods: int = 0
    throttled_ms: float = 0.0
    verdict: str = "valid"
    reasons: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class MachineRow:
    """One of several machines of a run: `workers` of them from `first_worker` on in the generator's list.

    `ledger` is of the whole run, warm-up and cool-down included, as the machine last told it. Its monotonic clock was
    `clock_ahead_s` ahead of the coordinator's, give or take `clock_bound_ms`, and gained `drift_ppm` on it where that
    is known. It learned of the start gate `gate_early_ms` before it opened. `silent_ms` is the longest that nothing was
    heard of it; `lost` says how it was lost, and `unaccounted_at_most` how many requests it may have sent after what it
    told last. `verdict` and `reasons` are as the generator's, of this machine alone. `service_p50_ms` is the median
    of its service times, None without any.
    """

    name: str = ""
    cores: int = 0
    first_worker: int = 0
    workers: int = 0
    ledger: Ledger = field(default_factory=Ledger)
    clock_ahead_s: float = 0.0
    clock_bound_ms: float = 0.0
    drift_ppm: float | None = None
    gate_early_ms: float | None = None
    silent_ms: float = 0.0
    lost: str = ""
    unaccounted_at_most: int = 0
    service_p50_ms: float | None = None
    verdict: str = "valid"
    reasons: list[str] = field(default_factory=list)
    environment: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Machines:
    """Of a run on several machines: each of them, and how near to each other they were.

    `start_spread_ms` is how far apart their first requests were due, at most, `stop_spread_ms` how long after the first
    of them stopped the last one did; None where they did not. `unaccounted_at_most` are requests that those that were
    lost may have sent, and that are in no other figure.
    """

    rows: list[MachineRow] = field(default_factory=list)
    start_spread_ms: float | None = None
    stop_spread_ms: float | None = None
    unaccounted_at_most: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """One run, whole. Histograms are base64 HdrHistogram V2 in microseconds, lossless to merge.

    `runs` are the random ids of the runs that it holds: one, or more where it was merged. `error_codes` counts the
    application's own codes, such as S3's `NoSuchKey`. `transactions` are by name what takes several requests, such as a
    journey, or an `upload` in parts: sent is begun, unknown those under way at the end, and latency runs from the first
    request's sending to the last one's end. `parts` are those of a request by the size of its object, or by host; they
    are in `requests` as well. `journeys` is the ledger of all of them, and `journey_rate` their rate;
    where a run has none, they are all 0. `arrivals` is the ledger of those of them that came at a rate, where users
    repeated others beside them. `setup` are requests that prepared users, and are in no other figure. `windows` are as
    those of one name. `addresses` are those of a name that has several. `labels` are its user's, and the commit where
    CI tells it. `notes` say in words what happened before and after the run; `left_behind` are those about what it
    could not clean up. `machines` are there where it was made on others than this one.
    """

    schema: str = SCHEMA
    runs: list[str] = field(default_factory=list)
    plan: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, Any] = field(default_factory=dict)
    started_at: str = ""
    opening_s: float = 0.0
    duration_s: float = 0.0
    warmup_s: float = 0.0
    drain_s: float = 0.0
    ended_by: str = "completed"
    ended_because: str = ""
    ended_at_s: float = 0.0
    users: Users = field(default_factory=Users)
    ledger: Ledger = field(default_factory=Ledger)
    samples_lost: int = 0
    out_of_range: int = 0
    rate: Rate = field(default_factory=Rate)
    bytes: Bytes = field(default_factory=Bytes)
    connections: Connections = field(default_factory=Connections)
    addresses: list[AddressRow] = field(default_factory=list)
    latency_ms: dict[str, Latency] = field(default_factory=dict)
    phases_ms: dict[str, Latency] = field(default_factory=dict)
    status_codes: dict[str, int] = field(default_factory=dict)
    error_codes: dict[str, int] = field(default_factory=dict)
    errors: list[ErrorRow] = field(default_factory=list)
    requests: dict[str, RequestResult] = field(default_factory=dict)
    transactions: dict[str, RequestResult] = field(default_factory=dict)
    parts: dict[str, RequestResult] = field(default_factory=dict)
    journeys: Journeys = field(default_factory=Journeys)
    journey_rate: Rate = field(default_factory=Rate)
    arrivals: Journeys = field(default_factory=Journeys)
    checks: dict[str, CheckResult] = field(default_factory=dict)
    metrics: dict[str, MetricResult] = field(default_factory=dict)
    setup: dict[str, RequestResult] = field(default_factory=dict)
    timeline: list[Second] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    windows: list[Block] = field(default_factory=list)
    thresholds: list[ThresholdRow] = field(default_factory=list)
    generator: Generator = field(default_factory=Generator)
    machines: Machines | None = None
    histograms: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    left_behind: list[str] = field(default_factory=list)

    @property
    def noun(self) -> str:
        """What the job counts in: requests, journeys, calls, objects, ..."""
        return str((self.plan.get("counted") or {}).get("noun") or "requests")

    @property
    def asked(self) -> Rate:
        """The rate that was asked for, and what came of it: of requests, journeys, or those that came at a rate."""
        came, per_s = self.arrivals, 1 / self.duration_s if self.duration_s else 0.0
        if came.scheduled:
            return Rate(*(round(count * per_s, 3) for count in (came.scheduled, came.started, came.ok)))
        return self.journey_rate if self.journeys.scheduled else self.rate

    @property
    def whole_seconds(self) -> list[Second]:
        """The rows of the timeline whose second was measured to its end, but for a twentieth of it."""
        return [row for row in self.timeline if row.t_s + 1 - PART_OF_A_SECOND <= self.duration_s]
