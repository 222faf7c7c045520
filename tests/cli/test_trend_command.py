from pathlib import Path

import pytest

from loadgen.cli.labels import parse_labels
from loadgen.results.rounds import rounds_to_json
from tests.support.command import loadgen, save
from tests.support.trends import history


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for dated in history():
        (tmp_path / "deep").mkdir(exist_ok=True)
        save(dated.result, tmp_path / "deep" / f"{dated.name}.json")
    (tmp_path / "other.json").write_text('{"schema": "else"}')
    (tmp_path / "broken.json").write_text("{")
    return tmp_path


def test_a_folder_of_results_is_a_trend(folder: Path) -> None:
    done = loadgen("trend", folder, "--html", folder / "t.html")
    assert (done.code, done.err) == (120, "")
    assert "20 results, 00abcdef01 to 19abcdef01" in done.out
    assert "p50: NEW, worse" in done.out
    assert "<!doctype html>" in (folder / "t.html").read_text()


def test_options_choose_what_is_looked_at(folder: Path) -> None:
    assert loadgen("trend", folder, "--metric", "error_rate").code == 0
    assert loadgen("trend", folder, "--newest", "3").code == 0
    assert loadgen("trend", folder, "--least", "50%").code == 0


def test_rounds_are_one_result(folder: Path) -> None:
    dated = history()
    file = folder / "rounds.json"
    file.write_text(rounds_to_json([item.result for item in dated[:2]]))
    done = loadgen("trend", file, folder / "deep" / "05abcdef.json")
    assert (done.code, "2 results" in done.out) == (0, True)


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--metric", "p"], "--metric: unknown metric 'p'"),
        (["--least", "x"], "--least: "),
        (["nowhere.json"], "cannot read 'nowhere.json'"),
    ],
)
def test_what_is_wrong_is_said(folder: Path, argv: list[str], said: str) -> None:
    done = loadgen("trend", folder, *argv)
    assert done.code == 2
    assert said in done.err


def test_a_folder_without_results_is_an_error(tmp_path: Path) -> None:
    assert "no result in" in loadgen("trend", tmp_path).err


def test_labels_come_from_options_the_environment_and_ci() -> None:

    assert parse_labels(["branch=main", "a = b"], {"GITHUB_SHA": "abc"}) == {
        "commit": "abc",
        "branch": "main",
        "a": "b",
    }
    assert parse_labels(None, {"LOADGEN_LABEL": "x=1\ny=2"}) == {"x": "1", "y": "2"}
    assert loadgen("run", "http://127.0.0.1:1", "--label", "x").err == "loadgen: --label: expected KEY=VALUE, got 'x'\n"
