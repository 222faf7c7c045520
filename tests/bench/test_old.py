"""Old against new: what is run, in which order, and what is said of it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.__main__ import parse
from tests.bench.compare import Pairs
from tests.bench.old import ORDERS, SLOWER_AT_MOST, Case, checked_out, environment, rounds, section
from tests.bench.runs import Run

PROGRAM = 'import subprocess, sys\nprint("parent of", __file__, flush=True)\n'
CHILD = 'subprocess.run([sys.executable, "-P", "-m", "loadgen.child"], check=True)\n'
CASE = Case("http", "64 connections", lambda side, _tree: Run(side, cpu_us_net=1.0))


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=n", "-c", "user.email=n@example.invalid", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two commits of a package that prints where it and its child are imported from; `before` is the first."""
    package = tmp_path / "loadgen"
    package.mkdir()
    git(tmp_path, "init", "-q")
    (package / "__init__.py").touch()
    (package / "child.py").write_text('print("child of", __file__)\n')
    (package / "__main__.py").write_text(PROGRAM + CHILD)
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "before")
    git(tmp_path, "tag", "before")
    (package / "__main__.py").write_text("raise SystemExit('the new one')\n")
    git(tmp_path, "commit", "-q", "-a", "-m", "after")
    return tmp_path


@pytest.mark.slow  # three processes of git and two of Python
def test_an_old_commit_runs_its_own_package_in_all_its_processes(repository: Path) -> None:
    with checked_out("before", repository) as tree:
        done = subprocess.run(
            [sys.executable, "-m", "loadgen"],
            cwd=repository,  # the folder of the new package, which must not win
            env={**os.environ, **environment(tree)},
            capture_output=True,
            text=True,
            check=True,
        )
        package = tree / "loadgen"
        assert done.stdout.splitlines() == [f"parent of {package / '__main__.py'}", f"child of {package / 'child.py'}"]
    assert not tree.exists()
    listed = subprocess.run(["git", "worktree", "list"], cwd=repository, capture_output=True, text=True, check=True)
    assert len(listed.stdout.splitlines()) == 1, "no worktree is left behind"


def test_a_commit_that_is_not_there_is_named(repository: Path) -> None:
    with pytest.raises(RuntimeError, match="nowhere"), checked_out("nowhere", repository):
        pass


def test_in_six_rounds_each_tree_runs_as_often_before_as_after_each_other() -> None:
    for one in ORDERS[0]:
        for other in set(ORDERS[0]) - {one}:
            assert sum(order.index(one) < order.index(other) for order in ORDERS) == len(ORDERS) / 2


def test_both_trees_run_in_each_round_and_a_failure_ends_them() -> None:
    sides: list[tuple[str, str]] = []

    def run(side: str, tree: Path) -> Run:
        sides.append((side, tree.name))
        return Run(side, cpu_us_net=float(len(sides)), problem="exit 1" if len(sides) == 6 else "")

    new, same = rounds(Case("http", "job", run), Path("/tree"), 5)
    root = Path(__file__).parents[2].name
    assert sides[:3] == [("old", "tree"), ("new", root), ("old again", "tree")]
    assert (len(sides), new.ours[0].tool, new.theirs, same.ours[0].tool) == (6, "new", same.theirs, "old again")


def compared(new: list[float], old: list[float], again: list[float], problem: str = "") -> str:
    """The verdict about CPU times of as many rounds."""

    def runs(name: str, costs: list[float]) -> tuple[Run, ...]:
        return tuple(Run(name, rps=1e6 / cost, cpu_us_net=cost, problem=problem) for cost in costs)

    theirs = runs("old loadgen", old)
    table = section(
        "t", [(CASE, Pairs("p", runs("new loadgen", new), theirs), Pairs("p", runs("again", again), theirs))]
    )
    (verdict,) = table.notes
    return verdict


def test_a_tree_within_three_percent_is_as_fast() -> None:
    assert compared([10.2, 10.1, 10.3], [10.0, 10.0, 10.0], [10.0, 10.0, 10.0]) == (
        f"http, 64 connections: new/old <= {SLOWER_AT_MOST}, or within old/old: "
        "1.020 (1.010-1.030), old/old 1.000 (1.000-1.000): met"
    )


def test_a_slower_tree_is_not() -> None:
    assert compared([10.5], [10.0], [10.1]).endswith(": NOT met")


def test_what_equals_differ_by_is_no_difference() -> None:
    assert compared([10.5], [10.0], [10.6]).endswith(": met")
    assert compared([10.5], [10.0], [9.4]).endswith(": met")


def test_a_run_that_failed_gives_no_verdict_but_its_problem() -> None:
    assert compared([10.0], [10.0], [10.0], "exit 2: no such option").endswith(
        "new loadgen: exit 2: no such option; old loadgen: exit 2: no such option; again: exit 2: no such option"
    )


def test_old_needs_a_commit_and_nothing_else_takes_one(capsys: pytest.CaptureFixture[str]) -> None:
    options = parse(["old", "--pairs", "3", "HEAD~5", "tls", "s3"])
    assert (options.commit, options.benches, options.pairs) == ("HEAD~5", ["tls", "s3"], 3)
    for wrong in (["old"], ["http", "HEAD"], ["old", "HEAD", "httpx"]):
        with pytest.raises(SystemExit):
            parse(wrong)
    assert "httpx: no BENCH of old; they are http" in capsys.readouterr().err
