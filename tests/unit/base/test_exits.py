"""`os._exit` in a person's code."""

import os
import threading

import pytest

from loadgen.base.exits import ProgramEnd, exits_raised


@pytest.fixture(autouse=True)
def restored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "_exit", os._exit)
    monkeypatch.setattr(os, "abort", os.abort)


def test_what_ends_the_process_is_an_exception() -> None:
    with exits_raised():
        from os import _exit

        with pytest.raises(ProgramEnd, match=r"os\._exit\(3\)"):
            os._exit(3)
        with pytest.raises(ProgramEnd, match=r"os\._exit\(4\)"):
            _exit(4)
        with pytest.raises(ProgramEnd, match=r"os\.abort\(\)"):
            os.abort()


def test_whoever_else_ends_the_process_does_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int] = []
    monkeypatch.setattr(os, "_exit", ended.append)
    with exits_raised():
        thread = threading.Thread(target=os._exit, args=(1,))
        thread.start()
        thread.join()
        with exits_raised():
            pass
        with pytest.raises(ProgramEnd):
            os._exit(2)
    os._exit(3)
    assert ended == [1, 3]


def test_a_fork_of_the_code_ends_as_it_likes(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int] = []
    monkeypatch.setattr(os, "_exit", ended.append)
    with exits_raised():
        monkeypatch.setattr(os, "getpid", lambda: -1)
        os._exit(7)
    assert ended == [7]
