"""One run of whatever a plan asks for, with what comes before and after."""

from dataclasses import replace

from loadgen.base.imported import imported
from loadgen.plan.jobs.http import HttpJob
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.plan.plan import Plan
from loadgen.results.calibration import Calibration
from loadgen.results.result import Result
from loadgen.session.observers import Hooks
from loadgen.session.run import run
from loadgen.session.settled import settled
from loadgen.session.unstarted import unstarted


async def run_job(plan: Plan, hooks: Hooks, calibration: Calibration | None = None) -> Result:
    """Do it all, and tell the observers. Raises UsageError where it cannot be done here."""
    observers = hooks.observers

    def emergency(result: Result) -> None:
        hooks.emergency(observers.ended(result))

    observers.started(plan)
    if plan.wait_s:
        from loadgen.session.wait import wait_for_target

        if why := await wait_for_target(plan, observers):
            return observers.ended(unstarted(plan, *why))
    plan = await settled(plan)
    return observers.ended(await _run_job(plan, replace(hooks, emergency=emergency), calibration))


async def _run_job(plan: Plan, hooks: Hooks, calibration: Calibration | None) -> Result:
    match plan.job:
        case HttpJob() | ScenarioJob(file=None):
            return await run(plan, hooks, calibration)
        case ScenarioJob() as job:
            run_it = imported("loadgen.session.scenario", "run_scenario")
        case S3Job() as job:
            run_it = imported("loadgen.session.s3", "run_s3")
    result: Result = await run_it(plan, job, hooks, calibration)
    return result
