"""What an S3 run does before and after it is measured."""

from loadgen.plan.build import make_plan
from loadgen.plan.profiles.document import profile_for_s3
from loadgen.session.s3 import step_plan


def test_the_steps_have_plans_of_their_own():
    section = {"job": "get", "bucket": "photos", "objects": "30"}
    flags = {"target": "http://h", "thresholds": ["p99 < 1s"], "rate": "50/s", "connections": "20"}
    made = make_plan(profile_for_s3(section, flags), cores=2, gil=True)
    bucket, fill, sweep = (step_plan(made, made.job, step) for step in ("bucket", "fill", "sweep"))
    assert [(step.job.job, step.users, step.stop.max_errors) for step in (bucket, fill, sweep)] == [
        ("bucket", 1, 1), ("fill", 20, 1), ("sweep", 8, None),
    ]  # fmt: skip
    assert {(step.arrivals, step.duration_s, step.thresholds) for step in (bucket, fill, sweep)} == {(None, None, ())}
    assert fill.job.objects == 30
    assert {step.job.own_prefix for step in (bucket, fill, sweep)} == {made.job.own_prefix}
