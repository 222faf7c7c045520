import asyncio
import ctypes
import sys
import threading
import time

import pytest

from loadgen.base.alarm import LoopAlarm
from loadgen.base.clock import NS_PER_MS, NS_PER_S
from loadgen.executors.user_threads import drive
from loadgen.executors.waits import LoopWaits, ThreadWaits
from tests.support.fakes import VirtualClock, run_virtually


def waits_on_the_loop(clock):
    return LoopWaits(clock, LoopAlarm(asyncio.get_running_loop(), clock))


def test_waiting_on_the_loop_ends_at_the_instant_and_never_before():
    clock = VirtualClock()

    async def main():
        waits = waits_on_the_loop(clock)
        await waits.until(clock() + 1_234_567)
        waits.close()
        return clock()

    began = clock()
    assert 1_234_567 <= run_virtually(clock, main()) - began <= 1_234_567 + 1000


def test_one_alarm_wakes_each_sleeper_at_its_own_instant():
    clock = VirtualClock()
    began, woke = clock(), []

    async def sleep(waits, after_ns):
        await waits.until(began + after_ns)
        woke.append((after_ns, clock() - began - after_ns))

    async def main():
        waits = waits_on_the_loop(clock)
        await asyncio.gather(*(sleep(waits, after_ms * NS_PER_MS) for after_ms in (30, 10, 20, 10)))
        waits.close()

    run_virtually(clock, main())
    assert [after_ns // NS_PER_MS for after_ns, _ in woke] == [10, 10, 20, 30]
    assert all(0 <= late_ns <= 1000 for _, late_ns in woke)


@pytest.mark.skipif(sys.platform != "linux", reason="other kernels have no such setting")
def test_threads_that_will_wait_are_not_woken_late_by_the_kernel():
    waits, slacks_ns = ThreadWaits(VirtualClock()), []

    def note():
        slacks_ns.append(ctypes.CDLL(None).prctl(30))  # PR_GET_TIMERSLACK

    def start():
        waits.before_start()
        child = threading.Thread(target=note)
        child.start()
        child.join()

    starter = threading.Thread(target=start)
    starter.start()
    starter.join()
    waits.close()
    assert slacks_ns == [1]


def test_waking_ends_every_wait_on_the_loop():
    clock = VirtualClock()

    async def main():
        waits = waits_on_the_loop(clock)
        sleepers = [asyncio.ensure_future(waits.until(clock() + 3600 * NS_PER_S)), asyncio.ensure_future(waits.gate())]
        await asyncio.sleep(0.001)
        waits.wake()
        await asyncio.gather(*sleepers)
        await waits.until(clock() + NS_PER_S)
        waits.close()

    began = clock()
    run_virtually(clock, main())
    assert clock() - began < 10 * NS_PER_MS


def test_waking_ends_every_wait_of_a_thread():
    waits = ThreadWaits(time.perf_counter_ns)
    ended = []

    def wait(coroutine):
        drive(coroutine)
        ended.append(1)

    hour_ns = time.perf_counter_ns() + 3600 * NS_PER_S
    threads = [threading.Thread(target=wait, args=(one,)) for one in (waits.until(hour_ns), waits.gate(), waits.gate())]
    for thread in threads:
        thread.start()
    waits.wake()
    for thread in threads:
        thread.join(10)
    assert len(ended) == 3
    waits.close()


def test_a_thread_s_wait_is_never_early_however_the_kernel_sleeps(monkeypatch):
    clock = VirtualClock()
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        clock.advance(round(seconds * NS_PER_S * 0.9))  # always a tenth short

    monkeypatch.setattr(time, "sleep", sleep)
    waits = ThreadWaits(clock)
    due = clock() + 1_500_000
    drive(waits.until(due))
    waits.close()
    assert clock() >= due
    assert len(slept) > 2


def test_a_wait_for_the_past_returns_at_once():
    waits = ThreadWaits(VirtualClock())
    drive(waits.until(0))
    waits.close()


def test_the_gate_opens_once_and_the_pipes_close_once():
    waits = ThreadWaits(VirtualClock())
    waits.open_gate()
    waits.open_gate()
    drive(waits.gate())
    waits.wake()
    waits.close()
