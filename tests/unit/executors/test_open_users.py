import pytest

from loadgen.base.clock import NS_PER_MS, NS_PER_S
from loadgen.base.error_class import ErrorClass
from loadgen.guard.shared_state import Cause
from loadgen.plan.plan import Arrivals, Stage
from tests.support.fakes import TICK_NS, Chained, make_plan, reply
from tests.unit.executors.test_sequential_users import Run


def plan_of(rate=100.0, seconds=1.0, users=2, most=0, when_busy="queue", open_ahead=False, **changes):
    stages = (Stage(seconds, rate, rate),)
    arrivals = Arrivals(stages, max_connections=most or users, when_busy=when_busy, open_ahead=open_ahead)
    return make_plan(users=users, arrivals=arrivals, duration_s=seconds, **changes)


def finished(run, duration_s=1.0):
    run.open_all()
    run.start(duration_s)
    run.run_to_the_end()
    return run.users.take().tally(0)


def test_arrivals_are_sent_when_they_are_due_and_never_early(simulate):
    run = simulate(plan_of(rate=100.0))
    tally = finished(run)
    assert [sent.at_ns for sent in run.sent] == [number * 10 * NS_PER_MS for number in range(100)]
    assert (tally.ok, run.users.sent, run.users.not_sent) == (100, 100, 0)
    assert tally.clocks["send_lag"].quantiles_us([1.0]) == [0]
    assert tally.clocks["response"] == tally.clocks["service"]


def test_a_slow_server_does_not_slow_the_arrivals_while_connections_may_be_opened(simulate):
    run = simulate(plan_of(rate=100.0, users=1, most=50), lambda _: (195 * NS_PER_MS, reply()))
    finished(run)
    assert [sent.at_ns // NS_PER_MS for sent in run.sent] == [number * 10 for number in range(100)]
    assert len(run.users.connections) == 20  # 100 a second, each for not quite 0.2 s


def test_an_arrival_that_finds_every_connection_busy_waits_and_its_response_includes_the_wait(simulate):
    """One connection, 30 ms a reply, an arrival each 20 ms: the n-th waits 10 ms more than the one before it."""
    run = simulate(plan_of(rate=50.0, users=1, seconds=0.1), lambda _: (30 * NS_PER_MS, reply()))
    run.open_all()
    run.start(0.1)
    run.run(95 * NS_PER_MS)
    assert [sent.at_ns // NS_PER_MS for sent in run.sent] == [0, 30, 60, 90]
    clocks = run.users.take().tally(0).clocks
    assert [round(lag / 1000) for lag in sorted(clocks["send_lag"].buckets)] == [0, 10, 20]
    assert [round(response / 1000) for response in sorted(clocks["response"].buckets)] == [30, 40, 50]


@pytest.mark.parametrize("same", [True, False])
def test_waiting_for_a_busy_connection_is_no_delay_of_our_own(simulate, same):
    """Whether replies equal the last one or not."""
    bodies = iter(range(1000))
    run = simulate(
        plan_of(rate=100.0, users=1, seconds=0.3),
        lambda _: (30 * NS_PER_MS, reply(body=b"same" if same else b"%d" % next(bodies))),
    )
    run.open_all()
    run.start(0.3)
    run.run_to_the_end()
    assert run.users.not_sent
    assert max(run.users.take().loop_lag.buckets, default=0) < 1000


def test_what_still_waits_at_the_end_is_never_sent_and_bounds_the_latency(simulate):
    """Four arrivals at 0, 25, 50 and 75 ms; the first takes longer than the run."""
    run = simulate(plan_of(rate=40.0, users=1, seconds=0.1), lambda _: (150 * NS_PER_MS, reply()))
    tally = finished(run, 0.1)
    assert (tally.ok, run.users.sent, run.users.not_sent) == (1, 1, 3)
    for clock in ("response_censored", "send_lag_censored"):
        assert [round(value / 1000) for value in sorted(tally.clocks[clock].buckets)] == [25, 50, 75]
    assert "service_censored" not in tally.clocks


def test_arrivals_go_on_after_a_deadline_has_freed_the_only_connection(simulate):
    """A deadline is seen by a tick, outside of any batch; nothing else would wake the users for the next arrival."""
    run = simulate(plan_of(rate=1.0, users=1, seconds=5.0, timeout_s=1.5), lambda _: None)
    finished(run, 5.0)
    assert [sent.at_ns // NS_PER_MS for sent in run.sent] == [0, 1550, 3050, 4550], (
        "deadlines are looked at every 50 ms"
    )


def test_an_arrival_is_dropped_and_counted_where_that_was_asked_for(simulate):
    run = simulate(plan_of(rate=100.0, users=1, when_busy="drop"), lambda _: (25 * NS_PER_MS, reply()))
    tally = finished(run)
    assert [sent.at_ns // NS_PER_MS for sent in run.sent][:4] == [0, 30, 60, 90]
    assert run.users.sent + run.users.not_sent == 100
    assert tally.clocks["send_lag"].quantiles_us([1.0]) == [0]
    assert tally.clocks["response_censored"].total == run.users.not_sent


def test_the_budget_ends_the_arrivals(simulate):
    run = simulate(plan_of(rate=100.0, requests_limit=7))
    tally = finished(run)
    assert (tally.ok, len(run.sent)) == (7, 7)
    assert run.elapsed_ns <= 60 * NS_PER_MS + 2 * TICK_NS


def test_the_stop_flag_ends_the_arrivals_and_the_waiting(simulate):
    run = simulate(plan_of(rate=100.0, users=1, seconds=10.0), lambda _: (100 * NS_PER_MS, reply()))
    run.open_all()
    run.start(10.0)
    run.later(455 * NS_PER_MS, lambda: run.control.trip(Cause.SIGNAL, run.clock()))
    run.run_to_the_end()
    assert max(sent.at_ns for sent in run.sent) <= 455 * NS_PER_MS
    assert run.users.sent == 5
    assert 455 // 10 + 1 <= run.users.sent + run.users.not_sent <= 455 // 10 + 2
    assert run.elapsed_ns <= 500 * NS_PER_MS + TICK_NS


def test_a_refused_connection_is_a_failed_arrival_and_the_next_one_comes_on_time(simulate):
    run = simulate(plan_of(rate=100.0), lambda _: (0, ErrorClass.CONNECTION_REFUSED))
    tally = finished(run)
    assert tally.failed == len(run.sent) == 100
    assert [sent.at_ns // NS_PER_MS for sent in run.sent[:3]] == [0, 10, 20]


def test_a_queue_of_arrivals_that_all_fail_at_once_is_worked_off_without_recursion(simulate):
    answers = {True: (500 * NS_PER_MS, reply()), False: (0, ErrorClass.GENERATOR)}
    run = simulate(plan_of(rate=5000.0, users=1), lambda sent: answers[sent.at_ns == 0])
    tally = finished(run)
    assert tally.ok == 1
    assert run.users.sent + run.users.not_sent == 5000


def test_shards_share_the_arrivals_between_them(simulate):
    plan = plan_of(rate=100.0, users=2, workers=2)
    times = []
    for shard in range(2):
        run = simulate(plan, shard=shard)
        finished(run)
        times += [sent.at_ns // NS_PER_MS for sent in run.sent]
    assert sorted(times) == [number * 10 for number in range(100)]


def test_every_failing_reply_reaches_the_breaker(simulate):
    run = simulate(plan_of(rate=100.0), lambda _: (NS_PER_MS, reply(500)), max_errors=5)
    tally = finished(run)
    assert (tally.failed, run.control.cause) == (5, Cause.FAIL_FAST)


def test_equal_replies_are_counted_with_their_lags(simulate):
    run = simulate(plan_of(rate=1000.0), lambda _: (100_000, reply()))
    tally = finished(run)
    assert tally.ok == tally.clocks["send_lag"].total == tally.clocks["response"].total == 1000
    assert tally.bytes_received == 1000 * len(reply().head)


def test_the_run_ends_with_the_last_reply_after_the_timetable(simulate):
    run = simulate(plan_of(rate=10.0, most=10), lambda _: (500 * NS_PER_MS, reply()))
    tally = finished(run)
    assert tally.ok == 10
    assert NS_PER_S <= run.elapsed_ns <= NS_PER_S + 400 * NS_PER_MS + TICK_NS


@pytest.mark.parametrize("ends", ["by the budget", "by the workload"])
@pytest.mark.parametrize("driven", ["by a reactor", "in turn"])
def test_arrivals_for_which_there_is_nothing_to_send_are_not_missed(simulate, driven, ends):
    """Three requests in all, while dozens of arrivals wait for the only connection."""
    limit, workload = (3, None) if ends == "by the budget" else (None, Chained(firsts=3, more=0))
    plan = plan_of(rate=100.0, users=1, requests_limit=limit)
    make = simulate if driven == "by a reactor" else Run
    run = make(plan, lambda _: (100 * NS_PER_MS, reply()), workload=workload)
    tally = finished(run) if driven == "by a reactor" else run.whole(1.0)
    assert (tally.ok, run.users.sent, run.users.not_sent) == (3, 3, 0)


@pytest.mark.parametrize("driven", ["by a reactor", "in turn"])
def test_a_run_lasts_to_its_end_though_its_last_arrival_was_long_before(simulate, driven):
    """At 4/s the second and last arrival of 400 ms comes after 250; more would be due at 500."""
    plan = plan_of(rate=4.0, seconds=0.4)
    if driven == "by a reactor":
        run = simulate(plan)
        finished(run, 0.4)
        began_ns = run.began_ns
    else:
        run = Run(plan)
        began_ns = run.clock()
        run.whole(0.4)
    assert run.users.sent == 2
    assert run.clock() - began_ns >= 400 * NS_PER_MS


def connects(simulate, driven, plan, serve):
    """How many connections a run opened, and how many of them before its gate."""
    if driven == "by a reactor":
        run = simulate(plan, serve)
        run.open()
        run.run(NS_PER_S, lambda: False)
        ahead = len(run.opened_at)
        run.start(plan.duration_s)
        run.run_to_the_end()
        return len({sent.user for sent in run.sent} | {user for _, user in run.opened_at}), ahead
    run = Run(plan, serve)
    run.whole(plan.duration_s)
    used = [client for client in run.clients if client.connected_at or client.sent_at]
    return len(used), sum(bool(client.connected_at) for client in run.clients)


@pytest.mark.parametrize("driven", ["by a reactor", "in turn"])
@pytest.mark.parametrize(("service_ms", "needed"), [(5, 1), (15, 2), (95, 10), (500, 20)])
def test_no_more_connections_are_opened_than_arrivals_need(simulate, driven, service_ms, needed):
    """At 100/s, with 20 connections allowed: as many as are busy at once."""
    plan = plan_of(rate=100.0, users=20)
    assert connects(simulate, driven, plan, lambda _: (service_ms * NS_PER_MS, reply())) == (needed, 0)


@pytest.mark.parametrize("driven", ["by a reactor", "in turn"])
def test_all_are_opened_before_the_first_arrival_where_that_is_asked_for(simulate, driven):
    plan = plan_of(rate=100.0, users=20, open_ahead=True)
    assert connects(simulate, driven, plan, lambda _: (5 * NS_PER_MS, reply())) == (20, 20)
