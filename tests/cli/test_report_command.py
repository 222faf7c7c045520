"""`loadgen report`: a saved result, whole, damaged, or of another kind."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from loadgen.results import find_max
from loadgen.results.documents import to_json
from loadgen.results.requests import Ledger
from loadgen.results.result import SCHEMA, Result
from loadgen.results.rounds import rounds_to_json
from tests.support.command import loadgen
from tests.support.gates import found
from tests.support.results import shop

RESULT = Result(ledger=Ledger(3, 3, 0, 2, 1, 0), status_codes={"200": 2, "500": 1}, ended_because="")


def damaged(change: Callable[[dict[str, Any]], None]) -> str:
    document = json.loads(to_json(RESULT))
    change(document)
    return json.dumps(document)


BAD = {
    "empty": ("", "not a JSON file"),
    "cut": (to_json(RESULT)[:200], "not a JSON file"),
    "a list": ("[]", f"expected a {SCHEMA} or loadgen.series/1 file"),
    "no schema": ("{}", f"expected a {SCHEMA} or loadgen.series/1 file"),
    "another schema": ('{"schema": "loadgen.series/9"}', "got 'loadgen.series/9'"),
    "a ledger that is none": (damaged(lambda d: d.update(ledger=7)), "damaged result file"),
    "rows that are none": (damaged(lambda d: d.update(errors=["x"])), "damaged result file"),
    "latency that is none": (damaged(lambda d: d.update(latency_ms=[1])), "damaged result file"),
}


@pytest.mark.parametrize(("text", "problem"), BAD.values(), ids=BAD)
def test_a_file_that_is_no_result_is_one_clear_line(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "r.json"
    file.write_text(text)
    done = loadgen("report", file)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"loadgen: {file}: ")
    assert problem in done.err
    assert done.err.count("\n") == 1


def test_a_file_that_is_no_text_is_one_clear_line(tmp_path: Path) -> None:
    file = tmp_path / "r.json"
    file.write_bytes(b"\xff\xfe\x00")
    done = loadgen("report", file)
    assert (done.code, done.out) == (2, "")
    assert done.err == f"loadgen: cannot read '{file}': not a text file\n"


def test_several_rounds_are_reported_as_one(tmp_path: Path) -> None:
    file = tmp_path / "r.json"
    first, second = (replace(RESULT, started_at=f"2026-01-01T00:0{minute}:00+00:00") for minute in (0, 1))
    file.write_text(rounds_to_json([first, second]))
    assert loadgen("report", file, "--format", "json").result.ledger == Ledger(6, 6, 0, 4, 2, 0)


def test_fields_of_a_later_format_are_ignored(tmp_path: Path) -> None:
    file = tmp_path / "r.json"
    file.write_text(damaged(lambda d: d.update(invented={"later": 1})))
    assert loadgen("report", file, "--format", "json").result == RESULT


def test_fields_that_are_not_there_take_their_defaults(tmp_path: Path) -> None:
    file = tmp_path / "r.json"
    file.write_text(f'{{"schema": "{SCHEMA}"}}')
    done = loadgen("report", file)
    assert (done.code, done.err) == (0, "")
    assert "Requests/sec" in done.out


def test_a_report_is_not_judged_again(tmp_path: Path) -> None:
    file = tmp_path / "r.json"
    file.write_text(to_json(replace(RESULT, ended_by="fail_fast", ended_because="10 failures")))
    done = loadgen("report", file)
    assert done.code == 0
    assert "10 failures" in done.out


def test_a_result_is_printed_as_markdown(tmp_path: Path) -> None:
    file = tmp_path / "r.json"
    file.write_text(to_json(RESULT))
    done = loadgen("report", file, "--format", "markdown")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("### Passed: ")


@pytest.fixture
def search(tmp_path: Path) -> Path:
    """What `find-max -o` saves."""
    file = tmp_path / "max.json"
    file.write_text(find_max.to_json(found()))
    return file


def test_a_search_is_printed_again_and_drawn(search: Path, tmp_path: Path) -> None:
    again = loadgen("report", search, "--html", tmp_path / "max.html")
    assert (again.code, again.err) == (0, "")
    assert "requests/s meet the SLO; the edge lies between" in again.out
    assert "<h2>Latency by rate</h2>" in (tmp_path / "max.html").read_text()
    assert loadgen("report", search, "--format", "json").out == search.read_text()


def test_a_result_becomes_a_page_and_so_do_rounds_as_one(tmp_path: Path) -> None:
    file, page = tmp_path / "r.json", tmp_path / "r.html"
    rounds = [replace(shop(), started_at=f"2026-01-01T00:0{minute}:00+00:00") for minute in (0, 1)]
    for text, sent in ((to_json(rounds[0]), "6,010 sent"), (rounds_to_json(rounds), "12,020 sent")):
        file.write_text(text)
        done = loadgen("report", file, "--html", page)
        assert (done.code, done.err) == (0, "")
        assert sent in page.read_text()
        assert page.read_text().startswith("<!doctype html>")


def test_a_damaged_histogram_makes_no_page_and_is_one_clear_line(tmp_path: Path) -> None:
    file, page = tmp_path / "r.json", tmp_path / "r.html"
    file.write_text(to_json(replace(RESULT, histograms={"response": "AAAA"})))
    done = loadgen("report", file, "--html", page)
    assert done.code == 2
    assert done.err.startswith("loadgen: damaged result: histogram 'response' is ")
    assert not page.exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--format", "markdown"), "--format markdown: takes results and comparisons, and '"),
        (("--hgrm", "r.hgrm"), "--hgrm: takes results and histogram logs, and '"),
        (("--merge",), "got 'loadgen.max/1'"),
    ],
)
def test_what_a_search_cannot_be_is_one_clear_line(search: Path, options: tuple[str, ...], said: str) -> None:
    done = loadgen("report", search, *options)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert done.err.count("\n") == 1


def test_a_damaged_search_is_one_clear_line(search: Path) -> None:
    search.write_text(search.read_text().replace('"limit": ""', '"limit": "sky"'))
    done = loadgen("report", search)
    assert (done.code, done.out, done.err) == (2, "", f"loadgen: {search}: damaged result file (limit: 'sky')\n")
