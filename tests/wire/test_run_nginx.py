"""500 connections against nginx: what is reported is what its access log says."""

from collections import Counter
from pathlib import Path

import pytest

from tests.support.command import Mode, load, loadgen
from tests.support.nginx import Nginx

pytestmark = pytest.mark.slow  # 500 connections for a third of a second, and a server of its own for each mode


def test_every_request_is_in_the_access_log(nginx: Nginx, mode: Mode, tmp_path: Path) -> None:
    saved = tmp_path / "r.json"
    done = loadgen("run", nginx.url, "-c", "500", "-d", "300ms", "--timeout", "30s", "-q", "-o", saved, *mode)
    nginx.stop()
    rows = [line.split(maxsplit=3) for line in nginx.log_lines()]
    result = load(saved)
    assert (done.code, done.err) == (0, "")
    assert (result.ledger.failed, result.ledger.unknown, result.errors) == (0, 0, [])
    assert result.users.started == result.connections.opened == 500
    assert result.ledger.sent == len(rows)
    assert result.status_codes == Counter(status for status, *_ in rows)
    assert result.bytes.received == sum(int(sent) for _, sent, *_ in rows)
    assert result.bytes.sent == sum(int(length) for _, _, length, _ in rows)
