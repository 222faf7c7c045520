"""A run of journeys, with what its file does once before and after."""

import asyncio
import json
import signal
from dataclasses import replace
from typing import Any

from loadgen.base.error_class import ErrorClass
from loadgen.base.errors import NotReadyError, ScriptError, UsageError
from loadgen.base.exchange import Outcome, Request
from loadgen.base.tls import make_context
from loadgen.clients.endpoint import endpoint_of
from loadgen.executors.once import PerRun
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.plan.plan import Plan
from loadgen.results.calibration import Calibration
from loadgen.results.requests import ErrorRow, Ledger, RequestResult
from loadgen.results.result import Result
from loadgen.session.observers import Hooks
from loadgen.session.run import run
from loadgen.session.signals import signals_to
from loadgen.session.unstarted import unstarted
from loadgen.workloads.scenario.failures import failure, place
from loadgen.workloads.scenario.python.file import load_declarations
from loadgen.workloads.scenario.sending.requests import PER_RUN

PATIENCE_S = 1.0
"""After the grace, until per_run that was interrupted counts as lost."""


async def run_scenario(plan: Plan, job: ScenarioJob, hooks: Hooks, calibration: Calibration | None) -> Result:
    """Do it all. Raises UsageError where it cannot be done here, and, where what the file does before the first
    journey failed, ScriptError or NotReadyError by whose fault it is: then nothing was measured."""
    assert job.file is not None
    if job.dialect != "loadgen" or load_declarations(job.file).per_run is None:
        return await run(plan, hooks, calibration)
    context = make_context(plan.tls, plan.alpn) if plan.origin.scheme == "https" else None
    endpoint = await endpoint_of(plan)
    once = PerRun(plan, job, endpoint, context, _nobody)
    loop = asyncio.get_running_loop()
    signalled = ""
    result: Result | None = None

    def interrupt(number: signal.Signals) -> None:
        """The second one waits for nothing, as the first does after a while."""
        nonlocal signalled
        if signalled:
            leave()
        signalled = f"{number.name} received in per_run"
        once.interrupt()
        loop.call_later(plan.grace_s + PATIENCE_S, leave)

    def leave() -> None:
        if leaves:
            text = f"{signalled}, which did not come back{_in(once.whereabouts())}"
            hooks.emergency(replace(result or unstarted(plan, signalled), ended_by="signal", ended_because=text))

    try:
        with signals_to(interrupt):
            leaves = True
            try:
                shared = await loop.run_in_executor(once.thread, once.before)
            except BaseException as error:
                if not signalled:
                    failed, text = _failure(job.file, error, "nothing was sent of any journey")
                    raise (ScriptError if failed.fault == "generator" else NotReadyError)(text) from None
            finally:
                leaves = False
        if signalled:
            return unstarted(plan, signalled)
        result = await run(replace(plan, job=replace(job, shared=as_json(job.file, shared))), hooks, calibration)
        with signals_to(interrupt):
            leaves = True
            try:
                await loop.run_in_executor(once.thread, once.after)
            except BaseException as error:
                return _with_failed_end(result, *_failure(job.file, error, "what it was to undo is left as it is"))
            finally:
                leaves = False
        return result
    finally:
        once.close()


def _in(place: str) -> str:
    return f" ({place})" if place else ""


def _nobody(_request: Request, _outcome: Outcome) -> None:
    """Looks at no exchange."""


def as_json(file: str, shared: Any) -> str:
    """What per_run yields, for every process. Raises UsageError for what is no JSON."""
    try:
        return json.dumps(shared)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{file}: what per_run yields goes to every process as JSON: {error}") from None


def _failure(file: str, error: BaseException, so: str) -> tuple[ErrorClass, str]:
    failed, detail = failure(error)
    return failed, f"{'' if place(error) else f'{file}: '}{detail} (in per_run; {so})"


def _with_failed_end(result: Result, failed: ErrorClass, text: str) -> Result:
    """A note says it, and an exception of the scenario's own code is one wherever it was raised."""
    row = RequestResult(
        ledger=Ledger(1, 1, 0, 0, 1), kind="call", errors=[ErrorRow(failed.value, failed.fault, text, 1)]
    )
    return replace(result, notes=[*result.notes, text], transactions={**result.transactions, PER_RUN: row})
