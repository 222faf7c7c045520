"""From what was collected to the Result."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import uuid4

from loadgen.base.clock import NS_PER_MS, NS_PER_S
from loadgen.base.environment import describe_environment
from loadgen.base.exchange import ConnectionCounts
from loadgen.base.redact import Redactor
from loadgen.executors.places.base import Control
from loadgen.guard.shared_state import Slot
from loadgen.judge.redirects import redirect_notes
from loadgen.judge.validity import judge_validity
from loadgen.measure.exemplar import Exemplar
from loadgen.measure.histogram import Histogram
from loadgen.measure.names import Kind
from loadgen.measure.recording import Tally, Usage
from loadgen.measure.usage import process_usage
from loadgen.plan.codec import describe_plan
from loadgen.plan.course import due_between, users_at
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.plan.plan import Plan
from loadgen.results.block import Block
from loadgen.results.calibration import Calibration
from loadgen.results.journeys import TRANSACTIONS, CheckResult, Journeys, MetricResult, metric_result
from loadgen.results.journeys import Kind as NameKind
from loadgen.results.result import (
    AddressRow,
    Bytes,
    Connections,
    CourseRow,
    ErrorRow,
    Generator,
    Ledger,
    MachineRow,
    Machines,
    Rate,
    RequestResult,
    Result,
    Second,
    SlowRow,
    Users,
    WorkerRow,
)
from loadgen.results.summary import clocks_of, encoded, latencies, phases, to_ms
from loadgen.session.blocks import Slice
from loadgen.session.collector import Collector, SecondRow


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
        rate=_rate(collected.window_ok, collected.window_done, ledger.not_sent if plan.arrivals else 0, duration_s),
        bytes=Bytes(total.bytes_sent, total.bytes_received),
        connections=_connections(collected.total.connections, ledger.sent + collected.unmeasured_sent),
        addresses=_addresses(collected.total.connections),
        latency_ms=latencies(clocks),
        phases_ms=phases(clocks),
        status_codes=_statuses(total),
        error_codes=dict(sorted(total.codes.items())),
        errors=_errors(total),
        requests={
            name: replace(
                _request(collected.total.tally(number)),
                course=_course(collected, number),
                windows=_blocks(collected.windows.of(number)),
                slowest=[_slow(exemplar) for exemplar in collected.total.slowest.get(number, ())],
            )
            for name, number in collected.names.of(Kind.REQUEST).items()
        },
        setup={collected.names[number][1]: _request(tally) for number, tally in collected.setup.items()},
        transactions=_transactions(collected),
        parts=_parts(collected),
        journeys=journeys,
        arrivals=_arrivals(plan, control, collected),
        journey_rate=_rate(
            collected.journeys.ok, collected.journeys.sent, journeys.not_started if plan.arrivals else 0, duration_s
        ),
        checks=_checks(collected),
        metrics=_metrics(collected),
        timeline=[_second(plan, row, duration_s) for row in collected.seconds],
        blocks=_blocks(collected.blocks),
        windows=_blocks(collected.windows.of(None)),
        generator=_generator(plan, collected, range(plan.shard_count)),
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
    from loadgen.judge.machines import judge_machine

    workers = range(row.first_worker, row.first_worker + row.workers)
    return judge_machine(row, replace(result, generator=_generator(plan, collected, workers)), machines.rows)


def _second(plan: Plan, row: SecondRow, duration_s: float) -> Second:
    begin_s = plan.warmup_s + row.t_s
    offered = None
    if plan.arrivals is not None and not _counts_journeys(plan):
        end_s = plan.warmup_s + min(row.t_s + 1, duration_s)
        offered = round(due_between(plan.arrivals, begin_s, max(begin_s, end_s)), 3)
    return Second(
        row.t_s, row.sent, row.ok, row.failed, _ms(row.p50_us), _ms(row.p99_us), row.payload,
        _ms(row.p90_us), _ms(row.max_us), offered,
        users=min(row.users, users_at(plan, begin_s + 0.5)) if plan.user_stages else row.users,
    )  # fmt: skip


def _slow(row: Exemplar) -> SlowRow:
    return SlowRow(
        row.due_us / 1e6, to_ms(row.response_us), to_ms(row.lag_us), row.user, row.reused, row.status, row.received,
        row.error, row.server_timing, row.trace,
    )  # fmt: skip


def _course(collected: Collector, number: int) -> list[CourseRow]:
    """Of a name that has blocks of its own."""
    rows = []
    for block in collected.named[number].slices if number in collected.named else ():
        times = block.histogram()
        figures = times.quantiles_us((0.5, 0.9, 0.99, 1.0)) if times.total else [None] * 4
        rows.append(CourseRow(block.start_s, block.length_s, block.ok, block.failed, *map(_ms, figures)))
    return rows


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
    not_sent = 0 if _counts_journeys(plan) else _not_begun(plan, control, sent)
    ledger = Ledger(sent + not_sent, sent, not_sent, ok, failed, unknown)
    assert ledger.balanced, f"the ledger does not balance: {ledger}"
    return ledger, samples_lost


def _not_begun(plan: Plan, control: Control, begun: int) -> int:
    """Of what the plan counts, what was due and never began."""
    if plan.requests_limit is not None and plan.arrivals is None:
        return max(0, plan.requests_limit - begun)  # more were out at the end of the warm-up, where it is negative
    return control.total(Slot.NOT_SENT)


def _counts_journeys(plan: Plan) -> bool:
    return isinstance(plan.job, ScenarioJob)


def _journeys(plan: Plan, control: Control, collected: Collector) -> Journeys:
    """Sums from frames. Journeys whose end no frame tells, as of a lost worker, are unfinished."""
    if not _counts_journeys(plan):
        return Journeys()
    tallies = [collected.total.transaction(number) for number in collected.names.of(Kind.JOURNEY).values()]
    ok, failed = sum(tally.ok for tally in tallies), sum(tally.failed for tally in tallies)
    told = ok + failed + sum(tally.unknown for tally in tallies)
    started = max(told, control.total(Slot.JOURNEYS) - collected.unmeasured_journeys)
    not_started = _not_begun(plan, control, started)
    return Journeys(started + not_started, started, not_started, ok, failed, started - ok - failed)


def _arrivals(plan: Plan, control: Control, collected: Collector) -> Journeys:
    """The same of the journeys that came at a rate, where users repeated others beside them."""
    if not plan.closed_users or not isinstance(plan.job, ScenarioJob):
        return Journeys()
    numbers = collected.names.of(Kind.JOURNEY)
    tallies = [collected.total.transaction(numbers[name]) for name in plan.job.arriving]
    ok, failed, unfinished = (sum(getattr(tally, key) for tally in tallies) for key in ("ok", "failed", "unknown"))
    started, not_started = ok + failed + unfinished, control.total(Slot.NOT_SENT)
    return Journeys(started + not_started, started, not_started, ok, failed, unfinished)


def _checks(collected: Collector) -> dict[str, CheckResult]:
    return {
        name: CheckResult(tally.ok, tally.failed, _blocks(collected.windows.of(number)))
        for name, number in collected.names.of(Kind.CHECK).items()
        for tally in (collected.total.transaction(number),)
    }


def _blocks(slices: Iterable[Slice]) -> list[Block]:
    return [Block(item.start_s, item.length_s, item.ok, item.failed, item.histogram().encode()) for item in slices]


def _metrics(collected: Collector) -> dict[str, MetricResult]:
    numbers = collected.names.of(Kind.METRIC).items()
    sums = {name: collected.total.metrics[number] for name, number in numbers if number in collected.total.metrics}
    return {name: metric_result(metric) for name, metric in sums.items()}


def _notes(counts: ConnectionCounts) -> list[str]:
    if not counts.bare_lf:
        return []
    return [
        f"{counts.bare_lf:,} replies ended lines of their head with LF alone, where HTTP/1.1 has CRLF: taken as meant"
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


def _rate(ok: int, done: int, not_sent: int, duration_s: float) -> Rate:
    if not duration_s:
        return Rate()
    return Rate(*(round(count / duration_s, 3) for count in (done + not_sent, done, ok)))


def _statuses(tally: Tally) -> dict[str, int]:
    return {str(status): times for status, times in sorted(tally.statuses.items())}


def _errors(total: Tally) -> list[ErrorRow]:
    rows = [
        ErrorRow(error.value, error.fault, item.message or error.text, item.count, item.example)
        for error, item in total.errors.items()
        if item.count
    ]
    return sorted(rows, key=lambda row: (-row.count, row.error_class))


def _transactions(collected: Collector) -> dict[str, RequestResult]:
    """Journeys first; a name that is of two kinds says which in its second row."""
    parts: dict[str, RequestResult] = {}
    for kind in TRANSACTIONS:
        for name, number in collected.names.of(Kind(kind)).items():
            part = _request(collected.total.transaction(number), kind)
            part = replace(part, windows=_blocks(collected.windows.of(number)))
            parts[f"{name} ({kind})" if name in parts else name] = part
    return parts


def _parts(collected: Collector) -> dict[str, RequestResult]:
    """By size, whatever the host, and by host, whatever the size; a request that has but one of them has no part."""
    by_size: dict[str, Tally] = {}
    by_host: dict[str, Tally] = {}
    for name, number in collected.names.of(Kind.PART).items():
        request, size, host = name.split("\t")
        tally = collected.total.parts.get(number)
        if tally is not None and size:
            by_size.setdefault(f"{request}, {size}", Tally()).merge(tally)
        if tally is not None and host:
            by_host.setdefault(f"{request} at {host}", Tally()).merge(tally)
    return {name: _request(tally) for name, tally in (by_size | by_host).items()}


def _request(tally: Tally, kind: NameKind = "request") -> RequestResult:
    clocks = clocks_of(tally)
    sent = tally.sent
    return RequestResult(
        ledger=Ledger(sent, sent, 0, tally.ok, tally.failed, tally.unknown),
        bytes=Bytes(tally.bytes_sent, tally.bytes_received),
        latency_ms=latencies(clocks),
        phases_ms=phases(clocks),
        status_codes=_statuses(tally),
        error_codes=dict(sorted(tally.codes.items())),
        payload_bytes=tally.payload,
        redirects_to=tally.redirects_to,
        first_reply=tally.first_reply,
        histograms=encoded(clocks),
        kind=kind,
        errors=_errors(tally),
    )


def _ms(value_us: int | None) -> float | None:
    return None if value_us is None else to_ms(value_us)


def _generator(plan: Plan, collected: Collector, numbers: range) -> Generator:
    """Of the workers with these numbers."""
    usages = [usage for worker, usage in collected.usages.items() if worker in numbers]
    processes = _processes(usages)
    cpu_ns = sum(usage.cpu_ns for usage in usages)
    longest = max(usages, key=lambda usage: usage.longest_stall_ns, default=None)
    workers = [_worker(collected.usages.get(index), collected.worker_lag[index]) for index in numbers]
    return Generator(
        mode=plan.mode,
        client=plan.client,
        processes=plan.processes,
        workers=workers,
        threads=sum(usage.threads for usage in processes),
        cpu_us_per_request=round(cpu_ns / 1000 / collected.window_done, 3) if collected.window_done else None,
        peak_rss_mb=round(sum(usage.peak_rss_kb for usage in processes) / 1024, 1),
        context_switches=sum(usage.context_switches for usage in processes),
        gc_pause_ms=round(sum(usage.gc_pause_ns for usage in processes) / NS_PER_MS, 3),
        quota_periods=max((usage.quota_periods for usage in usages), default=0),
        throttled_periods=max((usage.throttled_periods for usage in usages), default=0),
        throttled_ms=round(max((usage.throttled_ns for usage in usages), default=0) / NS_PER_MS, 3),
        stalled_in=longest.stalled_in if longest is not None else "",
        longest_stall_ms=round(max((usage.longest_stall_ns for usage in usages), default=0) / NS_PER_MS, 3),
    )


def _processes(usages: Iterable[Usage]) -> list[Usage]:
    """The figures of each process, the coordinator's among them: the most that one of its workers saw."""
    processes = {0: process_usage()}
    for usage in usages:
        before = processes.get(usage.process, usage)
        processes[usage.process] = replace(
            usage,
            peak_rss_kb=max(before.peak_rss_kb, usage.peak_rss_kb),
            context_switches=max(before.context_switches, usage.context_switches),
            threads=max(before.threads, usage.threads),
            gc_pause_ns=max(before.gc_pause_ns, usage.gc_pause_ns),
        )
    return list(processes.values())


def _worker(usage: Usage | None, lag: Histogram) -> WorkerRow:
    if usage is None:
        return WorkerRow(lost=True)
    lag_ms, encoded_lag = {}, ""
    if lag.buckets:
        p99, highest = lag.quantiles_us((0.99, 1.0))
        lag_ms, encoded_lag = {"p99": to_ms(p99), "max": to_ms(highest)}, lag.encode()
    core_wait_s = round(usage.core_wait_ns / NS_PER_S, 3)
    return WorkerRow(round(usage.cpu_ns / NS_PER_S, 3), lag_ms, core_wait_s=core_wait_s, loop_lag=encoded_lag)
