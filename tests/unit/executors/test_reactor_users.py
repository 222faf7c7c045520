from itertools import pairwise
from random import Random

import pytest

from loadgen.base.clock import NS_PER_MS, NS_PER_S
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Fields, Request, RequestGroup
from loadgen.base.reply import Reply
from loadgen.guard.shared_state import GO, Cause, Slot
from loadgen.measure.histogram import bucket_of
from loadgen.plan.plan import UserStage
from tests.support.fakes import TICK_NS, OneScript, make_plan, reply
from tests.support.simulation import Simulation

# The closed loop.


def test_a_user_sends_its_next_request_the_moment_its_reply_is_in(simulate):
    run = simulate(make_plan(users=1), lambda _: (3 * NS_PER_MS, reply()))
    recording = run.whole(0.01)
    # At 0, 3, 6 and 9 ms; the reply of the last comes at 12 ms, after the end.
    assert [sent.at_ns // NS_PER_MS for sent in run.sent] == [0, 3, 6, 9]
    tally = recording.tally(0)
    assert (tally.ok, tally.sent, tally.statuses, tally.bytes_sent) == (4, 4, {200: 4}, 40)
    assert tally.bytes_received == 4 * len(b"200 ok")
    assert tally.clocks["service"].buckets == {bucket_of(3000): 4}
    assert set(tally.clocks) == {"service"}


def test_nothing_is_sent_before_the_gate(simulate):
    run = simulate(make_plan(users=3))
    run.open_all()
    run.run(NS_PER_S)
    assert run.sent == []
    assert (run.users.opened, run.users.started, run.users.finished) == (3, 0, False)
    run.start()
    assert [sent.at_ns for sent in run.sent] == [NS_PER_S] * 3
    assert run.users.started == 3


@pytest.mark.parametrize(("users", "requests"), [(1, 7), (4, 7), (7, 7), (9, 7), (4, 0)])
def test_the_budget_of_requests_is_spent_exactly(simulate, users, requests):
    run = simulate(
        make_plan(users=users, requests_limit=requests, duration_s=None), lambda sent: (sent.user + 1, reply())
    )
    recording = run.whole()
    assert len(run.sent) == run.users.sent == requests
    assert recording.total().ok == requests
    assert run.users.finished


def test_many_equal_replies_at_once_count_as_each_by_itself(simulate):
    run = simulate(make_plan(users=3, requests_limit=8, duration_s=None), lambda _: None)
    run.open_all()
    run.start()
    streams, users = run.users.connections, run.users
    run.clock.advance(NS_PER_MS)
    for stream in streams:
        run.reactor.answer(stream, reply())
    run.clock.advance(3 * NS_PER_MS)
    assert users.on_repeats(streams[:2], [3 * NS_PER_MS] * 2, run.clock())
    assert users.sent == 8
    assert not users.on_repeats(streams, [1] * 3, run.clock()), "more than the budget allows"
    run.control.trip(Cause.SIGNAL, run.clock())
    assert not users.on_repeats(streams[:1], [1], run.clock())
    assert users.take().tally(0).clocks["service"].buckets == {bucket_of(1000): 3, bucket_of(3000): 2}


def test_who_backed_off_does_so_no_more_after_a_good_reply_in_a_row(simulate):
    run = simulate(make_plan(users=3, requests_limit=8, duration_s=None), lambda _: None)
    run.open_all()
    run.start()
    stream = run.users.connections[0]
    run.users.on_error(stream, run.clock(), ErrorClass.CONNECTION_REFUSED, "", b"")
    assert stream.backoff_ns
    assert run.users.on_repeats([stream], [1], run.clock())
    assert not stream.backoff_ns


def test_users_whose_next_request_is_not_due_at_once_are_told_one_by_one(simulate):
    run = simulate(make_plan(users=3, think_s=(0.1, 0.3)), lambda _: None)
    run.open_all()
    run.start()
    assert not run.users.on_repeats(run.users.connections, [1] * 3, run.clock())


def test_shards_share_a_budget_to_the_last_request(simulate):
    plan = make_plan(users=5, workers=3, requests_limit=11)
    sent = []
    for shard in range(3):
        run = simulate(plan, shard=shard)
        run.whole()
        sent.append(len(run.sent))
    assert sent == [4, 4, 3]


def test_the_end_of_the_run_parks_every_user_after_its_last_reply(simulate):
    run = simulate(make_plan(users=4), lambda sent: ((sent.user + 1) * 7 * NS_PER_MS, reply()))
    run.whole(0.05)
    assert all(sent.at_ns < 50 * NS_PER_MS for sent in run.sent)
    # The last ones are sent at 49, 42, 42 and 28 ms and come back at 56, 56, 63 and 56 ms.
    assert run.users.finished_ns - run.began_ns == 63 * NS_PER_MS


def test_after_the_stop_flag_nothing_new_starts(simulate):
    run = simulate(make_plan(users=4), lambda _: (5 * NS_PER_MS, reply()))
    run.open_all()
    run.start()
    run.later(23 * NS_PER_MS, lambda: run.control.trip(Cause.SIGNAL, run.clock()))
    run.run_to_the_end()
    assert max(sent.at_ns for sent in run.sent) == 20 * NS_PER_MS
    assert run.users.take().total().ok == len(run.sent) == 4 * 5
    assert run.elapsed_ns == 25 * NS_PER_MS


def test_what_is_cut_is_unknown_and_bounds_the_latency(simulate):
    run = simulate(make_plan(users=3), lambda sent: None if sent.user == 1 else (NS_PER_MS, reply()))
    run.open_all()
    run.start(0.01)
    run.run(40 * NS_PER_MS)
    assert not run.users.finished
    run.users.cut()
    assert run.users.finished
    tally = run.users.take().tally(0)
    assert (tally.unknown, tally.failed, tally.sent) == (1, 0, len(run.sent))
    assert tally.clocks["service_censored"].buckets == {bucket_of(40_000): 1}
    assert run.breaker.failures == 0


def test_the_counts_of_the_control_are_those_of_the_requests(simulate):
    run = simulate(make_plan(users=1, requests_limit=2500, duration_s=None))
    run.open_all()
    run.start()
    run.run_to_the_end()
    run.users.on_batch()
    assert run.control.get(0, Slot.SENT) == 2500
    assert run.users.judged == (2500, 0)


# Thinking.


def test_a_pause_follows_every_reply_and_is_never_early(simulate):
    plan = make_plan(users=2, think_s=(0.1, 0.3))
    run = simulate(plan, lambda _: (20 * NS_PER_MS, reply()))
    recording = run.whole(3.0)
    for user in range(2):
        times = [sent.at_ns for sent in run.sent if sent.user == user]
        assert times[0] == 0
        for before, after in pairwise(times):
            assert 120 * NS_PER_MS <= after - before <= 320 * NS_PER_MS
    tally = recording.tally(0)
    assert tally.clocks["send_lag"].total == tally.ok == len(run.sent)
    assert tally.clocks["send_lag"].quantiles_us([1.0]) == [0]
    assert tally.clocks["response"] == tally.clocks["service"]


def test_an_alarm_that_rings_for_nothing_starts_nobody_early(simulate):
    run = simulate(make_plan(users=1, think_s=(0.1, 0.1)), lambda _: (NS_PER_MS, reply()))
    run.open_all()
    run.start()
    for at_ms in (2, 30, 99, 100):
        run.later(at_ms * NS_PER_MS, run.reactor.ring)
    run.run(150 * NS_PER_MS)
    assert [sent.at_ns // NS_PER_MS for sent in run.sent] == [0, 101]


def test_a_pause_that_is_served_late_is_send_lag(simulate):
    run = simulate(make_plan(users=1, think_s=(0.1, 0.1)), lambda _: (NS_PER_MS, reply()))
    run.open_all()
    run.start(10)
    run.run(50 * NS_PER_MS)
    late = run.alarm.at + 400_000
    run.alarm.at = late
    run.run(150 * NS_PER_MS)
    clocks = run.users.take().tally(0).clocks
    assert sorted(clocks["send_lag"].buckets.elements()) == [0, 400]
    assert sorted(clocks["response"].buckets.elements()) == [1000, 1400]


def test_users_that_think_at_the_end_do_not_hold_up_the_run(simulate):
    run = simulate(make_plan(users=2, think_s=(30.0, 30.0)))
    run.whole(1.0)
    assert len(run.sent) == 2
    assert run.elapsed_ns <= NS_PER_S + TICK_NS


def test_users_that_think_when_the_budget_is_spent_do_not_hold_up_the_run(simulate):
    """The last reply is in at 2 ms; a pause after it would only lengthen the measured time."""
    run = simulate(
        make_plan(users=3, requests_limit=3, think_s=(30.0, 30.0), duration_s=None),
        lambda sent: ((2 if sent.user == 2 else 1) * NS_PER_MS, reply()),
    )
    run.whole(3600.0)
    assert run.users.finished_ns - run.began_ns == 2 * NS_PER_MS
    assert run.elapsed_ns <= TICK_NS


# The ramp.


def test_a_ramp_connects_and_starts_users_one_by_one_and_never_early(simulate):
    run = simulate(make_plan(users=5, ramp_up_s=1.0), connect=lambda _: (3 * NS_PER_MS, None))
    run.open()
    assert run.opened_at == []
    run.start(2.0)
    run.run_to_the_end()
    assert [(at // NS_PER_MS, user) for at, user in run.opened_at] == [(200 * user, user) for user in range(5)]
    first = {}
    for sent in run.sent:
        first.setdefault(sent.user, sent.at_ns // NS_PER_MS)
    assert first == {user: 200 * user + 3 for user in range(5)}
    assert run.users.started == 5


def test_shards_start_their_users_in_turn(simulate):
    run = simulate(make_plan(users=4, workers=2, ramp_up_s=1.0), shard=1)
    run.open()
    run.start(2.0)
    run.run_to_the_end()
    assert [at // NS_PER_MS for at, _ in run.opened_at] == [250, 750]


UP_AND_DOWN = (UserStage(4.0, 0, 4), UserStage(2.0, 4, 4), UserStage(4.0, 4, 0))


def test_stages_let_users_come_and_go(simulate):
    plan = make_plan(users=4, user_stages=UP_AND_DOWN, duration_s=10.0)
    run = simulate(plan, lambda _: (100 * NS_PER_MS, reply()))
    run.open()
    run.start(10.0)
    run.run_to_the_end()
    first = {sent.user: sent.at_ns for sent in reversed(run.sent)}
    last = {sent.user: sent.at_ns for sent in run.sent}
    assert [first[user] // NS_PER_MS for user in range(4)] == [1, 1001, 2001, 3001]  # a connect takes 1 ms
    assert [last[user] // NS_PER_MS for user in range(4)] == [9901, 8901, 7901, 6901]
    assert (run.users.started, run.users.finished_ns - run.began_ns) == (4, 10_001 * NS_PER_MS)
    assert set(run.users.take().total().clocks) == {"service"}


def test_a_user_whose_turn_comes_again_connects_again(simulate):
    stages = (UserStage(1.0, 1, 1), UserStage(1.0, 0, 0), UserStage(1.0, 1, 1))
    run = simulate(make_plan(users=1, user_stages=stages, duration_s=3.0), lambda _: (300 * NS_PER_MS, reply()))
    run.open()
    run.start(3.0)
    run.run_to_the_end()
    assert [sent.at_ns // NS_PER_MS for sent in run.sent] == [1, 301, 601, 901, 2001, 2301, 2601, 2901]
    assert [at // NS_PER_MS for at, _ in run.opened_at] == [0, 2000]
    assert run.users.started == 1


def test_users_whose_turn_never_came_are_not_started(simulate):
    run = simulate(make_plan(users=10, ramp_up_s=10.0))
    run.open()
    run.start(10.0)
    run.later(2_500 * NS_PER_MS, lambda: run.control.trip(Cause.SIGNAL, run.clock()))
    run.run_to_the_end()
    assert run.users.started == len(run.opened_at) == 3
    assert run.elapsed_ns <= 2_500 * NS_PER_MS + TICK_NS


def test_a_spent_budget_ends_a_run_in_the_middle_of_its_ramp(simulate):
    run = simulate(make_plan(users=10, ramp_up_s=10.0, requests_limit=5, duration_s=None))
    run.open()
    run.start(3600.0)
    run.run_to_the_end()
    assert (len(run.sent), run.users.started) == (5, 1)
    assert run.elapsed_ns <= TICK_NS


def test_a_user_of_a_ramp_has_no_send_lag_for_the_time_it_took_to_connect(simulate):
    run = simulate(make_plan(users=1, ramp_up_s=1.0, think_s=(1.0, 1.0)), connect=lambda _: (80 * NS_PER_MS, None))
    run.open()
    run.start(0.5)
    run.run_to_the_end()
    assert run.users.take().tally(0).clocks["send_lag"].quantiles_us([1.0]) == [0]


# Opening.


def test_all_workers_together_open_five_thousand_connections_a_second(simulate):
    run = simulate(make_plan(users=400, workers=2), shard=0)
    run.open()
    run.run(NS_PER_S, lambda: run.users.opened == 200)
    assert run.users.opened == 200
    for index, (at_ns, _) in enumerate(run.opened_at):
        assert at_ns >= index * 400_000  # 2 workers x 1 s / 5,000
    assert run.opened_at[-1][0] <= 199 * 400_000 + 2 * NS_PER_MS


def test_at_most_128_connections_are_pending(simulate):
    run = simulate(make_plan(users=500), connect=lambda _: (200 * NS_PER_MS, None))
    run.open()
    run.run(10 * NS_PER_S, lambda: run.users.opened == 500)
    assert run.users.opened == 500
    assert run.most_pending == 128


def test_a_user_that_could_not_connect_ahead_tries_again_with_its_first_request(simulate):
    run = simulate(
        make_plan(users=2), connect=lambda user: (NS_PER_MS, ErrorClass.CONNECTION_REFUSED if user else None)
    )
    run.open_all()
    assert run.control.get(0, Slot.FAILED) == 0
    run.start(0.002)
    assert [(sent.at_ns, sent.user) for sent in run.sent] == [(0, 0), (0, 1)]
    run.run_to_the_end()
    assert run.users.take().total().failed == 0


# Bookkeeping.


def test_taking_in_the_middle_changes_no_total(simulate):
    plan = make_plan(users=3, requests_limit=500)
    whole = simulate(plan).whole()
    run = simulate(plan)
    run.open_all()
    run.start()
    parts = []
    while not run.users.finished:
        run.run(run.elapsed_ns + 10 * NS_PER_MS, lambda: run.users.finished)
        parts.append(run.users.take())
    for part in parts[1:]:
        parts[0].merge(part)
    assert len(parts) > 3
    assert parts[0] == whole


@pytest.mark.parametrize(
    ("timeout_s", "swept_ms"),
    [
        (1.0, [50, 100, 150, 200]),  # every twentieth of the timeout: 50 ms, which is every tick
        (2.0, [50, 150, 250]),
        (60.0, [50]),  # at most every 500 ms
    ],
)
def test_deadlines_are_looked_at_in_proportion_to_the_timeout(simulate, timeout_s, swept_ms):
    run = simulate(make_plan(users=1, timeout_s=timeout_s, connect_timeout_s=timeout_s), lambda _: None)
    run.open_all()
    run.start()
    run.run((swept_ms[-1] + 20) * NS_PER_MS)
    assert [(at - run.began_ns) // NS_PER_MS for at in run.reactor.swept] == swept_ms


@pytest.mark.parametrize("repeats", [True, False])
@pytest.mark.parametrize("users", [1, 5])
def test_bytes_are_those_that_came_however_replies_change(simulate, repeats, users):
    """By turns: other lengths, other kinds of heads, other statuses, bad ones, and the last one again."""
    random, said = Random(3), []

    def serve(_):
        if not said or random.random() < 0.7:
            status, body = random.choice([200, 200, 201, 500]), b"x" * random.choice([0, 5, 5, 500])
            more = random.choice([b"", b"ETag: 1\r\n", b"Vary: a\r\n"])
            head = b"HTTP/1.1 %d OK\r\nX-Id: %d\r\n%bContent-Length: %d\r\n\r\n" % (
                status, random.randrange(100), more, len(body),
            )  # fmt: skip
            said.append(Reply(status, len(body), len(head + body), head=head + body))
        else:
            said.append(said[-1])
        last = said[-1]
        return NS_PER_MS, Reply(last.status, last.body_length, last.wire_length, head=last.head)

    workload = OneScript()
    workload.only.group = group = RequestGroup(repeats=repeats)
    tally = simulate(make_plan(users=users, requests_limit=800), serve, workload=workload).whole().total()
    assert tally.bytes_received == sum(reply.wire_length for reply in said)
    assert tally.ok == sum(reply.status != 500 for reply in said)
    assert group.cache.patterns_made > 3


def test_a_request_with_a_short_deadline_of_its_own_has_deadlines_looked_at_more_often(simulate):
    """From the first one on: a twentieth of it is no longer than a tick."""
    workload = OneScript()
    workload.only = Request(0, "GET", "/", Fields(()), timeout_ns=200 * NS_PER_MS)
    run = simulate(make_plan(users=1, timeout_s=60.0, requests_limit=1), lambda _: None, workload=workload)
    tally = run.whole(3.0).total()
    assert (tally.failed, run.elapsed_ns) == (1, 200 * NS_PER_MS)


def test_closing_frees_the_reactor_and_the_alarm():
    run = Simulation(make_plan())
    run.open_all()
    run.close()
    assert run.reactor.closed
    assert run.alarm.closed


def test_the_stop_flag_is_free_until_something_trips_it(simulate):
    run = simulate(make_plan(users=1, requests_limit=3))
    run.whole()
    assert run.control.stop == GO
