"""`loadgen demo`: what sets it apart, in twelve seconds and without another program."""

import os
import tempfile
from pathlib import Path

from loadgen.cli.bodies.run import run
from loadgen.cli.commands.demo import Demo
from loadgen.cli.output import Delivery
from loadgen.cli.parameters import Against, Output
from loadgen.cli.plans import Planned, plan_for
from loadgen.cli.streams import emit
from loadgen.judge.exit_code import ExitCode
from loadgen.target.options import TargetOptions
from loadgen.target.process import TargetProcess

PAGE = "loadgen-demo.html"
STALLS = TargetOptions(port=0, stall_every_s=5.0, stall_s=0.4)
"""Two stalls in the time that is measured: of 5,000 requests some 400 are due in one, more than the p99 leaves out."""

BEGINS = """\
A server at {url} takes 1 ms for each request, one after
the other, and stands still for 400 ms every 5 s. 500 requests a second are due,
whatever it does: one second of warm-up, ten that are measured.

"""
ENDS = """
What to see: a response time counts from when a request was due, a service time
from when it was sent. The stalls are in the first; the second, which is all
that a load generator sees that waits for the server, hides most of them. One
threshold is met, one is not: `loadgen run` would have ended with exit code 99.

A page of this run: {page}

What to type next:
  loadgen run http://127.0.0.1:8080/ -d 5s            a server of yours
  loadgen run http://127.0.0.1:8080/ -R 500 -d 10s    the same at a rate
  loadgen run --help                                  all the rest
"""


def demo(given: Demo) -> int:
    """Run the profile `demo`, or `quickstart` at full speed, against the embedded target."""
    if given.full_speed:
        with TargetProcess() as server:
            emit(f"the embedded target is at {server.url}; running the profile `quickstart` against it\n\n")
            return _run("quickstart", server.url, {})
    folder = "" if os.access(".", os.W_OK) else tempfile.mkdtemp(prefix="loadgen-")
    page = str(Path(folder, PAGE))
    with TargetProcess(STALLS) as server:
        emit(BEGINS.format(url=server.url))
        code = _run("demo", f"{server.url}/queue/1", {"html": page})
    if code not in (ExitCode.OK, ExitCode.THRESHOLD):
        return code
    emit(ENDS.format(page=page))
    return ExitCode.OK


def _run(profile: str, url: str, files: dict[str, str]) -> int:
    return run(Planned(plan_for(profile, [f"TARGET={url}"], {}), Delivery(Output(files=files)), 1, Against()))
