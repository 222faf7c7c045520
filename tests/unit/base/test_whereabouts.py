"""Where a thread is, in code of the user's own."""

import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from loadgen.base.loop import run_on_loop
from loadgen.base.user_code import load_file
from loadgen.base.whereabouts import whereabouts

FILE = """
import threading

def waits(reached, go):
    reached.set()
    go.wait()

async def waits_inside(reached, go):
    waits(reached, go)
"""


@pytest.fixture
def code(tmp_path: Path) -> ModuleType:
    (tmp_path / "visits.py").write_text(FILE, "utf-8")
    return load_file(str(tmp_path / "visits.py"))


def place_in(target: Callable[[threading.Event, threading.Event], object]) -> str:
    """Where a thread is that has called `target` and has reached what it waits for."""
    reached, go = threading.Event(), threading.Event()
    thread = threading.Thread(target=target, args=(reached, go))
    thread.start()
    assert reached.wait(60)
    try:
        return whereabouts(thread.ident)
    finally:
        go.set()
        thread.join()


def test_it_is_the_innermost_line_that_is_no_librarys(code: ModuleType) -> None:
    assert place_in(code.waits) == "visits.py:6 in waits"
    assert place_in(lambda reached, go: run_on_loop(code.waits_inside(reached, go))) == "visits.py:6 in waits"


def test_a_thread_that_is_gone_is_nowhere() -> None:
    assert whereabouts(None) == whereabouts(-1) == ""
