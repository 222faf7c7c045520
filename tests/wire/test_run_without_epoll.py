"""The reactor where there is no epoll: the event loop is asked about each connection instead."""

import asyncio
import select

import pytest

from loadgen.base.alarm import LoopAlarm
from loadgen.base.clock import now_ns
from loadgen.plan.build import make_plan
from loadgen.plan.profiles.document import profile_for_url
from loadgen.session.observers import Hooks, Observers
from loadgen.session.run import run
from loadgen.target.process import TargetProcess

QUIET = Hooks(Observers(), lambda _result: None, lambda error: pytest.fail(repr(error)))


@pytest.fixture
def no_epoll(monkeypatch):
    monkeypatch.delattr(select, "epoll")


@pytest.mark.slow  # starts a server process
@pytest.mark.usefixtures("no_epoll")
@pytest.mark.parametrize(
    ("path", "flags"),
    [("/", {}), ("/", {"keepalive": False}), ("/", {"think": "1ms"}), ("/bytes/200000", {})],
)
def test_a_run_is_as_exact_without_epoll(path, flags):
    given = {"connections": 10, "total_requests": 200, "mode": "async", **flags}
    with TargetProcess() as target:
        plan = make_plan(profile_for_url(target.url.rstrip("/") + path, given), cores=1, gil=True)
        result = asyncio.run(run(plan, QUIET))
    assert (result.ledger.ok, result.ledger.failed, result.ended_by) == (200, 0, "completed")
    assert result.status_codes == {"200": 200}


def test_an_alarm_of_the_loop_is_never_early():
    async def ring() -> int:
        loop = asyncio.get_running_loop()
        alarm = LoopAlarm(loop)
        rung: asyncio.Future[int] = loop.create_future()
        loop.add_reader(alarm.fileno(), lambda: rung.done() or rung.set_result(now_ns()))
        due = now_ns() + 3_000_000
        alarm.set(due + 10**12)
        alarm.set(due)
        late = await rung - due
        alarm.clear()
        loop.remove_reader(alarm.fileno())
        alarm.close()
        return late

    assert asyncio.run(ring()) >= 0
