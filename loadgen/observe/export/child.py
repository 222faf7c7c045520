"""The exporters' process, which calls `main`.

Reads lines of JSON from standard input. The first has the exporters, and is answered with a line: `{"ready": INFOS}`,
or `{"usage_error": TEXT}`. Then come the runs, one after the other: `{"began": ...}`, `{"state": ...}` and
`{"second": ..., "at_s": ...}` once a second, `{"requests": LINES}`, `{"ended": RESULT, ...}`, which is answered with
`{"notes": TEXTS}`.
"""

import json
import os
import sys
from importlib import import_module
from typing import Any

from loadgen.base.errors import UsageError
from loadgen.base.processes import begin_as_worker
from loadgen.observe.export.dispatcher import Dispatcher
from loadgen.observe.export.kinds import KINDS, Out, asked_as
from loadgen.observe.export.runner import Runner
from loadgen.observe.export.sinks.base import Sink

NICE = 10
"""What makes load comes first."""


def main() -> None:
    """Serve one command."""
    begin_as_worker()
    os.nice(NICE)
    lines = sys.stdin.buffer
    runners = []
    for kind, where in json.loads(lines.readline()):
        try:
            runners.append(Runner(kind, make_sink(Out(kind, where))))
        except OSError as error:
            _answer("usage_error", f"{asked_as(kind)}: {error.strerror or error}")
            return
        except UsageError as error:
            _answer("usage_error", f"{asked_as(kind)}: {error}")
            return
    _answer("ready", [runner.sink.info for runner in runners if runner.sink.info])
    dispatcher = Dispatcher(runners)
    for line in lines:
        if not line.endswith(b"\n"):  # its writer was killed
            break
        notes = dispatcher.take(json.loads(line))
        if notes is not None:
            _answer("notes", notes)
    for runner in runners:
        runner.sink.close()
    sys.stdout.flush()
    os._exit(0)  # whatever thread still waits for a server


def make_sink(out: Out) -> Sink:
    """Raises OSError or UsageError where it cannot be."""
    module, name = KINDS[out.kind].sink.split(":")
    sink: Sink = getattr(import_module(f"loadgen.observe.export.sinks.{module}"), name)(out.where)
    return sink


def _answer(kind: str, value: Any) -> None:
    sys.stdout.write(json.dumps({kind: value}) + "\n")
    sys.stdout.flush()
