"""The locustfiles of `files/` send what Locust sends for them, and tell of it as Locust does."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.support.locust_hub import ORIGIN, run_file
from tests.support.locust_site import as_set, normal
from tests.unit.workloads.locust.record import note

FILES = Path(__file__).parent / "files"

WE_TELL_MORE = {
    "caught_without_with": [["GET", "/careless", True], ["GET", "/last", True]],
    "fast_http": [["GET", "/redirect", True]],
    "redirects": [
        *(["POST", f"redirect {status}", True] for status in (301, 302, 303, 307, 308)),
        ["GET", "caught", True],
        ["PUT", "/redirect?status=301", True],
        *[["GET", "/loop", True]] * 30,
    ],
}
"""What Locust sends and does not count: redirects, and what was to be caught in a with block that never came."""


def played(name: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Any, dict[str, Any]]:
    path = FILES / f"{name}.py"
    text = path.read_text()
    for pair in note(text, "env").split():
        monkeypatch.setenv(*pair.split("="))
    run, file = run_file(str(path), tuple(note(text, "args").split()))
    return run, file, json.loads(path.with_suffix(".json").read_text())


NAMES = [path.stem for path in sorted(FILES.glob("*.py"))]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_sends_and_tells_what_it_does_under_locust(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run, _file, expected = played(name, monkeypatch)
    sent = json.loads(json.dumps([normal(sent) for sent in run.sent]).replace(ORIGIN, "ORIGIN"))
    told = json.loads(json.dumps(run.told).replace(ORIGIN, "ORIGIN"))
    if not expected["ordered"]:
        sent, told = as_set(sent), as_set(told)
    assert sent == expected["requests"]
    more = Counter(map(tuple, WE_TELL_MORE.get(name, [])))
    assert Counter(map(tuple, told)) == Counter(map(tuple, expected["told"])) + more
    if not more:
        assert told == expected["told"]
