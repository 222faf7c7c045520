"""Where what was measured goes: to files, to standard output, and never to nowhere."""

import io
import os
import resource
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import cast

import pytest

from loadgen.base.errors import UsageError
from loadgen.cli.output import Delivery
from loadgen.cli.parameters import Output
from loadgen.cli.streams import is_ascii, is_read, wants_colour
from loadgen.report.exports import find_export
from loadgen.report.run.run_report import RunReport
from loadgen.report.run.text import render_text
from loadgen.results.documents import to_json
from loadgen.results.result import Result

RESULT = Result()
JSON, TEXT = to_json(RESULT), render_text(RESULT) + "\n"
RENDERERS = cast(dict[str, str], find_export("html").renderers)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def delivered(form: str = "text", *, quiet: bool = False, **files: str) -> None:
    Delivery(Output(form, files, quiet)).deliver("run", RunReport((RESULT,)))


@pytest.mark.parametrize(
    ("saved", "form", "quiet", "printed"),
    [
        (None, "text", False, TEXT),
        (None, "text", True, TEXT),
        (None, "json", True, JSON),
        ("-", "text", False, JSON),
        ("-", "text", True, JSON),
        ("r.json", "text", False, TEXT),
        ("r.json", "text", True, ""),
        ("r.json", "json", True, JSON),
    ],
)
def test_what_is_printed_beside_the_file(
    folder: Path, capsys: pytest.CaptureFixture[str], saved: str | None, form: str, quiet: bool, printed: str
) -> None:
    delivered(form, quiet=quiet, **({} if saved is None else {"saved": saved}))
    assert capsys.readouterr().out == printed
    assert {file.name: file.read_text() for file in folder.iterdir()} == ({"r.json": JSON} if saved == "r.json" else {})


@pytest.mark.parametrize("quiet", [False, True])
def test_what_cannot_be_saved_is_printed_before_that_is_said(
    capsys: pytest.CaptureFixture[str], *, quiet: bool
) -> None:
    with pytest.raises(UsageError, match="cannot write"):
        delivered(quiet=quiet, saved="/dev/full")
    assert capsys.readouterr().out == TEXT


def test_whatever_fails_the_other_files_are_written_and_each_failure_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The folder of two of four files is gone when the run ends."""
    gone = folder / "gone"
    gone.mkdir()
    files = {"saved": "gone/r.json", "hgrm": "r.hgrm", "junit": "gone/j.xml", "markdown": "r.md"}
    delivery = Delivery(Output("text", files))
    gone.rmdir()
    with pytest.raises(UsageError) as caught:
        delivery.deliver("run", RunReport((RESULT,)))
    assert [line.rpartition("/")[2] for line in str(caught.value).splitlines()] == [
        "r.json: No such file or directory",
        "j.xml: No such file or directory",
    ]
    assert sorted(file.name for file in folder.iterdir()) == ["r.hgrm", "r.md"]
    assert capsys.readouterr().out == TEXT


@pytest.mark.parametrize("name", ["saved", "hgrm"])
def test_what_was_measured_is_saved_elsewhere_where_its_file_cannot_be(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    with pytest.raises(UsageError) as caught:
        Delivery(Output("text", {name: "/dev/full"}, measured=True)).deliver("run", RunReport((RESULT,)))
    (saved,) = folder.glob("loadgen-*/result.json")
    assert saved.read_text() == JSON
    assert str(caught.value).splitlines()[1] == (
        f"the result is in {saved} instead; `loadgen report` makes the other files of it"
    )


@contextmanager
def printing_to_a_full_disk() -> Iterator[None]:
    with Path("/dev/full").open("w", encoding="utf-8") as full, redirect_stdout(full):
        yield


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("files", [{}, {"hgrm": "r.hgrm"}, {"saved": "-"}])
def test_what_was_measured_is_saved_elsewhere_where_it_cannot_be_printed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, form: str, files: dict[str, str]
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    with (
        printing_to_a_full_disk(),
        pytest.raises(UsageError, match=r"^cannot write to standard output: .*\nthe result is"),
    ):
        Delivery(Output(form, files, measured=True)).deliver("run", RunReport((RESULT,)))
    (saved,) = folder.glob("loadgen-*/result.json")
    assert saved.read_text() == JSON


def test_what_was_saved_is_not_saved_elsewhere_for_a_report_that_cannot_be_printed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    with printing_to_a_full_disk(), pytest.raises(UsageError, match=r"^cannot write to standard output: [^\n]*$"):
        Delivery(Output("text", {"saved": "r.json"}, measured=True)).deliver("run", RunReport((RESULT,)))
    assert [file.name for file in folder.iterdir()] == ["r.json"]


def test_an_error_of_ours_in_a_report_costs_no_result(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.delitem(RENDERERS, "run")
    with pytest.raises(KeyError) as caught:
        Delivery(Output("html", measured=True)).deliver("run", RunReport((RESULT,)))
    (saved,) = folder.glob("loadgen-*/result.json")
    assert any(str(saved) in note for note in caught.value.__notes__)


def test_what_was_saved_is_not_saved_elsewhere(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    with pytest.raises(UsageError, match=r"^cannot write /dev/full: No space left on device$"):
        Delivery(Output("text", {"saved": "r.json", "hgrm": "/dev/full"}, measured=True)).deliver(
            "run", RunReport((RESULT,))
        )
    assert [file.name for file in folder.iterdir()] == ["r.json"]


def test_where_nothing_can_be_saved_elsewhere_either_nothing_is_left(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        with redirect_stdout(io.StringIO()), pytest.raises(UsageError, match="not be saved elsewhere either"):
            Delivery(Output("text", {"saved": "/dev/full"}, measured=True)).deliver("run", RunReport((RESULT,)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(folder.iterdir()) == []


class Watched(io.StringIO):
    """A standard output that does something as soon as a report comes."""

    def __init__(self, at_report: Callable[[], None]) -> None:
        super().__init__()
        self._at_report = at_report

    def write(self, text: str) -> int:
        if not self.getvalue():
            self._at_report()
        return super().write(text)


def read_in_background(pipe: Path, texts: list[str]) -> threading.Thread:
    reader = threading.Thread(target=lambda: texts.append(pipe.read_text("utf-8")), daemon=True)
    reader.start()
    return reader


def test_regular_files_are_there_before_a_pager_can_keep_the_report_waiting(folder: Path) -> None:
    there: list[str] = []
    with redirect_stdout(Watched(lambda: there.extend(file.name for file in folder.iterdir()))):
        delivered(saved="r.json", hgrm="r.hgrm")
    assert sorted(there) == ["r.hgrm", "r.json"]


def test_what_was_measured_is_saved_elsewhere_before_a_pager_can_keep_the_report_waiting(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    (folder / "gone").mkdir()
    delivery = Delivery(Output("text", {"saved": "gone/r.json"}, measured=True))
    (folder / "gone").rmdir()
    there: list[Path] = []
    with (
        redirect_stdout(Watched(lambda: there.extend(folder.glob("loadgen-*/result.json")))),
        pytest.raises(UsageError),
    ):
        delivery.deliver("run", RunReport((RESULT,)))
    assert len(there) == 1


@pytest.mark.parametrize(
    ("environment", "encoding", "ascii_only"),
    [
        ({}, "utf-8", False),
        ({"LANG": "en_US.UTF-8"}, "utf-8", False),
        ({"LANG": "C"}, "utf-8", True),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, "utf-8", True),
        ({"LC_CTYPE": "C.UTF-8"}, "utf-8", False),
        ({"LANG": "C.UTF-8"}, "utf-8", False),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "POSIX"}, "utf-8", True),
        ({"LANG": "C", "LC_ALL": "C.UTF-8"}, "utf-8", False),
        ({"LANG": "C", "LC_CTYPE": "en_US.UTF-8"}, "utf-8", False),
        ({"LANG": "en_US.UTF-8"}, "latin-1", True),
        ({}, "ascii", True),
    ],
)
def test_ascii_is_for_those_who_asked_for_it(environment: dict[str, str], encoding: str, ascii_only: bool) -> None:
    assert is_ascii(environment, encoding) == ascii_only


def test_a_report_does_not_wait_for_the_reader_of_a_pipe(folder: Path) -> None:
    """Who reads the pipe comes only when the report is there."""
    os.mkfifo(folder / "pipe")
    texts: list[str] = []
    readers: list[threading.Thread] = []
    with redirect_stdout(Watched(lambda: readers.append(read_in_background(folder / "pipe", texts)))) as printed:
        delivered(saved="pipe")
    readers[0].join()
    assert (printed.getvalue(), texts) == (TEXT, [JSON])


def test_a_reader_of_the_report_that_has_gone_costs_no_file(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    texts: list[str] = []
    reader = read_in_background(folder / "pipe", texts)
    gone, stdout = os.pipe()
    os.close(gone)
    with os.fdopen(stdout, "w") as closed, redirect_stdout(closed):
        delivered(saved="r.json", markdown="pipe")
    reader.join()
    assert (folder / "r.json").read_text() == JSON
    assert texts


def test_an_error_of_ours_keeps_no_other_file_from_being_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(RENDERERS, "run")
    delivery = Delivery(Output("json", {"html": "r.html", "hgrm": "r.hgrm"}))
    with pytest.raises(KeyError):
        delivery.deliver("run", RunReport((RESULT,)))
    assert [file.name for file in folder.iterdir()] == ["r.hgrm"]


@pytest.mark.parametrize("other", ["r.json", "./r.json", "link"])
def test_two_files_may_not_be_the_same(folder: Path, other: str) -> None:
    (folder / "link").symlink_to("r.json")
    with pytest.raises(UsageError, match="--junit cannot be combined with --output of the same file: "):
        Delivery(Output("text", {"saved": "r.json", "junit": other}))


def test_a_device_may_be_written_to_twice() -> None:
    Delivery(Output("text", {"saved": os.devnull, "junit": os.devnull, "hgrm": "/dev/stdout", "hlog": "/dev/stdout"}))


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ({"FORCE_COLOR": ""}, False),
    ],
)
def test_colour_may_be_forced_where_there_is_no_terminal(environment: dict[str, str], coloured: bool) -> None:
    assert wants_colour(environment) is coloured


@pytest.mark.parametrize("name", [os.devnull, "report.txt"])
def test_a_report_into_the_null_device_is_read_by_nobody(
    name: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (folder / name).open("w") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        assert is_read() is (name != os.devnull)
        assert Delivery(Output("text", {})).shows_text is (name != os.devnull)
