import asyncio
from itertools import pairwise

import pytest

from loadgen.base.clock import NS_PER_MS, NS_PER_S
from loadgen.executors.base import UNLIMITED
from loadgen.executors.worker import UsersLostError, Worker
from loadgen.guard.shared_state import Cause, SharedState, Slot, State
from tests.support.fakes import FakeUsers, VirtualClock, make_plan, run_virtually, task_for


class Run:
    """A Worker with fake users on virtual time. Instants of `at` count from the gate, which opens at once."""

    def __init__(self, finish_s=None, *, gate=True, raises=None, watch=None, **plan):
        self.watch = watch
        self.clock = VirtualClock()
        self.plan = make_plan(**plan)
        self.control = SharedState.create(1)
        self.frames = []
        self.states = []
        self.users = FakeUsers(self.clock, raises=raises)
        self.finish_s = finish_s
        self.gate = gate
        self.at = {}

    def whole(self):
        try:
            run_virtually(self.clock, self._main())
        finally:
            self.state = self.control.get(0, Slot.STATE)
            self.slots = {slot: self.control.get(0, slot) for slot in Slot}
            self.control.close()
        return self.frames

    async def _main(self):
        task = task_for(self.plan, self.control, self.clock, deliver=self.frames.append)
        running = asyncio.ensure_future(Worker(task, self.users, None, self.watch).run())
        if self.gate:
            await self._open_gate()
        else:
            await asyncio.sleep(0.05)
            self.control.trip(Cause.SIGNAL, self.clock())
        await running

    async def _open_gate(self):
        while self.control.least(Slot.STATE) < State.READY:
            await asyncio.sleep(0.001)
        self.opened_before_gate = self.control.get(0, Slot.CONNECTED)
        self.gate_ns = self.clock() + 20 * NS_PER_MS
        self.control.open_gate(self.gate_ns)
        if self.finish_s is not None:
            self.users.finish_at_ns = self.gate_ns + round(self.finish_s * NS_PER_S)
        for at_s, action in self.at.items():
            delay_ns = self.gate_ns + round(at_s * NS_PER_S) - self.clock()
            asyncio.get_running_loop().call_later(delay_ns / NS_PER_S, action, self)


def parts(frames):
    return [(frame.window, frame.second, round(frame.elapsed_ns / NS_PER_S, 2)) for frame in frames]


def test_all_users_are_open_before_the_gate_and_start_at_it_and_not_before():
    run = Run(finish_s=10.0)
    run.whole()
    assert run.opened_before_gate == 2
    assert run.users.started_at_ns == run.gate_ns
    assert run.users.end_ns == run.gate_ns + 10 * NS_PER_S


def test_timers_that_ring_early_do_not_open_the_gate_early(monkeypatch):
    run = Run(finish_s=0.5)
    pause = asyncio.sleep

    async def sleep(seconds):
        await pause(0)
        run.clock.advance(round(0.9 * seconds * NS_PER_S) + 1)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    gates = []
    start = run.users.start
    run.users.start = lambda now, end_ns: (gates.append(run.clock()), start(now, end_ns))
    run.whole()
    assert gates[0] >= run.gate_ns


def test_a_frame_comes_every_second_and_the_last_one_has_the_usage():
    frames = Run(finish_s=3.25, duration_s=3.0).whole()
    assert parts(frames) == [("measured", 0, 1.0), ("measured", 1, 2.0), ("measured", 2, 3.0), ("drain", 3, 3.25)]
    assert [frame.usage is None for frame in frames] == [True, True, True, False]
    assert {frame.worker for frame in frames} == {0}


@pytest.mark.parametrize(("cool_down_s", "lasted_s"), [(0.0, 2.0), (1.0, 2.007)])
def test_the_window_is_as_long_as_requests_were_sent_however_late_its_end_is_seen(cool_down_s, lasted_s):
    run = Run(finish_s=3.5, duration_s=2.0, cool_down_s=cool_down_s)
    run.at[1.999] = lambda run: run.clock.advance(8 * NS_PER_MS)
    ended_ns = [frame.elapsed_ns for frame in run.whole() if frame.window == "measured"][-1]
    assert round(ended_ns / NS_PER_S, 5) == lasted_s


def test_users_that_end_before_the_time_is_up_end_the_window():
    frames = Run(finish_s=1.5, duration_s=10.0).whole()
    assert parts(frames) == [("measured", 0, 1.0), ("measured", 1, 1.5)]
    assert frames[-1].usage is not None


def test_without_a_duration_the_users_decide():
    run = Run(finish_s=2.2, duration_s=None, requests_limit=5)
    assert parts(run.whole()) == [("measured", 0, 1.0), ("measured", 1, 2.0), ("measured", 2, 2.2)]
    assert run.users.end_ns >= UNLIMITED


def test_the_stop_flag_closes_the_window_at_once_and_what_comes_later_is_drain():
    run = Run(finish_s=1.9, duration_s=10.0)
    run.at[1.42] = lambda run: run.control.trip(Cause.SIGNAL, run.clock())
    (_, window, drain) = run.whole()
    assert window.window == "measured"
    assert 1.42 <= window.elapsed_ns / NS_PER_S <= 1.42 + 0.05
    assert (drain.window, round(drain.elapsed_ns / NS_PER_S, 2)) == ("drain", 1.9)
    assert run.users.cuts == 0


def test_when_the_grace_is_over_the_users_are_cut():
    run = Run(duration_s=1.0)
    run.at[2.0] = lambda run: run.control.cut()
    frames = run.whole()
    assert run.users.cuts == 1
    assert parts(frames)[-1][0] == "drain"
    assert 2.0 <= frames[-1].elapsed_ns / NS_PER_S <= 2.05


def test_a_worker_leaves_users_behind_whom_a_cut_does_not_end():
    run = Run(duration_s=1.0)
    run.users.lost = True
    run.at[2.0] = lambda run: run.control.cut()
    with pytest.raises(UsersLostError):
        run.whole()
    assert parts(run.frames)[-1][0] == "drain"
    assert 3.0 <= run.frames[-1].elapsed_ns / NS_PER_S <= 3.1
    assert (run.users.closed, run.state) == (True, State.FINISHED)


def test_a_warm_up_and_a_cool_down_are_frames_of_their_own_around_the_window():
    run = Run(finish_s=3.5, duration_s=1.0, warmup_s=1.5, cool_down_s=1.0)
    frames = run.whole()
    assert parts(frames) == [("warmup", 0, 0.0), ("measured", 0, 1.0), ("cooldown", 1, 2.0)]
    assert run.users.end_ns == run.gate_ns + 3_500 * NS_PER_MS


def test_users_learn_what_was_recorded_in_the_warm_up():
    run = Run(finish_s=3.5, duration_s=1.0, warmup_s=1.5)
    frames = run.whole()
    assert run.users.done_in_warmup == frames[0].recording.total().sent == 1
    run = Run(finish_s=1.0, duration_s=1.0)
    run.whole()
    assert run.users.done_in_warmup is None


def test_a_stop_in_the_warm_up_measures_next_to_nothing():
    run = Run(finish_s=1.0, duration_s=1.0, warmup_s=5.0)
    run.at[0.5] = lambda run: run.control.trip(Cause.SIGNAL, run.clock())
    frames = run.whole()
    assert [window for window, _, _ in parts(frames)] == ["warmup", "measured", "drain"]
    assert all(frame.elapsed_ns == 0 for frame in frames)


def test_every_recording_is_delivered_and_counted_on_the_control():
    run = Run(finish_s=3.25, duration_s=3.0)
    frames = run.whole()
    assert run.slots[Slot.OK] == sum(frame.recording.total().ok for frame in frames) == 4
    assert run.slots[Slot.SENT] == run.users.sent
    assert (run.slots[Slot.STARTED], run.state) == (2, State.FINISHED)


def test_what_users_have_shown_of_themselves_is_never_taken_back():
    run = Run(finish_s=0.5, duration_s=1.0)
    run.at[0.4] = lambda run: run.control.put(0, Slot.SENT, 1000)
    run.whole()
    assert run.slots[Slot.SENT] == 1000 > run.users.sent


def test_users_tick_every_fifty_milliseconds_and_more_often_for_short_timeouts():
    for timeout_s, at_most in ((10.0, 0.051), (0.1, 0.0101)):
        run = Run(finish_s=0.5, duration_s=1.0, timeout_s=timeout_s)
        run.whole()
        running = [tick for tick in run.users.ticks if tick >= run.gate_ns]
        gaps = [(after - before) / NS_PER_S for before, after in pairwise(running)]
        assert max(gaps) <= at_most


def test_a_worker_that_woke_up_late_says_how_late():
    run = Run(finish_s=1.0, duration_s=1.0)
    run.at[0.31] = lambda run: run.clock.advance(200 * NS_PER_MS)
    usage = run.whole()[-1].usage
    assert 159 * NS_PER_MS <= usage.longest_stall_ns <= 201 * NS_PER_MS


def test_a_run_that_is_stopped_before_the_gate_sends_nothing_and_waits_for_nobody():
    run = Run(gate=False)
    assert run.whole() == []
    assert (run.users.started, run.users.closed, run.users.cuts) == (0, True, 1)
    assert run.state == State.FINISHED


def test_a_ramp_does_not_wait_for_connections():
    run = Run(finish_s=1.0, ramp_up_s=1.0)
    run.whole()
    assert run.opened_before_gate == 0


def test_a_bug_of_the_users_comes_out_of_the_worker():
    with pytest.raises(ZeroDivisionError):
        Run(finish_s=0.5, raises=ZeroDivisionError()).whole()


class Watch:
    """Is told of a loop that hangs by the test."""

    longest = ""

    def __init__(self, _due, on_hung, _clock):
        Watch.on_hung = on_hung

    def start(self):
        """Nothing is looked at."""

    beat = close = start


def test_what_was_recorded_before_the_loop_hung_goes_with_where_that_is():
    run = Run(finish_s=3.0, watch=Watch, duration_s=3.0)
    run.at[1.52] = lambda _run: Watch.on_hung("shop.py:12 in buy")
    frames = run.whole()
    (told,) = [frame for frame in frames if frame.hung is not None]
    assert (told.hung, told.window, told.second, told.recording.total().ok) == ("shop.py:12 in buy", "measured", 1, 1)
    assert 1.4 < told.elapsed_ns / NS_PER_S <= 1.51, "up to where the loop was last seen to turn"
    assert run.slots[Slot.SENT] == sum(frame.recording.total().sent for frame in frames)


def test_a_loop_that_hangs_when_all_is_handed_over_has_nothing_more_to_give():
    run = Run(finish_s=1.0, watch=Watch, duration_s=1.0)
    frames = run.whole()
    Watch.on_hung("shop.py:12 in buy")
    assert (frames[-1].hung, frames[-1].recording.total().sent) == ("shop.py:12 in buy", 0)
