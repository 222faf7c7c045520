import asyncio
import sys
import threading
import time

import pytest

from loadgen.base.errors import UsageError
from loadgen.base.exchange import Outcome
from loadgen.executors.sequential_notes import SequentialSetup
from loadgen.executors.sequential_users import SequentialUsers
from loadgen.executors.user_threads import STACK_BYTES, drive
from loadgen.executors.waits import ThreadWaits
from loadgen.guard.breaker import Breaker
from loadgen.guard.shared_state import SharedState, Slot
from loadgen.measure.recorder import Recorder
from loadgen.pacing.make import make_pacer
from tests.support.fakes import FakeClient, OneScript, make_plan, reply, task_for


def test_a_blocking_client_that_suspends_is_found_out():
    async def suspends():
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="a blocking client suspended"):
        drive(suspends())


class InstantClient(FakeClient):
    """Answers without suspending, as a blocking client does."""

    async def exchange(self, request):
        self.sent_at.append(self._clock())
        return Outcome(self._clock(), self._clock(), self._serve(request)[1], bytes_sent=10, bytes_received=6)


def in_threads(users, requests, clients=InstantClient):
    plan = make_plan(users=users, mode="threads", requests_limit=requests, duration_s=None)
    control = SharedState.create(1)
    task = task_for(plan, control, time.perf_counter_ns)
    good = reply()
    return control, SequentialUsers(
        SequentialSetup(
            task,
            lambda: clients(time.perf_counter_ns, lambda _: (0, good)),
            make_pacer(plan, task.shard),
            OneScript(),
            Recorder(task.redact, paced=False),
            Breaker(control, 0, None),
            waits=ThreadWaits(time.perf_counter_ns),
        )
    )


def test_a_thread_for_each_user_spends_the_budget_exactly():
    control, users = in_threads(8, 400)
    interval_s = sys.getswitchinterval()

    asyncio.run(whole(users, 8))
    total = users.take().total()
    assert (total.ok, users.sent, users.started) == (400, 400, 8)
    assert sys.getswitchinterval() == pytest.approx(interval_s)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("user")]
    control.close()


def test_a_request_is_counted_where_all_can_read_it_before_it_leaves():
    shown = []

    class Reading(InstantClient):
        async def exchange(self, request):
            shown.append(control.get(0, Slot.SENT))
            return await super().exchange(request)

    control, users = in_threads(1, 5, Reading)
    asyncio.run(whole(users, 1))
    assert shown == [1, 2, 3, 4, 5]
    control.close()


async def whole(users, count):
    users.open(time.perf_counter_ns())
    while users.opened < count:
        await asyncio.sleep(0)
    users.start(time.perf_counter_ns(), 1 << 62)
    await users.close()


def test_a_user_who_hangs_is_not_waited_for_after_a_cut(monkeypatch):
    monkeypatch.setattr("loadgen.executors.sequential_users.CUT_S", 0.0)
    hangs, released = threading.Event(), threading.Event()

    class Hanging(InstantClient):
        async def exchange(self, request):
            hangs.set()
            released.wait()
            return await super().exchange(request)

    control, users = in_threads(1, 1, Hanging)

    async def main():
        users.open(time.perf_counter_ns())
        while users.opened < 1:
            await asyncio.sleep(0)
        users.start(time.perf_counter_ns(), 1 << 62)
        hangs.wait()
        users.cut()
        await users.close()

    asyncio.run(main())
    (hung,) = [thread for thread in threading.enumerate() if thread.name.startswith("user")]
    assert hung.daemon, "nor is it by the interpreter"
    released.set()
    hung.join()
    control.close()


def test_a_host_that_allows_fewer_threads_is_said_and_no_user_is_left_behind(monkeypatch):
    control, users = in_threads(5, 10)

    async def main():
        real, started = threading.Thread.start, []

        def limited(thread):
            if len(started) == 3:
                raise RuntimeError("can't start new thread")
            started.append(thread)
            real(thread)

        monkeypatch.setattr(threading.Thread, "start", limited)
        stack = threading.stack_size()
        with pytest.raises(UsageError, match=r"allows 3 of 5 threads \(can't start new thread\); raise `ulimit -u`"):
            users.open(time.perf_counter_ns())
        assert threading.stack_size() == stack
        await users.close()

    asyncio.run(main())
    assert users.sent == 0
    control.close()


def test_threads_have_small_stacks_so_that_thousands_fit():
    assert STACK_BYTES <= 512 * 1024
