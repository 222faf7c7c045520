import threading
import urllib.error

from loadgen.observe.export.events import Interval
from loadgen.observe.export.runner import MOST_WAITING, Runner
from loadgen.observe.export.sinks.base import Sink
from tests.support.export import BEGAN, interval

PATIENCE_S = 20.0


def settled(runner: Runner, patience_s: float = PATIENCE_S) -> str:
    return runner.settle(runner.mark(), patience_s)


class Kept(Sink):
    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.seconds: list[float] = []

    def interval(self, interval: Interval) -> None:
        if self.error:
            raise self.error
        self.seconds.append(interval.t_s)


class Stuck(Kept):
    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()

    def interval(self, interval: Interval) -> None:
        self.go.wait(PATIENCE_S)
        super().interval(interval)


def test_a_sink_gets_everything_in_turn() -> None:
    sink = Kept()
    runner = Runner("csv", sink)
    for t_s in range(3):
        runner.interval(interval(t_s))
    assert settled(runner) == ""
    assert sink.seconds == [0, 1, 2]


def test_what_a_sink_raises_loses_a_second_and_is_said_once() -> None:
    sink = Kept(urllib.error.URLError(ConnectionRefusedError(111, "Connection refused")))
    runner = Runner("influx", sink)
    runner.interval(interval(0))
    runner.interval(interval(1))
    assert settled(runner) == "--out influx lost 2 of 2 seconds (Connection refused)"
    sink.error = None
    runner.interval(interval(2))
    assert settled(runner) == ""


def test_one_that_hangs_loses_what_does_not_fit_and_holds_nobody_up() -> None:
    sink = Stuck()
    runner = Runner("otlp", sink)
    for t_s in range(MOST_WAITING + 5):
        runner.interval(interval(t_s))
    assert settled(runner, 0.0) == f"--out otlp lost {MOST_WAITING + 5} of {MOST_WAITING + 5} seconds (it was too slow)"
    sink.go.set()
    settled(runner)
    assert len(sink.seconds) in (MOST_WAITING, MOST_WAITING + 1)  # one may have been in its hands


def test_a_beginning_that_fails_is_said() -> None:
    class Broken(Sink):
        def began(self, run: object) -> None:
            raise ValueError("no")

    runner = Runner("csv", Broken())
    runner.call(lambda sink: sink.began(BEGAN))
    assert settled(runner) == "--out csv was not told everything (no)"
