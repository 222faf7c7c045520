"""`loadgen find-max` around the search: what becomes of what was found."""

import signal
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from loadgen.cli.output import deliver
from tests.support.command import loadgen
from tests.support.gates import found

ARGUMENTS = ("find-max", "http://127.0.0.1:9/", "--slo", "p99 < 50ms", "-q")
STOPPING = (signal.SIGINT, signal.SIGTERM)


@pytest.fixture(autouse=True)
def searched(monkeypatch: pytest.MonkeyPatch) -> None:
    """No search: it has found this."""

    async def find_max(*_: Any) -> object:
        return found()

    monkeypatch.setattr("loadgen.campaigns.find_max.find_max", find_max)


@pytest.mark.parametrize("number", STOPPING, ids=lambda number: number.name)
def test_a_signal_after_the_search_does_not_cost_what_it_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    def disturbed(*arguments: Any, **options: Any) -> None:
        signal.raise_signal(number)
        deliver(*arguments, **options)

    before = [signal.getsignal(item) for item in STOPPING]
    monkeypatch.setattr(import_module("loadgen.cli.find_max"), "deliver", disturbed)
    done = loadgen(*ARGUMENTS, "-o", tmp_path / "max.json")
    assert (done.code, done.err) == (0, "")
    assert '"schema": "loadgen.max/1"' in (tmp_path / "max.json").read_text()
    assert [signal.getsignal(item) for item in STOPPING] == before


def test_what_cannot_be_saved_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loadgen.cli.output.check_writable", lambda *_: None)
    done = loadgen(*ARGUMENTS, "-o", tmp_path / "gone" / "max.json")
    assert done.code == 2
    assert "cannot write" in done.err
    assert "meet the SLO" in done.out
