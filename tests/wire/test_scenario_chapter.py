"""The scenarios of README and chapters as files, against the shop of the demo server, in every mode."""

import re
from pathlib import Path
from shutil import copy

import pytest

from loadgen.results.result import Result
from tests.support.command import Mode, loadgen

ROOT = Path(__file__).parents[2]
CHAPTERS = "\n".join(page.read_text("utf-8") for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))))
FILES = {
    name: text
    for name, text in re.findall(r"^```python\n# (\w+\.py)\n(.*?)^```", CHAPTERS, re.MULTILINE | re.DOTALL)
    if "loadgen.scenario" in text
}
PROFILES = [
    text for text in re.findall(r"^```yaml\n(.*?)^```", CHAPTERS, re.MULTILINE | re.DOTALL) if "scenarios:" in text
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with all files of the chapters, whose users make no long pauses, and the users' names."""
    for name, text in FILES.items():
        hurried = re.sub(r"think=\(.*?\)", "think=0", re.sub(r"pause\(.*?\)", "pause(0.001)", text))
        (tmp_path / name).write_text(hurried, "utf-8")
    copy(ROOT / "profiles" / "shop-accounts.csv", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def good(*argv: object) -> Result:
    done = loadgen("run", *argv, "-q", "--format", "json")
    assert (done.code, done.err) == (0, "")
    assert done.result.ledger.failed == 0
    assert done.result.ledger.ok > 0
    return done.result


def test_there_are_files() -> None:
    assert len(FILES) >= 10


@pytest.mark.parametrize("name", FILES)
def test_every_file_runs_in_every_mode(name: str, local_mode: Mode, url: str, folder: Path) -> None:
    result = good(name, "--target", url, "-n", "6", "-c", "3", *local_mode)
    assert result.journeys.ok == 6


@pytest.mark.parametrize("text", PROFILES)
def test_every_declared_scenario_runs(text: str, url: str, folder: Path) -> None:
    text = re.sub(r"think: [^,}\n]+", "think: 0s", text)
    (folder / "chapter.yaml").write_text(text, "utf-8")
    mixed = "users:" in text and "rate:" in text  # which has no -n
    end = ("-d", "500ms") if mixed else ("-n", "6")
    result = good("chapter.yaml", "--set", f"TARGET={url}", *end, "--processes", "1")
    assert result.arrivals.started == 2 if mixed else result.journeys.ok == 6
