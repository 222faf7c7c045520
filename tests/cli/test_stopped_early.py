import signal

import pytest

from tests.support.command import loadgen


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_before_the_run_is_one_line_and_not_a_traceback(monkeypatch, number):
    before = signal.getsignal(number)
    monkeypatch.setattr("loadgen.cli.app.run_app", lambda: signal.raise_signal(number))
    done = loadgen("run", "http://127.0.0.1:1/")
    assert (done.code, done.out, done.err) == (105, "", "loadgen: stopped before there was anything to report\n")
    assert signal.getsignal(number) == before


def test_what_is_ignored_stays_ignored(monkeypatch):
    seen = []
    monkeypatch.setattr("loadgen.cli.app.run_app", lambda: seen.append(signal.getsignal(signal.SIGINT)) or 0)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert loadgen("profiles").code == 0
    finally:
        signal.signal(signal.SIGINT, before)
    assert seen == [signal.SIG_IGN]
