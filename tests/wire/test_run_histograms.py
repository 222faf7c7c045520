"""`loadgen run --hgrm --hlog`: the histograms of a run as files of their own."""

import re
import tempfile
from pathlib import Path

import pytest

from loadgen.results.hlog import read_log
from tests.support.command import MODES, loadgen


def test_a_run_saves_all_its_response_times_in_both_files(url: str, tmp_path: Path) -> None:
    hgrm, hlog = tmp_path / "r.hgrm", tmp_path / "r.hlog"
    done = loadgen("run", url, "-c", "2", "-n", "10", *MODES["pool"], "--hgrm", hgrm, "--hlog", hlog)
    assert (done.code, done.err) == (0, "")
    assert "10 sent = 10 ok" in done.out
    assert re.search(r"Total count +=           10\]", hgrm.read_text())
    log = read_log(hlog.read_text(), "r.hlog")
    assert log.merge(log.select(None, None, None)).total == 10


def test_a_file_that_cannot_be_written_at_the_end_loses_no_report(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    done = loadgen("run", url, "-c", "2", "-n", "10", *MODES["pool"], "--hgrm", "/dev/full")
    assert done.code == 2
    assert "10 sent = 10 ok" in done.out
    assert done.err.startswith("loadgen: cannot write /dev/full: No space left on device\nloadgen: the result is in ")


def test_a_file_that_could_never_be_written_stops_nothing_half_way(url: str) -> None:
    done = loadgen("run", url, "--hlog", "/nosuch/r.hlog")
    assert (done.code, done.out) == (2, "")
    assert done.err == "loadgen: --hlog: cannot write '/nosuch/r.hlog': No such file or directory\n"
