from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import ConnectionCounts, RequestGroup
from loadgen.measure.histogram import Histogram
from loadgen.measure.names import Kind, Names
from loadgen.measure.recorder import EXAMPLE_BYTES, Recorder
from loadgen.measure.recording import ErrorCount, Recording, Tally

STATUS = ErrorClass.UNEXPECTED_STATUS


def shout(data):
    return data.decode("latin-1").upper()


def closed_loop():
    return Recorder(shout, paced=False)


def paced():
    return Recorder(shout, paced=True)


def test_a_good_reply_is_counted_once_with_status_bytes_and_latency():
    recorder = closed_loop()
    recorder.replies(0, 200, None).add(1_500_000, 100)
    assert recorder.take() == Recording(
        {0: Tally(ok=1, bytes_received=100, statuses={200: 1}, clocks={"service": Histogram([(1500, 1)])})}
    )


def test_a_failed_reply_has_a_latency_of_its_own_and_no_place_among_the_good_ones():
    recorder = closed_loop()
    recorder.replies(0, 500, STATUS).add(2_000_000, 70)
    recorder.note_example(0, STATUS, "status 500", b"head")
    tally = recorder.take().tally(0)
    assert (tally.ok, tally.failed, tally.statuses, tally.bytes_received) == (0, 1, {500: 1}, 70)
    assert tally.errors == {STATUS: ErrorCount(1, "STATUS 500", "HEAD")}
    assert tally.clocks == {"failed": Histogram([(2000, 1)])}


def test_codes_and_locations_of_servers_are_redacted_and_only_the_first_location_is_kept():
    recorder = closed_loop()
    for _ in range(2):
        recorder.note_code(0, "echo")
    for place in (b"first", b"second"):
        recorder.note_redirect(0, b"HTTP/1.1 301 x\r\nLocation: /" + place + b"\r\n\r\n")
    tally = recorder.take().tally(0)
    assert (tally.codes, tally.redirects_to) == ({"ECHO": 2}, "/FIRST")


def test_kinds_of_replies_are_kept_apart_by_name_status_and_verdict():
    recorder = closed_loop()
    for name_id, status, error in ((0, 200, None), (0, 201, None), (0, 200, STATUS), (1, 200, None)):
        recorder.replies(name_id, status, error).add(1000, 10)
    recording = recorder.take()
    assert (recording.tally(0).ok, recording.tally(0).failed, recording.tally(1).ok) == (2, 1, 1)
    assert recording.tally(0).statuses == {200: 2, 201: 1}
    assert recording.total().sent == 4


def test_a_replies_stays_the_same_while_replies_stay_of_one_kind():
    recorder = closed_loop()
    replies = recorder.replies(0, 200, None)
    recorder.take()
    assert recorder.replies(0, 200, None) is replies


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.booleans()), max_size=40))
def test_bytes_are_the_sum_of_all_sizes_also_of_samples_appended_straight(steps):
    """A repeat is appended to `samples` without its size: it has the size of the reply before it."""
    recorder = closed_loop()
    replies = recorder.replies(0, 200, None)
    expected, size = 0, None
    for new_size, repeats, fold in steps:
        if repeats and size is not None:
            replies.samples.append(1000)
        else:
            size = new_size
            replies.add(1000, size, 10 * size)
        expected += size
        if fold:
            recorder.fold()
    tally = recorder.take().tally(0)
    assert (tally.bytes_received, tally.payload) == (expected, 10 * expected)
    assert tally.ok == len(steps)


def test_a_bad_reply_moved_nothing():
    recorder = closed_loop()
    recorder.replies(0, 500, STATUS).add(1000, 70, 100)
    recorder.replies(0, 200, None).add(1000, 70, 100)
    recorder.replies(0, 200, None).add(1000, 70, 50)
    assert recorder.take().tally(0).payload == 150


def test_bytes_noted_outside_a_replies_are_added():
    recorder = closed_loop()
    recorder.note_sent_bytes(1, 30)
    recorder.note_sent_bytes(1, 5)
    recorder.note_received_bytes(1, 7)
    tally = recorder.take().tally(1)
    assert (tally.bytes_sent, tally.bytes_received) == (35, 7)


def test_taking_leaves_nothing_behind():
    recorder = paced()
    replies = recorder.replies(0, 200, None)
    replies.lags.append(5)
    replies.add(1000, 10)
    recorder.lose(0, ErrorClass.TIMEOUT, 1, 1, "", b"")
    recorder.connections.opened = 4
    recorder.batches_ns.append(1000)
    first = recorder.take()
    assert first.connections == ConnectionCounts(opened=4)
    assert first.loop_lag.total == 1
    assert recorder.take() == Recording()
    assert recorder.connections == ConnectionCounts()


def test_what_was_timed_beside_the_clocks_becomes_counts():
    recorder = Recorder(shout, paced=False, phases=True)
    recorder.connections.connect_ns.extend([40_000, 60_000])
    recorder.connections.tls_ns.append(900_000)
    replies = recorder.replies(0, 200, None)
    replies.samples.append(500_000)
    replies.add(1_000_000, 10)
    replies.first_bytes[1] = 700_000
    taken = recorder.take()
    assert taken.opening == {"connect": Histogram([(40, 1), (60, 1)]), "tls": Histogram([(900, 1)])}
    clocks = taken.tally(0).clocks
    assert clocks["first_byte"] == Histogram([(500, 1), (700, 1)])
    assert clocks["transfer"] == Histogram([(0, 1), (300, 1)])
    assert recorder.take() == Recording()
    replies.samples.append(500_000)
    clocks = recorder.take().tally(0).clocks
    assert (clocks["first_byte"], clocks["transfer"]) == (Histogram([(500, 1)]), Histogram([(0, 1)]))


def test_a_failed_reply_has_no_phases():
    recorder = Recorder(shout, paced=False, phases=True)
    replies = recorder.replies(0, 500, STATUS)
    replies.add(1_000_000, 10)
    replies.first_bytes[0] = 700_000
    assert set(recorder.take().tally(0).clocks) == {"failed"}
    recorder.replies(0, 500, STATUS).add(1_000_000, 10)
    assert set(recorder.take().tally(0).clocks) == {"failed"}


def test_what_is_judged_is_counted_over_takes_folded_or_not_without_the_generators_own_faults():
    recorder = closed_loop()
    for _ in range(3):
        recorder.replies(0, 200, None).add(1000, 10)
        recorder.take()
    recorder.replies(0, 500, STATUS).add(1000, 10)
    assert recorder.judged == (3, 1)
    recorder.fold()
    for error in (ErrorClass.TIMEOUT, ErrorClass.NO_PORTS, ErrorClass.CUT):
        recorder.lose(0, error, 1000, 0, "", b"")
    recorder.replies(0, 200, None).add(1000, 10)
    assert recorder.judged == (4, 2)


def test_examples_are_the_first_ones_cut_to_size_and_redacted():
    recorder = closed_loop()
    recorder.note_example(0, STATUS, "status 500", b"x" * 1000)
    recorder.note_example(0, STATUS, "status 502", b"second")
    recorder.replies(0, 500, STATUS).add(1, 1)
    assert recorder.take().tally(0).errors[STATUS] == ErrorCount(1, "STATUS 500", "X" * EXAMPLE_BYTES)


def test_without_detail_or_bytes_the_class_explains_itself():
    recorder = closed_loop()
    recorder.lose(0, ErrorClass.EARLY_CLOSE, 1, 0, "", b"")
    assert recorder.take().tally(0).errors == {ErrorClass.EARLY_CLOSE: ErrorCount(1, ErrorClass.EARLY_CLOSE.text, "")}


@pytest.mark.parametrize(
    ("error", "failed", "unknown", "censored"),
    [
        (ErrorClass.CUT, 0, 1, True),  # ended by us: nobody knows what would have become of it
        (ErrorClass.TIMEOUT, 1, 0, True),  # the reply would have taken longer than this
        (ErrorClass.CONNECTION_REFUSED, 1, 0, False),
        (ErrorClass.CONNECTION_RESET, 1, 0, False),
        (ErrorClass.MALFORMED_REPLY, 1, 0, False),
        (ErrorClass.STALE_CONNECTION, 1, 0, False),
        (ErrorClass.NO_PORTS, 1, 0, False),
    ],
)
def test_a_request_without_a_reply_is_unknown_or_failed_and_censored_where_time_ran_out(
    error, failed, unknown, censored
):
    recorder = closed_loop()
    recorder.lose(0, error, 5_000_000, 0, "", b"")
    tally = recorder.take().tally(0)
    assert (tally.ok, tally.failed, tally.unknown, tally.errors[error].count) == (0, failed, unknown, 1)
    assert tally.clocks == ({"service_censored": Histogram([(5000, 1)])} if censored else {})


def test_in_a_paced_loop_a_timeout_bounds_the_response_from_when_it_was_due():
    recorder = paced()
    recorder.lose(0, ErrorClass.TIMEOUT, 1_000_000, 500_000, "", b"")
    assert recorder.take().tally(0).clocks == {
        "service_censored": Histogram([(1000, 1)]),
        "response_censored": Histogram([(1500, 1)]),
        "send_lag": Histogram([(500, 1)]),
    }


def test_in_a_paced_loop_the_response_is_service_time_plus_send_lag():
    recorder = paced()
    replies = recorder.replies(0, 200, None)
    for service_us, lag_us in ((100, 7), (200, 0), (300, 1000)):
        replies.lags.append(lag_us * 1000)
        replies.add(service_us * 1000, 1)
    clocks = recorder.take().tally(0).clocks
    assert clocks["service"] == Histogram([(100, 1), (200, 1), (300, 1)])
    assert clocks["send_lag"] == Histogram([(7, 1), (0, 1), (1000, 1)])
    assert clocks["response"] == Histogram([(107, 1), (200, 1), (1300, 1)])


STEPS = st.one_of(
    st.tuples(st.just("reply"), st.integers(0, 1), st.sampled_from([None, STATUS]), st.integers(0, 10**9)),
    st.tuples(st.just("lose"), st.integers(0, 1), st.sampled_from(list(ErrorClass)), st.integers(0, 10**9)),
    st.tuples(st.just("bytes"), st.integers(0, 1), st.none(), st.integers(1, 99)),
    st.tuples(st.just("fold"), st.just(0), st.none(), st.just(0)),
    st.tuples(st.just("take"), st.just(0), st.none(), st.just(0)),
)


def play(steps, is_paced, without=()):
    recorder, total = Recorder(shout, paced=is_paced), Recording()
    for number, (kind, name_id, error, value) in enumerate(steps):
        match kind:
            case _ if kind in without:
                pass
            case "reply":
                replies = recorder.replies(name_id, 500 if error else 200, error)
                replies.add(value, value % 7)
                if is_paced:
                    replies.lags.append(value // 3)
                if error:
                    recorder.note_example(name_id, error, f"step {number}", b"head")
            case "lose":
                recorder.lose(name_id, error, value, value // 2, f"step {number}", b"")
            case "bytes":
                recorder.note_sent_bytes(name_id, value)
                recorder.connections.opened += 1
                recorder.batches_ns.append(value)
            case "fold":
                recorder.fold()
            case "take":
                total.merge(recorder.take())
    total.merge(recorder.take())
    return total


@settings(max_examples=50)
@given(st.lists(STEPS, max_size=30), st.booleans())
def test_folding_and_taking_in_between_changes_no_total(steps, is_paced):
    assert play(steps, is_paced) == play(steps, is_paced, without=("fold", "take"))


@settings(max_examples=50)
@given(st.lists(STEPS, max_size=30), st.booleans())
def test_every_request_is_counted_exactly_once(steps, is_paced):
    total = play(steps, is_paced).total()
    replies = [step for step in steps if step[0] == "reply"]
    losses = [step for step in steps if step[0] == "lose"]
    assert total.sent == len(replies) + len(losses)
    assert total.ok == sum(error is None for _, _, error, _ in replies)
    assert total.unknown == sum(error is ErrorClass.CUT for _, _, error, _ in losses)
    assert sum(total.statuses.values()) == len(replies)
    assert sum(item.count for item in total.errors.values()) == total.failed + total.unknown
    good = total.clocks.get("service", Histogram()).total
    assert good == total.ok


def test_merging_recordings_leaves_the_other_untouched():
    one, other = Recording(), Recording({0: Tally(ok=2)}, ConnectionCounts(opened=3), Histogram([(5, 1)]))
    before = replace(other.connections)
    one.merge(other)
    one.merge(other)
    assert other.connections == before
    assert (one.tally(0).ok, one.connections.opened, one.loop_lag.total) == (4, 6, 2)


def test_merging_keeps_the_first_example_of_each_class():
    one = Tally(errors={STATUS: ErrorCount(1, "first", "1")})
    one.merge(Tally(errors={STATUS: ErrorCount(2, "second", "2"), ErrorClass.TLS: ErrorCount(1, "tls", "3")}))
    assert one.errors == {STATUS: ErrorCount(3, "first", "1"), ErrorClass.TLS: ErrorCount(1, "tls", "3")}


def test_requests_that_prepare_are_not_among_those_that_are_judged():
    names = Names()
    login, home = names.number(Kind.SETUP, "login"), names.number(Kind.REQUEST, "home")
    recorder = Recorder(shout, paced=False, names=names)
    for name_id in (login, home):
        recorder.replies(name_id, 200, None).add(1000, 10)
        recorder.replies(name_id, 500, ErrorClass.UNEXPECTED_STATUS).add(1000, 10)
        recorder.lose(name_id, ErrorClass.TIMEOUT, 1000, 0, "", b"")
    assert recorder.judged == (1, 2)
    taken = recorder.take()
    assert recorder.judged == (1, 2)
    assert (taken.tallies[login].ok, taken.tallies[login].failed) == (1, 2)


def test_runs_of_equal_length_are_those_of_a_group():
    """Several groups may share a name: what one of them repeats is as long as its own last reply."""
    recorder = Recorder(shout, paced=False)
    short, long = RequestGroup(), RequestGroup()
    recorder.replies(0, 200, None, short).add(1000, 10)
    recorder.replies(0, 200, None, long).add(1000, 1000)
    recorder.replies(0, 200, None).add(1000, 7)
    recorder.replies(0, 200, None, short).samples.append(1000)
    tally = recorder.take().tally(0)
    assert (tally.ok, tally.bytes_received) == (4, 10 + 1000 + 7 + 10)
