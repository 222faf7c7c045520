"""The line of progress: whose run it is, on a terminal and in a log."""

import io

import pytest

from loadgen.cli.live import LiveLine
from loadgen.measure.progress import Snapshot

RUNNING = Snapshot(2.0, 10.0, None, 2000, 1000.0, 1.0, 0, 5, 5, "running")


class Stream(io.StringIO):
    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


def shown(monkeypatch: pytest.MonkeyPatch, *, terminal: bool, quiet: bool = False) -> str:
    stream = Stream(terminal=terminal)
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setenv("COLUMNS", "80")
    live = LiveLine(quiet=quiet)
    live.lead("1/2 pool   ")
    live.show(RUNNING)
    live.end()
    return stream.getvalue()


def test_a_terminal_shows_whose_run_it_is_before_the_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = shown(monkeypatch, terminal=True).split("\r\x1b[K")
    assert drawn[1].startswith("1/2 pool       2.0s / 10s  ██")
    assert drawn[1].endswith("1,000/s  p99 1.00 ms  errors 0")
    assert len(drawn[1]) < 80
    assert drawn[2] == ""


def test_a_log_has_a_line_for_each_run(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, terminal=False) == "1/2 pool\n"


def test_quiet_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, terminal=True, quiet=True) == ""
