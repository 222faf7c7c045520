"""The full-screen view: an observer that draws what is known twice a second, and less often where the run is late."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from loadgen.base.units import counted
from loadgen.measure.progress import RunSecond, Snapshot
from loadgen.observe.view.lines import View, view_lines
from loadgen.observe.view.run_figures import RunFigures
from loadgen.plan.codec import describe_plan
from loadgen.plan.course import rate_at, request_arrivals
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.plan.plan import Plan
from loadgen.report.draw.style import Line
from loadgen.report.run.title import title
from loadgen.results.result import Result
from loadgen.session.observers import Observer

EVERY_S = 0.5
LATE_S = 0.3
"""Progress is told ten times a second: a loop that is so late has no time to draw."""

MOST_SHARE = 0.01
"""Of a core, for what is added up to be shown: of many names less often than once a second."""


class Canvas(Protocol):
    """A terminal that lines are shown on. `on_key` is called with each key, on the loop of the run."""

    def enter(self, on_key: Callable[[str], None]) -> None:
        """Take the screen over."""

    def leave(self) -> None:
        """Give it back as it was, if it was taken over."""

    def size(self) -> tuple[int, int]:
        """Columns and rows."""

    def show(self, lines: Sequence[Line]) -> None:
        """Show these, without waiting."""


class FullView(Observer):
    """`stop` is what the key for it does. Of `several` runs the screen stays from one to the next."""

    def __init__(
        self,
        canvas: Canvas,
        stop: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
        *,
        several: bool = False,
    ) -> None:
        self._canvas = canvas
        self._stop = stop
        self._clock = clock
        self._plan: Plan | None = None
        self._figures: RunFigures | None = None
        self._view = View("", "")
        self._drawn_s = self._told_s = self._next_sums_s = float("-inf")
        self._stale = True
        self._over = False
        self._several = several
        self._name = ""

    def named(self, name: str) -> None:
        self._name = f"{' '.join(name.split())}  "

    def started(self, plan: Plan) -> None:
        self._plan, self._figures, self._over = plan, RunFigures(plan), False
        stages = arrivals.stages if (arrivals := request_arrivals(plan)) is not None else ()
        most_rps = max((max(stage.from_rps, stage.to_rps) for stage in stages), default=0.0)
        self._view = View(self._name + title(describe_plan(plan)), _shape(plan), most_rps=most_rps)
        self._drawn_s = self._clock()  # a run that is over sooner than that has no need of a screen

    def progress(self, snapshot: Snapshot) -> None:
        now = self._clock()
        late, self._told_s = now - self._told_s > LATE_S and self._told_s > float("-inf"), now
        if now - self._drawn_s < EVERY_S:
            return
        if late and not self._view.slow:
            self._view = replace(self._view, slow=True)
            return
        self._view = replace(self._view, slow=late, snapshot=snapshot, offered_rps=self._offered(snapshot))
        self._draw()

    def second(self, second: RunSecond) -> None:
        if self._figures is not None:
            self._figures.add(second)
            self._stale = True

    def ended(self, result: Result) -> None:
        if not self._several:
            self.end()

    def end(self) -> None:
        """The terminal is as it was, and stays so."""
        self._over = True
        self._canvas.leave()

    def _key(self, key: str) -> None:
        match key:
            case "q" | "Q":
                self._stop()
            case " ":
                self._view = replace(self._view, frozen=not self._view.frozen)
            case "w" | "W":
                self._view = replace(self._view, last=not self._view.last)
                self._stale = True
            case "m" | "M":
                self._view = replace(self._view, machines=not self._view.machines)
            case "?" | "h":
                self._view = replace(self._view, help=not self._view.help)
            case _:
                return
        self._draw(anyway=True)

    def _draw(self, *, anyway: bool = False) -> None:
        """Draw what is known; while it is frozen, only what a key asks for."""
        self._drawn_s = self._clock()
        if self._over or (self._view.frozen and not anyway):
            return
        self._canvas.enter(self._key)
        width, height = self._canvas.size()
        began_s = self._clock()
        if self._figures is not None and self._stale and (anyway or began_s >= self._next_sums_s):
            figures = self._figures
            self._stale = False
            self._view = replace(
                self._view,
                course=figures.course,
                so_far=figures.result(height, last=self._view.last),
                names=figures.names,
                lag_ms=figures.lag_ms,
            )
            self._next_sums_s = began_s + (self._clock() - began_s) / MOST_SHARE
        self._canvas.show(view_lines(self._view, width, height))

    def _offered(self, snapshot: Snapshot) -> float | None:
        """The rate that is due at this moment."""
        arrivals = None if self._plan is None else request_arrivals(self._plan)
        return None if arrivals is None or snapshot.phase != "running" else rate_at(arrivals, snapshot.elapsed_s)


def _shape(plan: Plan) -> str:
    topology = counted(plan.processes, "process", "processes")
    if plan.mode != "threads":
        topology += f" x {counted(plan.workers, 'worker')}"
    is_of_calls = isinstance(plan.job, ScenarioJob) and plan.job.function is not None
    users = counted(plan.most_users, "user" if is_of_calls else "connection")
    return " · ".join([users, f"{plan.mode}, {topology}", *([] if is_of_calls else [f"{plan.client} client"])])
