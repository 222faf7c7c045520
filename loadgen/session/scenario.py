"""A run of journeys, with what its file does once before and after."""

from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.plan.plan import Plan
from loadgen.results.calibration import Calibration
from loadgen.results.result import Result
from loadgen.session.observers import Hooks
from loadgen.session.run import run


async def run_scenario(plan: Plan, job: ScenarioJob, hooks: Hooks, calibration: Calibration | None) -> Result:
    """Do it all. Raises UsageError where it cannot be done here."""
    del job
    return await run(plan, hooks, calibration)
