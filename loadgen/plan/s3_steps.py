"""What an S3 run does before and after it is measured, as Plans of their own: make the bucket, fill it, clean up."""

from dataclasses import replace

from loadgen.plan.plan import Plan, RequestSpec, StopRules
from loadgen.plan.s3 import METHODS, S3Plan, Step

MOST_SWEEPERS = 8


def request_specs(s3: S3Plan) -> tuple[RequestSpec, ...]:
    """A RequestSpec for each request name of a plan."""
    weights = dict(s3.mix) if s3.job == "mixed" else {}
    return tuple(
        RequestSpec(name, METHODS[name.removesuffix(" again")], f"/{s3.bucket}", weights.get(name, 1.0))
        for name in s3.names
    )


def bucket_step(plan: Plan) -> Plan:
    """One user makes sure that the bucket is there."""
    return _step(plan, "bucket", 1)


def fill_step(plan: Plan) -> Plan:
    """The users of the run put the objects that its job needs, and stop at the first that cannot be put."""
    assert plan.s3 is not None
    return _step(plan, "fill", min(plan.users, plan.s3.prepared))


def sweep_step(plan: Plan) -> Plan:
    """A few users delete what has the run's own prefix, and give up uploads that were begun there."""
    return _step(plan, "sweep", min(plan.users, MOST_SWEEPERS))


def _step(plan: Plan, step: Step, users: int) -> Plan:
    """The plan of a step: as the run's, without what belongs to its load, and in this process unless it fills."""
    assert plan.s3 is not None
    objects = plan.s3.prepared if step == "fill" else None
    s3 = replace(plan.s3, job=step, objects=objects)
    processes, workers = _topology(plan, users) if step == "fill" else (1, 1)
    return replace(
        plan,
        s3=s3,
        requests=request_specs(s3),
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
