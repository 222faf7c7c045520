import signal
import threading

import pytest

from loadgen.__main__ import run
from loadgen.base.processes import STOPPING
from loadgen.cli.app import run_app
from loadgen.session.signals import signals_restored
from tests.support.command import PATIENCE_S

SAID = "loadgen: stopped before there was anything to report\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_before_the_run_is_one_line_and_not_a_traceback(capsys, number):
    with signals_restored():
        assert run(lambda: signal.raise_signal(number)) == 105
    assert capsys.readouterr() == ("", SAID)


class Deleted:
    """Something that is deleted as a signal comes: Python ignores what a handler raises then."""

    def __del__(self):
        signal.raise_signal(signal.SIGTERM)


def test_a_signal_is_not_lost_where_python_ignores_exceptions(capsys):
    def ignores_it():
        Deleted()
        threading.Event().wait(PATIENCE_S)

    with signals_restored():
        assert run(ignores_it) == 105
    assert capsys.readouterr() == ("", SAID)


class Named:
    """What is told its name while a class is made: Python 3.11 has an error of its own for what is raised then."""

    def __set_name__(self, owner, name):
        signal.raise_signal(signal.SIGTERM)


def make_class():
    return type("Made", (), {"name": Named()})


def test_a_signal_while_a_class_is_made_is_one_line(capsys):
    with signals_restored():
        assert run(make_class) == 105
    assert capsys.readouterr() == ("", SAID)


def test_a_signal_while_a_command_is_imported_is_no_bug(capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["loadgen", "profiles"])
    with signals_restored():
        assert run(lambda: run_app(lambda _: make_class())) == 105
    assert capsys.readouterr() == ("", SAID)


def test_a_second_signal_does_not_end_the_end(capsys):
    def stopped_twice():
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            signal.raise_signal(signal.SIGINT)

    with signals_restored():
        assert run(stopped_twice) == 105
    assert capsys.readouterr() == ("", SAID)


@pytest.mark.parametrize("number", STOPPING, ids=lambda number: number.name)
def test_a_signal_after_all_is_said_changes_nothing(number):
    with signals_restored():
        assert run(lambda: 0) == 0
        signal.raise_signal(number)


def test_what_is_ignored_stays_ignored():
    seen = []
    with signals_restored():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        run(lambda: seen.append(signal.getsignal(signal.SIGINT)) or 0)
    assert seen == [signal.SIG_IGN]
