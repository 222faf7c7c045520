"""`loadgen diff`, and `loadgen report` of a comparison: saved files, what is refused, what is warned of."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from loadgen.results.documents import to_json
from loadgen.results.result import Result
from loadgen.results.rounds import Rounds, comparison_to_json, rounds_to_json
from tests.support.command import loadgen
from tests.support.comparisons import pool, threads, workers


def _saved(path: Path, results: Sequence[Result]) -> Path:
    path.write_text(to_json(results[0]) if len(results) == 1 else rounds_to_json(results))
    return path


@pytest.fixture
def main(tmp_path: Path) -> Path:
    return _saved(tmp_path / "main.json", pool())


@pytest.fixture
def comparison(tmp_path: Path) -> Path:
    file = tmp_path / "c.json"
    variants = [Rounds(pool(2), "pool"), Rounds(threads(2), "threads"), Rounds(workers(2), "pool 4 workers")]
    file.write_text(comparison_to_json(variants))
    return file


def test_two_series_of_rounds(main: Path, tmp_path: Path) -> None:
    done = loadgen("diff", main, _saved(tmp_path / "branch.json", threads()))
    assert (done.code, done.err) == (0, "")
    assert "branch against main" in done.out
    assert done.out.count("worse") >= 5
    assert done.out.splitlines()[-1].startswith("PASSED (nothing was to be met")


def test_single_results(tmp_path: Path) -> None:
    a, b = (_saved(tmp_path / name, [result]) for name, result in (("a", pool()[0]), ("b", threads()[0])))
    done = loadgen("diff", a, b, "--format", "json")
    assert json.loads(done.out)["against"][0]["basis"] == "none"


def test_variants_of_a_comparison_by_label_or_number(comparison: Path) -> None:
    done = loadgen("diff", f"{comparison}#pool", f"{comparison}#pool-4-workers")
    assert "pool-4-workers against pool" in done.out
    assert loadgen("diff", f"{comparison}#1", f"{comparison}#3").out.count("worse") == done.out.count("worse")
    assert loadgen("diff", f"{comparison}#1", f"{comparison}#pool 4 workers").code == 0


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("{}", "c.json: holds several variants (pool, threads, pool-4-workers); name one, as {}#pool"),
        ("{}#9", "has no variant '9'; there is pool, threads, pool-4-workers"),
        ("{}.gone", "cannot read '{}.gone': No such file or directory"),
        ("{}.gone#1", "cannot read '{}.gone': No such file or directory"),
    ],
)
def test_a_side_that_is_none(comparison: Path, main: Path, name: str, said: str) -> None:
    done = loadgen("diff", main, name.format(comparison))
    assert (done.code, done.out) == (2, "")
    assert said.format(comparison) in done.err
    assert done.err.count("\n") == 1


def test_a_file_may_have_the_mark_in_its_name(main: Path, tmp_path: Path) -> None:
    assert loadgen("diff", main, _saved(tmp_path / "run#2.json", threads())).code == 0


def test_plans_that_differ_are_refused_with_what_differs(main: Path, tmp_path: Path) -> None:
    other = [replace(result, plan=result.plan | {"users": 70, "warmup_s": 2.0}) for result in pool()]
    file = _saved(tmp_path / "other.json", other)
    done = loadgen("diff", main, file)
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        f"loadgen: {file} did not do the same as {main}: 70 connections instead of 50; 2s instead of 0s of warm-up; "
        "--anyway compares them all the same\n"
    )
    anyway = loadgen("diff", main, file, "--anyway")
    assert anyway.code == 0
    assert "NOT ALIKE: 70 connections instead of 50; 2s instead of 0s of warm-up." in " ".join(anyway.out.split())


def test_another_machine_and_other_software_are_warned_of(main: Path, tmp_path: Path) -> None:
    other = [replace(result, environment=result.environment | {"cores": 8, "python": "3.13.0"}) for result in pool()]
    out = " ".join(loadgen("diff", main, _saved(tmp_path / "other.json", other)).out.split())
    assert "ANOTHER MACHINE: usable cores 8 instead of 4." in out
    assert "Other software: Python 3.13.0 instead of 3.12.1." in out


def test_the_same_file_twice_has_two_names(main: Path) -> None:
    assert "main (B) against main (A)" in loadgen("diff", main, main).out


def test_a_page_is_written(main: Path, tmp_path: Path) -> None:
    page = tmp_path / "d.html"
    assert loadgen("diff", main, main, "--html", page).code == 0
    assert "<svg" in page.read_text()
    assert loadgen("diff", main, main, "--html", tmp_path / "no" / "d.html").code == 2


def test_a_damaged_histogram_is_one_clear_line(main: Path, tmp_path: Path) -> None:
    broken = [replace(result, histograms={"response": "x"}) for result in pool()]
    done = loadgen("diff", main, _saved(tmp_path / "broken.json", broken), "--html", tmp_path / "d.html")
    assert done.code == 2
    assert done.err.startswith("loadgen: damaged result: histogram 'response'")


def test_report_prints_a_comparison_again(comparison: Path, tmp_path: Path) -> None:
    done = loadgen("report", comparison, "--html", tmp_path / "c.html")
    assert (done.code, done.err) == (0, "")
    assert "pool 4 workers against pool" in done.out
    assert "<svg" in (tmp_path / "c.html").read_text()
    assert loadgen("report", comparison, "--format", "markdown").out.startswith("**GET")


def test_report_prints_one_variant_as_a_run(comparison: Path) -> None:
    done = loadgen("report", f"{comparison}#threads", "--format", "json").result
    assert done.ledger.ok == sum(result.ledger.ok for result in threads(2))


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (
            ["{comparison}", "--junit", "{folder}/x.xml"],
            "--junit: takes results, and '{comparison}' is a comparison; it takes one variant, as {comparison}#1",
        ),
        (["{comparison}", "--hgrm", "{folder}/x"], "is a comparison; it takes one variant, as {comparison}#1"),
        (["{comparison}", "{main}", "--merge"], "holds several variants"),
        (["{comparison}", "{comparison}#1", "--html", "{folder}/x.html"], "--html: takes one file at a time"),
    ],
)
def test_report_says_what_it_takes(main: Path, comparison: Path, tmp_path: Path, argv: list[str], said: str) -> None:
    names = {"main": main, "comparison": comparison, "folder": tmp_path}
    done = loadgen("report", *(word.format(**names) for word in argv))
    assert (done.code, done.out) == (2, "")
    assert said.format(**names) in done.err
