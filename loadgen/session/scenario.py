"""A run of journeys, with what its file does once before and after."""

import asyncio
import json
import signal
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from loadgen.base.errors import ScriptError, UsageError
from loadgen.base.exchange import Endpoint, Outcome, Request
from loadgen.base.tls import make_context
from loadgen.base.user_code import describe
from loadgen.clients.resolve import resolve
from loadgen.executors.once import PerRun
from loadgen.plan.codec import describe_plan
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.plan.plan import Plan
from loadgen.results.calibration import Calibration
from loadgen.results.result import Generator, Result, Users
from loadgen.session.environment import describe_environment
from loadgen.session.observers import Hooks
from loadgen.session.run import run
from loadgen.session.signals import signals_to
from loadgen.workloads.scenario.coroutines import place
from loadgen.workloads.scenario.file import load_declarations


async def run_scenario(plan: Plan, job: ScenarioJob, hooks: Hooks, calibration: Calibration | None) -> Result:
    """Do it all. Raises UsageError where it cannot be done here, and ScriptError where the file's own code raised
    before the first journey: then nothing was measured."""
    assert job.file is not None
    if job.dialect != "loadgen" or load_declarations(job.file).per_run is None:
        return await run(plan, hooks, calibration)
    context = make_context(plan.tls) if plan.origin.scheme == "https" else None
    endpoint = Endpoint(
        plan.origin, await resolve(plan.origin), plan.tls, plan.timeout_s, plan.connect_timeout_s, plan.keep_alive
    )
    once = PerRun(plan, job, endpoint, context, _nobody)
    loop = asyncio.get_running_loop()
    signalled = ""

    def interrupt(number: signal.Signals) -> None:
        nonlocal signalled
        signalled = f"{number.name} received in per_run"
        once.interrupt()

    try:
        with signals_to(interrupt):
            try:
                shared = await loop.run_in_executor(once.thread, once.before)
            except BaseException as error:
                if not signalled:
                    raise ScriptError(_text(job.file, error, "nothing was sent of any journey")) from None
        if signalled:
            return _unstarted(plan, signalled)
        result = await run(replace(plan, job=replace(job, shared=as_json(job.file, shared))), hooks, calibration)
        with signals_to(interrupt):
            try:
                await loop.run_in_executor(once.thread, once.after)
            except BaseException as error:
                note = _text(job.file, error, "what it was to undo is left as it is")
                return replace(result, notes=[*result.notes, note])
        return result
    finally:
        once.close()


def _nobody(_request: Request, _outcome: Outcome) -> None:
    """Looks at no exchange."""


def as_json(file: str, shared: Any) -> str:
    """What per_run yields, for every process. Raises UsageError for what is no JSON."""
    try:
        return json.dumps(shared)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{file}: what per_run yields goes to every process as JSON: {error}") from None


def _text(file: str, error: BaseException, so: str) -> str:
    where = place(error) or f"{file}: "
    return f"{where}{describe(error)} (in per_run; {so})"


def _unstarted(plan: Plan, because: str) -> Result:
    return Result(
        plan=describe_plan(plan),
        environment=describe_environment(),
        started_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        ended_by="signal",
        ended_because=because,
        users=Users(plan.users, 0, plan.users),
        generator=Generator(plan.mode, plan.client, plan.processes),
    )
