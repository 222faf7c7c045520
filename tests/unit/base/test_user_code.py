"""Functions of a person's own, found by name; what is wrong is said with the file and what was meant."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadgen.base.errors import UsageError
from loadgen.base.user_code import load_function, takes_one

TEXT = """
from beside import VALUE

def make(index):
    return VALUE + index

class Maker:
    @classmethod
    def made(cls, index):
        return -index

number = 3
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(sys, "path", sys.path.copy())
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_tasks.py").write_text(TEXT, "utf-8")
    (tmp_path / "beside.py").write_text("VALUE = 40\n", "utf-8")
    yield tmp_path
    for name in ("beside", "my_tasks"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("where", ["my_tasks.py", "./my_tasks.py", "my_tasks"])
def test_of_a_file_and_of_a_module(where: str, folder: Path) -> None:
    assert load_function(f"{where}:make")(2) == 42
    assert load_function(f"{where}:Maker.made")(2) == -2


def test_the_folder_is_first_on_the_path_only_for_the_file(folder: Path) -> None:
    load_function("my_tasks.py:make")
    load_function("my_tasks:make")
    assert sys.path[0] != str(folder)
    assert sys.path.count(str(folder)) == 1


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("my_tasks.py", "my_tasks.py: expected FILE.py:FUNCTION or MODULE:FUNCTION"),
        ("my_tasks.py:", "expected FILE.py:FUNCTION"),
        ("my_tasks.py:mak", "my_tasks.py: there is no 'mak'; did you mean 'make'?"),
        ("my_tasks.py:Maker.mode", "my_tasks.py: there is no 'Maker.mode'; did you mean 'made'?"),
        ("my_tasks.py:number", "my_tasks.py:number: expected a function, got int"),
        ("my_tasks.py:number.real.imag.nothing", "there is no 'number.real.imag.nothing'"),
        ("nosuch.py:make", "nosuch.py: there is no such file"),
        ("nosuch:make", "nosuch: ModuleNotFoundError: No module named 'nosuch'"),
        (".my_tasks:make", ".my_tasks: TypeError: "),
    ],
)
def test_what_is_not_there_is_said(name: str, says: str, folder: Path) -> None:
    with pytest.raises(UsageError) as raised:
        load_function(name)
    assert says in str(raised.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("def make(:", "my_tasks.py:1: SyntaxError"),
        ("\n1 / 0", "my_tasks.py:2: ZeroDivisionError"),
        ("import sys; sys.exit(3)", "my_tasks.py:1: the file ends the program (sys.exit(3))"),
    ],
)
def test_what_the_file_does_is_said(text: str, says: str, folder: Path) -> None:
    (folder / "my_tasks.py").write_text(text, "utf-8")
    for where in ("my_tasks.py", "my_tasks"):
        with pytest.raises(UsageError) as raised:
            load_function(f"{where}:make")
        assert says.removeprefix("my_tasks.py") in str(raised.value) or where == "my_tasks"
        assert says.rpartition(": ")[2] in str(raised.value)


def test_whether_it_takes_one() -> None:
    assert takes_one(lambda index: index, 0)
    assert takes_one(lambda index, other=1: other, 0)
    assert takes_one(print, 0)
    assert not takes_one(lambda: 0, 0)
    assert not takes_one(lambda first, second: first, 0)
    assert not takes_one(lambda *, index: index, 0)
