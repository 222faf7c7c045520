"""`loadgen run --html`: the page of a run that was just made is that of its saved result."""

from pathlib import Path

import pytest

from tests.support.command import MODES, loadgen


@pytest.mark.parametrize("more", [(), ("--rounds", "2")], ids=["run", "rounds"])
def test_a_run_makes_the_page_of_its_result(url: str, tmp_path: Path, more: tuple[str, ...]) -> None:
    page, again, saved = tmp_path / "r.html", tmp_path / "again.html", tmp_path / "r.json"
    loadgen("run", url, "-c", "2", "-n", "10", *MODES["pool"], *more, "--html", page, "-o", saved)
    assert loadgen("report", saved, "--html", again).code == 0
    sent = "20 sent" if more else "10 sent"
    assert all(sent in file.read_text() and "Verdict" in file.read_text() for file in (page, again))
