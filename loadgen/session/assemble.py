"""From what was collected to the Result."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from loadgen.base.clock import NS_PER_S
from loadgen.base.dataclass import dataclass
from loadgen.base.environment import describe_environment
from loadgen.base.exchange import ConnectionCounts
from loadgen.base.imported import imported
from loadgen.base.redact import Redactor
from loadgen.base.units import counted
from loadgen.executors.places.base import Control
from loadgen.guard.shared_state import Slot
from loadgen.judge.redirects import redirect_notes
from loadgen.judge.validity import judge_validity
from loadgen.measure.names import Kind
from loadgen.measure.recording import Tally
from loadgen.plan.codec import describe_plan
from loadgen.plan.course import due_between, rate_at, request_arrivals, users_at
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.plan.plan import Plan
from loadgen.results.calibration import Calibration
from loadgen.results.journeys import Journeys
from loadgen.results.requests import Bytes, Ledger
from loadgen.results.result import AddressRow, Connections, MachineRow, Machines, Rate, Result, Second, Users
from loadgen.results.summary import clocks_of, encoded, latencies, phases, to_ms
from loadgen.session.collector import Collector, SecondRow
from loadgen.session.generator_result import generator_of
from loadgen.session.named_results import (
    blocks_of,
    checks_of,
    errors_of,
    metrics_of,
    parts_of,
    requests_of,
    setup_of,
    statuses_of,
    transactions_of,
)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended. `whole`: every worker gave its last frame, so the ledger must balance by itself.

    `calibration` is what is known of the machine.
    """

    ended_by: str
    because: str
    at_s: float
    lost: tuple[str, ...]
    whole: bool
    calibration: Calibration | None = None


def assemble(
    plan: Plan,
    control: Control,
    collected: Collector,
    started: datetime,
    opening_s: float,
    end: Ending,
    machines: Machines | None = None,
) -> Result:
    """The Result of a run, also of one that was ended in the middle. Raises AssertionError if the ledger is off.

    `machines` are those that it was made on, not judged yet.
    """
    collected.finish()
    total = collected.total.total()
    clocks = clocks_of(total) | collected.total.opening
    ledger, samples_lost = _ledger(plan, control, total, collected, end)
    journeys = _journeys(plan, control, collected)
    duration_s = collected.window_elapsed_ns / NS_PER_S
    rated_s = _rated_s(plan, journeys.scheduled or ledger.scheduled, duration_s)
    result = Result(
        runs=[uuid4().hex],
        plan=describe_plan(plan),
        environment=describe_environment(),
        started_at=started.astimezone(UTC).isoformat(timespec="milliseconds"),
        opening_s=round(opening_s, 3),
        duration_s=round(duration_s, 6),
        warmup_s=plan.warmup_s,
        drain_s=round(max(0, collected.drain_elapsed_ns - collected.window_elapsed_ns) / NS_PER_S, 3),
        ended_by=end.ended_by,
        ended_because=Redactor(plan.secrets).text(end.because),
        ended_at_s=round(end.at_s, 3),
        users=_users(plan, control),
        ledger=ledger,
        samples_lost=samples_lost,
        out_of_range=sum(counts.overflow for counts in total.clocks.values()),
        rate=_rate(collected.window_ok, collected.window_done, ledger.not_sent if plan.arrivals else 0, rated_s),
        bytes=Bytes(total.bytes_sent, total.bytes_received),
        connections=_connections(collected.total.connections, ledger.sent + collected.unmeasured_sent),
        addresses=_addresses(collected.total.connections),
        latency_ms=latencies(clocks),
        phases_ms=phases(clocks),
        status_codes=statuses_of(total),
        error_codes=dict(sorted(total.codes.items())),
        errors=errors_of(total),
        requests=requests_of(collected),
        setup=setup_of(collected),
        transactions=transactions_of(collected, journeys.started - _told(collected).sent),
        parts=parts_of(collected),
        journeys=journeys,
        arrivals=_arrivals(plan, control, collected),
        journey_rate=_rate(
            collected.journeys.ok, collected.journeys.sent, journeys.not_started if plan.arrivals else 0, rated_s
        ),
        checks=checks_of(collected),
        metrics=metrics_of(collected),
        timeline=[_second(plan, row, duration_s) for row in collected.seconds],
        blocks=blocks_of(collected.blocks),
        windows=blocks_of(collected.windows.of(None)),
        generator=generator_of(plan, collected, range(plan.shard_count)),
        notes=_notes(collected.total.connections),
        histograms=encoded(clocks),
    )  # fmt: skip
    known = end.calibration
    ceiling_rps = known.ceiling.rps if known is not None and known.holds_for(result.environment) else None
    if machines is not None:
        machines = replace(machines, rows=[_judged(row, machines, plan, collected, result) for row in machines.rows])
    verdict, reasons = judge_validity(result, end.lost, ceiling_rps, machines)
    notes = [*result.notes, *redirect_notes(result)]
    generator = replace(result.generator, verdict=verdict, reasons=reasons)
    return replace(result, generator=generator, machines=machines, notes=notes)


def _judged(row: MachineRow, machines: Machines, plan: Plan, collected: Collector, result: Result) -> MachineRow:
    """A machine with what is to be said of it alone."""
    judge_machine: Callable[..., MachineRow] = imported("loadgen.judge.machines", "judge_machine")
    workers = range(row.first_worker, row.first_worker + row.workers)
    return judge_machine(row, replace(result, generator=generator_of(plan, collected, workers)), machines.rows)


def _second(plan: Plan, row: SecondRow, duration_s: float) -> Second:
    begin_s = plan.warmup_s + row.t_s
    offered = None
    if (arrivals := request_arrivals(plan)) is not None:
        end_s = plan.warmup_s + min(row.t_s + 1, duration_s)
        offered = round(due_between(arrivals, begin_s, max(begin_s, end_s)), 3)
    return Second(
        row.t_s, row.sent, row.ok, row.failed, _ms(row.p50_us), _ms(row.p99_us), row.payload,
        _ms(row.p90_us), _ms(row.max_us), offered,
        users=min(row.users, users_at(plan, begin_s + 0.5)) if plan.user_stages else row.users,
    )  # fmt: skip


def _ledger(plan: Plan, control: Control, total: Tally, collected: Collector, end: Ending) -> tuple[Ledger, int]:
    """Sums from frames; where frames are missing, from the control's slots, with what they lack."""
    sent, samples_lost = control.total(Slot.SENT) - collected.unmeasured_sent, 0
    ok, failed, unknown = total.ok, total.failed, total.unknown
    if not end.whole:
        shown_ok = control.total(Slot.OK) - collected.unmeasured_ok
        samples_lost = max(0, shown_ok - ok)
        ok = max(ok, shown_ok)
        shown = Slot.FAILED_WITH_OK if plan.job.transactions or _counts_journeys(plan) else Slot.FAILED
        failed = max(failed, control.total(shown) - collected.unmeasured_failed)
        sent = max(sent, ok + failed)
        unknown = sent - ok - failed
    not_sent = 0 if _counts_journeys(plan) else _not_begun(plan, control, collected, sent)
    ledger = Ledger(sent + not_sent, sent, not_sent, ok, failed, unknown)
    assert ledger.balanced, f"the ledger does not balance: {ledger}"
    return ledger, samples_lost


def _not_begun(plan: Plan, control: Control, collected: Collector, begun: int) -> int:
    """Of what the plan counts, what was due and never began; workers count that of warm-up and cool-down, too."""
    if plan.requests_limit is not None and plan.arrivals is None:
        return max(0, plan.requests_limit - begun)  # more were out at the end of the warm-up, where it is negative
    left = control.total(Slot.NOT_SENT)
    if plan.arrivals is None or not (plan.warmup_s or plan.cool_down_s):
        return left
    due = due_between(plan.arrivals, plan.warmup_s, plan.warmup_s + collected.window_elapsed_ns / NS_PER_S)
    return max(0, min(left, round(due) - begun))


def _counts_journeys(plan: Plan) -> bool:
    return isinstance(plan.job, ScenarioJob)


def _journeys(plan: Plan, control: Control, collected: Collector) -> Journeys:
    """Sums from frames. Journeys whose end no frame tells, as of a lost worker, are unfinished."""
    if not _counts_journeys(plan):
        return Journeys()
    told = _told(collected)
    started = max(told.sent, control.total(Slot.JOURNEYS) - collected.unmeasured_journeys)
    not_started = _not_begun(plan, control, collected, started - _repeated(plan, collected))
    unfinished = started - told.ok - told.failed
    return Journeys(started + not_started, started, not_started, told.ok, told.failed, unfinished)


def _told(collected: Collector) -> Tally:
    """The journeys of all frames: how many were good, failed, and unfinished."""
    tallies = [collected.total.transaction(number) for number in collected.names.of(Kind.JOURNEY).values()]
    return Tally(*(sum(getattr(tally, key) for tally in tallies) for key in ("ok", "failed", "unknown")))


def _repeated(plan: Plan, collected: Collector) -> int:
    """The journeys of users beside arrivals."""
    if not plan.closed_users or not isinstance(plan.job, ScenarioJob):
        return 0
    numbers = collected.names.of(Kind.JOURNEY)
    arriving = plan.job.arriving
    return sum(collected.total.transaction(number).sent for name, number in numbers.items() if name not in arriving)


def _arrivals(plan: Plan, control: Control, collected: Collector) -> Journeys:
    """The same of the journeys that came at a rate, where users repeated others beside them."""
    if not plan.closed_users or not isinstance(plan.job, ScenarioJob):
        return Journeys()
    numbers = collected.names.of(Kind.JOURNEY)
    tallies = [collected.total.transaction(numbers[name]) for name in plan.job.arriving]
    ok, failed, unfinished = (sum(getattr(tally, key) for tally in tallies) for key in ("ok", "failed", "unknown"))
    started = ok + failed + unfinished
    not_started = _not_begun(plan, control, collected, started)
    return Journeys(started + not_started, started, not_started, ok, failed, unfinished)


def _notes(counts: ConnectionCounts) -> list[str]:
    if not counts.bare_lf:
        return []
    return [
        counted(counts.bare_lf, "reply ended lines of its head", "replies ended lines of their head")
        + " with LF alone, where HTTP/1.1 has CRLF: taken as meant"
    ]


def _connections(counts: ConnectionCounts, sent: int) -> Connections:
    """Every request went out on a connection of its own, or on one that had carried another before."""
    reused = max(0, sent - counts.used - counts.failed) if counts.used else 0
    return Connections(
        opened=counts.opened,
        reused=reused,
        failed=counts.failed,
        reconnected=counts.reconnected,
        idle_closed=counts.idle_closed,
        desynced=counts.desynced,
        unused=max(0, counts.opened - counts.used),
        resumed=counts.resumed,
    )


def _addresses(counts: ConnectionCounts) -> list[AddressRow]:
    """Without the family on which nothing opened, where another did: as of a localhost that is served on one alone."""
    rows = [_address_row(address, dict(reasons)) for address, reasons in sorted(counts.addresses.items())]
    families = {_is_ipv6(row) for row in rows if row.opened} or {True, False}
    return [row for row in rows if _is_ipv6(row) in families]


def _address_row(address: str, reasons: dict[str, int]) -> AddressRow:
    opened = reasons.pop("", 0)
    return AddressRow(address, opened, sum(reasons.values()), max(reasons, key=lambda one: reasons[one], default=""))


def _is_ipv6(row: AddressRow) -> bool:
    return row.address.startswith("[")


def _users(plan: Plan, control: Control) -> Users:
    started = min(control.total(Slot.STARTED), plan.users)
    return Users(plan.users, started, plan.users - started)


def _rated_s(plan: Plan, due: int, duration_s: float) -> float:
    """The seconds that rates are of. To the last arrival belongs the time until the next one, for which a run that ends
    by their number does not wait: without it five at 5/s, which are due within 0.8 s, would be 6.25/s. Users beside
    them send in the window alone.
    """
    if plan.arrivals is None or plan.closed_users:
        return duration_s
    end_s = plan.warmup_s + duration_s
    more = min(1.0, due - due_between(plan.arrivals, plan.warmup_s, end_s))
    rps = rate_at(plan.arrivals, max(0.0, end_s - 0.001))  # behind the last stage there is none
    return duration_s + more / rps if duration_s and more > 0 and rps else duration_s


def _rate(ok: int, done: int, not_sent: int, duration_s: float) -> Rate:
    if not duration_s:
        return Rate()
    return Rate(*(round(count / duration_s, 3) for count in (done + not_sent, done, ok)))


def _ms(value_us: int | None) -> float | None:
    return None if value_us is None else to_ms(value_us)
