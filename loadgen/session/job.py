"""Whatever a plan asks for: one run, or a job on a bucket with what comes before and after it."""

from loadgen.plan.jobs.http import HttpJob
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.plan import Plan
from loadgen.results.calibration import Calibration
from loadgen.results.result import Result
from loadgen.session.run import Hooks, run


async def run_job(plan: Plan, hooks: Hooks, calibration: Calibration | None = None) -> Result:
    """Do it all. Raises UsageError where it cannot be done here."""
    match plan.job:
        case HttpJob():
            return await run(plan, hooks, calibration)
        case S3Job() as job:
            from loadgen.session.s3 import run_s3

            return await run_s3(plan, job, hooks, calibration)
