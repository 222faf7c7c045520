"""Requests of a profile to several servers, in every mode: what each of them counts is what was asked for."""

from pathlib import Path

import pytest

from loadgen.target.process import TargetProcess
from tests.support.command import Mode, loadgen, stats_of


def test_each_server_has_its_share(url: str, local_mode: Mode, tmp_path: Path) -> None:
    with TargetProcess() as other:
        profile = tmp_path / "two.yaml"
        profile.write_text(
            f"target: {url}\nconnections: 2\ntotal_requests: 40\nvariables: {{ID: {{sequence: 1}}}}\n"
            "requests:\n  - {name: here, path: /bytes/10, weight: 3}\n"
            f"  - {{name: there, path: '{other.url}/bytes/20', form: {{id: '${{ID}}'}}}}\n"
        )
        done = loadgen("run", profile, "-q", "--format", "json", *local_mode)
        assert (done.code, done.err) == (0, "")
        here, there = (stats_of(server)["requests"] for server in (url, other.url))
        assert here + there == 40
        assert here == pytest.approx(30, abs=3)
        assert done.result.requests["there/there"].ledger.ok == there
        assert done.result.journeys.ok == 40
