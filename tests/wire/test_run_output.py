"""Where the result of a run goes, and that nothing loses it."""

import json
import os
import tempfile
from pathlib import Path

import jsonschema
import pytest

from loadgen.results.result import SCHEMA
from tests.support.command import MODES, Command, Finished, Mode, balanced, load, loadgen
from tests.support.schema import result_schema

ONE_PROCESS = MODES["pool"]


def run(url: str, *argv: object, **env: str) -> Finished:
    return loadgen("run", url, "-c", "2", "-n", "10", *ONE_PROCESS, *argv, env=env)


def test_the_report_ends_with_the_lines_that_scripts_read(url: str) -> None:
    done = run(url)
    assert (done.code, done.err) == (0, "")
    *_, requests, transfer, blank, outcome = done.out.rstrip().splitlines()
    assert [line.split(":")[0] for line in (requests, transfer, blank)] == ["Requests/sec", "Transfer/sec", ""]
    assert outcome == "PASSED (no threshold was set)"
    assert "10 sent = 10 ok" in done.out


def test_the_result_is_saved_beside_the_report(url: str, tmp_path: Path) -> None:
    done = run(url, "-o", tmp_path / "r.json")
    assert "Requests/sec" in done.out
    assert load(tmp_path / "r.json").ledger.ok == 10
    assert [path.name for path in tmp_path.iterdir()] == ["r.json"]


def test_an_older_result_is_replaced(url: str, tmp_path: Path) -> None:
    saved = tmp_path / "r.json"
    saved.write_text("an older result")
    assert run(url, "-o", saved).code == 0
    assert load(saved).ledger.ok == 10


@pytest.mark.parametrize("argv", [["-o", "-"], ["--format", "json"], ["-q", "-o", "-"], ["-q", "--format", "json"]])
def test_json_on_standard_output_is_all_that_is_there(url: str, argv: list[str]) -> None:
    done = run(url, *argv)
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out)["schema"] == SCHEMA
    assert done.result.ledger.ok == 10


def test_what_is_written_keeps_to_the_schema_of_results(url: str, local_mode: Mode) -> None:
    done = loadgen("run", f"{url}/error-rate/50", "-c", "2", "-n", "20", "--phases", "--format", "json", *local_mode)
    jsonschema.validate(json.loads(done.out), json.loads(result_schema()))
    assert done.result.errors


def test_quiet_with_a_file_prints_nothing(url: str, tmp_path: Path) -> None:
    assert run(url, "-q", "-o", tmp_path / "r.json") == Finished(0, "", "")
    assert load(tmp_path / "r.json").ledger.ok == 10


def test_quiet_without_a_file_still_reports(url: str) -> None:
    assert "Requests/sec" in run(url, "-q").out


def test_output_options_may_come_from_the_environment(url: str, tmp_path: Path) -> None:
    saved = tmp_path / "r.json"
    assert run(url, LOADGEN_OUTPUT=str(saved), LOADGEN_QUIET="1") == Finished(0, "", "")
    assert run(url, LOADGEN_FORMAT="json").result.plan == load(saved).plan


def test_a_device_takes_the_result_as_it_is(url: str) -> None:
    assert run(url, "-q", "-o", os.devnull) == Finished(0, "", "")
    assert Path(os.devnull).is_char_device()


def test_a_result_that_cannot_be_saved_is_printed_and_kept(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk may fill up during the run."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    done = run(url, "-q", "-o", "/dev/full")
    assert done.code == 2
    assert "Requests/sec" in done.out
    failure, instead = done.err.splitlines()
    assert failure == "loadgen: cannot write /dev/full: No space left on device"
    (saved,) = tmp_path.glob("loadgen-*/result.json")
    assert str(saved) in instead
    assert load(saved).ledger.ok == 10


def test_a_saved_result_prints_the_same_report_again(url: str, tmp_path: Path) -> None:
    saved = tmp_path / "r.json"
    first = run(url, "-o", saved)
    again = loadgen("report", saved)
    assert (again.code, again.err) == (0, "")
    assert again.out == first.out
    assert balanced(loadgen("report", saved, "--format", "json").result) == load(saved)


@pytest.mark.slow  # a process of its own, whose standard output is closed
def test_a_closed_standard_output_does_not_lose_the_file(url: str, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    saved = tmp_path / "r.json"
    try:
        with Command("run", url, "-c", "2", "-n", "10", "-o", saved, stdout=writing) as command:
            done = command.finish()
    finally:
        os.close(writing)
    assert (done.code, done.err) == (0, "")
    assert load(saved).ledger.ok == 10


def test_the_slowest_requests_are_kept_with_their_traces(url: str, tmp_path: Path, local_mode: Mode) -> None:
    done = loadgen("run", url, "-c", "2", "-n", "40", *local_mode, "--trace", "--format", "json")
    assert done.code == 0
    [part] = done.result.requests.values()
    times = [row.response_ms for row in part.slowest]
    assert len(times) == 10
    assert times == sorted(times, reverse=True)
    assert times[0] <= (done.result.latency_ms["response"].max or 0)
    assert len({row.trace for row in part.slowest}) == 10
    assert {len(row.trace) for row in part.slowest} == {32}


def test_without_being_asked_none_are_kept(url: str) -> None:
    [part] = run(url, "--format", "json").result.requests.values()
    assert part.slowest == []
