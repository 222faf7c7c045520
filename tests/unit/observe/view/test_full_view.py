from collections.abc import Callable, Sequence
from dataclasses import replace

from loadgen.observe.view.full_view import FullView
from loadgen.plan.jobs.scenario import Journey, ScenarioJob
from loadgen.plan.plan import Arrivals, Stage
from loadgen.report.draw.style import Line
from loadgen.results.result import Result
from tests.support.plans import one_url
from tests.support.views import RUNNING, second


class Canvas:
    def __init__(self) -> None:
        self.frames: list[list[str]] = []
        self.entered = self.left = 0
        self.key: Callable[[str], None] = lambda _key: None

    def enter(self, on_key: Callable[[str], None]) -> None:
        self.entered += 1
        self.key = on_key

    def leave(self) -> None:
        self.left += 1

    def size(self) -> tuple[int, int]:
        return 80, 24

    def show(self, lines: Sequence[Line]) -> None:
        self.frames.append([row.text for row in lines])


class Seen:
    """A view, its canvas, and a clock that a test moves; progress is told ten times a second."""

    def __init__(self, plan=None, *, several: bool = False) -> None:
        self.now_s = 0.0
        self.stops = 0
        self.canvas = Canvas()
        self.view = FullView(self.canvas, self.stop, lambda: self.now_s, several=several)
        self.view.started(plan or one_url())

    def stop(self) -> None:
        self.stops += 1

    def progress(self, times: int = 1, every_s: float = 0.1, **changes: object) -> None:
        for _ in range(times):
            self.now_s += every_s
            self.view.progress(replace(RUNNING, elapsed_s=self.now_s, **changes))

    @property
    def text(self) -> str:
        return "\n".join(self.canvas.frames[-1])


def test_it_draws_twice_a_second() -> None:
    seen = Seen()
    seen.progress(22)
    assert len(seen.canvas.frames) in (3, 4)


def test_a_short_run_leaves_the_screen_alone() -> None:
    seen = Seen()
    seen.progress(4)
    seen.view.ended(Result())
    assert (seen.canvas.entered, seen.canvas.frames) == (0, [])


def test_a_loop_that_is_late_skips_a_frame_and_then_draws_less_often() -> None:
    seen = Seen()
    seen.progress(6)
    before = len(seen.canvas.frames)
    seen.progress(every_s=0.9)
    assert len(seen.canvas.frames) == before
    seen.progress(every_s=0.9)
    assert "busy: drawn less often" in seen.text
    seen.progress(6)
    assert "busy" not in seen.text


def test_seconds_become_charts_and_tables() -> None:
    seen = Seen()
    for t_s in range(3):
        seen.view.second(second(t_s))
    seen.progress(6)
    assert "5 of 5" not in seen.text
    assert "Errors" not in seen.text
    for t_s in range(3, 20):
        seen.view.second(second(t_s))
    seen.progress(6)
    assert "unexpected status 503" in seen.text


def test_keys_freeze_change_the_window_show_help_and_stop() -> None:
    seen = Seen()
    for t_s in range(20):
        seen.view.second(second(t_s))
    seen.progress(6)
    assert "Requests, last 10 s" in seen.text
    seen.canvas.key("w")
    assert "Requests, whole run" in seen.text
    seen.canvas.key("?")
    assert "as the first Ctrl-C does" in seen.text
    seen.canvas.key("?")
    seen.canvas.key(" ")
    assert "FROZEN" in seen.text
    frames = len(seen.canvas.frames)
    seen.progress(20)
    assert len(seen.canvas.frames) == frames
    seen.canvas.key("m")  # of one machine there is nothing to be shown
    assert "Requests, " in seen.text
    frames += 1
    seen.canvas.key("x")
    assert len(seen.canvas.frames) == frames
    seen.canvas.key("q")
    assert seen.stops == 1


def test_the_rate_that_is_due_is_that_of_the_stage() -> None:
    stages = (Stage(10.0, 100.0, 100.0), Stage(10.0, 100.0, 300.0))
    seen = Seen(replace(one_url(), arrivals=Arrivals(stages), job=ScenarioJob((Journey("buy"),))))
    seen.now_s = 4.0
    seen.progress(2)
    assert "due" not in seen.text, "journeys are, and requests are shown"
    seen = Seen(replace(one_url(), arrivals=Arrivals(stages)))
    seen.now_s = 4.0
    seen.progress(2)
    assert "of 100/s due" in seen.text
    seen.now_s = 14.9
    seen.progress(6)
    seen.progress(6)
    assert "of 2" in seen.text.partition("sent ")[2][:6]


def test_the_terminal_is_given_back_at_the_end() -> None:
    seen = Seen()
    seen.progress(12)
    seen.view.ended(Result())
    seen.view.end()
    assert seen.canvas.entered == 2  # with each frame: only the first time does something
    assert seen.canvas.left == 2
    seen.progress(12)
    assert seen.canvas.entered == 2


def test_of_several_runs_each_has_its_name_and_the_screen_stays_between_them() -> None:
    seen = Seen(several=True)
    seen.view.second(second(0))
    seen.progress(6)
    seen.view.ended(Result())
    assert seen.canvas.left == 0
    seen.view.named("2/5 threads  ")
    seen.view.started(one_url())
    seen.progress(6)
    assert seen.text.startswith("2/5 threads  GET http://")
    assert "none has ended yet" in seen.text
    seen.view.end()
    assert seen.canvas.left == 1
