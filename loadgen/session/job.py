"""Whatever a plan asks for: one run, or a job on a bucket with what comes before and after it."""

from loadgen.plan.plan import Plan
from loadgen.results.calibration import Calibration
from loadgen.results.result import Result
from loadgen.session.run import Hooks, run


async def run_job(plan: Plan, hooks: Hooks, calibration: Calibration | None = None) -> Result:
    """Do it all. Raises UsageError where it cannot be done here."""
    if plan.s3 is None:
        return await run(plan, hooks, calibration)
    from loadgen.session.s3 import run_s3

    return await run_s3(plan, hooks, calibration)
