"""`loadgen calibrate`: what this machine can measure."""

import os
from collections.abc import Callable
from typing import NoReturn

import typer

from loadgen.base.busy import busy_cores
from loadgen.base.environment import gil_enabled, usable_cores
from loadgen.base.errors import UsageError
from loadgen.base.files import write_whole
from loadgen.base.loop import run_on_loop
from loadgen.base.units import counted
from loadgen.campaigns import calibrate as campaign
from loadgen.cli.commands.calibrate import Calibrate
from loadgen.cli.streams import emit, tell
from loadgen.executors.places.limits import check_room_for_a_loop
from loadgen.judge.exit_code import ExitCode
from loadgen.plan.plan import Plan
from loadgen.plan.profiles.address import parse_target
from loadgen.report.campaigns.calibration import render_calibration
from loadgen.results.calibration import Calibration, cache_file, to_document
from loadgen.results.documents import json_text
from loadgen.results.result import Result
from loadgen.session.job import run_job
from loadgen.session.observers import Hooks, Observers
from loadgen.target.process import NullProcess, TargetProcess

MOST_BUSY = 0.2
"""Cores: an idle machine's own services take 0.01 to 0.05; what takes more shows in the figures."""


def run_quietly(plan: Plan) -> Result:
    """One run, without a word. Raises typer.Exit after a signal."""

    def stopped(_result: Result) -> NoReturn:
        os._exit(ExitCode.SIGNAL)

    def crashed(error: BaseException) -> None:
        tell(f"loadgen: a worker failed: {error!r}\n")

    result = run_on_loop(run_job(plan, Hooks(Observers(), stopped, crashed)))
    if result.ended_by == "signal":
        tell("loadgen: stopped before the calibration was complete; nothing was saved\n")
        raise typer.Exit(ExitCode.SIGNAL)
    return result


def measure(null: bool, runner: campaign.Runner = run_quietly) -> Calibration:
    """Start what answers, and put load on it."""
    with NullProcess() if null else TargetProcess() as server:
        return campaign.calibrate(
            parse_target(server.url).origin,
            "null responder" if null else "embedded target",
            cores=usable_cores(),
            gil=gil_enabled(),
            runner=runner,
        )


def check_idle(busy: float, cores: int) -> None:
    """Raises UsageError where so many of the cores are busy with something else."""
    if busy > MOST_BUSY:
        raise UsageError(
            f"the machine is busy: {min(busy, cores):.1f} of its {counted(cores, 'core')} work for other programs; "
            "they would be measured too: end them or wait, then `loadgen calibrate` again (or --anyway)"
        )


def calibrate(
    given: Calibrate, measure: Callable[[bool], Calibration] = measure, busy: Callable[[], float] = busy_cores
) -> int:
    """Measure, print, and keep what was found. Raises UsageError where it cannot be written, after it was printed."""
    check_room_for_a_loop()
    path = cache_file(os.environ)
    if not given.anyway:
        check_idle(busy(), usable_cores())
    found = measure(given.null)
    emit(render_calibration(found) + "\n")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
    write_whole(path, json_text(to_document(found)))
    emit(f"\nSaved as {path}\n")
    return 0
