import asyncio
from itertools import pairwise

import pytest

from loadgen.base.alarm import LoopAlarm
from loadgen.base.clock import NS_PER_MS, NS_PER_S
from loadgen.base.error_class import ErrorClass
from loadgen.executors.sequential_notes import SequentialSetup
from loadgen.executors.sequential_users import SequentialUsers
from loadgen.executors.waits import LoopWaits
from loadgen.guard.breaker import Breaker
from loadgen.guard.shared_state import Cause, SharedState
from loadgen.measure.recorder import Recorder
from loadgen.pacing.make import make_pacer
from loadgen.plan.jobs.http import RequestSpec
from loadgen.workloads.http import HttpWorkload
from tests.support.fakes import (
    TICK_NS,
    FakeClient,
    VirtualClock,
    make_plan,
    reply,
    run_virtually,
    task_for,
)

REFUSED = ErrorClass.CONNECTION_REFUSED


class Run:
    """SequentialUsers as tasks on virtual time, driven as a worker does it."""

    def __init__(self, plan, serve=lambda _: (NS_PER_MS, reply()), *, max_errors=None, shard=0, workload=None):
        self.clock = VirtualClock()
        self.control = SharedState.create(plan.shard_count)
        self.plan = plan
        self.task = task_for(plan, self.control, self.clock, shard)
        self.clients = []
        self.serve = serve
        self.max_errors = max_errors
        self.workload = workload
        self.recording = None
        self.begins = False
        self.taken = []
        self.at = {}

    def make_client(self):
        self.clients.append(FakeClient(self.clock, self.serve))
        return self.clients[-1]

    def after(self, elapsed_ns, action):
        """Do something of one's own at the first tick from this instant on."""
        self.at[elapsed_ns] = action

    def whole(self, duration_s=10.0):
        run_virtually(self.clock, self._whole(duration_s))
        self.control.close()
        return self.recording.tally(0)

    async def _whole(self, duration_s):
        task, clock = self.task, self.clock
        breaker = Breaker(self.control, task.shard.index, self.max_errors)
        recorder = Recorder(task.redact, paced=self.plan.paced)
        self.users = users = SequentialUsers(
            SequentialSetup(
                task,
                self.make_client,
                make_pacer(self.plan, task.shard),
                self.workload or HttpWorkload(self.plan.job, task.shard, self.plan.users, streams=True),
                recorder,
                breaker,
                waits=LoopWaits(clock, LoopAlarm(asyncio.get_running_loop(), clock)),
            )
        )
        users.open(clock())
        while users.opened < task.shard.users and not self.plan.staggered:
            await asyncio.sleep(0.002)
            users.tick(clock())
        assert users.sent == 0
        self.gate_ns = clock()
        if self.begins:
            recorder.transactions.begin()
            self.taken.append(users.take())
        users.start(clock(), clock() + round(duration_s * NS_PER_S))
        while not users.finished:
            await asyncio.sleep(0.05)
            for elapsed_ns in [due for due in self.at if due <= clock() - self.gate_ns]:
                self.at.pop(elapsed_ns)()
            users.tick(clock())
        self.finished_after_ns = users.finished_ns - self.gate_ns
        self.ended_after_ns = clock() - self.gate_ns
        await users.close()
        self.recording = users.take()
        self.taken.append(self.recording)

    def sent_ms(self, user=0):
        return [(at - self.gate_ns) // NS_PER_MS for at in self.clients[user].sent_at]


def test_a_user_sends_its_next_request_the_moment_its_reply_is_in():
    run = Run(make_plan(users=1), lambda _: (3 * NS_PER_MS, reply()))
    tally = run.whole(0.01)
    assert run.sent_ms() == [0, 3, 6, 9]
    assert (tally.ok, tally.sent, tally.statuses) == (4, 4, {200: 4})
    assert (tally.bytes_sent, tally.bytes_received) == (40, 4 * len(b"200 ok"))
    assert set(tally.clocks) == {"service"}
    assert run.finished_after_ns // NS_PER_MS == 12


@pytest.mark.parametrize(("users", "requests"), [(1, 7), (4, 7), (9, 7), (3, 0)])
def test_the_budget_of_requests_is_spent_exactly(users, requests):
    run = Run(make_plan(users=users, requests_limit=requests, duration_s=None))
    assert run.whole(3600).ok == requests
    assert run.users.sent == requests


def test_a_pause_follows_every_reply_and_is_never_early():
    run = Run(make_plan(users=2, think_s=(0.1, 0.3)), lambda _: (20 * NS_PER_MS, reply()))
    tally = run.whole(3.0)
    for client in run.clients:
        for before, after in pairwise(client.sent_at):
            assert 120 * NS_PER_MS <= after - before <= 320 * NS_PER_MS + 1000
    assert tally.clocks["send_lag"].total == tally.clocks["response"].total == tally.ok
    assert tally.clocks["send_lag"].quantiles_us([1.0])[0] <= 1


def test_users_of_different_shards_do_not_think_alike():
    plan = make_plan(users=4, processes=2, mode="threads", think_s=(0.1, 1.0))
    rhythms = set()
    for shard in range(2):
        run = Run(plan, shard=shard)
        run.whole(3.0)
        rhythms |= {tuple(run.sent_ms(user)) for user in range(2)}
    assert len(rhythms) == 4


@pytest.mark.parametrize("requests", [None, 2])
def test_users_that_think_at_the_end_do_not_hold_up_the_run(requests):
    run = Run(make_plan(users=2, think_s=(30.0, 30.0), requests_limit=requests))
    assert run.whole(1.0).ok == 2
    assert run.ended_after_ns <= (0 if requests else NS_PER_S) + 3 * TICK_NS
    assert run.finished_after_ns // NS_PER_MS == 1


def test_a_ramp_connects_and_starts_users_one_by_one_and_never_early():
    run = Run(make_plan(users=5, ramp_up_s=1.0))
    run.whole(2.0)
    assert [run.sent_ms(user)[0] for user in range(5)] == [0, 200, 400, 600, 800]
    assert [(client.connected_at[0] - run.gate_ns) // NS_PER_MS for client in run.clients] == [0, 200, 400, 600, 800]
    assert run.users.started == 5


@pytest.mark.parametrize("ending", ["stop", "duration", "budget"])
def test_users_whose_turn_never_came_neither_connect_nor_start(ending):
    run = Run(make_plan(users=10, ramp_up_s=10.0, requests_limit=2500 if ending == "budget" else None))
    if ending == "stop":
        run.after(2_500 * NS_PER_MS, lambda: run.control.trip(Cause.SIGNAL, run.clock()))
    run.whole(2.5 if ending == "duration" else 100.0)
    reached = 2 if ending == "budget" else 3  # 1,000 requests in the first second, 1,500 in three quarters of the next
    assert run.users.started == reached
    assert sum(len(client.connected_at) for client in run.clients) == reached
    assert run.ended_after_ns <= 2_500 * NS_PER_MS + 2 * TICK_NS


def test_after_the_stop_flag_nothing_new_starts():
    run = Run(make_plan(users=3), lambda _: (30 * NS_PER_MS, reply()))
    run.after(0, lambda: run.control.trip(Cause.SIGNAL, run.clock()))
    assert run.whole().ok == 6  # sent at 0 and 30 ms; the first tick is at 50 ms
    assert run.finished_after_ns // NS_PER_MS == 60


def test_failed_connects_back_off_from_ten_milliseconds_to_a_second():
    run = Run(make_plan(users=1), lambda _: (NS_PER_MS, REFUSED))
    tally = run.whole(5.0)
    waits = [after - before for before, after in pairwise(run.sent_ms())]
    assert waits == [11, 21, 41, 81, 161, 321, 641, 1001, 1001, 1001]
    assert tally.failed == tally.errors[REFUSED].count == len(waits) + 1
    assert tally.clocks == {}


def test_a_good_reply_ends_the_backoff():
    answers = iter([REFUSED, REFUSED, reply(), reply(), REFUSED, REFUSED, reply()])
    run = Run(make_plan(users=1, requests_limit=7), lambda _: (NS_PER_MS, next(answers)))
    run.whole()
    assert [after - before for before, after in pairwise(run.sent_ms())] == [11, 21, 1, 1, 11, 21]


@pytest.mark.parametrize("limit", [1, 3])
def test_every_failing_reply_reaches_the_breaker_though_all_are_the_same_object(limit):
    bad = reply(500, b"no")
    run = Run(make_plan(users=1), lambda _: (NS_PER_MS, bad), max_errors=limit)
    tally = run.whole()
    assert (tally.failed, tally.statuses) == (limit, {500: limit})
    assert tally.errors[ErrorClass.UNEXPECTED_STATUS].message == "status 500"


def test_good_and_bad_replies_in_turn_are_all_told_apart():
    good, bad = reply(), reply(500, b"no")
    answers = iter([good, good, bad] * 10)
    run = Run(make_plan(users=1, requests_limit=30), lambda _: (NS_PER_MS, next(answers)), max_errors=100)
    tally = run.whole()
    assert (tally.ok, tally.failed, tally.statuses) == (20, 10, {200: 20, 500: 10})


def test_the_same_reply_to_two_requests_is_judged_and_counted_for_each():
    plan = make_plan(requests=(RequestSpec("a", "GET", "/a", 2), RequestSpec("b", "GET", "/b", 1)), users=1)
    replies = [reply(), reply()]
    run = Run(plan, lambda request: (NS_PER_MS, replies[request.name_id]))
    run.whole(0.03)
    assert (run.recording.tally(0).ok, run.recording.tally(1).ok) == (20, 10)


@pytest.mark.parametrize(
    ("error", "failures"), [(ErrorClass.TIMEOUT, 2), (ErrorClass.NO_DESCRIPTORS, 0), (ErrorClass.GENERATOR, 0)]
)
def test_only_the_target_s_faults_trip_the_breaker(error, failures):
    run = Run(make_plan(users=1, requests_limit=2), lambda _: (NS_PER_MS, error), max_errors=2)
    causes = []
    run.after(0, lambda: causes.append(run.control.cause))
    assert run.whole().failed == 2
    assert causes == [Cause.FAIL_FAST if failures == 2 else Cause.COMPLETED]


def test_what_is_cut_is_unknown():
    run = Run(make_plan(users=2), lambda _: (3600 * NS_PER_S, reply()))
    run.after(100 * NS_PER_MS, lambda: (run.control.trip(Cause.SIGNAL, run.clock()), run.users.cut(), run.users.cut()))
    tally = run.whole()
    assert (tally.unknown, tally.failed, tally.ok) == (2, 0, 0)
    assert tally.clocks["service_censored"].total == 2


def test_connections_are_counted_once_and_closed():
    run = Run(make_plan(users=3, requests_limit=10))
    run.whole()
    assert run.recording.connections.opened == 3
    assert all(client.closed for client in run.clients)


def test_a_bug_in_a_user_s_code_trips_the_stop_flag_and_comes_out_of_close():
    class Broken(FakeClient):
        async def exchange(self, request):
            raise ZeroDivisionError

    run = Run(make_plan(users=1))
    run.make_client = lambda: Broken(run.clock, run.serve)
    with pytest.raises(ZeroDivisionError):
        run_virtually(run.clock, run._whole(1.0))
    assert run.control.cause is Cause.ERROR
    run.control.close()
