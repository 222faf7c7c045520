"""`loadgen run --rounds`, with a baseline and without, and find-max: each run in a process of its own, real sockets."""

import json
import signal
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from loadgen.cli.bodies.plan_run import plan_run
from loadgen.cli.bodies.rounds import rounds
from loadgen.cli.commands.run import Run
from loadgen.results.rounds import read_variants
from loadgen.target.options import TargetOptions
from loadgen.target.process import TargetProcess
from tests.support.command import Command, loadgen, stats_of, wait_until

pytestmark = pytest.mark.slow  # each run starts a process

SHORT = ("-c", "4", "-n", "400", "--processes", "1", "-q")


def unrested(given: Run) -> int:
    """No second of rest between two rounds in this process."""
    return rounds(plan_run(given), settle_s=0.0)


def test_rounds_are_saved_each_and_judged_together(url: str, tmp_path: Path) -> None:
    saved, junit = tmp_path / "r.json", tmp_path / "j.xml"
    files = ("-o", saved, "--junit", junit, "--hgrm", tmp_path / "r.hgrm")
    done = loadgen("run", url, *SHORT, "--rounds", "2", "-T", "ok == 800", "-T", "failed > 0", *files, call=unrested)
    said = "loadgen: FAILED failed > 0 (was 0); exit code 99\n"
    assert (done.code, done.out, done.err) == (99, "", said)
    (variant,) = read_variants(saved.read_text())
    assert [result.ledger.ok for result in variant.results] == [400, 400]
    failed = ET.parse(junit).getroot().findall("testsuite/testcase[failure]")
    assert [case.get("name") for case in failed] == ["failed > 0"]
    assert "Total count    =          800" in (tmp_path / "r.hgrm").read_text()


def test_a_build_is_compared_with_a_baseline_in_one_command(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert loadgen("run", url, *SHORT, "-o", "main.json").code == 0
    assert loadgen("baseline", "save", "main", "main.json").code == 0
    margins = ("--max-regression", "error_rate: 1%")
    same = loadgen("run", url, *SHORT, "--baseline", "main", *margins)
    assert same.code == 0
    assert "\n\nAgainst the baseline main (1 run, " in same.out
    assert same.out.endswith("\n\nPASSED, with a warning: cannot tell of error_rate: 1%\n")
    with TargetProcess(TargetOptions(port=0, fail_after=1)) as broken:
        worse = loadgen(
            "run", broken.url, *SHORT, "--rounds", "2", "--baseline", "main", *margins, "-o", "now.json", call=unrested
        )
    assert worse.code == 120
    assert loadgen("gate", "now.json", "--baseline", "main", *margins).code == 120


def test_an_unlike_plan_is_refused_before_anything_runs(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert loadgen("run", url, *SHORT, "-o", "main.json").code == 0
    done = loadgen("run", "http://127.0.0.1:1/", *SHORT, "-c", "5", "--baseline", "main.json")
    assert (done.code, done.out) == (2, "")
    assert "another plan (5 connections instead of 4)" in done.err


def test_a_signal_between_rounds_leaves_those_that_were_run(url: str, tmp_path: Path) -> None:
    saved = tmp_path / "r.json"
    arguments = ("run", url, "-c", "2", "-d", "200ms", "--processes", "1", "--rounds", "50", "-o", saved)
    with Command(*arguments, "--junit", tmp_path / "j.xml") as command:
        wait_until(lambda: _sent(url) > 0, "a first request")
        command.send(signal.SIGINT)
        done = command.finish()
    assert done.code == 105
    (variant,) = read_variants(saved.read_text())
    assert 1 <= len(variant.results) < 50


def test_a_signal_leaves_what_a_search_has_found(url: str, tmp_path: Path) -> None:
    saved, page = tmp_path / "max.json", tmp_path / "max.html"
    arguments = ("find-max", url, "--slo", "p50 < 5s", "-d", "300ms", "--processes", "1", "-o", saved, "--html", page)
    with Command(*arguments) as command:
        wait_until(lambda: _sent(url) > 40, "a request of the second run")
        command.send(signal.SIGINT)
        done = command.finish()
    found = json.loads(saved.read_text())
    assert (done.code, found["ended_by"], found["best_rps"]) == (105, "signal", 100.0)
    assert "Stopped by a signal before the end of the search." in done.out
    assert done.err.split() == ["100/s", "met", "p50", *done.err.split()[3:]]
    assert page.read_text().startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ((), "--slo: expected at least one, such as --slo 'p99 < 50ms'"),
        (("--slo", "p99 < 50"), "--slo: p99: expected a time with its unit such as 50ms"),
        (("--slo", "p99 < 50ms", "-n", "5"), "--requests: cannot be combined with find-max"),
        (("--slo", "p99 < 50ms", "--stage", "1s:5/s"), "--stage: cannot be combined with find-max"),
        (("--slo", "p99 < 50ms", "--think", "1s"), "--think: cannot be combined with a rate"),
        (("--slo", "p99 < 50ms", "--html", "/no/x.html"), "--html: cannot write"),
    ],
)
def test_a_search_that_cannot_be_is_one_clear_line(argv: tuple[str, ...], said: str) -> None:
    done = loadgen("find-max", "http://127.0.0.1:1/", *argv, "-q", "--processes", "1")
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert done.err.count("\n") == 1


def _sent(url: str) -> int:
    return int(stats_of(url)["requests"])
