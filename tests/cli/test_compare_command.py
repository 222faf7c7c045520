"""`loadgen compare`: options, what is saved and printed, and how it ends."""

import json
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from loadgen.campaigns.rounds import RoundsOutcome
from loadgen.cli.bodies.compare import compare
from loadgen.plan.plan import Plan
from loadgen.results.requests import Ledger
from loadgen.results.result import Result
from loadgen.results.rounds import read_variants
from tests.support.command import Finished, loadgen
from tests.support.comparisons import pool, threads

URL = "http://127.0.0.1:8080/"


class Measured:
    """Stands for the runs: `asked` is what was to be measured, `outcome` what comes of it, by default a good one."""

    def __init__(self, outcome: RoundsOutcome | None = None) -> None:
        self.outcome = outcome or RoundsOutcome(good())
        self.asked: list[dict[str, Any]] = []

    def __call__(self, plans: Sequence[Plan], labels: Sequence[str], number: int, **options: Any) -> RoundsOutcome:
        self.asked.append({"plans": plans, "labels": labels, "rounds": number, **options})
        return self.outcome


def good(rounds: int = 2) -> tuple[tuple[Result, ...], ...]:
    answered = {"status_codes": {"200": 9}}
    return tuple(tuple(_with(result, **answered) for result in results) for results in (pool(rounds), threads(rounds)))


def _with(result: Result, **changes: Any) -> Result:
    from dataclasses import replace

    return replace(result, **changes)


def compared(*argv: object, measure: Measured | None = None) -> Finished:
    call = partial(compare, measure=measure or Measured())
    return loadgen("compare", URL, "--modes", "pool,threads", *argv, call=call)


def test_it_measures_what_was_asked() -> None:
    measure = Measured()
    done = compared("--rounds", "2", "--settle", "250ms", "-c", "20", "--seed", "3", "-q", measure=measure)
    assert (done.code, done.err) == (0, "")
    (call,) = measure.asked
    assert ([plan.mode for plan in call["plans"]], call["labels"]) == (["pool", "threads"], ["pool", "threads"])
    assert (call["rounds"], call["settle_s"], call["plans"][0].seed, call["quiet"]) == (2, 0.25, 3, True)
    assert {plan.users for plan in call["plans"]} == {20}


def test_five_rounds_and_a_second_of_rest_by_default() -> None:
    measure = Measured()
    compared(measure=measure)
    assert (measure.asked[0]["rounds"], measure.asked[0]["settle_s"]) == (5, 1.0)


def test_the_table_is_printed_and_every_round_saved(tmp_path: Path) -> None:
    saved, page = tmp_path / "c.json", tmp_path / "c.html"
    done = compared("-o", saved, "--html", page)
    assert "threads against pool" in done.out
    assert "response p99.9" in done.out
    variants = read_variants(saved.read_text(), "c.json")
    assert [(item.label, item.results) for item in variants] == [("pool", good()[0]), ("threads", good()[1])]
    assert "<svg" in page.read_text()


@pytest.mark.parametrize(
    ("form", "begins"), [("text", "GET http"), ("json", '{\n "schema": "loadgen.table/1"'), ("markdown", "**GET http")]
)
def test_forms(form: str, begins: str) -> None:
    assert compared("--format", form).out.startswith(begins)


def test_quiet_with_a_file_prints_nothing(tmp_path: Path) -> None:
    done = compared("-q", "-o", tmp_path / "c.json")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_a_dash_is_standard_output() -> None:
    assert json.loads(compared("-o", "-").out)["schema"] == "loadgen.comparison/1"


SILENT = Result(ledger=Ledger(1, 1, 0, 0, 1))
CUT = Result(status_codes={"200": 1}, ended_by="signal", ended_because="SIGINT received")


@pytest.mark.parametrize(
    ("rounds", "code", "said"),
    [
        (RoundsOutcome(good()), 0, ""),
        (
            RoundsOutcome(((*good()[0], CUT), good()[1]), "signal", "SIGINT received"),
            105,
            "STOPPED pool: SIGINT received",
        ),
        (RoundsOutcome((good()[0], ()), "signal", "a signal between two runs"), 105, "STOPPED a signal b"),
        (RoundsOutcome(((), ()), "signal", "a signal before"), 105, "STOPPED a signal b"),
        (
            RoundsOutcome((good()[0], ()), "error", "the process of a run was killed by signal 9"),
            1,
            "killed by signal 9",
        ),
        (RoundsOutcome(((SILENT,), (SILENT,))), 99, ""),
    ],
)
def test_exit_codes(rounds: RoundsOutcome, code: int, said: str) -> None:
    done = compared("-q", measure=Measured(rounds))
    assert done.code == code
    assert said in done.out + done.err
    assert "Traceback" not in done.err
    last = done.out.splitlines()[-1] if done.out else done.err.splitlines()[-1].removeprefix("loadgen: ")
    assert last.startswith("PASSED (" if not code else ("FAILED ", "STOPPED "))
    assert last.endswith(f"; exit code {code}" if code else ")")


def test_the_last_line_names_the_variant_that_went_worst(tmp_path: Path) -> None:
    rounds = RoundsOutcome((good()[0], (SILENT,)))
    assert compared(measure=Measured(rounds)).out.endswith(
        "\nFAILED threads: not one complete reply came back; exit code 99\n"
    )
    quiet = compared("-q", "-o", tmp_path / "c.json", measure=Measured(rounds))
    assert (quiet.out, quiet.err) == ("", "loadgen: FAILED threads: not one complete reply came back; exit code 99\n")


def test_what_was_measured_is_kept_when_it_ends_early(tmp_path: Path) -> None:
    measure = Measured(RoundsOutcome((good()[0], ()), "signal", "a signal between two runs"))
    saved = tmp_path / "c.json"
    done = compared("-q", "-o", saved, measure=measure)
    assert done.code == 105
    assert [item.label for item in read_variants(saved.read_text())] == ["pool"]


def test_a_file_that_cannot_be_written_at_the_end_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = tmp_path / "gone"
    folder.mkdir()

    class Removing(Measured):
        def __call__(self, *arguments: Any, **options: Any) -> RoundsOutcome:
            folder.rmdir()
            return super().__call__(*arguments, **options)

    done = compared("-q", "-o", folder / "c.json", measure=Removing())
    assert done.code == 2
    assert "cannot write" in done.err
    assert "threads against pool" in done.out


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        (["--rounds", "0"], "--rounds"),
        (["--rounds", "x"], "--rounds"),
        (["--settle", "soon"], "--settle: expected a duration"),
        (["--format", "yaml"], "--format: expected text, json or markdown, got 'yaml'"),
        (["--html", "-"], "--html: expected the name of a file"),
        (["--html", "/no/such/folder/c.html"], "--html: cannot write"),
        (["-o", "/no/such/folder/c.json"], "--output: cannot write"),
    ],
)
def test_what_is_wrong_is_said_before_anything_runs(argv: list[str], text: str) -> None:
    measure = Measured()
    done = compared(*argv, measure=measure)
    assert (done.code, done.out, measure.asked) == (2, "", [])
    assert text in done.err
    assert done.err.count("\n") == 1


def test_what_is_left_out_is_said() -> None:
    done = loadgen(
        "compare", URL, "--processes", "1,2,9", "-c", "4", "--mode", "pool", call=partial(compare, measure=Measured())
    )
    left_out, announced = done.err.splitlines()
    assert left_out.startswith("left out: 9 processes: --processes: 9 processes cannot share 4 connections;")
    assert announced == "2 variants, 5 rounds, about 1m57s"
