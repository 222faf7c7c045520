"""One run in a process of its own, which calls `main`; its words are `seconds` and `where=MACHINES`.

Reads a plan from standard input, and writes a line of JSON for each thing that it has to tell:
`{"progress": SNAPSHOT}` ten times a second, `{"second": SECOND}` once a second where that was asked for, and at the end
`{"result": RESULT}`, or `{"usage_error": TEXT}`. `{"listens": true}` comes before machines are reached: a signal that
comes meanwhile ends it without a result. After the plan, a line `{"change": VALUE}` changes the rate, or the users, of
a steered one. Signals mean what they mean to `loadgen run`. It ends at once when its parent's end of the pipe closes.
"""

import json
import os
import signal
import sys
import threading
import traceback
from contextlib import closing
from dataclasses import asdict, replace
from typing import Any, NoReturn

from loadgen.base.errors import Stopped, UsageError
from loadgen.base.loop import run_on_loop
from loadgen.base.processes import STOPPING, fill_standard_descriptors, leave_with_parent
from loadgen.measure.progress import RunSecond, Snapshot
from loadgen.measure.wire import second_out
from loadgen.plan.codec import read_plan
from loadgen.results.documents import to_document
from loadgen.results.result import Result
from loadgen.session.job import run_job
from loadgen.session.observers import Hooks, Observer, Observers
from loadgen.session.steering import Steering


def main() -> None:
    """Run the plan and tell its Result."""
    fill_standard_descriptors()
    with os.fdopen(os.dup(0), "rb") as source:
        plan = read_plan(source)
    steering = Steering() if plan.steered else None
    threading.Thread(target=_listen, args=(steering,), daemon=True).start()
    observers = Observers(_TellsProgress(), *([_TellsSeconds()] if "seconds" in sys.argv else []))
    hooks = Hooks(observers, _leave, traceback.print_exception, steering=steering)
    where = [word.removeprefix("where=") for word in sys.argv if word.startswith("where=")]
    try:
        if where:
            from loadgen.executors.places.machines.fleet import Where

            for number in STOPPING:
                signal.signal(number, _stop)
            _tell("listens", True)
            with closing(Where.read(where[0]).open()) as fleet:
                result = run_on_loop(run_job(plan, replace(hooks, site=fleet)))
        else:
            result = run_on_loop(run_job(plan, hooks))
    except UsageError as error:
        _tell("usage_error", str(error))
    except Stopped:
        pass  # whoever sent it knows
    else:
        _tell("result", to_document(result))


def _stop(_number: int, _frame: object) -> NoReturn:
    """The first signal ends it all; what comes after that must not end the end."""
    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN)
    raise Stopped


def _listen(steering: Steering | None) -> None:
    """Do as the parent says, until it closes its end of standard input."""
    if steering is not None:
        with os.fdopen(os.dup(0), "rb") as lines:
            for line in lines:
                steering.change(json.loads(line)["change"])
    leave_with_parent()


class _TellsProgress(Observer):
    def progress(self, snapshot: Snapshot) -> None:
        _tell("progress", asdict(snapshot))


class _TellsSeconds(Observer):
    def second(self, second: RunSecond) -> None:
        _tell("second", second_out(second))


def _leave(result: Result) -> NoReturn:
    """The second signal: what there is, and away."""
    _tell("result", to_document(result))
    os._exit(0)


def _tell(kind: str, value: Any) -> None:
    sys.stdout.write(json.dumps({kind: value}) + "\n")
    sys.stdout.flush()
