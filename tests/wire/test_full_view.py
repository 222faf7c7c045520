"""The full-screen view on a terminal: keys, and that the terminal is as it was, however the run ends."""

from pathlib import Path

import pytest

from loadgen.observe.view.screen import ENTER, LEAVE
from tests.support.command import MODES, loadgen
from tests.support.terminal import OnTerminal

ONE_PROCESS = MODES["pool"]
LONG = ["-c", "2", "-d", "60s", *ONE_PROCESS]


def restored(terminal: OnTerminal) -> bool:
    """Whether the terminal is as it was, and nothing was drawn after it was left."""
    after = terminal.written.rpartition(LEAVE)[2]
    return terminal.attributes() == terminal.before and LEAVE in terminal.written and "\x1b" not in after


def test_a_key_stops_the_run_and_the_report_follows_on_the_screen_of_before(url: str) -> None:
    with OnTerminal("run", f"{url}/delay/5", *LONG) as terminal:
        terminal.wait_for("running  ")
        assert terminal.attributes() != terminal.before
        terminal.press("?")
        terminal.wait_for("as the first Ctrl-C does")
        terminal.press("q")
        assert terminal.finish() == 105
        assert terminal.written.startswith(ENTER)
        assert restored(terminal)
        assert "Requests/sec" in terminal.written.rpartition(LEAVE)[2]


def test_the_second_interrupt_restores_the_terminal_too(url: str) -> None:
    with OnTerminal("run", f"{url}/delay/60000", *LONG, "--timeout", "100s", "--grace", "50s") as terminal:
        terminal.wait_for("running  ")
        terminal.press("\x03")
        terminal.wait_for("draining")
        terminal.press("\x03")
        assert terminal.finish() == 105
        assert restored(terminal)


def test_a_crash_restores_the_terminal_too(tmp_path: Path) -> None:
    scenario, now = tmp_path / "leaves.py", tmp_path / "now"
    scenario.write_text(
        "import asyncio, os\nfrom loadgen.scenario import scenario\n\n@scenario\nasync def leave(user):\n"
        f"    while not os.path.exists({str(now)!r}):\n        await asyncio.sleep(0.01)\n    raise KeyboardInterrupt\n"
    )
    with OnTerminal("run", scenario, "--target", "http://127.0.0.1:1", "-n", "1", *ONE_PROCESS) as terminal:
        terminal.wait_for("running  ")
        now.touch()
        terminal.finish()
        assert restored(terminal)


@pytest.mark.parametrize(("columns", "argv"), [(79, []), (80, ["--live", "line"])])
def test_a_small_terminal_has_the_line(url: str, columns: int, argv: list[str]) -> None:
    with OnTerminal("run", url, "-c", "2", "-n", "20", *ONE_PROCESS, *argv, columns=columns) as terminal:
        assert terminal.finish() == 0
        assert ENTER not in terminal.written


def test_forms_that_cannot_be_are_refused(url: str) -> None:
    assert loadgen("run", url, "--live", "big").err == (
        "loadgen: --live: expected full, line, plain or none, got 'big'\n"
    )
    assert loadgen("run", url, "--live", "full").err == "loadgen: --live full: standard error is no terminal\n"
