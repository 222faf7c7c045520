"""`loadgen calibrate`: what this machine can measure."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from loadgen.base.errors import UsageError
from loadgen.cli.options import FLAG
from loadgen.cli.output import emit
from loadgen.cli.run import signals_restored

if TYPE_CHECKING:
    from loadgen.plan.plan import Plan
    from loadgen.results.calibration import Calibration
    from loadgen.results.result import Result


def calibrate(
    null: Annotated[
        bool, typer.Option("--null", metavar=FLAG, help="Against the least that can answer, not the demo target.")
    ] = False,
) -> None:
    """Find out what this machine can measure.

    It takes about 15 seconds, on loopback only.

    Prints the most requests a second, the send lag at 10, 50 and 80 % of it
    and the memory of a connection, and saves them in the user's cache folder.
    """
    calibrate_and_save(cache_file(os.environ), null=null)


def calibrate_and_save(path: Path, *, null: bool) -> None:
    """Measure, print, and keep in `path`. Raises UsageError where it cannot be written, after it was printed."""
    from loadgen.base.files import whole_file
    from loadgen.report.campaigns.calibration import render_calibration
    from loadgen.results.calibration import to_json

    found = measure(null=null)
    emit(render_calibration(found) + "\n")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
    with whole_file(path) as file:
        file.write(to_json(found))
    emit(f"\nSaved as {path}\n")


def cache_file(environment: Mapping[str, str]) -> Path:
    """Where the last calibration is kept; a relative XDG_CACHE_HOME does not count, as its specification says.

    Raises UsageError for a user without a home, as in a container.
    """
    root = environment.get("XDG_CACHE_HOME", "")
    try:
        folder = Path(root) if root.startswith("/") else Path.home() / ".cache"
    except RuntimeError:
        raise UsageError("there is no home folder to keep the calibration in; set XDG_CACHE_HOME to a folder") from None
    return folder / "loadgen" / "calibration.json"


def last_calibration() -> "Calibration | None":
    """What was found out last, if anything was."""
    from loadgen.results.calibration import from_json

    try:
        return from_json(cache_file(os.environ).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, UsageError):
        return None


def measure(*, null: bool) -> "Calibration":
    """Start what answers, and put load on it. Raises typer.Exit after a signal."""
    from loadgen.campaigns.calibrate import calibrate as calibrated
    from loadgen.plan.profiles.address import parse_target
    from loadgen.session.environment import gil_enabled, usable_cores
    from loadgen.target.null import NullProcess
    from loadgen.target.process import TargetProcess

    with NullProcess() if null else TargetProcess() as server:
        return calibrated(
            parse_target(server.url).origin,
            "null responder" if null else "embedded target",
            cores=usable_cores(),
            gil=gil_enabled(),
            runner=_run,
        )


def _run(plan: "Plan") -> "Result":
    """One run, without a word. Signals mean afterwards what they did before."""
    import asyncio

    import uvloop

    from loadgen.judge.exit_code import ExitCode
    from loadgen.session.job import run_job
    from loadgen.session.observers import Observers
    from loadgen.session.run import Hooks

    def stopped(_result: "Result") -> NoReturn:
        os._exit(ExitCode.SIGNAL)

    def crashed(error: BaseException) -> None:
        sys.stderr.write(f"loadgen: a worker failed: {error!r}\n")

    with signals_restored(), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        result = runner.run(run_job(plan, Hooks(Observers(), stopped, crashed)))
    if result.ended_by == "signal":
        sys.stderr.write("loadgen: stopped before the calibration was complete; nothing was saved\n")
        raise typer.Exit(ExitCode.SIGNAL)
    return result
