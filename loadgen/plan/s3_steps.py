"""What an S3 run does before and after it is measured, as Plans of their own: make the bucket, fill it, clean up."""

from dataclasses import replace

from loadgen.plan.jobs.s3 import S3Job, Step
from loadgen.plan.plan import Plan, StopRules

MOST_SWEEPERS = 8
"""Each deletes a page of 1000 keys with a request: they wait for the store, hardly for round trips."""


def bucket_step(plan: Plan, s3: S3Job) -> Plan:
    """One user makes sure that the bucket is there."""
    return _step(plan, s3, "bucket", 1)


def fill_step(plan: Plan, s3: S3Job) -> Plan:
    """The users of the run put the objects that its job needs, and stop at the first that cannot be put."""
    return _step(plan, s3, "fill", min(plan.users, s3.prepared))


def sweep_step(plan: Plan, s3: S3Job) -> Plan:
    """A few users delete what has the run's own prefix, and give up uploads that were begun there."""
    return _step(plan, s3, "sweep", min(plan.users, MOST_SWEEPERS))


def _step(plan: Plan, s3: S3Job, step: Step, users: int) -> Plan:
    """The plan of a step: as the run's, without what belongs to its load, and in this process unless it fills."""
    processes, workers = _topology(plan, users) if step == "fill" else (1, 1)
    return replace(
        plan,
        job=replace(s3, job=step, objects=s3.prepared if step == "fill" else None),
        users=users,
        requests_limit=None,
        duration_s=None,
        think_s=(0.0, 0.0),
        ramp_up_s=0.0,
        user_stages=(),
        mode="pool",
        client="raw",
        stop=StopRules() if step == "sweep" else StopRules(1),
        arrivals=None,
        warmup_s=0.0,
        cool_down_s=0.0,
        thresholds=(),
        strict=False,
        phases=False,
        processes=processes,
        workers=workers,
    )


def _topology(plan: Plan, users: int) -> tuple[int, int]:
    """As many processes as the run has, and no more than there are users."""
    processes = min(plan.processes, users)
    return processes, 1 if plan.mode == "threads" else min(plan.workers, max(1, users // processes))
