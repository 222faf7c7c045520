"""What a Result says of the machines of a run: what the coordinator knows of its members, as plain values."""

from collections.abc import Sequence

from loadgen.base.clock import NS_PER_MS, NS_PER_S
from loadgen.executors.places.machines.member import Member
from loadgen.guard.shared_state import SharedState, Slot
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.plan.plan import Plan
from loadgen.results.requests import Ledger
from loadgen.results.result import MachineRow, Machines


def machine_rows(plan: Plan, members: Sequence[Member], control: SharedState) -> Machines:
    """All of them, not judged yet; `control` has what they told of their workers."""
    rows = [_row(plan, member, control) for member in members]
    bounds = sorted(member.clock.bound_ns for member in members)[-2:]
    late_ns = max((max(0, -(member.early_ns or 0)) for member in members), default=0)
    stops = [member.stopped_ns for member in members if member.stopped_ns]
    return Machines(
        rows,
        start_spread_ms=_ms(sum(bounds) + late_ns) if control.gate_at_ns else None,
        stop_spread_ms=_ms(max(stops) - min(stops)) if len(stops) > 1 else None,
        unaccounted_at_most=sum(row.unaccounted_at_most for row in rows),
    )


def _row(plan: Plan, member: Member, control: SharedState) -> MachineRow:
    sent, ok, failed, not_sent = (
        control.sum_of(member.shards, slot) for slot in (Slot.SENT, Slot.OK, Slot.FAILED_WITH_OK, Slot.NOT_SENT)
    )
    not_sent = 0 if isinstance(plan.job, ScenarioJob) else not_sent  # those are journeys, and this is of requests
    ok, failed = max(ok, member.ok), max(failed, member.failed)
    sent = max(sent, ok + failed)
    return MachineRow(
        name=member.name,
        cores=member.description.cores,
        first_worker=member.shards.start,
        workers=len(member.shards),
        ledger=Ledger(sent + not_sent, sent, not_sent, ok, failed, sent - ok - failed),
        clock_ahead_s=round(member.clock.ahead_ns / NS_PER_S, 6),
        clock_bound_ms=_ms(member.clock.bound_ns),
        drift_ppm=member.clock.drift_ppm,
        gate_early_ms=None if member.early_ns is None else _ms(member.early_ns),
        silent_ms=_ms(member.silent_ns),
        lost=member.lost,
        unaccounted_at_most=member.unaccounted,
        service_p50_ms=member.service.quantiles_us((0.5,))[0] / 1000 if member.service.total else None,
        environment=member.description.environment,
    )


def _ms(ns: int) -> float:
    return round(ns / NS_PER_MS, 3)
