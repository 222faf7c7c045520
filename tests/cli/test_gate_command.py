"""`loadgen gate` and `loadgen baseline` as a user has them: saved results in, a code and files out."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from loadgen.results.rounds import rounds_to_json
from tests.support.command import loadgen, save
from tests.support.rounds import ENVIRONMENT, run


def rounds(*rates: float) -> str:
    """The text of a file of several runs."""
    return rounds_to_json([
        replace(run(rps=rate), started_at=f"2026-01-05T10:0{minute}:00.000+00:00") for minute, rate in enumerate(rates)
    ])  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, rates in {"fast": (100, 101, 99), "slow": (50, 51, 49), "noisy": (100, 60, 140)}.items():
        (tmp_path / f"{name}.json").write_text(rounds(*rates), "utf-8")
    save(run(), tmp_path / "one.json")
    save(run(verdict="invalid"), tmp_path / "invalid.json")
    save(run(users=7), tmp_path / "unlike.json")
    save(run(environment={**ENVIRONMENT, "cpu": "y"}), tmp_path / "elsewhere.json")
    return tmp_path


MARGIN = ("--max-regression", "rps: 10%")
CASES = {
    "thresholds met": (("one.json", "-T", "p50 < 20ms"), 0, "PASSED\n"),
    "a threshold missed": (("one.json", "-T", "p50 < 5ms"), 99, "FAILED p50 < 5ms (was 9.99 ms); exit code 99"),
    "several files": (("one.json", "elsewhere.json", "-T", "ok >= 1000"), 0, "2 runs of"),
    "worse": (
        ("slow.json", "--baseline", "fast.json", *MARGIN),
        120,
        "FAILED worse than the baseline: rps -50.0%; exit code 120",
    ),
    "the same": (("fast.json", "--baseline", "fast.json", *MARGIN), 0, "PASSED\n"),
    "no margins": (("slow.json", "--baseline", "fast.json"), 120, "ok_rps"),
    "cannot tell": (("noisy.json", "--baseline", "fast.json", *MARGIN), 0, "PASSED, with a warning"),
    "strictly": (
        ("noisy.json", "--baseline", "fast.json", *MARGIN, "--strict"),
        120,
        "FAILED cannot tell of rps: 10%, and --strict wants",
    ),
    "invalid": (
        ("invalid.json", "-T", "p50 < 20ms"),
        121,
        "FAILED the run is invalid, not to be trusted; exit code 121",
    ),
    "anyway": (("elsewhere.json", "--baseline", "fast.json", "--anyway"), 0, "made on another machine: processor y"),
}


@pytest.mark.parametrize(("argv", "code", "said"), CASES.values(), ids=CASES)
def test_the_code_and_what_is_said_agree(folder: Path, argv: tuple[str, ...], code: int, said: str) -> None:
    done = loadgen("gate", *argv)
    assert (done.code, done.err) == (code, "")
    assert said in done.out


WRONG = {
    "nothing asked": (("one.json",), "nothing to judge by: add --threshold 'p99 < 250ms', or --baseline NAME"),
    "no such file": (("no.json", "-T", "ok > 1"), "cannot read 'no.json': No such file"),
    "twice": (("one.json", "one.json", "-T", "ok > 1"), "a result is given twice"),
    "no baseline": (("one.json", "--baseline", "main"), "'main' is neither a file nor a baseline"),
    "unlike plan": (("unlike.json", "--baseline", "one.json"), "another plan (7 connections instead of 50)"),
    "unlike rounds": (
        ("one.json", "unlike.json", "-T", "ok > 1"),
        "round 2 did not do the same as round 1: 7 connections instead of",
    ),
    "another machine": (("elsewhere.json", "--baseline", "one.json"), "another machine (processor y instead of x)"),
    "an invalid baseline": (("one.json", "--baseline", "invalid.json"), "its measurement is invalid"),
    "a bad margin": (("one.json", "--baseline", "one.json", "--max-regression", "x"), "--max-regression: expected"),
    "no margin": (("one.json", "--baseline", "one.json", "--max-regression", ""), "--max-regression: expected METRIC"),
    "a margin alone": (("one.json", "--max-regression", "p99: 1%"), "--max-regression: needs a --baseline"),
    "anyway alone": (("one.json", "--anyway"), "--anyway: needs a --baseline to compare with"),
    "a bad threshold": (("one.json", "-T", "p99 < 5"), "--threshold: p99: expected a time with its unit"),
    "a bad place": (("one.json", "-T", "ok > 1", "--junit", "/no/x.xml"), "--junit: cannot write '/no/x.xml'"),
    "a stream": (("one.json", "-T", "ok > 1", "--markdown", "-"), "--markdown: expected the name of a file"),
    "a form": (("one.json", "-T", "ok > 1", "--format", "xml"), "--format: expected"),
}


@pytest.mark.parametrize(("argv", "said"), WRONG.values(), ids=WRONG)
def test_one_mistake_is_one_clear_line(folder: Path, argv: tuple[str, ...], said: str) -> None:
    done = loadgen("gate", *argv)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert done.err.count("\n") == 1


def test_a_result_of_another_version_of_the_format_is_read(folder: Path) -> None:
    """One that lacks what came later, and has what is still to come."""
    document = json.loads((folder / "one.json").read_text())
    for key in ("opening_s", "blocks", "timeline", "out_of_range", "generator"):
        del document[key]
    document |= {"tomorrow": {"x": [1]}, "generator": {"mode": "pool", "tomorrow": 1}}
    (folder / "other.json").write_text(json.dumps(document))
    assert loadgen("gate", "other.json", "-T", "p50 < 20ms", "--baseline", "fast.json", *MARGIN).code == 0
    assert loadgen("gate", "fast.json", "--baseline", "other.json", *MARGIN).code == 0


def test_json_says_the_same(folder: Path) -> None:
    done = loadgen("gate", "slow.json", "--baseline", "fast.json", *MARGIN, "--format", "json")
    said = json.loads(done.out)
    assert (said["passed"], said["exit_code"], said["rounds"]) == (False, 120, 3)
    assert said["regressions"][0]["verdict"] == "worse"


def test_files_for_ci_are_written_beside(folder: Path) -> None:
    files = ("--junit", "j.xml", "--markdown", "m.md", "--openmetrics", "o.txt")
    assert loadgen("gate", "slow.json", "--baseline", "fast.json", *MARGIN, *files).code == 120
    assert '<testcase classname="loadgen.baseline" name="rps: 10%"' in Path("j.xml").read_text()
    assert Path("m.md").read_text().startswith("### FAILED: ")
    assert Path("o.txt").read_text().endswith("# EOF\n")


def test_github_is_told_by_annotations_and_the_summary_of_the_step(folder: Path) -> None:
    (folder / "summary.md").write_text("before\n")
    env = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": "summary.md"}
    argv = ("gate", "one.json", "-T", "p50 < 5ms")
    done = loadgen(*argv, env=env)
    assert done.out.endswith("::error title=loadgen%3A p50 < 5ms::observed 9.99 ms\n")
    assert (folder / "summary.md").read_text().startswith("before\n### FAILED: ")
    assert "::" not in loadgen(*argv, env={**env, "GITHUB_ACTIONS": "false"}).out
    machine = loadgen(*argv, "--format", "json", env=env)
    assert json.loads(machine.out)["exit_code"] == 99
    assert "::error" in machine.err
    lost = loadgen(*argv, env={**env, "GITHUB_STEP_SUMMARY": "/no/summary.md"})
    assert "GITHUB_STEP_SUMMARY: cannot write '/no/summary.md'" in lost.err


def test_a_baseline_is_saved_shown_compared_with_and_updated(folder: Path) -> None:
    saved = loadgen("baseline", "save", "main", "fast.json", env={"GITHUB_SHA": "abc123"})
    assert (saved.code, saved.out) == (0, "Saved as .loadgen/baselines/main.json; compare with --baseline main\n")
    shown = loadgen("baseline", "show", "main").out
    assert "From         fast.json\n" in shown
    assert "Commit       abc123\n" in shown
    assert "3 runs of 10s" in shown
    assert loadgen("gate", "slow.json", "--baseline", "main", *MARGIN).code == 120
    again = loadgen("baseline", "save", "main", "slow.json")
    assert (again.code, again.out) == (2, "")
    assert loadgen("baseline", "update", "main", "slow.json").code == 0
    assert loadgen("gate", "slow.json", "--baseline", "main", *MARGIN).code == 0
    listed = loadgen("baseline", "show").out.splitlines()
    assert [line.split()[0] for line in listed] == ["name", "main"]


def test_baselines_may_be_kept_elsewhere(folder: Path) -> None:
    saved = loadgen("baseline", "save", "main", "one.json", "--folder", "kept")
    assert saved.out == "Saved as kept/main.json; compare with --baseline kept/main.json\n"
    assert loadgen("gate", "one.json", "--baseline", "kept/main.json", *MARGIN).code == 0
    assert loadgen("baseline", "show").out.startswith("No baselines in .loadgen/baselines; ")


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (("invalid.json",), "invalid.json: no baseline: its measurement is invalid"),
        (("ended.json",), "ended.json: no baseline: the run did not end as planned (SIGINT received)"),
        (("dead.json",), "dead.json: no baseline: not one good reply came back"),
        (("one.json", "other.json"), "other.json did not do the same as one.json: other requests"),
        (("one.json", "unlike.json"), "unlike.json did not do the same as one.json: 7 connections instead of 50"),
        (("no.json",), "cannot read 'no.json'"),
    ],
)
def test_what_nothing_should_be_compared_with_is_no_baseline(folder: Path, files: tuple[str, ...], said: str) -> None:
    save(replace(run(), ended_by="signal", ended_because="SIGINT received"), folder / "ended.json")
    save(replace(run(), ledger=replace(run().ledger, ok=0, failed=1000)), folder / "dead.json")
    save(run(requests=[]), folder / "other.json")
    done = loadgen("baseline", "save", "main", *files)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert not (folder / ".loadgen").exists()
