"""Several machines, each a process of this one: what only real processes can show. The rest is in virtual time."""

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.support.command import Command, children_of, is_alive, load, loadgen, stats_of, wait_until

pytestmark = pytest.mark.slow  # each starts the command, its machines and their worker processes

MACHINE = f"{sys.executable} -m loadgen cluster machine -"
TWO = ("--machine", MACHINE, "--machine", MACHINE, "--processes", "2")


def test_a_run_on_two_machines_is_that_of_one(url: str, tmp_path: Path) -> None:
    saved = tmp_path / "r.json"
    with Command("run", url, "-c", "5", "-n", "501", *TWO, "-o", saved) as command:
        done = command.finish()
    result = load(saved)
    assert (done.code, result.ended_by, result.ledger.ok) == (0, "completed", 501)
    assert stats_of(url)["requests"] == 501
    assert result.machines is not None
    assert sorted(row.ledger.ok for row in result.machines.rows) == [250, 251]
    assert result.latency_ms["service"].count == 501


def test_workers_of_a_machine_that_is_frozen_stop_with_their_lease(url: str, tmp_path: Path) -> None:
    saved = tmp_path / "r.json"
    with Command("run", url, "-c", "4", "-R", "200", "-d", "30s", *TWO, "-o", saved) as command:
        wait_until(lambda: stats_of(url)["requests"] > 50, "requests")
        frozen, _ = children_of(command.pid)
        workers = children_of(frozen)
        os.kill(frozen, signal.SIGSTOP)
        done = command.finish()
        seen = stats_of(url)["requests"]
        wait_until(lambda: not any(map(is_alive, [frozen, *workers])), "the end of the machine")
        assert stats_of(url)["requests"] == seen, "it had stopped before it was called lost"
    result = load(saved)
    assert (done.code, result.generator.verdict) == (1, "invalid")
    assert result.machines is not None
    assert [bool(row.lost) for row in result.machines.rows].count(True) == 1
    assert result.ledger.sent <= seen <= result.ledger.sent + result.machines.unaccounted_at_most
    assert result.latency_ms["service"].count + result.samples_lost == result.ledger.ok


def test_machines_do_not_outlive_a_killed_run_and_keep_their_part_of_it(url: str, tmp_path: Path) -> None:
    kept = {"XDG_CACHE_HOME": str(tmp_path)}
    with Command("run", url, "-c", "4", "-R", "100", "-d", "60s", *TWO, env=kept) as command:
        wait_until(lambda: stats_of(url)["requests"] > 20, "requests")
        machines = children_of(command.pid)
        processes = [*machines, *(worker for machine in machines for worker in children_of(machine))]
        command.kill()
        wait_until(lambda: not any(map(is_alive, processes)), "the end of the machines and their workers")
    merged = loadgen("report", "--merge", *tmp_path.glob("loadgen/part-*.json"), "--format", "json").result
    assert merged.ledger.sent == stats_of(url)["requests"]


SCENARIO = """
import os
from pathlib import Path
from loadgen.scenario import Feed, scenario
from helper import check

USERS = Feed("data/users.csv")
TITLE = Path(__file__).with_name("title.txt").read_text()

@scenario
async def buy(user):
    check(os.getcwd(), Path(__file__).parent)
    await user.get(f"/?{TITLE}={user.row(USERS)['name']}")
"""
HELPER = """
def check(working, folder):
    assert "loadgen-files-" in str(folder) and "loadgen-files-" in working
"""


def test_a_scenario_goes_to_the_machines_with_what_it_imports_and_reads(url: str, tmp_path: Path) -> None:
    contents = {"shop.py": SCENARIO, "helper.py": HELPER, "title.txt": "name", "data/users.csv": "name\nann\n"}
    (tmp_path / "data").mkdir()
    for name, text in contents.items():
        (tmp_path / name).write_text(text)
    there = {"TMPDIR": str(tmp_path / "data")}
    machine = ("--machine", MACHINE, "--processes", "1")
    words = ("run", tmp_path / "shop.py", "--target", url, "-n", "20", "-c", "2", *machine, "-o", tmp_path / "r.json")
    with Command(*words, env=there) as command:
        done = command.finish()
    result = load(tmp_path / "r.json")
    assert (done.code, result.journeys.ok) == (0, 20), done.err
    assert list(result.requests) == ["buy/GET /?name=ann"]
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["users.csv"]
