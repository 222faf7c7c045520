"""`loadgen run --once`: each request or scenario once, and every exchange shown as it happens."""

import os
from collections.abc import Iterable

from loadgen.base.imported import imported
from loadgen.base.loop import run_on_loop
from loadgen.base.redact import Redactor
from loadgen.cli.plans import Planned
from loadgen.cli.streams import emit, tell, wants_colour
from loadgen.judge.exit_code import ENDED
from loadgen.judge.trial_code import trial_code
from loadgen.measure.progress import Snapshot
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.report.draw.style import Line
from loadgen.report.run.trial import trial_end, trial_lines
from loadgen.results.trial import Event
from loadgen.session.observers import Observer, Observers
from loadgen.session.trial import run_trial

WIDEST = 10_000


def once(given: Planned) -> int:
    """Raises UsageError where it cannot be done on this host."""
    plan = given.plan
    job = plan.job
    assert isinstance(job, ScenarioJob)
    redactor = Redactor(plan.secrets)
    events: list[Event] = []

    def show(event: Event) -> None:
        _print(trial_lines(event, events[-1] if events else None, redactor, whole=given.whole))
        events.append(event)

    if plan.wait_s:
        wait = imported("loadgen.session.wait", "wait_for_target")
        missing = run_on_loop(wait(plan, Observers(_Waiting())))
        if missing is not None:
            why, ended = missing
            tell(f"loadgen: {why}\n")
            return ENDED[ended]
    signalled = run_on_loop(run_trial(plan, show, redactor.learn, given.signing))
    names = [journey.name for journey in job.journeys]
    _print(trial_end(events, names, signalled, "request" if given.whole else "scenario"))
    return trial_code(events, signalled=bool(signalled))


class _Waiting(Observer):
    """Says once what is waited for."""

    _said = False

    def progress(self, snapshot: Snapshot) -> None:
        if not self._said:
            tell(f"loadgen: {snapshot.step}\n")
            self._said = True


def _print(lines: Iterable[Line]) -> None:
    colour = wants_colour(os.environ)
    emit("".join(f"{row.paint(WIDEST, colour=colour)}\n" for row in lines))
