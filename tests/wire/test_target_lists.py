"""`loadgen run --targets FILE`: what the server counts is what the list says, whoever sends it."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.command import MODES, loadgen, stats_of

WAYS = {**MODES, "httpx": ["--mode", "async", "--client", "httpx"], "at a rate": ["--mode", "async", "-R", "500"]}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_each_line_is_sent_in_turn(url: str, tmp_path: Path, way: Sequence[str]) -> None:
    file = tmp_path / "list.txt"
    file.write_text(f"{url}/status/201\nGET {url}/status/202\nX: y\n\n/status/203\n{url}/status/204\n")
    users = 1 if "threads" in way else 2  # of two threads one may have no turn
    done = loadgen("run", "--targets", file, "-c", users, "-n", 16, "--format", "json", "-q", *way)
    assert done.code == 0
    sent = stats_of(url)["by_status"]
    assert (sent.keys(), sum(sent.values())) == ({"201", "202", "203", "204"}, 16)
    assert [(name, row.ledger.ok) for name, row in done.result.requests.items()] == [("list.txt", 16)]
