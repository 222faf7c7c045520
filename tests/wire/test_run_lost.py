"""A process that is killed takes only its own share with it."""

import os
import signal
from pathlib import Path

import pytest

from tests.support.command import Command, children_of, connecting_to, is_alive, load, stats_of, wait_until
from tests.support.fault_server import black_hole

pytestmark = pytest.mark.slow  # each starts the command and its worker processes


def test_a_killed_worker_process_is_reported_and_the_others_finish(url: str, tmp_path: Path) -> None:
    saved = tmp_path / "r.json"
    with Command("run", url, "-c", "6", "-d", "1500ms", "--processes", "3", "-o", saved) as command:
        wait_until(lambda: stats_of(url)["requests"] > 100, "requests")
        victim, *others = children_of(command.pid)
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: not is_alive(victim), "the end of the worker process")
        assert all(map(is_alive, others))
        done = command.finish()
    result = load(saved)
    assert done.code == 1
    assert "Traceback" not in done.err
    assert result.ended_by == "error"
    assert result.ended_because == f"worker process {victim} was killed by signal 9"
    assert [row.lost for row in result.generator.workers].count(True) == 1
    assert result.generator.verdict == "invalid"
    assert result.ended_because in result.generator.reasons[0]
    assert result.samples_lost >= 0
    assert result.duration_s >= 1.5, "the others went on to the end"
    assert 0 < result.ledger.ok <= stats_of(url)["requests"]
    assert str(victim) in done.out
    assert "INVALID" in done.out


def test_a_worker_process_killed_before_the_start_holds_up_nobody(tmp_path: Path) -> None:
    saved = tmp_path / "r.json"
    with black_hole() as port:
        target = (f"http://127.0.0.1:{port}/", "--connect-timeout", "1s", "--timeout", "1s")
        with Command("run", *target, "-c", "4", "-n", "4", "--processes", "2", "-o", saved) as command:
            wait_until(lambda: connecting_to(port) == 4, "4 users that connect")
            victim, _ = children_of(command.pid)
            os.kill(victim, signal.SIGKILL)
            done = command.finish()
    result = load(saved)
    assert done.code == 1
    assert result.ended_because == f"worker process {victim} was killed by signal 9"
    assert (result.ledger.sent, result.ledger.not_sent) == (2, 2)
    assert (result.users.started, result.users.skipped) == (2, 2)


def test_worker_processes_do_not_outlive_a_killed_run(tmp_path: Path) -> None:
    with black_hole() as port:
        target = (f"http://127.0.0.1:{port}/", "--connect-timeout", "600s", "--timeout", "600s")
        with Command("run", *target, "-c", "3", "--processes", "3", "-o", tmp_path / "r.json") as command:
            wait_until(lambda: connecting_to(port) == 3, "3 users that connect")
            workers = children_of(command.pid)
            assert len(workers) == 3
            command.kill()
            wait_until(lambda: not any(map(is_alive, workers)), "the end of the worker processes")
    assert list(tmp_path.iterdir()) == [], "no half of a result is left behind"
