"""`loadgen s3 batch --dry-run`: what the batch would do, an object a line, and nothing done."""

from collections.abc import Iterator

from loadgen.base.loop import run_on_loop
from loadgen.base.units import counted, format_bytes
from loadgen.cli.plans import Preview
from loadgen.cli.streams import emit
from loadgen.judge.exit_code import ExitCode
from loadgen.plan.jobs.s3 import S3Job
from loadgen.report.draw.style import clean
from loadgen.session.s3_preview import find_works
from loadgen.workloads.s3.batch import Work


def preview(given: Preview) -> int:
    """Raises UsageError where the source cannot be listed to its end."""
    s3 = given.plan.job
    assert isinstance(s3, S3Job)
    works = run_on_loop(find_works(given.plan, s3))
    emit("".join(_lines(s3, works)))
    return ExitCode.THRESHOLD if any(work.problem for work in works) else ExitCode.OK


def _lines(s3: S3Job, works: list[Work]) -> Iterator[str]:
    bucket = s3.bucket if s3.to is None else s3.to.bucket
    for work in works:
        what = f"NOT TAKEN: {clean(work.problem)}" if work.problem else clean(f"{bucket}/{work.target}")
        yield f"{clean(f'{s3.bucket}/{work.key}')}  {format_bytes(work.size)}  -> {what}\n"
    found = counted(len(works), "object"), format_bytes(sum(work.size for work in works))
    yield f"{', '.join(found)}; nothing was read or put\n"
