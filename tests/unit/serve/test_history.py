from pathlib import Path

import pytest

from loadgen.base.errors import UsageError
from loadgen.results.documents import from_json
from loadgen.results.result import Result
from loadgen.serve.history import History

RESULT = Result(started_at="2026-03-04T05:06:07+00:00")


def test_each_run_is_a_file_and_is_there_again_next_time(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "runs"
    history = History(folder, {"commit": "1f9"})
    assert [history.add(RESULT), history.add(RESULT)] == ["20260304-050607", "20260304-050607-2"]
    (folder / "20260101-000000.json").write_text("no result")
    (folder / "mine.json").write_text("{}")
    again = History(folder, {})
    assert [run.name for run in again.kept] == ["20260304-050607", "20260304-050607-2"]
    assert again.find("20260304-050607") == from_json((folder / "20260304-050607.json").read_text(), "")
    assert again.find("20260304-050607").labels == {"commit": "1f9"}  # type: ignore[union-attr]
    assert again.find("../20260304-050607") is None


def test_a_folder_that_cannot_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"^--save: cannot use '.*file/runs': Not a directory"):
        History(tmp_path / "file" / "runs", {})
