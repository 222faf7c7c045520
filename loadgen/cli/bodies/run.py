"""`loadgen run` and `loadgen s3`, once: run it, save it, print it, exit with its code."""

import os
import traceback

from loadgen.cli.live import live_line
from loadgen.cli.measuring import run_async
from loadgen.cli.planned import Planned
from loadgen.cli.streams import tell
from loadgen.judge.exit_code import exit_code
from loadgen.report.run.run_report import RunReport
from loadgen.results.calibration import last_calibration
from loadgen.results.result import Result
from loadgen.session.job import run_job
from loadgen.session.observers import Hooks, Observers


def run(given: Planned) -> int:
    """Raises UsageError where the plan cannot be run on this host."""
    delivery = given.delivery

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

        result = run_async(
            run_job(given.plan, Hooks(Observers(live), emergency, crashed), last_calibration(os.environ))
        )
        live.end()
        finish(result)
    return exit_code(result)
