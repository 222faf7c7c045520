from collections import Counter
from itertools import pairwise

import pytest

from loadgen.base.clock import NS_PER_MS
from loadgen.base.error_class import ErrorClass
from loadgen.base.reply import Expect
from loadgen.guard.shared_state import DRAIN, Cause, SharedState
from loadgen.plan.jobs.http import RequestSpec
from tests.support.fakes import make_plan, reply

REFUSED = ErrorClass.CONNECTION_REFUSED


def test_failed_connects_back_off_from_ten_milliseconds_to_a_second(simulate):
    run = simulate(make_plan(users=1), lambda _: (0, REFUSED))
    recording = run.whole(5.0)
    waits = [(after.at_ns - before.at_ns) // NS_PER_MS for before, after in pairwise(run.sent)]
    assert waits == [10, 20, 40, 80, 160, 320, 640, 1000, 1000, 1000]
    tally = recording.tally(0)
    assert tally.failed == tally.errors[REFUSED].count == len(run.sent)
    assert tally.clocks == {}


@pytest.mark.parametrize(
    "error",
    [
        REFUSED,
        ErrorClass.UNREACHABLE,
        ErrorClass.CONNECT_TIMEOUT,
        ErrorClass.TLS,
        ErrorClass.NO_DESCRIPTORS,
        ErrorClass.NO_PORTS,
        ErrorClass.GENERATOR,  # whatever the system said, it will say it again
    ],
)
def test_no_failure_to_connect_is_answered_by_another_attempt_at_once(simulate, error):
    run = simulate(make_plan(users=1), lambda _: (0, error))
    run.whole(0.1)
    assert [sent.at_ns // NS_PER_MS for sent in run.sent] == [0, 10, 30, 70]


@pytest.mark.parametrize(("same", "think_s"), [(False, 0.0), (False, 0.005), (True, 0.0), (True, 0.005)])
def test_a_good_reply_ends_the_backoff(simulate, same, think_s):
    """Also a reply that equals the last one, byte for byte."""
    bodies = iter(range(1000))

    def serve(sent):
        fails = sent.at_ns < 60 * NS_PER_MS or sent.at_ns > 200 * NS_PER_MS
        good = reply(body=b"same" if same else b"%d" % next(bodies))
        return (0, REFUSED) if fails and sent.at_ns else (NS_PER_MS, good)

    run = simulate(make_plan(users=1, think_s=(think_s, think_s)), serve)
    run.whole(0.25)
    times = [sent.at_ns // NS_PER_MS for sent in run.sent]
    good = [at for at in times if 60 <= at <= 200]
    bad = [at for at in times if at > 200]
    assert {after - before for before, after in pairwise(good)} == {1 + round(think_s * 1000)}
    assert [after - before for before, after in pairwise(bad)] == [10, 20]


def test_a_broken_connection_is_opened_again_at_once(simulate):
    errors = iter([ErrorClass.CONNECTION_RESET, ErrorClass.STALE_CONNECTION, ErrorClass.EARLY_CLOSE])
    run = simulate(make_plan(users=1), lambda _: (NS_PER_MS, next(errors, None) or reply()))
    run.whole(0.005)
    assert [sent.at_ns // NS_PER_MS for sent in run.sent] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("limit", [1, 3, 10])
def test_every_failing_reply_reaches_the_breaker_though_all_are_equal(simulate, limit):
    run = simulate(make_plan(users=1), lambda _: (NS_PER_MS, reply(500, b"error")), max_errors=limit)
    recording = run.whole()
    assert len(run.sent) == limit
    assert (run.control.stop, run.control.cause) == (DRAIN, Cause.FAIL_FAST)
    tally = recording.tally(0)
    assert (tally.failed, tally.ok, tally.statuses) == (limit, 0, {500: limit})
    assert tally.errors[ErrorClass.UNEXPECTED_STATUS].message == "status 500"


def test_good_and_bad_replies_in_turn_are_all_told_apart(simulate):
    good, bad = reply(), reply(500, b"no")
    run = simulate(make_plan(users=1, requests_limit=30), lambda sent: (1, [good, good, bad][sent.at_ns % 3]))
    tally = run.whole().tally(0)
    assert tally.statuses == {200: 20, 500: 10}
    assert (tally.ok, tally.failed, run.breaker.failures) == (20, 10, 10)
    assert tally.bytes_received == 20 * len(good.head) + 10 * len(bad.head)


def test_a_reply_with_a_good_status_and_the_wrong_body_fails_every_time(simulate):
    spec = RequestSpec("a", "GET", "/", expect=Expect(body_contains=b"done"))
    run = simulate(make_plan(requests=(spec,), users=1, requests_limit=5))
    tally = run.whole().tally(0)
    assert tally.errors[ErrorClass.UNEXPECTED_BODY].count == tally.failed == run.breaker.failures == 5


@pytest.mark.parametrize(
    ("error", "counted"),
    [(ErrorClass.TIMEOUT, 1), (ErrorClass.CONNECTION_RESET, 1), (ErrorClass.NO_PORTS, 0), (ErrorClass.GENERATOR, 0)],
)
def test_only_the_target_s_faults_count_against_it(simulate, error, counted):
    run = simulate(make_plan(users=1, requests_limit=1), lambda _: (0, error))
    assert run.whole().tally(0).failed == 1
    assert run.breaker.failures == counted


def test_after_the_nth_failure_the_server_sees_only_what_was_in_flight(simulate):
    """Two workers of 50 users; every reply fails. The server may see 10 failures and 100 in flight, no more."""
    plan = make_plan(users=100, workers=2)
    control = SharedState.create(2)
    sent = 0
    for shard in range(2):
        run = simulate(plan, lambda _: (NS_PER_MS, reply(503, b"")), shard=shard, control=control, max_errors=10)
        run.whole()
        sent += len(run.sent)
    assert control.cause is Cause.FAIL_FAST
    assert sent <= 10 + 100
    control.close()


def test_repeats_and_new_replies_are_counted_alike(simulate):
    """Every third reply differs, so that both ways through the code are taken, with the sizes changing."""
    bodies = [b"same", b"same", b"longer one"]
    run = simulate(make_plan(users=1, requests_limit=300), lambda sent: (1, reply(body=bodies[sent.at_ns % 3])))
    tally = run.whole().tally(0)
    assert tally.ok == 300
    assert tally.bytes_received == 100 * (8 + 8 + 14)


def test_two_requests_with_equal_replies_are_counted_apart(simulate):
    plan = make_plan(requests=(RequestSpec("a", "GET", "/a", 2), RequestSpec("b", "GET", "/b", 1)), users=1)
    run = simulate(plan, lambda _: (NS_PER_MS, reply()))
    recording = run.whole(0.03)
    by_name = Counter(sent.request.name_id for sent in run.sent)
    assert (recording.tally(0).ok, recording.tally(1).ok) == (by_name[0], by_name[1]) == (20, 10)
