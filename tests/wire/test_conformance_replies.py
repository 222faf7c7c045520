"""Every client makes the same of the same reply, whole or in pieces, seen for the first time or again."""

import tracemalloc
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, pairwise, repeat
from random import Random

import pytest

from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import RequestGroup
from loadgen.base.reply import Expect
from tests.support import replies
from tests.support.clients import RAW, Got, Tap, When, endpoint_of, every_client, every_raw_client, get, user
from tests.support.fault_server import FaultServer
from tests.support.replies import HELLO, OK, WireReply
from tests.support.steps import AwaitClose, Pass, ReadRequest, Send, Step

KEEP = 1 << 20
LARGE = 5_000_000
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n2;a=b\r\nhe\r\n3\r\nllo\r\n0\r\nX-Sum: 1\r\n\r\n"
SMALL = {
    "content-length": WireReply("", OK + HELLO),
    "chunked with extension and trailer": WireReply("", CHUNKED),
    "HEAD": WireReply("", OK + b"Content-Length: 5\r\n\r\n", body=b"", method="HEAD"),
    "an interim reply first": WireReply("", b"HTTP/1.1 100 Continue\r\n\r\n" + OK + HELLO),
    "204": WireReply("", b"HTTP/1.1 204 No Content\r\n\r\n", status=204, body=b""),
}


def answer(case: WireReply) -> list[Step]:
    """One request is answered, and the connection closed if the case says so."""
    return [ReadRequest(), *([Send(case.data)] if case.data else []), *([] if case.closes else [AwaitClose()])]


def conversation(*answers: bytes) -> list[Step]:
    """Requests that are answered one after another on a connection that stays open."""
    steps = [(ReadRequest(), Send(data)) for data in answers]
    return [*chain.from_iterable(steps), AwaitClose()]


def expected(case: WireReply, keep: int = KEEP) -> Got:
    return Got(case.status, len(case.body), case.body[:keep], case.keep_alive, len(case.data))


def without_sent(got: Got) -> Got:
    return replace(got, sent=0)


def skip_what_differs(kind: str, case: WireReply) -> None:
    if kind.startswith("httpx") and case.name == "HTTP/1.0 with keep-alive":
        pytest.skip("h11, and so httpx, gives up every HTTP/1.0 connection")


def named(*tables: Sequence[WireReply]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", list(chain(*tables)), ids=lambda case: case.name)


@every_client
@named(replies.WHOLE, replies.CLOSING, replies.SURPLUS)
def test_a_complete_reply_is_read_to_its_end_and_no_further(kind, case):
    skip_what_differs(kind, case)
    with FaultServer(lambda _: answer(case)) as server, user(kind, endpoint_of(server)) as client:
        got = client.exchange(get(method=case.method, keep=KEEP))
        assert without_sent(got) == expected(case)
        assert client.counts.desynced == case.surplus


@every_client
@named(replies.MALFORMED_REPLIES, replies.TRUNCATED)
def test_what_is_no_reply_is_an_error_of_its_class(kind, case):
    with FaultServer(lambda _: answer(case)) as server, user(kind, endpoint_of(server)) as client:
        got = client.exchange(get(method=case.method))
        assert got.error is case.error
        assert client.outcomes[0].head == case.data[:200] or kind.startswith("httpx")


@every_client
@named(replies.WHOLE)
@pytest.mark.parametrize("keep", [0, KEEP], ids=["counted", "kept"])
def test_an_equal_reply_comes_out_the_same_every_time(kind, case, keep):
    skip_what_differs(kind, case)
    with (
        FaultServer(lambda _: conversation(*repeat(case.data, 4))) as server,
        user(kind, endpoint_of(server)) as client,
    ):
        request = get(RequestGroup(), case.method, keep=keep)
        got = [without_sent(client.exchange(request)) for _ in range(4)]
        assert got == [expected(case, keep)] * 4
        assert (client.counts.opened, client.counts.used) == (1, 1)


@every_client
@named(replies.MALFORMED_REPLIES, replies.TRUNCATED)
def test_the_bytes_of_a_reply_that_failed_were_received(kind, case):
    """Some may have been in the kernel still when it was given up."""
    with FaultServer(lambda _: answer(case)) as server, user(kind, endpoint_of(server)) as client:
        client.exchange(get(method=case.method))
        (outcome,) = client.outcomes
        assert 0 < outcome.bytes_received <= len(case.data) or not case.data
        if case.error is ErrorClass.EARLY_CLOSE:
            assert outcome.bytes_received == len(case.data)


@every_client
def test_lines_that_end_in_lf_alone_are_counted(kind):
    plain = OK.replace(b"\r", b"") + b"Content-Length: 0\n\n"
    with (
        FaultServer(lambda _: conversation(plain, plain, OK + HELLO)) as server,
        user(kind, endpoint_of(server)) as client,
    ):
        for _ in range(3):
            client.exchange(get(RequestGroup()))
        assert client.counts.bare_lf == 2


@every_client
@pytest.mark.parametrize("body", [b"", b"x" * LARGE], ids=["in one piece", "in many"])
def test_the_head_of_a_reply_is_handed_over_with_its_last_field(kind, body):
    head = OK + b'X-Id: %b\r\nContent-Length: %d\r\nETag: "1"\r\n\r\n' % (b"i" * 1000, len(body))
    with FaultServer(lambda _: conversation(head + body)) as server, user(kind, endpoint_of(server)) as client:
        client.exchange(get())
        (outcome,) = client.outcomes
        assert b"\r\netag:" in outcome.reply.head.lower()


@every_client
@named(replies.CLOSING)
def test_a_reply_that_closes_comes_out_the_same_on_every_connection(kind, case):
    with FaultServer(lambda _: answer(case)) as server, user(kind, endpoint_of(server)) as client:
        request = get(RequestGroup(), case.method)
        assert [without_sent(client.exchange(request)) for _ in range(3)] == [expected(case, 0)] * 3
        assert (client.counts.opened, client.counts.used, client.counts.reconnected) == (3, 3, 2)


@every_client
@named(replies.SURPLUS)
def test_bytes_after_a_reply_seen_before_are_noticed(kind, case):
    """The first reply teaches the head, the second is repeated whole, the third has more behind it."""
    clean = max(
        (plain.data for plain in replies.WHOLE if plain.method == case.method and case.data.startswith(plain.data)),
        key=len,
    )
    steps = conversation(clean, clean, case.data)
    with FaultServer(lambda _: steps) as server, user(kind, endpoint_of(server)) as client:
        request = get(RequestGroup(), case.method)
        first, second, third = (client.exchange(request) for _ in range(3))
        assert (first.stays_open, second.stays_open, third.stays_open) == (True, True, False)
        assert without_sent(third) == expected(case, 0)
        assert client.counts.desynced == 1


@every_client
@pytest.mark.parametrize("memory", ["new head", "head seen before", "whole reply seen before"])
@pytest.mark.parametrize("name", SMALL)
def test_a_reply_in_two_pieces_is_the_same_wherever_it_is_cut(kind, name, memory):
    """The server sends the second piece once the client has taken the first."""
    case = SMALL[name]
    whole_ones = 2 if memory == "whole reply seen before" else 0
    cache = None if memory == "new head" else RequestGroup()
    tap, steps, total = Tap(), [], 0
    offsets = range(1, len(case.data), 1 if kind in RAW else 7)  # what httpx reads with is no code of ours
    for offset in offsets:
        steps += [ReadRequest(), Send(case.data)] * whole_ones
        total += len(case.data) * whole_ones + offset
        steps += [
            ReadRequest(),
            Send(case.data[:offset]),
            Pass(When(partial(tap.is_taken, total))),
            Send(case.data[offset:]),
        ]
        total += len(case.data) - offset
    steps.append(AwaitClose())
    request = get(cache, case.method, keep=KEEP if memory == "new head" else 0)
    with FaultServer(lambda _: steps) as server, user(kind, endpoint_of(server)) as client:
        client.connect()
        tap.watch(client)
        for _ in range(len(offsets) * (whole_ones + 1)):
            assert without_sent(client.exchange(request)) == expected(case, request.keep)
        assert client.counts.opened == 1


@every_client
@pytest.mark.parametrize(
    "other",
    [
        WireReply("another body of the same length", OK + b"Content-Length: 5\r\n\r\nHELLO", body=b"HELLO"),
        WireReply("another length", OK + b"Content-Length: 4\r\n\r\nhell", body=b"hell"),
        WireReply("another status", b"HTTP/1.1 500 No\r\n" + HELLO, status=500),
        WireReply("chunks", CHUNKED),
    ],
    ids=lambda case: case.name,
)
@pytest.mark.parametrize("keep", [0, KEEP], ids=["counted", "kept"])
def test_a_repeat_with_a_difference_is_seen_as_it_is(kind, other, keep):
    usual = WireReply("", OK + HELLO)
    order = [usual, usual, usual, other, other, usual, usual, other]
    steps = conversation(*(case.data for case in order))
    with FaultServer(lambda _: steps) as server, user(kind, endpoint_of(server)) as client:
        request = get(RequestGroup(), keep=keep)
        assert [without_sent(client.exchange(request)) for _ in order] == [expected(case, keep) for case in order]
        assert client.counts.opened == 1


@every_client
def test_requests_of_two_names_do_not_share_their_memory(kind):
    usual, other = WireReply("", OK + HELLO), WireReply("", OK + b"Content-Length: 2\r\n\r\nok", body=b"ok")
    steps = conversation(*(case.data for case in [usual, other] * 4))
    with FaultServer(lambda _: steps) as server, user(kind, endpoint_of(server)) as client:
        requests = get(RequestGroup()), get(RequestGroup())
        requests[1].name_id = 1
        for request, case in list(zip(requests, (usual, other), strict=True)) * 4:
            assert without_sent(client.exchange(request)) == expected(case, 0)


@every_raw_client
def test_a_repeat_takes_the_short_way(kind):
    with (
        FaultServer(lambda _: conversation(*repeat(OK + HELLO, 5))) as server,
        user(kind, endpoint_of(server)) as client,
    ):
        request = get(RequestGroup())
        for _ in range(5):
            client.exchange(request)
        if kind == "blocking":
            assert len({id(outcome) for outcome in client.outcomes[1:]}) == 1
            assert len({id(outcome.reply) for outcome in client.outcomes}) == 1
        else:
            assert client.client.repeats == 4


def of_any_length(number: int) -> WireReply:
    """Replies with an id of their own; every fifth is another kind, every seventh is chunked."""
    body, more = b"x" * (number * 37 % 101), b"X-Kind: other\r\n" * (number % 5 == 0)
    head = OK + b"X-Id: %d\r\n" % number + more
    if number % 7 == 0:
        chunks = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
        return WireReply("", head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n", body=body)
    return WireReply("", head + b"Content-Length: %d\r\n\r\n" % len(body) + body, body=body)


@every_client
@pytest.mark.parametrize("repeats", [True, False])
def test_replies_of_any_length_are_counted_and_handed_over_as_they_are(kind, repeats):
    """Most of them take the short way; a reply that equals the last one leaves what was handed over."""
    cases = [of_any_length(number // 2 if repeats else number) for number in range(200)]
    with (
        FaultServer(lambda _: conversation(*(case.data for case in cases))) as server,
        user(kind, endpoint_of(server)) as client,
    ):
        group = RequestGroup(repeats=repeats, keeps_body=True)
        request = get(group, keep=KEEP, expect=Expect())
        for case in cases:
            got = client.exchange(request)
            assert (got.status, got.length, got.wire_length) == (200, len(case.body), len(case.data))
            assert client.outcomes[-1].bytes_received == len(case.data)
            assert group.data[group.body_at :] == case.body
            head = case.data.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
            assert group.data[: group.body_at] == head
        assert client.counts.opened == 1
        assert kind.startswith("httpx") or group.cache.patterns_made == 2


@every_client
def test_what_is_wrong_is_read_in_each_bad_reply(kind):
    """Their heads are alike, and only the body tells which it is."""
    bodies = [b"busy", b"busy", b"gone", b"lost", b"busy"]
    data = [b"HTTP/1.1 503 No\r\nContent-Length: 4\r\n\r\n" + body for body in bodies]
    with FaultServer(lambda _: conversation(*data)) as server, user(kind, endpoint_of(server)) as client:
        group = RequestGroup()
        got = [client.exchange(get(group, keep=KEEP, expect=Expect())).kept for _ in bodies]
        assert got == bodies


@every_client
def test_a_body_in_random_pieces_is_handed_over_whole(kind):
    """Some pieces end within the head; the server sends each once the last was taken."""
    random, tap, total = Random(7), Tap(), 0
    cases = [of_any_length(number) for number in range(1, 40)]
    steps: list[Step] = []
    for case in cases:
        steps.append(ReadRequest())
        cuts = sorted(random.sample(range(1, len(case.data)), random.randrange(4)))
        for begin, end in pairwise([0, *cuts, len(case.data)]):
            steps += [Send(case.data[begin:end]), Pass(When(partial(tap.is_taken, total + end)))]
        total += len(case.data)
    steps.append(AwaitClose())
    group = RequestGroup(repeats=False, keeps_body=True)
    request = get(group, keep=KEEP, expect=Expect())
    with FaultServer(lambda _: steps) as server, user(kind, endpoint_of(server)) as client:
        client.connect()
        tap.watch(client)
        for case in cases:
            got = client.exchange(request)
            assert (got.status, got.length, got.wire_length) == (200, len(case.body), len(case.data))
            assert group.data[group.body_at :] == case.body
        assert client.counts.opened == 1


@every_client
@pytest.mark.parametrize("framing", ["content-length", "chunked", "close-delimited"])
def test_a_large_body_goes_to_the_sink_whole_and_in_order(kind, framing):
    body = bytes(range(256)) * (LARGE // 256)
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in (body[:1000], body[1000:]))
    data = {
        "content-length": OK + b"Content-Length: %d\r\n\r\n" % len(body) + body,
        "chunked": OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n",
        "close-delimited": OK + b"\r\n" + body,
    }[framing]
    seen: list[bytes] = []
    with (
        FaultServer(lambda _: [ReadRequest(), Send(data)]) as server,
        user(kind, endpoint_of(server)) as client,
    ):
        got = client.exchange(get(RequestGroup(), sink=seen.append, keep=3))
        assert (got.length, got.kept, got.wire_length) == (len(body), body[:3], len(data))
        assert b"".join(seen) == body


@every_client
def test_a_large_body_is_counted_without_being_held(kind):
    data = OK + b"Content-Length: %d\r\n\r\n" % LARGE + bytes(LARGE)
    with FaultServer(lambda _: conversation(data, data)) as server, user(kind, endpoint_of(server)) as client:
        client.exchange(get(RequestGroup()))
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        got = client.exchange(get(RequestGroup()))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert (got.length, got.wire_length, got.stays_open) == (LARGE, len(data), True)
        assert peak - before < LARGE / 4


@every_client
@pytest.mark.parametrize("keep", [1, 5, 6, 70_000])
def test_the_first_bytes_of_a_body_are_kept_and_all_are_counted(kind, keep):
    body = bytes(range(250)) * 400
    data = OK + b"Content-Length: %d\r\n\r\n" % len(body) + body
    with FaultServer(lambda _: conversation(*repeat(data, 3))) as server, user(kind, endpoint_of(server)) as client:
        request = get(RequestGroup(), keep=keep)
        for _ in range(3):
            got = client.exchange(request)
            assert (got.length, got.kept) == (len(body), body[:keep])
