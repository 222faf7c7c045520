"""`loadgen s3 sweep`: what killed runs have left, listed and deleted."""

import traceback

from loadgen.base.errors import UsageError
from loadgen.base.loop import run_on_loop
from loadgen.base.units import counted, format_bytes
from loadgen.cli.live import live_line
from loadgen.cli.plans import Sweep
from loadgen.cli.streams import emit, tell
from loadgen.judge.exit_code import ExitCode
from loadgen.plan.jobs.s3 import S3Job
from loadgen.results.result import Result
from loadgen.session.observers import Hooks, Observers
from loadgen.session.s3_sweep import Left, find_left, sweep_left


def sweep(given: Sweep) -> int:
    """Raises UsageError where the store cannot be asked."""
    plan, s3 = given.plan, given.plan.job
    assert isinstance(s3, S3Job)

    async def work() -> int:
        found = await find_left(plan, s3, given.run_id)
        failed = 0
        for left in found:
            problem = (
                "" if given.dry_run else await sweep_left(plan, s3, left, Hooks(Observers(live), stopped, crashed))
            )
            live.end()
            emit(f"{_line(s3, left, given, problem)}\n")
            failed += bool(problem)
        if not found:
            emit(f"nothing of {'that run' if given.run_id else 'any run'} is left under {s3.bucket}/{s3.prefix}\n")
        return ExitCode.THRESHOLD if failed else ExitCode.OK

    def stopped(_result: Result) -> None:
        live.end()
        raise UsageError("stopped twice; not everything is deleted")

    def crashed(error: BaseException) -> None:
        live.end()
        tell("".join(traceback.format_exception(error)))

    with live_line(quiet=given.quiet) as live:
        return run_on_loop(work())


def _line(s3: S3Job, left: Left, given: Sweep, problem: str) -> str:
    what = f"{counted(left.objects, 'object')}, {format_bytes(left.bytes)}"
    if left.uploads:
        what += f", {counted(left.uploads, 'upload')} under way"
    if left.others:
        what += f"; {counted(left.others, 'other object')} there, as no run puts them, not touched"
    done = f"NOT DELETED ({problem})" if problem else "found" if given.dry_run else "deleted"
    return f"{s3.bucket}/{left.prefix}  {done}: {what}"
