"""`loadgen find-max` around the search: what becomes of what was found."""

import signal
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from loadgen.cli.bodies.find_max import Find, find_max
from loadgen.results.find_max import MaxRate
from tests.support.command import Finished, loadgen, signal_between
from tests.support.gates import found

STOPPING = (signal.SIGINT, signal.SIGTERM)


async def search(*_: Any) -> MaxRate:
    """No search: it has found this."""
    return found()


def searched(*argv: object, search: Find = search) -> Finished:
    arguments = ("find-max", "http://127.0.0.1:9/", "--slo", "p99 < 50ms", "-q")
    return loadgen(*arguments, *argv, call=partial(find_max, search=search))


@pytest.mark.parametrize("number", STOPPING, ids=lambda number: number.name)
def test_a_signal_after_the_search_does_not_cost_what_it_found(tmp_path: Path, number: signal.Signals) -> None:
    saved, page = tmp_path / "max.json", tmp_path / "max.html"
    before = [signal.getsignal(item) for item in STOPPING]
    with signal_between(saved, page, number) as texts:
        done = searched("-o", saved, "--html", page)
    assert (done.code, done.err) == (0, "")
    assert '"schema": "loadgen.max/1"' in texts[0]
    assert "<svg" in texts[1]
    assert [signal.getsignal(item) for item in STOPPING] == before


@pytest.mark.parametrize(
    ("changes", "argv", "code", "said"),
    [
        ({}, [], 0, "PASSED 1,900/s meet p99 < 50ms, error_rate < 0.1%"),
        ({"ended_by": "signal"}, [], 105, "STOPPED by a signal before the end of the search"),
        ({"ended_by": "error"}, [], 1, "FAILED an error ended the search"),
        ({"ended_by": "no_replies"}, [], 99, "FAILED not one reply came back any more"),
        ({"best_rps": None}, [], 99, "FAILED no rate met p99 < 50ms, error_rate < 0.1%, down to 100/s"),
        ({"limit": "generator", "plan": {"strict": True}}, [], 121, "FAILED the limit is that of the generator"),
    ],
)
def test_the_last_line_says_what_the_exit_code_stands_for(
    tmp_path: Path, changes: dict[str, Any], argv: list[str], code: int, said: str
) -> None:
    async def ended(*_: Any) -> MaxRate:
        return replace(found(), **changes)

    done = searched(*argv, search=ended)
    assert done.code == code
    last = " ".join(done.out.rpartition("\n\n")[2].split())
    assert last.startswith(said)
    assert last.endswith(f"; exit code {code}") == bool(code)
    quiet = searched(*argv, "-o", tmp_path / "max.json", search=ended)
    assert quiet.err == (f"loadgen: {last}\n" if code else "")


def test_what_cannot_be_saved_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = tmp_path / "gone"
    folder.mkdir()

    async def removing(*_: Any) -> MaxRate:
        folder.rmdir()
        return found()

    done = searched("-o", folder / "max.json", search=removing)
    assert done.code == 2
    assert "cannot write" in done.err
    assert "meet the SLO" in done.out
