"""An S3 run on other machines: what comes before and after is done here."""

import asyncio
from pathlib import Path

import pytest
import uvloop

from loadgen.base.errors import UsageError
from loadgen.executors.places.base import Place
from loadgen.executors.places.make import ThisMachine
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.plan import Plan
from loadgen.plan.profiles.document import profile_for_s3
from loadgen.results.result import Result
from loadgen.session.here import plan_here
from loadgen.session.observers import Hooks, Observers
from loadgen.session.s3 import run_s3
from loadgen.session.signals import signals_restored
from tests.chaos.script import Script
from tests.chaos.server import HostileServer
from tests.chaos.store import Store


class Elsewhere(ThisMachine):
    """A Site that keeps what runs there."""

    def __init__(self) -> None:
        self.jobs: list[object] = []

    async def place(self, plan: Plan) -> tuple[Place, int | None]:
        self.jobs.append(getattr(plan.job, "job", None))
        return await super().place(plan)


def unused(what: object) -> None:
    raise AssertionError(what)


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLEEXAMPLE01")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


def run_elsewhere(port: int, site: Elsewhere, **section: str) -> Result:
    flags = {"target": f"http://127.0.0.1:{port}", "connections": "2", "mode": "async", "processes": "1"}
    plan = plan_here(profile_for_s3({"bucket": "photos", "objects": "3", "size": "10", **section}, flags))
    assert isinstance(plan.job, S3Job)
    with signals_restored(), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run_s3(plan, plan.job, Hooks(Observers(), unused, unused, site)))


def test_only_what_is_measured_runs_on_the_machines() -> None:
    store, site = Store(), Elsewhere()
    with HostileServer(Script("elsewhere"), store=store) as server:
        result = run_elsewhere(server.port, site, job="delete")
    assert (result.ledger.ok, store.left, site.jobs) == (3, [], ["delete"])


def test_a_journal_stays_here_and_is_refused_before_anything_is_put(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^--resume: cannot be combined with --machine"):
        run_elsewhere(9, Elsewhere(), job="batch", resume=str(tmp_path / "j"))
