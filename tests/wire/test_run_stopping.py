"""What stops a run early, and how soon: over threads and processes, by the server's own count."""

import re
from pathlib import Path
from threading import Thread

import pytest

from loadgen.target.options import TargetOptions
from loadgen.target.process import TargetProcess
from tests.support.command import Finished, Mode, load, loadgen, stats_of, wait_until
from tests.support.fault_server import closed_port

USERS = 8


def run(*argv: object) -> Finished:
    return loadgen("run", *argv, "-c", USERS, "-q", "--format", "json")


@pytest.mark.slow  # starts worker processes
@pytest.mark.parametrize("processes", [1, 4])
def test_max_errors_stops_all_processes_at_the_nth_failure(processes: int) -> None:
    with TargetProcess(TargetOptions(port=0, fail_after=1000)) as server:
        done = run(server.url, "-d", "60s", "--max-errors", "10", "--processes", processes)
        counted = stats_of(server.url)
    result = done.result
    assert done.code == 108
    assert result.ended_by == "fail_fast"
    assert result.ended_because == "10 failures (--max-errors 10)"
    assert counted["by_status"]["200"] == result.ledger.ok == 1000
    assert 10 <= result.ledger.failed <= 10 + USERS
    assert counted["requests"] == result.ledger.sent <= 1000 + 10 + USERS


def test_fail_fast_stops_at_the_first_failure(mode: Mode) -> None:
    with TargetProcess(TargetOptions(port=0, fail_after=50)) as server:
        done = run(server.url, "-n", "100000", "--fail-fast", *mode)
        counted = stats_of(server.url)
    result = done.result
    assert done.code == 108
    assert result.ended_because == "the first failure (--fail-fast)"
    assert result.ledger.scheduled == 100_000
    assert result.ledger.not_sent == 100_000 - counted["requests"]
    assert 1 <= result.ledger.failed <= USERS


def test_abort_if_stops_when_its_condition_holds(url: str, mode: Mode) -> None:
    done = run(
        f"{url}/status/503", "-d", "60s", "--think", "1ms", "--abort-if", "error_rate > 50% over 1s min 20", *mode
    )
    assert done.code == 108
    assert done.result.ended_by == "fail_fast"
    observed = re.fullmatch(r"error_rate > 50% over 1s min 20 \(observed (.*)%\)", done.result.ended_because)
    assert observed, done.result.ended_because
    assert 50 < float(observed[1]) <= 100
    assert done.result.status_codes == stats_of(url)["by_status"]


@pytest.mark.slow  # thresholds are looked at once a second
def test_a_threshold_that_is_lost_stops_the_run(url: str) -> None:
    done = run(f"{url}/status/503", "-d", "60s", "--think", "1ms", "-T", "failed < 10 abort", "--mode", "async")
    assert done.code == 99
    assert done.result.ended_by == "threshold"
    assert re.fullmatch(r"failed < 10 abort \([0-9,]+ already\)", done.result.ended_because)
    assert [row.verdict for row in done.result.thresholds] == ["fail"]


def test_not_one_good_reply_is_a_failure(url: str, local_mode: Mode) -> None:
    done = run(f"{url}/status/503", "-n", "20", *local_mode)
    assert (done.code, done.err) == (99, "loadgen: FAILED not one reply was good; exit code 99\n")
    assert done.result.ledger.failed == 20


def test_a_closed_port_is_no_reply_at_all(local_mode: Mode, tmp_path: Path) -> None:
    saved = tmp_path / "r.json"
    with closed_port() as port:
        done = loadgen("run", f"http://127.0.0.1:{port}/", "-c", USERS, "-n", "20", *local_mode, "-o", saved)
    result = load(saved)
    assert done.code == 99
    assert "Traceback" not in done.err
    assert "nothing listens on" in done.out
    assert (result.ended_by, result.ledger.failed, result.status_codes) == ("unreachable", 20, {})
    assert [row.error_class for row in result.errors] == ["connection_refused"]


@pytest.mark.slow  # the run goes on for its whole time after the server's death
def test_a_server_killed_in_mid_run_leaves_a_report(mode: Mode, tmp_path: Path) -> None:
    saved = tmp_path / "r.json"
    with TargetProcess() as server:
        killer = Thread(target=_kill_after, args=(server, 100))
        killer.start()
        done = loadgen("run", server.url, "-c", USERS, "-d", "600ms", *mode, "-o", saved)
        killer.join()
    result = load(saved)
    assert done.code == 0
    assert result.ended_by == "completed"
    assert result.ledger.ok >= 100
    assert result.ledger.failed >= USERS
    assert "connection_refused" in {row.error_class for row in result.errors}
    assert {row.fault for row in result.errors} == {"target"}
    assert "connection refused" in done.out.lower()


@pytest.mark.slow  # starts a server of its own
def test_a_killed_server_trips_fail_fast(local_mode: Mode) -> None:
    with TargetProcess() as server:
        killer = Thread(target=_kill_after, args=(server, 100))
        killer.start()
        done = run(server.url, "-d", "60s", "--max-errors", "20", *local_mode)
        killer.join()
    assert done.code == 108
    assert done.result.ledger.failed >= 20


def _kill_after(server: TargetProcess, requests: int) -> None:
    wait_until(lambda: stats_of(server.url)["requests"] >= requests, "the first requests")
    server.process.kill()
