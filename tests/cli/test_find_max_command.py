"""`loadgen find-max` around the search: what becomes of what was found."""

import signal
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from loadgen.cli.bodies.find_max import Search, find_max
from loadgen.results.find_max import MaxRate
from tests.support.command import Finished, loadgen, signal_between
from tests.support.gates import found

STOPPING = (signal.SIGINT, signal.SIGTERM)


async def search(*_: Any) -> MaxRate:
    """No search: it has found this."""
    return found()


def searched(*argv: object, search: Search = search) -> Finished:
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
