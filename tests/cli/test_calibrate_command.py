"""`loadgen calibrate`: what it prints and keeps; and once with a real responder."""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from loadgen.cli.bodies.calibrate import calibrate, measure, run_quietly
from loadgen.plan.plan import Plan
from loadgen.results.calibration import Calibration, cache_file, last_calibration
from loadgen.results.result import Result
from tests.support.command import Finished, loadgen
from tests.unit.report.campaigns.test_calibration import FOUND, GOLDEN


class Measured:
    """Stands for the runs: it has found FOUND."""

    def __init__(self) -> None:
        self.asked: list[bool] = []

    def __call__(self, null: bool) -> Calibration:
        self.asked.append(null)
        return FOUND


def measured(*argv: str, folder: Path, measure: Measured | None = None, busy: float = 0.0) -> Finished:
    call = partial(calibrate, measure=measure or Measured(), busy=lambda: busy)
    return loadgen("calibrate", *argv, env={"XDG_CACHE_HOME": str(folder)}, call=call)


def test_what_was_found_is_printed_and_kept(tmp_path: Path) -> None:
    done = measured(folder=tmp_path)
    file = tmp_path / "loadgen" / "calibration.json"
    assert (done.code, done.err) == (0, "")
    assert done.out == f"{GOLDEN}\n\nSaved as {file}\n"
    kept = json.loads(file.read_text("utf-8"))
    assert (kept["schema"], kept["ceiling"]["rps"]) == ("loadgen.calibration/1", FOUND.ceiling.rps)


def test_null_asks_for_the_least_that_can_answer(tmp_path: Path) -> None:
    measure = Measured()
    measured("--null", folder=tmp_path, measure=measure)
    assert measure.asked == [True]


def test_a_cache_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "loadgen").write_text("a file")
    done = measured(folder=tmp_path)
    assert done.code == 2
    assert GOLDEN in done.out, "the figures are not lost"
    assert done.err.startswith("loadgen: cannot write ")


@pytest.mark.parametrize("environment", [{}, {"XDG_CACHE_HOME": ""}, {"XDG_CACHE_HOME": "here"}])
def test_without_an_absolute_cache_home_it_is_the_users(environment: Mapping[str, str]) -> None:
    assert cache_file(environment) == Path.home() / ".cache" / "loadgen" / "calibration.json"


def test_a_user_without_a_home_has_no_calibration(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> Path:
        raise RuntimeError("Could not determine home directory.")

    measure = Measured()
    monkeypatch.setattr(Path, "home", nowhere)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert last_calibration({}) is None
    done = loadgen("calibrate", call=partial(calibrate, measure=measure, busy=lambda: 0.0))
    assert (done.code, done.out, measure.asked) == (2, "", []), "before it takes any time"
    assert "set XDG_CACHE_HOME" in done.err


def test_a_busy_machine_is_refused_with_what_to_do(tmp_path: Path) -> None:
    measure = Measured()
    done = measured(folder=tmp_path, measure=measure, busy=0.7)
    assert (done.code, done.out, measure.asked, done.err.count("\n")) == (2, "", [], 1)
    assert "the machine is busy: 0.7 of its" in done.err
    assert measured("--anyway", folder=tmp_path, busy=1.5).code == 0


def run_shortly(plan: Plan) -> Result:
    """Run the plan for an instant, or a longer one where this machine is too busy for a single reply in it."""
    for duration_s in (0.05, 0.5, 5.0):
        shorter = replace(plan, duration_s=duration_s)
        if plan.arrivals is not None:
            (stage,) = plan.arrivals.stages
            stages = (replace(stage, duration_s=2 * duration_s),)
            shorter = replace(shorter, arrivals=replace(plan.arrivals, stages=stages), warmup_s=duration_s)
        result = run_quietly(shorter)
        if result.ledger.ok:
            break
    return result


@pytest.mark.slow  # starts a process and runs eight short runs
@pytest.mark.parametrize("flag", [[], ["--null"]], ids=["target", "null"])
def test_it_measures_this_machine(flag: list[str], tmp_path: Path) -> None:
    call = partial(calibrate, measure=partial(measure, runner=run_shortly))
    done = loadgen("calibrate", "--anyway", *flag, env={"XDG_CACHE_HOME": str(tmp_path)}, call=call)
    assert (done.code, done.err) == (0, "")
    kept = json.loads((tmp_path / "loadgen" / "calibration.json").read_text("utf-8"))
    assert kept["ceiling"]["rps"] > 0
    assert len(kept["send_lag"]) == 3
