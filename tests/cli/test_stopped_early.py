import signal

import pytest

from loadgen.__main__ import run
from loadgen.base.processes import STOPPING
from loadgen.session.signals import signals_restored
from tests.support.command import loadgen


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_before_the_run_is_one_line_and_not_a_traceback(monkeypatch, number):
    before = signal.getsignal(number)
    monkeypatch.setattr("loadgen.cli.app.run_app", lambda: signal.raise_signal(number))
    done = loadgen("run", "http://127.0.0.1:1/")
    assert (done.code, done.out, done.err) == (105, "", "loadgen: stopped before there was anything to report\n")
    assert signal.getsignal(number) == before


def test_a_second_signal_does_not_end_the_end(monkeypatch):
    def stopped_twice():
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("loadgen.cli.app.run_app", stopped_twice)
    done = loadgen("run", "http://127.0.0.1:1/")
    assert (done.code, done.err) == (105, "loadgen: stopped before there was anything to report\n")


@pytest.mark.parametrize("number", STOPPING, ids=lambda number: number.name)
def test_a_signal_after_all_is_said_changes_nothing(monkeypatch, number):
    monkeypatch.setattr("sys.argv", ["loadgen", "profiles"])
    with signals_restored():
        assert run() == 0
        signal.raise_signal(number)


def test_what_is_ignored_stays_ignored(monkeypatch):
    seen = []
    monkeypatch.setattr("loadgen.cli.app.run_app", lambda: seen.append(signal.getsignal(signal.SIGINT)) or 0)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert loadgen("profiles").code == 0
    finally:
        signal.signal(signal.SIGINT, before)
    assert seen == [signal.SIG_IGN]
