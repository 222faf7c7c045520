"""A worker process, which calls `main`.

Reads from standard input a line of JSON (endpoint and shards) and the plan, writes frames to standard output, and
ends when its work does, or within a second of its parent's end of the pipe closing. The parent decides when to stop.
"""

import asyncio
import json
import os
import sys
import threading
from contextlib import closing
from typing import Any, BinaryIO

from loadgen.base.endpoint import Endpoint
from loadgen.base.errors import UsageError
from loadgen.base.loop import run_on_loop
from loadgen.base.processes import ORPHAN_EXIT, begin_as_worker, leave_with_parent
from loadgen.base.restore import build
from loadgen.executors.places.here import Here
from loadgen.executors.worker import UsersLostError
from loadgen.guard.shared_state import SharedState
from loadgen.measure.recording import Frame, Recording
from loadgen.measure.wire import write_frame
from loadgen.plan.codec import read_plan
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.plan.plan import Plan, make_shards

HUNG_EXIT = 71


def main() -> None:
    """Run this process's shards to their end."""
    begin_as_worker()
    frames = sys.stdout.buffer
    with os.fdopen(os.dup(0), "rb") as source:
        task = json.loads(source.readline())
        plan = read_plan(source)
    threading.Thread(target=leave_with_parent, daemon=True).start()
    run_on_loop(_run(plan, task, frames))
    if not has_code_of_its_own(plan):  # else that may have files to be closed, and what is to be done at exit
        os._exit(0)  # to take all modules down takes longer than to import them


def has_code_of_its_own(plan: Plan) -> bool:
    """Whether somebody else's code runs in its workers: a scenario's file, or a function."""
    match plan.job:
        case S3Job(function=function):
            return function is not None
        case ScenarioJob(file=file, function=function):
            return file is not None or function is not None
    return False


async def _run(plan: Plan, task: dict[str, Any], frames: BinaryIO) -> None:
    writing = threading.Lock()
    hung = False

    def deliver(frame: Frame) -> None:
        nonlocal hung
        hung |= frame.hung is not None
        with writing:
            try:
                write_frame(frames, frame)
            except BrokenPipeError:  # the parent has gone
                os._exit(ORPHAN_EXIT)

    shards = make_shards(plan)[slice(*task["shards"])]
    control = SharedState(task["control"], plan.shard_count)
    with closing(Here(plan, build(Endpoint, task["endpoint"]), control)) as place:
        try:
            await asyncio.gather(*place.start(shards, deliver))
        except UsageError as error:
            deliver(Frame(shards[0].index, 0, 0, Recording(), refused=str(error)))
        except UsersLostError:
            if not hung:  # else the parent knows whose fault it is
                raise
            os._exit(HUNG_EXIT)
