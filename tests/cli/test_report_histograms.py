"""`loadgen report`: several results, merged or not, and histogram files in and out."""

from dataclasses import replace
from pathlib import Path

import pytest

from loadgen.measure.histogram import Histogram
from loadgen.results.requests import Ledger
from loadgen.results.result import Result
from loadgen.results.summary import latencies
from tests.support.command import loadgen, save


def result(*values_us: int) -> Result:
    counts = Histogram()
    for value_us in values_us:
        counts.add(value_us)
    return Result(
        plan={"target": "http://h", "requests": []},
        duration_s=10.0,
        ledger=Ledger(len(values_us), len(values_us), 0, len(values_us)),
        status_codes={"200": len(values_us)},
        latency_ms=latencies({"response": counts}),
        histograms={"response": counts.encode()},
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    save(result(1000, 2000), tmp_path / "a.json")
    save(result(3000), tmp_path / "b.json")
    save(replace(result(1), plan={"target": "http://other"}), tmp_path / "other.json")
    assert loadgen("report", "a.json", "--hlog", "a.hlog").code == 0
    (tmp_path / "bad.hlog").write_text("no log\n")
    return tmp_path


def test_several_results_are_reported_after_each_other(folder: Path) -> None:
    done = loadgen("report", "a.json", "b.json")
    assert (done.code, done.err) == (0, "")
    first, second = done.out.split("\n==> b.json <==\n")
    assert first.startswith("==> a.json <==\n")
    assert "Latency of 2 good replies" in first
    assert "Latency of 1 good reply" in second


def test_several_results_merged_are_one_report(folder: Path) -> None:
    done = loadgen("report", "a.json", "b.json", "--merge")
    assert (done.code, done.err) == (0, "")
    assert "Latency of 3 good replies" in done.out
    assert "==>" not in done.out
    assert loadgen("report", "a.json", "b.json", "--merge", "--format", "json").result.ledger.ok == 3


def test_histogram_files_are_saved_beside_the_report(folder: Path) -> None:
    done = loadgen("report", "a.json", "b.json", "--merge", "--hgrm", "m.hgrm", "--hlog", "m.hlog")
    assert "Latency of 3 good replies" in done.out
    assert "Total count    =            3" in Path("m.hgrm").read_text()
    assert "Latency of 3 values" in loadgen("report", "m.hlog").out


def test_a_log_is_reported_and_its_range_saved_as_percentiles(folder: Path) -> None:
    done = loadgen("report", "a.hlog", "--start", "0s", "--end", "5", "--hgrm", "a.hgrm")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("a.hlog: 1 interval, 0s to 10s\n")
    assert "max     2.00 ms" in done.out
    assert Path("a.hgrm").read_text() != ""
    assert "max     2.00 us" in loadgen("report", "a.hlog", "--unit", "ns").out


def test_a_log_of_another_name_is_known_by_how_it_begins(folder: Path) -> None:
    (folder / "a.hlog").rename(folder / "a.txt")
    assert "Latency of 2 values" in loadgen("report", "a.txt").out


WRONG = {
    "unlike plans": (["a.json", "other.json", "--merge"], "cannot merge other.json with a.json: another target"),
    "a file twice": (["a.json", "a.json", "--merge"], "--merge: a file is given twice"),
    "a log to merge": (["a.json", "a.hlog", "--merge"], "--merge: takes results, and 'a.hlog' is a histogram log"),
    "a log as json": (
        ["a.hlog", "--format", "json"],
        "--format json: takes results, comparisons and what find-max found, and 'a.hlog' is",
    ),
    "a log as a log": (["a.hlog", "--hlog", "b.hlog"], "--hlog: takes results, and 'a.hlog' is"),
    "several into one file": (
        ["a.json", "b.json", "--hgrm", "x"],
        "--hgrm: takes one file at a time, or several results with --merge",
    ),
    "a range of a result": (["a.json", "--start", "1s"], "--start: only for histogram logs"),
    "a range that is none": (["a.hlog", "--end", "soon"], "--end: expected a duration such as 30s"),
    "a range without intervals": (["a.hlog", "--start", "1h"], "a.hlog: no interval begins in this range"),
    "a tag that is not there": (["a.hlog", "--tag", "x"], "a.hlog: no interval has the tag 'x'"),
    "a unit that is none": (["a.hlog", "--unit", "s"], "--unit: expected us, ns or ms, got 's'"),
    "a log that is none": (["bad.hlog"], "bad.hlog: line 1: expected START,LENGTH,MAX,HISTOGRAM"),
    "the second of two files": (["a.json", "bad.hlog"], "bad.hlog: line 1: expected START,LENGTH,MAX,HISTOGRAM"),
    "a log that is not there": (["no.hlog"], "cannot read 'no.hlog': No such file"),
    "a folder for a file": (["a.json", "--hgrm", "/"], "--hgrm: cannot write '/': Is a directory"),
    "standard output": (["a.json", "--hlog", "-"], "--hlog: expected the name of a file"),
}


@pytest.mark.parametrize(("argv", "said"), WRONG.values(), ids=WRONG)
def test_one_mistake_is_one_clear_line(folder: Path, argv: list[str], said: str) -> None:
    done = loadgen("report", *argv)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert done.err.count("\n") == 1
