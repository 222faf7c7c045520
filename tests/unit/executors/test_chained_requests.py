"""Requests that lead to others: whoever has nothing to send waits for those that are still out."""

import pytest

from loadgen.base.clock import NS_PER_MS
from loadgen.base.exchange import ERROR_TEXT, ErrorClass, Expect, Reply, ReplyCache
from loadgen.executors.sequential_users import STARVED_NS
from loadgen.guard.shared_state import Cause
from tests.support.fakes import Chained, OneRequest, make_plan, reply
from tests.unit.executors.test_sequential_users import Run

RESET = ErrorClass.CONNECTION_RESET
MS = NS_PER_MS


def test_starved_users_go_on_at_the_moment_there_is_something_for_them(simulate):
    workload = Chained(firsts=1, more=3)
    run = simulate(make_plan(users=5), workload=workload)
    recording = run.whole()
    assert [(sent.at_ns, sent.user) for sent in run.sent] == [(0, 0), (MS, 1), (MS, 2), (MS, 3)]
    assert recording.total().ok == run.users.sent == 4
    assert workload.ends == [(200, None)] * 4
    assert run.users.finished_ns - run.began_ns == 2 * MS


def test_a_run_ends_when_nothing_is_left_though_its_time_is_not_up(simulate):
    run = simulate(make_plan(users=2), workload=Chained(firsts=5, more=0))
    run.whole(3600)
    assert (len(run.sent), run.elapsed_ns) == (5, 3 * MS)


def test_the_end_of_a_reply_that_says_the_same_as_the_last_is_told_as_well(simulate):
    """Each of a store's replies has an id of its own; data and bytes are counted as for those that are read."""
    cache, ends = ReplyCache(repeats=False), []
    workload = OneRequest()
    workload.only.cache, workload.only.payload = cache, 7
    workload.only.done = lambda reply, error: ends.append((reply.status, error))

    def serve(sent):
        whole = b"HTTP/1.1 200 OK\r\nx-amz-request-id: %09d\r\nContent-Length: 0\r\n\r\n" % sent.at_ns
        return MS, Reply(200, 0, len(whole), whole=whole)

    tally = simulate(make_plan(users=1, requests_limit=9), serve, workload=workload).whole().total()
    assert cache.patterns_made == 1
    assert ends == [(200, None)] * 9
    assert (tally.ok, tally.payload, tally.bytes_received) == (9, 63, 9 * cache.size)


class Coded(Expect):
    """The first word of a bad reply is the application's code."""

    def code(self, kept):
        return kept.decode().partition(" ")[0]


@pytest.mark.parametrize(
    ("answer", "end", "codes", "message"),
    [
        (RESET, (None, RESET), {}, ERROR_TEXT[RESET]),
        (reply(404, b"Gone for good"), (404, ErrorClass.UNEXPECTED_STATUS), {"Gone": 1}, "status 404, Gone"),
    ],
    ids=["no reply", "a bad one"],
)
@pytest.mark.parametrize("kind", ["reactor", "sequential"])
def test_a_failure_is_told_and_leads_to_nothing(simulate, kind, answer, end, codes, message):
    workload = Chained(firsts=1, more=3, expect=Coded())
    if kind == "reactor":
        tally = simulate(make_plan(users=2), lambda _: (MS, answer), workload=workload).whole().total()
    else:
        tally = Run(make_plan(users=2), lambda _: (MS, answer), workload=workload).whole()
    assert (tally.failed, workload.ends, tally.codes) == (1, [end], codes)
    assert [item.message for item in tally.errors.values()] == [message]


def test_what_is_cut_is_told_too(simulate):
    workload = Chained(firsts=2, more=3)
    run = simulate(make_plan(users=2), lambda _: None, workload=workload)
    run.open_all()
    run.start()
    run.later(5 * MS, lambda: run.control.trip(Cause.SIGNAL, run.clock()))
    run.later(6 * MS, run.users.cut)
    run.run_to_the_end()
    assert workload.ends == [(None, ErrorClass.CUT)] * 2
    assert workload.pending == 0


def test_starved_users_stay_parked_after_the_stop(simulate):
    run = simulate(make_plan(users=3), lambda _: (5 * MS, reply()), workload=Chained(firsts=1, more=3))
    run.open_all()
    run.start()
    run.later(2 * MS, lambda: run.control.trip(Cause.SIGNAL, run.clock()))
    run.run_to_the_end()
    assert len(run.sent) == 1


def test_sequential_users_share_what_one_of_them_leads_to():
    workload = Chained(firsts=1, more=3)
    run = Run(make_plan(users=4), workload=workload)
    tally = run.whole()
    sent_ms = sorted(at for user in range(4) for at in run.sent_ms(user))
    assert sent_ms == [0, 1, STARVED_NS // MS, STARVED_NS // MS]
    assert (tally.ok, workload.pending) == (4, 0)
    assert run.recording.tally(0).ok == 4


def test_a_starved_user_keeps_its_place_in_the_budget():
    run = Run(make_plan(users=4, requests_limit=3, duration_s=None), workload=Chained(firsts=1, more=9))
    assert run.whole().ok == 3


class Delayed(Chained):
    """One request now, and one at `at_ns`, which is pending until then though nothing is out."""

    at_ns = 0

    def __init__(self):
        super().__init__(firsts=1, more=0)
        self.pending, self.clock = 1, None

    def next(self):
        if self.at_ns and self.clock() >= self.at_ns:
            self._ready, self.at_ns = 1, 0
            self.pending -= 1
        return super().next()


def test_users_wait_for_what_the_workload_will_have_later_though_nothing_is_out(simulate):
    workload = Delayed()
    run = simulate(make_plan(users=2), workload=workload)
    workload.clock, workload.at_ns = run.clock, run.clock() + 300 * MS
    run.whole()
    assert len(run.sent) == 2
    assert run.sent[1].at_ns >= 250 * MS
    assert workload.pending == 0


def test_nobody_waits_for_it_after_the_stop(simulate):
    workload = Delayed()
    run = simulate(make_plan(users=2), workload=workload)
    workload.clock, workload.at_ns = run.clock, run.clock() + 300 * MS
    run.open_all()
    run.start()
    run.later(100 * MS, lambda: run.control.trip(Cause.SIGNAL, run.clock()))
    run.run_to_the_end()
    assert len(run.sent) == 1


@pytest.mark.parametrize("kind", ["reactor", "sequential"])
def test_a_transaction_that_nobody_ended_is_unknown_in_the_last_recording_and_in_no_other(simulate, kind):
    workload = Chained(firsts=2, more=0)
    if kind == "reactor":
        run = simulate(make_plan(users=1), workload=workload)
        run.recorder.transactions.begin()
        run.open_all()
        assert run.users.take().transactions.unknown == 0
        assert run.whole().transactions.unknown == 1
    else:
        sequential = Run(make_plan(users=1), workload=workload)
        sequential.begins = True
        sequential.whole()
        assert [recording.transactions.unknown for recording in sequential.taken] == [0, 1]
