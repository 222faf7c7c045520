import sys
from pathlib import Path

import pytest

from loadgen.base.errors import UsageError
from loadgen.base.exchange import ConnectionCounts
from loadgen.measure.histogram import Histogram
from loadgen.measure.progress import RunSecond
from loadgen.observe.export.exporters import Exporters
from loadgen.observe.export.kinds import Out
from loadgen.results.result import Result
from tests.support.plans import one_url

READY = 'import sys; sys.stdin.buffer.readline(); print(\'{"ready": ["here"]}\', flush=True);'


def exporters(script: str, tmp_path: Path, told: list[str]) -> Exporters:
    outs = [Out("csv", str(tmp_path / "x"))]
    return Exporters(outs, told.append, command=[sys.executable, "-S", "-c", script], end_s=0.2)


def run(observer: Exporters, seconds: int = 1, users: int = 1) -> list[str]:
    observer.started(one_url())
    for t_s in range(seconds):
        lag = Histogram((bucket, 1) for bucket in range(users))
        observer.second(RunSecond(t_s, 1, {}, {}, ConnectionCounts(), lag))
    notes = observer.ended(Result())
    observer.close()
    return notes


def test_what_the_process_says_is_shown_and_noted(tmp_path: Path) -> None:
    script = READY + ("\nfor line in sys.stdin:\n if 'ended' in line: print('{\"notes\": [\"lost\"]}', flush=True)")
    told: list[str] = []
    observer = exporters(script, tmp_path, told)
    observer._end_s = 20.0
    assert run(observer) == ["lost"]
    assert told == ["here"]


def test_a_process_that_hangs_drops_seconds_and_never_holds_the_run_up(tmp_path: Path) -> None:
    observer = exporters(READY + "import time; time.sleep(60)", tmp_path, [])
    behind, gone = run(observer, seconds=20, users=20_000)
    assert behind.startswith("exporters were behind: they were told ")
    assert gone == "exporters did not come to an end in time: what they were told last may be missing"


def test_a_process_that_dies_is_one_note(tmp_path: Path) -> None:
    observer = exporters(READY, tmp_path, [])
    observer._child.wait(20)
    *_, note = run(observer)
    assert note == "exporters are gone: what they were told last may be missing"


def test_one_that_cannot_begin_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no room"):
        exporters('print(\'{"usage_error": "no room"}\', flush=True)', tmp_path, [])
    with pytest.raises(UsageError, match="did not start"):
        exporters("", tmp_path, [])
