"""What machines keep of a run whose coordinator is gone: all of it, and so that it can be merged."""

import pytest

from loadgen.results.merge import merge_results
from loadgen.session.kept_result import KeptResult
from tests.support.command import load
from tests.support.fakes import make_plan
from tests.support.machines import Lab

PLAN = make_plan(processes=3, users=3, duration_s=3.0, grace_s=1.0)


def kept_by(folder, act, plan=PLAN):
    def make(plan, shards, run):
        return KeptResult(plan, shards, run, {"XDG_CACHE_HOME": str(folder)})

    lab = Lab(plan, at={2.0: act}, make_keeper=make)
    lab.run()
    return lab, {path.name: load(path) for path in sorted(folder.glob("loadgen/part-*.json"))}


@pytest.mark.parametrize("changes", [{}, {"requests_limit": 900, "duration_s": None}])
def test_the_parts_of_all_machines_are_the_run(tmp_path, changes):
    plan = make_plan(**{"processes": 3, "users": 3, "duration_s": 3.0, "grace_s": 1.0, **changes})
    lab, parts = kept_by(tmp_path, lambda lab: [wire.end() for wire in lab.wires], plan)
    assert len(parts) == 3
    assert len({name.split("-")[1] for name in parts}) == 1, "they share the run's name"
    assert [part.ledger.sent for part in parts.values()] == list(map(len, lab.sent_s))
    assert all(part.latency_ms["service"].count == part.ledger.ok for part in parts.values())
    whole = merge_results(parts)
    assert (whole.ledger.sent, whole.users.asked, len(whole.generator.workers)) == (lab.sent, 3, 3)
    assert whole.machines is not None
    rows = whole.machines.rows
    assert [(row.first_worker, row.workers) for row in rows] == [(0, 1), (1, 1), (2, 1)]
    assert [row.ledger.sent for row in rows] == list(map(len, lab.sent_s))
    assert {row.verdict for row in rows} == {"invalid"}
    assert (whole.generator.verdict, whole.ended_by) == ("invalid", "error")
    assert "its coordinator" not in whole.ended_because
    assert "the coordinator of the run was gone" in whole.ended_because
    assert all("loadgen report --merge" in told for told in lab.told)


def test_nothing_is_kept_where_the_coordinator_had_it_all(tmp_path):
    lab, parts = kept_by(tmp_path, lambda lab: None)
    assert (parts, lab.told) == ({}, ["", "", ""])


def test_nothing_is_kept_where_nothing_was_sent(tmp_path):
    lab = Lab(
        PLAN, at={0.05: lambda lab: [wire.end() for wire in lab.wires]},
        make_keeper=lambda plan, shards, run: KeptResult(plan, shards, run, {"XDG_CACHE_HOME": str(tmp_path)}),
    )  # fmt: skip
    lab.run()
    assert (list(tmp_path.iterdir()), lab.told) == ([], ["", "", ""])


def test_a_disk_that_takes_nothing_is_said(tmp_path):
    (tmp_path / "loadgen").touch()
    lab, _ = kept_by(tmp_path, lambda lab: [wire.end() for wire in lab.wires])
    assert all("is lost with its coordinator" in told for told in lab.told)
