"""Signals: the first drains and reports, the second reports at once, none loses the result."""

import signal
import sys
from pathlib import Path

import pytest

from loadgen.cli.output import deliver
from loadgen.measure.result import Result
from tests.support.command import Command, Mode, children_of, is_alive, load, loadgen, stats_of, wait_until
from tests.support.fault_server import black_hole

pytestmark = pytest.mark.slow  # each starts the command as a process of its own
STOPPING = [signal.SIGINT, signal.SIGTERM]
SYN_SENT = "02"


def _connecting_to(port: int) -> int:
    """How many connects to the port have no answer yet."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[2].endswith(f":{port:04X}") and row[3] == SYN_SENT for row in rows)


@pytest.mark.parametrize("number", STOPPING, ids=lambda number: number.name)
def test_a_signal_drains_and_reports(url: str, mode: Mode, number: signal.Signals, tmp_path: Path) -> None:
    saved = tmp_path / "r.json"
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


def test_a_second_signal_leaves_at_once(url: str, mode: Mode, tmp_path: Path) -> None:
    saved = tmp_path / "r.json"
    stalled = (f"{url}/delay/60000", "--timeout", "600s", "--grace", "300s")
    with Command("run", *stalled, "-c", "5", "-d", "600s", *mode, "-o", saved) as command:
        wait_until(lambda: stats_of(url)["requests"] == 5, "5 requests")
        workers = children_of(command.pid)

        def ended_after_one_more() -> bool:
            """Two signals that arrive together are one to the kernel."""
            command.send(signal.SIGINT)
            return not command.running

        wait_until(ended_after_one_more, "the end")
        done = command.finish()
    result = load(saved)
    assert (done.code, done.err) == (105, "")
    assert (result.ended_by, result.ledger.sent, result.ledger.unknown) == ("signal", 5, 5)
    assert "SIGINT received" in done.out
    wait_until(lambda: not any(map(is_alive, workers)), "the end of the worker processes")


def test_a_signal_while_users_connect_ends_the_run_before_it_begins(mode: Mode, tmp_path: Path) -> None:
    saved = tmp_path / "r.json"
    with black_hole() as port:
        target = (f"http://127.0.0.1:{port}/", "--connect-timeout", "300s", "--timeout", "300s", "--grace", "100ms")
        with Command("run", *target, "-c", "2", "-d", "60s", *mode, "-o", saved) as command:
            wait_until(lambda: _connecting_to(port) == 2, "2 users that connect")
            command.send(signal.SIGINT)
            done = command.finish()
    result = load(saved)
    assert (done.code, done.err) == (105, "")
    assert (result.ended_by, result.ledger.sent) == ("signal", 0)
    assert (result.users.started, result.users.skipped) == (0, 2)


@pytest.mark.parametrize("number", STOPPING, ids=lambda number: number.name)
def test_a_signal_after_the_end_does_not_cost_the_result(
    url: str, number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disturbed(result: Result, output: str | None, form: str, *, quiet: bool) -> None:
        signal.raise_signal(number)
        deliver(result, output, form, quiet=quiet)

    before = [signal.getsignal(item) for item in STOPPING]
    monkeypatch.setattr(sys.modules["loadgen.cli.run"], "deliver", disturbed)
    done = loadgen("run", url, "-n", "10", "-c", "2", "-o", tmp_path / "r.json")
    assert (done.code, done.err) == (0, "")
    assert load(tmp_path / "r.json").ledger.ok == 10
    assert [signal.getsignal(item) for item in STOPPING] == before
