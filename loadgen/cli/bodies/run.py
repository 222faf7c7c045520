"""`loadgen run` and `loadgen s3`, once: run it, save it, print it, exit with its code."""

import os
import threading
import traceback
from dataclasses import replace

from loadgen.base.errors import LoadgenError
from loadgen.base.imported import imported
from loadgen.base.loop import run_on_loop
from loadgen.cli.exporting import exporting
from loadgen.cli.labels import labelled
from loadgen.cli.live import live_view
from loadgen.cli.plans import Planned
from loadgen.cli.results import ResultsFile
from loadgen.cli.streams import tell, tell_error
from loadgen.executors.places.limits import check_room_for_a_loop
from loadgen.judge.exit_code import ExitCode, exit_code
from loadgen.report.run.run_report import RunReport
from loadgen.results.calibration import last_calibration
from loadgen.results.result import Result
from loadgen.session.job import run_job
from loadgen.session.observers import Hooks, Observers


def run(given: Planned) -> int:
    """Raises UsageError where the plan cannot be run on this host."""
    check_room_for_a_loop()
    tell(given.begins)
    delivery = given.delivery
    results = ResultsFile(given.plan, given.results)

    def finish(result: Result) -> None:
        try:
            results.write()
        finally:
            delivery.deliver("run", RunReport((labelled(result, given.labels),)), environment=os.environ)
            if not delivery.shows_text:
                tell("".join(f"loadgen: {note}\n" for note in result.left_behind))
                if exit_code(result):
                    outcome = imported("loadgen.report.run.outcome", "outcome_text")(result)
                    tell(f"loadgen: {outcome}\n")

    for warning in given.site.warnings if given.site is not None else ():
        tell(f"loadgen: {warning}\n")
    with (
        exporting(given.outs, quiet=delivery.output.quiet, linger=given.linger, labels=given.labels) as exporters,
        live_view(given.live, quiet=delivery.output.quiet) as live,
    ):
        leaving = threading.Lock()

        def emergency(result: Result) -> None:
            if not leaving.acquire(blocking=False):
                return  # one signal more while it is being written, amid that or on another thread
            code = ExitCode.INTERNAL
            try:
                live.end()
                finish(result)
                code = exit_code(result)
            except LoadgenError as error:
                tell_error(error)
                code = ExitCode.USAGE
            finally:
                os._exit(code)

        def crashed(error: BaseException) -> None:
            live.end()
            tell("".join(traceback.format_exception(error)))

        try:
            hooks = Hooks(Observers(live, *exporters), emergency, crashed)
            calibration = last_calibration(os.environ)
            if given.site is not None:  # it is not this machine that is calibrated
                hooks, calibration = replace(hooks, site=given.site), None
            result = run_on_loop(run_job(results.plan, hooks, calibration))
            live.end()
            finish(result)
        finally:
            results.close()
            if given.site is not None:
                given.site.close()
    return exit_code(result)
