"""Runs of a plan: their progress on stderr, what a signal means, and what becomes of their Result."""

import asyncio
import os
import traceback
from collections.abc import Coroutine
from typing import Any, TypeVar

import uvloop

from loadgen.cli.live import live_line
from loadgen.cli.output import Delivery
from loadgen.cli.streams import tell
from loadgen.judge.exit_code import ExitCode, exit_code
from loadgen.plan.plan import Plan
from loadgen.report.run.run_report import RunReport
from loadgen.results.calibration import last_calibration
from loadgen.results.result import Result
from loadgen.session.job import run_job
from loadgen.session.observers import Hooks, Observers

T = TypeVar("T")


def measure_and_report(plan: Plan, delivery: Delivery) -> ExitCode:
    """Run a plan, save and print its Result; the exit code. Raises UsageError where it cannot be run on this host."""

    def finish(result: Result) -> None:
        delivery.deliver("run", RunReport((result,)), environment=os.environ)

    with live_line(quiet=delivery.output.quiet) as live:

        def emergency(result: Result) -> None:
            try:
                live.end()
                finish(result)
            finally:
                os._exit(exit_code(result))

        def crashed(error: BaseException) -> None:
            live.end()
            tell("".join(traceback.format_exception(error)))

        result = run_async(run_job(plan, Hooks(Observers(live), emergency, crashed), last_calibration(os.environ)))
        live.end()
        finish(result)
    return exit_code(result)


def run_async(main: Coroutine[Any, Any, T]) -> T:
    """Run it to its end, on a loop of its own."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)
