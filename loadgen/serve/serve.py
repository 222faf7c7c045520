"""A page on a port from which runs of one plan are started and stopped, each in a process of its own."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import field
from pathlib import Path

from loadgen.base.dataclass import dataclass
from loadgen.campaigns.isolated import Isolated
from loadgen.observe.export.local_exporter import LocalExporter
from loadgen.observe.export.sinks.live_body import LiveBody
from loadgen.observe.web.board import Board
from loadgen.observe.web.place import WebPlace
from loadgen.observe.web.server import WebServer
from loadgen.plan.codec import describe_plan
from loadgen.report.draw.page import text
from loadgen.report.run.title import title
from loadgen.serve.control import Control, MakePlan, Phase
from loadgen.serve.history import History
from loadgen.serve.limits import Limits, changes_of, fields
from loadgen.serve.page import control_part, runs_part
from loadgen.serve.site import ServeSite
from loadgen.session.observers import Observer

END_S = 2.0
"""For open tabs to be told of the end."""


@dataclass(frozen=True, slots=True)
class Served:
    """What is served, and where."""

    make_plan: MakePlan
    limits: Limits
    place: WebPlace
    folder: Path
    labels: Mapping[str, str] = field(default_factory=dict)


async def serve(served: Served, tell: Callable[[str], None], observers: Sequence[Observer] = ()) -> None:
    """Serve until a signal comes; `tell` is told where. Raises UsageError where that cannot begin."""
    plan = served.make_plan({})
    what = f"Runs of {title(describe_plan(plan))}"
    history = History(served.folder, served.labels)
    board = Board(control="", said="", live="", runs="")

    def show(phase: Phase, said: str) -> None:
        head = control_part(
            what,
            phase,
            fields(plan, served.limits),
            served.limits.words(),
            len(history.kept),
            changes_of(plan, served.limits),
        )
        board.show(control=head, said=text(said), runs=runs_part(history.kept, server.token))

    control = Control(served.make_plan, served.limits, history, show)
    server = WebServer(served.place, ServeSite(board, control, history, asyncio.get_running_loop(), what))
    show("idle", "")
    tell(server.url)
    sink = LiveBody(lambda html: board.show(live=html))
    with closing(server), Isolated(*observers, LocalExporter(sink)) as isolated:
        try:
            await control.serve(isolated)
        finally:
            await asyncio.to_thread(board.end, END_S)
