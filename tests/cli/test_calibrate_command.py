"""`loadgen calibrate`: what it prints and keeps; and once with a real responder."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from loadgen.cli.calibrate import cache_file, last_calibration
from tests.support.command import loadgen
from tests.unit.report.campaigns.test_calibration import FOUND, GOLDEN


def fake_measure(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    asked = []

    def measure(*, null: bool) -> object:
        asked.append(null)
        return FOUND

    monkeypatch.setattr("loadgen.cli.calibrate.measure", measure)
    return asked


def test_what_was_found_is_printed_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert fake_measure(monkeypatch) == []
    done = loadgen("calibrate", env={"XDG_CACHE_HOME": str(tmp_path)})
    file = tmp_path / "loadgen" / "calibration.json"
    assert (done.code, done.err) == (0, "")
    assert done.out == f"{GOLDEN}\n\nSaved as {file}\n"
    kept = json.loads(file.read_text("utf-8"))
    assert (kept["schema"], kept["ceiling"]["rps"]) == ("loadgen.calibration/1", FOUND.ceiling.rps)


def test_null_asks_for_the_least_that_can_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = fake_measure(monkeypatch)
    loadgen("calibrate", "--null", env={"XDG_CACHE_HOME": str(tmp_path)})
    assert asked == [True]


def test_a_cache_that_cannot_be_written_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_measure(monkeypatch)
    (tmp_path / "loadgen").write_text("a file")
    done = loadgen("calibrate", env={"XDG_CACHE_HOME": str(tmp_path)})
    assert done.code == 2
    assert GOLDEN in done.out, "the figures are not lost"
    assert done.err.startswith("loadgen: cannot write ")


@pytest.mark.parametrize("environment", [{}, {"XDG_CACHE_HOME": ""}, {"XDG_CACHE_HOME": "here"}])
def test_without_an_absolute_cache_home_it_is_the_users(environment: Mapping[str, str]) -> None:
    assert cache_file(environment) == Path.home() / ".cache" / "loadgen" / "calibration.json"


def test_a_user_without_a_home_has_no_calibration(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> Path:
        raise RuntimeError("Could not determine home directory.")

    asked = fake_measure(monkeypatch)
    monkeypatch.setattr(Path, "home", nowhere)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert last_calibration() is None
    done = loadgen("calibrate")
    assert (done.code, done.out, asked) == (2, "", []), "before it takes any time"
    assert "set XDG_CACHE_HOME" in done.err


@pytest.mark.slow  # starts a process and runs eight short runs
@pytest.mark.parametrize("flag", [[], ["--null"]], ids=["target", "null"])
def test_it_measures_this_machine(flag: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MEMORY_S", "CEILING_S", "LAG_S", "WARMUP_S"):
        monkeypatch.setattr(f"loadgen.campaigns.calibrate.{name}", 0.05)
    done = loadgen("calibrate", *flag, env={"XDG_CACHE_HOME": str(tmp_path)})
    assert (done.code, done.err) == (0, "")
    kept = json.loads((tmp_path / "loadgen" / "calibration.json").read_text("utf-8"))
    assert kept["ceiling"]["rps"] > 0
    assert len(kept["send_lag"]) == 3
