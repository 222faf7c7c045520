"""Signals: the first drains and reports, the second reports at once, none loses the result."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from loadgen.results.documents import from_json
from tests.support.command import (
    MODES,
    PATIENCE_S,
    Command,
    Mode,
    balanced,
    children_of,
    connecting_to,
    is_alive,
    load,
    loadgen,
    signal_between,
    stats_of,
    wait_until,
)
from tests.support.fault_server import black_hole

pytestmark = pytest.mark.slow  # each starts the command as a process of its own
STOPPING = [signal.SIGINT, signal.SIGTERM]


LINE = ("--live", "line")
"""What these tests read; the full-screen view writes where things changed."""


class Terminal:
    """A pseudo-terminal; `end` is what a process may take for its own."""

    def __init__(self) -> None:
        self._master, self.end = os.openpty()
        self._text = ""

    def read_until(self, text: str) -> None:
        """Read until the text has been shown; the deadline only ends a test that would hang."""
        while text not in self._text:
            assert select.select([self._master], [], [], PATIENCE_S)[0], f"never saw {text!r}"
            self._text += os.read(self._master, 65536).decode("utf-8", "replace")

    def close(self) -> None:
        os.close(self._master)
        os.close(self.end)


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    with closing(Terminal()) as opened:
        yield opened


def test_a_signal_drains_and_reports(url: str, mode: Mode, tmp_path: Path) -> None:
    assert_drained(url, mode, signal.SIGINT, tmp_path / "r.json")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_the_other_signals_do_the_same(url: str, number: signal.Signals, tmp_path: Path) -> None:
    assert_drained(url, MODES["processes"], number, tmp_path / "r.json")


@pytest.mark.parametrize("mode", [MODES["processes"], MODES["threads"]], ids=["processes", "threads"])
def test_sigquit_shows_where_every_thread_is_and_drains(url: str, mode: Mode, tmp_path: Path) -> None:
    with Command("run", url, "-c", "5", "-d", "60s", *mode, "-o", tmp_path / "r.json") as command:
        wait_until(lambda: stats_of(url)["requests"] > 100, "requests")
        command.send(signal.SIGQUIT)
        done = command.finish()
    assert (done.code, load(tmp_path / "r.json").ended_because) == (105, "SIGQUIT received")
    assert "most recent call first" in done.err


@pytest.mark.parametrize("rounds", [1, 2])
def test_a_terminal_that_has_gone_costs_nothing_but_what_it_would_have_shown(
    url: str, tmp_path: Path, rounds: int
) -> None:
    saved, terminal = tmp_path / "r.json", Terminal()
    ends = {"stdout": terminal.end, "stderr": terminal.end}
    again = ("--rounds", rounds, "-o", saved, *LINE)
    with Command("run", url, "-c", "5", "-d", "60s", *MODES["processes"], *again, **ends) as command:
        terminal.read_until("errors 0")
        terminal.close()
        command.send(signal.SIGHUP)
        done = command.finish()
    assert (done.code, load(saved).ended_because) == (105, "SIGHUP received")


def test_a_hangup_that_comes_twice_is_one(url: str, terminal: Terminal, tmp_path: Path) -> None:
    """From the kernel and from the shell."""
    saved = tmp_path / "r.json"
    slow = (f"{url}/delay/1000", "-c", "5", "-d", "60s", "--processes", "1", "-o", saved)
    with Command("run", *slow, *LINE, stderr=terminal.end) as command:
        wait_until(lambda: stats_of(url)["requests"] >= 5, "5 requests")
        command.send(signal.SIGHUP)
        terminal.read_until("waiting for the last replies")
        command.send(signal.SIGHUP)
        done = command.finish()
    assert (done.code, load(saved).ledger.unknown) == (105, 0)


def test_who_started_it_without_sighup_keeps_it_so(url: str, tmp_path: Path) -> None:
    """As nohup does."""
    saved, before = tmp_path / "r.json", signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        command = Command("run", url, "-c", "5", "-n", "500", "-R", "1000/s", *MODES["processes"], "-o", saved)
    finally:
        signal.signal(signal.SIGHUP, before)
    with command:
        wait_until(lambda: stats_of(url)["requests"] > 10, "requests")
        command.send(signal.SIGHUP)
        done = command.finish()
    assert (done.code, load(saved).ended_by) == (0, "completed")


@pytest.mark.parametrize(
    ("closed", "where"), [("<&- >&- 2>&-", "processes"), ("<&-", "pool"), (">&-", "pool"), ("2>&-", "pool")]
)
def test_closed_descriptors_are_filled_before_anything_gets_their_numbers(
    url: str, closed: str, where: str, tmp_path: Path
) -> None:
    saved = tmp_path / "r.json"
    argv = [sys.executable, "-m", "loadgen", "run", url, "-c", "2", "-n", "10", *MODES[where], "-o", str(saved)]
    done = subprocess.run(["/bin/sh", "-c", f'exec "$@" {closed}', "sh", *argv], capture_output=True, check=False)
    assert (done.returncode, load(saved).ledger.ok) == (0, 10)


def assert_drained(url: str, mode: Mode, number: signal.Signals, saved: Path) -> None:
    with Command("run", url, "-c", "5", "-d", "60s", *mode, "-o", saved) as command:
        wait_until(lambda: stats_of(url)["requests"] > 100, "requests")
        command.send(number)
        done = command.finish()
    result = load(saved)
    assert (done.code, done.err) == (105, "")
    assert (result.ended_by, result.ended_because) == ("signal", f"{number.name} received")
    assert result.ledger.unknown == 0
    assert result.status_codes == stats_of(url)["by_status"]
    assert f"{number.name} received" in done.out


def test_what_does_not_come_within_the_grace_is_cut_and_unknown(url: str, mode: Mode, tmp_path: Path) -> None:
    saved = tmp_path / "r.json"
    stalled = (f"{url}/delay/60000", "--timeout", "120s", "--grace", "100ms")
    with Command("run", *stalled, "-c", "5", "-d", "60s", *mode, "-o", saved) as command:
        wait_until(lambda: stats_of(url)["requests"] == 5, "5 requests")
        command.send(signal.SIGINT)
        done = command.finish()
    result = load(saved)
    assert (done.code, done.err) == (105, "")
    assert (result.ledger.sent, result.ledger.unknown, result.ledger.failed) == (5, 5, 0)


def test_a_second_signal_leaves_at_once(url: str, mode: Mode, terminal: Terminal, tmp_path: Path) -> None:
    saved = tmp_path / "r.json"
    stalled = (f"{url}/delay/60000", "--timeout", "600s", "--grace", "300s", "-c", "5", "-n", "9")
    with Command("run", *stalled, *mode, *LINE, "-o", saved, stderr=terminal.end) as command:
        terminal.read_until("5 of 9 requests")
        workers = children_of(command.pid)
        command.send(signal.SIGINT)
        terminal.read_until("waiting for the last replies")
        command.send(signal.SIGINT)
        done = command.finish()
    result = load(saved)
    assert done.code == 105
    assert result.ended_by == "signal"
    assert (result.ledger.sent, result.ledger.unknown, result.ledger.not_sent) == (5, 5, 4)
    assert "SIGINT received" in done.out
    wait_until(lambda: not any(map(is_alive, workers)), "the end of the worker processes")


def test_what_cannot_be_written_after_a_second_signal_is_said(url: str, terminal: Terminal, tmp_path: Path) -> None:
    stalled = (f"{url}/delay/60000", "--timeout", "600s", "--grace", "300s", "-c", "5", "-n", "9", *MODES["pool"])
    with Command(
        "run", *stalled, *LINE, "-o", "/dev/full", stderr=terminal.end, env={"TMPDIR": str(tmp_path)}
    ) as command:
        terminal.read_until("5 of 9 requests")
        command.send(signal.SIGINT)
        terminal.read_until("waiting for the last replies")
        command.send(signal.SIGINT)
        terminal.read_until("loadgen: cannot write /dev/full")
        assert command.finish().code == 2


@pytest.mark.parametrize("command", [("run", "-n", "1"), ("run", "-n", "1", "--rounds", "2"), ("find-max",)])
def test_a_host_with_next_to_no_descriptors_is_said(url: str, command: tuple[str, ...]) -> None:
    argv = [sys.executable, "-m", "loadgen", *command, url]
    done = subprocess.run(
        ["/bin/sh", "-c", 'ulimit -n 11; exec "$@"', "sh", *argv], capture_output=True, text=True, check=False
    )
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "this host allows 11 file descriptors" in done.stderr


def test_a_signal_while_users_connect_ends_the_run_before_it_begins(mode: Mode, tmp_path: Path) -> None:
    saved = tmp_path / "r.json"
    with black_hole() as port:
        target = (f"http://127.0.0.1:{port}/", "--connect-timeout", "300s", "--timeout", "300s", "--grace", "100ms")
        with Command("run", *target, "-c", "2", "-d", "60s", *mode, "-o", saved) as command:
            wait_until(lambda: connecting_to(port) == 2, "2 users that connect")
            command.send(signal.SIGINT)
            done = command.finish()
    result = load(saved)
    assert (done.code, done.err) == (105, "")
    assert (result.ended_by, result.ledger.sent) == ("signal", 0)
    assert (result.users.started, result.users.skipped) == (0, 2)


@pytest.mark.parametrize("number", STOPPING, ids=lambda number: number.name)
def test_a_signal_after_the_end_does_not_cost_the_result(url: str, number: signal.Signals, tmp_path: Path) -> None:
    saved, histogram = tmp_path / "r.json", tmp_path / "r.hgrm"
    before = [signal.getsignal(item) for item in STOPPING]
    with signal_between(saved, histogram, number) as texts:
        done = loadgen("run", url, "-n", "10", "-c", "2", *MODES["pool"], "-o", saved, "--hgrm", histogram)
    assert (done.code, done.err) == (0, "")
    assert balanced(from_json(texts[0], "r.json")).ledger.ok == 10
    assert "Total count" in texts[1]
    assert [signal.getsignal(item) for item in STOPPING] == before


@pytest.mark.slow  # a pipe that nobody reads is waited for
def test_a_third_signal_while_files_are_written_prints_nothing_again(url: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    argv = ("-c", "2", "-d", "60s", "--mode", "async", "-q", "--format", "json", "--junit", tmp_path / "pipe")
    with Command("run", f"{url}/delay/10000", *argv) as command:
        wait_until(lambda: stats_of(url)["requests"] >= 2, "requests")
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            command.send(number)
        done = command.finish()
    assert done.code == 2
    assert json.loads(done.out)["ended_by"] == "signal"
    assert "nobody reads it" in done.err
