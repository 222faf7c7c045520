"""`loadgen wrk|hey|ab`: a run that is asked for, and reported, as another tool does."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from loadgen import __version__
from loadgen.base.files import write_whole
from loadgen.cli.bodies.run import run
from loadgen.cli.commands.front_doors import FrontDoor
from loadgen.cli.exporting import asked_outs, with_log
from loadgen.cli.front_doors import ab, hey, wrk
from loadgen.cli.front_doors.asked import Asked
from loadgen.cli.output import Delivery, Failures, is_regular
from loadgen.cli.parameters import Against, Output
from loadgen.cli.plans import Planned
from loadgen.cli.streams import emit, tell
from loadgen.observe.export.kinds import LOG
from loadgen.plan.profiles.document import profile_for_url
from loadgen.report.exports import Kind
from loadgen.report.front_doors.rows import read_rows
from loadgen.report.run.run_report import RunReport
from loadgen.session.here import plan_here

Reader = Callable[[Sequence[str]], Asked]
_DOORS: dict[str, tuple[Reader, str, tuple[str, ...]]] = {
    "wrk": (wrk.read_wrk, wrk.USAGE, ("-v", "--version")),
    "hey": (hey.read_hey, hey.USAGE, ()),
    "ab": (ab.read_ab, ab.USAGE, ("-V",)),
}
"""For each tool what reads its options, its help, and the flags that ask for a version."""


def front_door(given: FrontDoor, run: Callable[[Planned], int] = run) -> int:
    """Raises UsageError. A run that is not valid says so on standard error."""
    read, usage, version = _DOORS[given.tool]
    if {*given.arguments} & {"-h", "--help", "-help"} or not given.arguments:
        emit(usage)
        return 0
    if {*given.arguments} & {*version}:
        emit(f"loadgen {__version__}, as {given.tool}\n")
        return 0
    asked = read(given.arguments)
    plan = plan_here(profile_for_url(asked.url, asked.flags))
    delivery = _Printed(asked)
    emit(asked.head)
    if asked.rows is None:
        return run(Planned(plan, delivery, 1, Against()))
    with TemporaryDirectory(prefix="loadgen-") as folder:
        log = Path(folder, "requests.csv")
        outs = asked_outs([f"{LOG}={log}"])
        code = run(Planned(with_log(plan, outs, several=False), delivery, 1, Against(), outs=outs))
        text = asked.rows(read_rows(log.read_text("utf-8")))
    if asked.rows_file is None:
        emit(text)
    else:
        write_whole(Path(asked.rows_file), text)
    return code


class _Printed(Delivery):
    """Prints the report of the other tool."""

    def __init__(self, asked: Asked) -> None:
        super().__init__(Output(quiet=True))
        self._asked = asked
        for name in (*asked.files, *([asked.rows_file] if asked.rows_file else [])):
            is_regular("file", name)

    def deliver(self, kind: Kind, document: object, *, environment: Mapping[str, str] | None = None) -> None:
        del kind, environment
        assert isinstance(document, RunReport)
        result, failures = document.result, Failures()
        for name, make in self._asked.files.items():
            with failures.kept():
                write_whole(Path(name), make(result))
        if self._asked.rows is None or self._asked.rows_file is not None:
            emit(self._asked.text(result))
        for note in result.notes if self._asked.rows is not None else ():
            tell(f"loadgen: {note}\n")
        if result.generator.verdict != "valid":
            tell(f"loadgen: {result.generator.verdict}: {'; '.join(result.generator.reasons)}\n")
        failures.check()
