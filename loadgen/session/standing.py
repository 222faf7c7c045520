"""How a run stands, as observers are told ten times a second."""

from loadgen.base.clock import NS_PER_S, s_to_ns
from loadgen.executors.places.base import Place
from loadgen.guard.shared_state import Slot
from loadgen.measure.progress import Phase, Snapshot
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.plan.plan import Plan
from loadgen.session.batch_progress import objects_done
from loadgen.session.collector import Collector


class Standing:
    """Reads the shared counters at once, and what is collected, which is a second behind. `began_ns` is the start."""

    def __init__(self, plan: Plan, place: Place, collected: Collector, began_ns: int) -> None:
        self._plan = plan
        self._place = place
        self._control = place.control
        self._collected = collected
        self._before: tuple[int, int] = (began_ns, 0)
        self._rate_rps = 0.0

    def begin(self, gate_ns: int) -> None:
        """Requests are sent from this instant on."""
        self._before = (gate_ns, 0)

    def snapshot(self, phase: Phase, now: int) -> Snapshot:
        control, plan, gate_ns = self._control, self._plan, self._control.gate_at_ns
        sent = control.total(Slot.SENT)
        before_ns, before_sent = self._before
        if now - before_ns >= NS_PER_S // 2:
            self._rate_rps = (sent - before_sent) * NS_PER_S / (now - before_ns)
            self._before = (now, sent)
        p99_us = self._collected.last_p99_us
        planned = plan.requests_limit or plan.job.planned_requests
        warming_up = now < gate_ns + s_to_ns(plan.warmup_s)
        done = sent if planned is None else sent - self._collected.unmeasured_sent
        if planned is not None and isinstance(plan.job, ScenarioJob):
            done = control.total(Slot.JOURNEYS) - self._collected.unmeasured_journeys
        noun, objects = "", objects_done(self._collected) if isinstance(plan.job, S3Job) else None
        if objects is not None and plan.requests_limit is None:
            (done, planned), noun = objects, plan.job.noun
        return Snapshot(
            elapsed_s=max(0, now - gate_ns) / NS_PER_S if gate_ns else 0.0,
            planned_s=plan.planned_s,
            planned_requests=None if warming_up else planned,
            done=max(0, done),
            rate_rps=self._rate_rps,
            p99_ms=None if p99_us is None else p99_us / 1000,
            errors=max(control.total(Slot.FAILED), self._collected.failed),  # the target's at once; all, later
            connected=control.total(Slot.CONNECTED),
            users=plan.users,
            phase=phase,
            machines=self._place.glance(),
            each_machine=self._place.each_machine(),
            noun=noun,
        )
