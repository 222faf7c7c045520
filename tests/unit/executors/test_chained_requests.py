"""Requests that lead to others: whoever has nothing to send waits for those that are still out."""

from dataclasses import replace

import pytest

from loadgen.base.clock import NS_PER_MS
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Fields, Request, RequestGroup
from loadgen.base.reply import Expect, Reply
from loadgen.guard.shared_state import Cause
from loadgen.measure.recording import Tally
from loadgen.plan.plan import Arrivals, Stage
from loadgen.workloads.base import Pause
from tests.support.fakes import GET, Chained, OneScript, make_plan, reply
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
    group = RequestGroup(repeats=False)
    workload = OneScript()
    workload.only.group, workload.only.payload, workload.only.awaited = group, 7, True

    def serve(sent):
        whole = b"HTTP/1.1 200 OK\r\nx-amz-request-id: %09d\r\nContent-Length: 0\r\n\r\n" % sent.at_ns
        return MS, Reply(200, 0, len(whole), head=whole)

    tally = simulate(make_plan(users=1, requests_limit=9), serve, workload=workload).whole().total()
    assert group.cache.patterns_made == 1
    assert [(end.reply.status, end.error) for end in workload.outcomes] == [(200, None)] * 9
    assert (tally.ok, tally.payload, tally.bytes_received) == (9, 63, 9 * group.reply.wire_length)


def test_a_client_that_hands_over_the_same_reply_again_leaves_nothing_out():
    """As the blocking one does with replies that are alike: a script is told of each, and what it moved is counted."""
    workload, same = OneScript(), reply()
    workload.only.payload, workload.only.awaited = 7, True
    tally = Run(make_plan(users=1, requests_limit=9), lambda _: (MS, same), workload=workload).whole()
    assert [(end.reply.status, end.error) for end in workload.outcomes] == [(200, None)] * 9
    assert (tally.ok, tally.payload) == (9, 63)
    workload.only.awaited = False
    tally = Run(make_plan(users=1, requests_limit=9), lambda _: (MS, same), workload=workload).whole()
    assert (tally.ok, tally.payload) == (9, 63)


class Coded(Expect):
    """The first word of a bad reply is the application's code."""

    def code(self, kept):
        return kept.decode().partition(" ")[0]


@pytest.mark.parametrize(
    ("answer", "end", "codes", "message"),
    [
        (RESET, (None, RESET), {}, RESET.text),
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
    assert workload.out == 0


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
    assert sent_ms == [0, 1, 1, 1]
    assert (tally.ok, workload.out) == (4, 0)
    assert run.recording.tally(0).ok == 4


def test_a_starved_user_keeps_its_place_in_the_budget():
    run = Run(make_plan(users=4, requests_limit=3, duration_s=None), workload=Chained(firsts=1, more=9))
    assert run.whole().ok == 3


class Steps:
    """A workload of one user: the steps of its list, in order; a function makes its step of the clock."""

    left, only = 0, None

    def __init__(self, *steps):
        self.steps = list(steps)
        self.told = []
        self.clock = None

    def script(self, user):
        return self if user == 0 else Steps()

    def resume(self, outcome):
        self.told.append(None if outcome is None else outcome.error or outcome.reply.status)
        step = self.steps.pop(0) if self.steps else None
        return step(self.clock()) if callable(step) else step

    def never_sent(self, recorder, waited_ns):
        recorder.never_sent(0, waited_ns)


def get(name_id=0, *, awaited=True):
    return Request(name_id, "GET", "/", Fields(()), awaited=awaited)


def pause(ns):
    return lambda now: Pause(now + ns)


class Driven:
    """A run of either kind, and when it sent what, in milliseconds."""

    def __init__(self, simulate, kind, plan, workload, serve=lambda _: (MS, reply()), duration_s=10.0):
        if kind == "reactor":
            run = simulate(plan, serve, workload=workload)
            workload.clock = run.clock
            self.tally = run.whole(duration_s).total()
            self.sent_ms = [sent.at_ns // MS for sent in run.sent]
        else:
            run = Run(plan, lambda _: serve(None), workload=workload)
            workload.clock = run.clock
            run.whole(duration_s)
            self.tally = run.recording.total()
            self.sent_ms = sorted(at for user in range(plan.users) for at in run.sent_ms(user))
        self.users = run.users


both = pytest.mark.parametrize("kind", ["reactor", "sequential"])


@both
def test_a_pass_of_several_requests_has_no_pause_but_its_own_and_ends_in_think_time(simulate, kind):
    workload = Steps(get(), get(), pause(5 * MS), get(), None, get(), None)
    run = Driven(simulate, kind, make_plan(users=1, think_s=(0.1, 0.1)), workload)
    assert run.sent_ms == [0, 1, 7, 108]
    assert workload.told == [None, 200, 200, None, 200, None, 200, None]
    assert run.tally.ok == run.users.sent == 4


@both
def test_a_pass_may_end_with_a_pause_or_begin_with_one(simulate, kind):
    workload = Steps(get(), pause(5 * MS), None, pause(MS), get())
    run = Driven(simulate, kind, make_plan(users=1, think_s=(0.1, 0.1)), workload)
    assert run.sent_ms == [0, 107]
    assert workload.told == [None, 200, None, None, None, 200, None]


@both
def test_a_pass_is_not_gone_on_with_after_the_stop_but_its_script_learns_what_came(simulate, kind):
    workload = Steps(*[get() for _ in range(99)])
    run = Driven(simulate, kind, make_plan(users=1, requests_limit=3), workload)
    assert (run.tally.ok, run.users.sent, workload.told) == (3, 3, [None, 200, 200, 200])
    workload = Steps(*[get() for _ in range(99)])
    run = Driven(simulate, kind, make_plan(users=1), workload, lambda _: (4 * MS, reply()), 0.01)
    assert (run.sent_ms, workload.told) == ([0, 4, 8], [None, 200, 200, 200])


@both
def test_what_follows_a_failed_connect_waits_for_the_backoff(simulate, kind):
    answers = iter([ErrorClass.CONNECTION_REFUSED, ErrorClass.CONNECTION_REFUSED, reply(), reply()])
    workload = Steps(*[get() for _ in range(4)])
    run = Driven(simulate, kind, make_plan(users=1), workload, lambda _: (MS, next(answers)))
    assert run.sent_ms == [0, 11, 32, 33]
    refused = ErrorClass.CONNECTION_REFUSED
    assert workload.told == [None, refused, refused, 200, 200, None]


@both
def test_a_request_that_is_not_awaited_ends_its_pass(simulate, kind):
    workload = Steps(get(), get(awaited=False), get(), None)
    run = Driven(simulate, kind, make_plan(users=1, think_s=(0.1, 0.1)), workload)
    assert (run.sent_ms, workload.told) == ([0, 1, 102], [None, 200, None, 200, None])


@both
def test_a_run_ends_when_all_its_users_wait_for_each_other(simulate, kind):
    workload = Steps(get(), None, Pause())
    run = Driven(simulate, kind, make_plan(users=3), workload, duration_s=3600)
    assert run.sent_ms == [0]
    assert run.users.finished


class Waiting(Steps):
    """User 0 sends its steps; user 1 waits for an outcome of user 0's, then sends one request."""

    def __init__(self, *steps):
        super().__init__(*steps)
        self.other = Steps(Pause(), get(awaited=False))

    def script(self, user):
        return (self, self.other)[user]


@both
def test_a_script_that_waits_goes_on_when_another_request_of_the_shard_is_answered(simulate, kind):
    workload = Waiting(pause(20 * MS), get(), None)
    run = Driven(simulate, kind, make_plan(users=2), workload, lambda _: (7 * MS, reply()))
    assert run.sent_ms == [20, 27]
    assert workload.other.told[:2] == [None, None]
    assert run.tally.ok == run.users.sent == 2


@both
def test_a_script_that_is_stopped_while_it_waits_sends_nothing_more(simulate, kind):
    """The answer comes after the end of the run."""
    workload = Waiting(get(), None)
    run = Driven(simulate, kind, make_plan(users=2), workload, lambda _: (300 * MS, reply()), duration_s=0.1)
    assert run.sent_ms == [0]
    assert (workload.other.told, workload.other.steps[0].name_id) == ([None], 0)
    assert run.users.finished
    assert run.tally.ok == run.users.sent == 1


@both
def test_nobody_goes_on_after_a_pause_that_the_stop_ended(simulate, kind):
    workload = Steps(get(), pause(300 * MS), get())
    run = Driven(simulate, kind, make_plan(users=1), workload, duration_s=0.1)
    assert (run.sent_ms, workload.told) == ([0], [None, 200])


@both
def test_an_arrival_begins_a_pass_and_its_user_is_busy_to_the_end_of_it(simulate, kind):
    """At 100/s: the second arrival finds the only user in a pause, and waits."""
    arrivals = Arrivals((Stage(0.03, 100.0, 100.0),), max_connections=1)
    workload = Steps(get(1), pause(15 * MS), get(2), None, get(3), None, get(4), None)
    plan = make_plan(users=1, arrivals=arrivals, requests=tuple(replace(GET, name=name) for name in "abcde"))
    run = Driven(simulate, kind, plan, workload)
    assert run.sent_ms == [0, 16, 17, 20]
    assert workload.told == [None, 200, None, 200, None, 200, None, 200]
    assert run.tally.ok == run.users.sent == 4
    assert run.users.not_sent == 0


@pytest.mark.parametrize("kind", ["reactor", "sequential"])
def test_a_transaction_that_nobody_ended_is_unknown_in_the_last_recording_and_in_no_other(simulate, kind):
    workload = Chained(firsts=2, more=0)
    if kind == "reactor":
        run = simulate(make_plan(users=1), workload=workload)
        run.recorder.transactions.begin()
        run.open_all()
        assert run.users.take().transactions == {}
        assert run.whole().transactions[0].unknown == 1
    else:
        sequential = Run(make_plan(users=1), workload=workload)
        sequential.begins = True
        sequential.whole()
        assert [recording.transactions.get(0, Tally()).unknown for recording in sequential.taken] == [0, 1]
