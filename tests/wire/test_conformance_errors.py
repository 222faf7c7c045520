"""Every way in which an exchange can fail has its class, the same for every client; and the next request works."""

import ssl

import pytest

from loadgen.base.clock import NS_PER_S
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import RequestGroup
from tests.support.clients import (
    connecting,
    endpoint_of,
    endpoint_to,
    every_client,
    get,
    open_descriptors,
    user,
)
from tests.support.fault_server import FaultServer, black_hole, closed_port
from tests.support.replies import HELLO, OK
from tests.support.steps import AwaitClose, Close, Gate, Pass, ReadHead, ReadRequest, Reset, Send, Stall, Step, Tell

REPLY = OK + HELLO
WELL: list[Step] = [ReadRequest(), Send(REPLY), AwaitClose()]
ENDLESS = OK + b"Content-Length: 999999999999\r\n\r\n"
SHORT_S = 0.1
UPLOAD = bytes(20_000_000)


class Pause(Gate):
    """Opens by itself after a time much shorter than the client's deadline."""

    def wait(self) -> None:
        self._event.wait(SHORT_S / 20)

    def open(self) -> None:
        """One script of pauses serves many servers."""


class Late(Pause):
    """Opens by itself when the client's usual deadline is long past."""

    def __init__(self, usual_s: float = SHORT_S) -> None:
        super().__init__()
        self._usual_s = usual_s

    def wait(self) -> None:
        self._event.wait(3 * self._usual_s)


BROKEN = {
    "reset before a reply": ([ReadRequest(), Reset()], ErrorClass.CONNECTION_RESET),
    "reset in the head": ([ReadRequest(), Send(OK), Reset()], ErrorClass.CONNECTION_RESET),
    "reset in the body": ([ReadRequest(), Send(REPLY[:-1]), Reset()], ErrorClass.CONNECTION_RESET),
    "reset in a large body": ([ReadRequest(), Send(ENDLESS + bytes(200_000)), Reset()], ErrorClass.CONNECTION_RESET),
    "closed before a reply": ([ReadRequest(), Close()], ErrorClass.EARLY_CLOSE),
    "closed in the body": ([ReadRequest(), Send(REPLY[:-1]), Close()], ErrorClass.EARLY_CLOSE),
}
STALLED = {
    "no reply": [ReadRequest(), Stall()],
    "in the head": [ReadRequest(), Send(OK), Stall()],
    "in the body": [ReadRequest(), Send(REPLY[:-1]), Stall()],
    "after an interim reply": [ReadRequest(), Send(b"HTTP/1.1 100 Continue\r\n\r\n"), Stall()],
    "head byte by byte": [ReadRequest(), Send(OK), *[Send(b"x"), Pass(Pause())] * 100],
    "body byte by byte": [ReadRequest(), Send(ENDLESS), *[Send(b"x"), Pass(Pause())] * 100],
    "a body faster than anyone can read": [ReadRequest(), Send(ENDLESS), *[Send(bytes(1 << 20))] * 10_000],
    "the upload": [ReadHead(), Stall()],
}


def ways(table):
    return pytest.mark.parametrize("way", table)


def then_well(steps: list[Step]):
    """A script of two connections: the second one works."""
    return lambda number: WELL if number else steps


@every_client
@ways(BROKEN)
def test_a_broken_connection(kind, way):
    steps, error = BROKEN[way]
    with FaultServer(then_well(steps)) as server, user(kind, endpoint_of(server)) as client:
        assert client.exchange(get()).error is error
        assert client.exchange(get()).status == 200
        assert (client.counts.opened, client.counts.used, client.counts.reconnected) == (2, 2, 1)
        assert client.counts.failed == client.counts.idle_closed == 0


@every_client
@ways(BROKEN)
@pytest.mark.parametrize("memory", [False, True], ids=["reused", "reused with the reply known"])
def test_a_broken_connection_that_was_reused(kind, way, memory):
    """Where not a byte came back it is stale: the server may have closed it before it saw the request."""
    steps, error = BROKEN[way]
    if "before a reply" in way:
        error = ErrorClass.STALE_CONNECTION
    usual = [ReadRequest(), Send(REPLY)]
    with FaultServer(then_well(usual * 3 + steps)) as server, user(kind, endpoint_of(server)) as client:
        request = get(RequestGroup() if memory else None)
        assert [client.exchange(request).status for _ in range(3)] == [200] * 3
        assert client.exchange(request).error is error
        assert client.exchange(request).status == 200
        assert (client.counts.opened, client.counts.used, client.counts.reconnected) == (2, 2, 1)


@every_client
@pytest.mark.parametrize("ending", [Close(), Reset()], ids=["closed", "reset"])
@pytest.mark.parametrize("memory", [False, True], ids=["", "with the reply known"])
def test_a_request_sent_before_the_close_was_noticed_is_stale_and_not_sent_again(kind, ending, memory):
    """httpx looks at the connection each time, so it notices."""
    idle = Gate()
    steps = [ReadRequest(), Send(REPLY)] * 3 + [Pass(idle), ending]
    with FaultServer(then_well(steps)) as server, user(kind, endpoint_of(server)) as client:
        request = get(RequestGroup() if memory else None)
        with client.at_once():
            assert [client.exchange(request).status for _ in range(3)] == [200] * 3
            idle.open()
            client.await_event(noticed=False)
            got = client.exchange(request)
        if kind.startswith("httpx"):
            assert got.status == 200
            assert client.counts.idle_closed == 1
        else:
            assert got.error is ErrorClass.STALE_CONNECTION
            assert client.exchange(request).status == 200
        assert len(server.requests) == 4


@every_client
@pytest.mark.parametrize("ending", [Close(), Reset()], ids=["closed", "reset"])
def test_a_stale_connection_is_told_with_the_time_that_it_was_idle(kind, ending):
    steps = [ReadRequest(), Send(REPLY)] * 2 + [ReadRequest(), ending]
    with FaultServer(lambda _: steps) as server, user(kind, endpoint_of(server)) as client:
        client.exchange(get())
        client.pause(5)
        client.exchange(get())
        assert client.exchange(get()).error is ErrorClass.STALE_CONNECTION
        client.exchange(get())
        client.exchange(get())
        client.pause(2)
        assert client.exchange(get()).error is ErrorClass.STALE_CONNECTION
    assert client.details[2] == ""
    assert ", 2.0 s after its last request: stay below its idle limit (--think)" in client.details[-1]


@every_client
@ways(STALLED)
def test_the_deadline_is_total(kind, way):
    steps = STALLED[way]
    with FaultServer(lambda _: steps) as server, user(kind, endpoint_of(server, timeout_s=SHORT_S)) as client:
        request = get(method="POST", body=UPLOAD) if way == "the upload" else get()
        got = client.exchange(request)
        assert got.error is ErrorClass.TIMEOUT
        assert (got.sent < len(UPLOAD)) if way == "the upload" else got.sent > 0
        assert client.counts.failed == 0


@every_client
def test_a_timeout_closes_the_connection_and_the_next_request_opens_another(kind):
    stalled = then_well([ReadRequest(), Stall()])
    with FaultServer(stalled) as server, user(kind, endpoint_of(server, timeout_s=2 * SHORT_S)) as client:
        assert client.exchange(get()).error is ErrorClass.TIMEOUT
        assert client.exchange(get()).status == 200
        assert (client.counts.opened, client.counts.reconnected) == (2, 1)


@every_client
@ways(STALLED)
def test_the_deadline_of_a_request_may_be_its_own(kind, way):
    steps = STALLED[way]
    with FaultServer(lambda _: steps) as server, user(kind, endpoint_of(server, timeout_s=60)) as client:
        given = {"method": "POST", "body": UPLOAD} if way == "the upload" else {}
        assert client.exchange(get(timeout_ns=int(SHORT_S * NS_PER_S), **given)).error is ErrorClass.TIMEOUT
        assert client.counts.failed == 0


@every_client
def test_the_deadline_of_one_request_is_not_that_of_the_others(kind):
    """It may be longer than the endpoint's, and both may be had by turns on a connection."""
    for usual_s in (SHORT_S, 10 * SHORT_S, 100 * SHORT_S):  # a busy machine may need longer for a reply that is there
        late = [ReadRequest(), Pass(Late(usual_s)), Send(REPLY)]
        steps = [ReadRequest(), Send(REPLY), *late, ReadRequest(), Send(REPLY), *late, ReadRequest(), Stall()]
        server = FaultServer(lambda _, steps=steps: steps)
        with server, user(kind, endpoint_of(server, timeout_s=usual_s)) as client:
            group = RequestGroup()
            usual, patient = get(group), get(group, timeout_ns=round(10 * usual_s * NS_PER_S))
            got = [client.exchange(request) for request in (usual, patient, usual, patient, usual)]
        if got[0].status and got[2].status:
            break
    assert [one.status for one in got] == [200] * 4 + [None]
    assert got[-1].error is ErrorClass.TIMEOUT
    assert (client.counts.opened, client.counts.reconnected) == (1, 0)


@every_client
def test_a_connect_may_take_no_longer_than_its_request(kind):
    with black_hole() as port, user(kind, endpoint_to(port)) as client:
        assert client.exchange(get(timeout_ns=int(SHORT_S * NS_PER_S))).error is ErrorClass.TIMEOUT
        assert (client.counts.opened, client.counts.failed) == (0, 1)


@every_client
def test_a_refused_connection(kind):
    with closed_port() as port, user(kind, endpoint_to(port)) as client:
        assert client.connect() is ErrorClass.CONNECTION_REFUSED
        got = client.exchange(get())
        assert (got.error, got.sent) == (ErrorClass.CONNECTION_REFUSED, 0)
        assert (client.counts.opened, client.counts.used, client.counts.failed) == (0, 0, 2)


@every_client
@pytest.mark.parametrize("shorter", ["connect_timeout_s", "timeout_s"])
def test_a_connect_that_hangs(kind, shorter):
    with black_hole() as port, user(kind, endpoint_to(port, **{shorter: SHORT_S})) as client:
        error = ErrorClass.TIMEOUT if shorter == "timeout_s" else ErrorClass.CONNECT_TIMEOUT
        assert client.exchange(get()).error is error
        assert (client.counts.opened, client.counts.failed) == (0, 1)


@every_client
def test_a_connect_ahead_that_hangs(kind):
    with black_hole() as port, user(kind, endpoint_to(port, connect_timeout_s=SHORT_S)) as client:
        assert client.connect() is ErrorClass.CONNECT_TIMEOUT
        assert (client.counts.opened, client.counts.failed) == (0, 1)


@every_client
def test_a_handshake_that_hangs_counts_as_connecting(kind):
    context = ssl.create_default_context()
    limits = {"scheme": "https", "connect_timeout_s": SHORT_S}
    with FaultServer(lambda _: [Stall()]) as server, user(kind, endpoint_of(server, **limits), context) as client:
        assert client.exchange(get()).error is ErrorClass.CONNECT_TIMEOUT
        assert (client.counts.opened, client.counts.failed) == (0, 1)


@every_client
def test_running_out_of_descriptors_is_the_generators_own_fault(kind):
    with FaultServer(lambda _: WELL) as server, user(kind, endpoint_of(server)) as client:
        assert client.exchange_without_descriptors(get()).error is ErrorClass.NO_DESCRIPTORS
        assert client.exchange(get()).status == 200
        assert (client.counts.opened, client.counts.failed) == (1, 1)


@every_client
@pytest.mark.parametrize("sent", [b"", OK, ENDLESS + b"some"], ids=["no reply", "half a head", "half a body"])
def test_a_cut_ends_a_running_exchange(kind, sent):
    waiting = Gate()
    steps = [ReadRequest(), *([Send(sent)] if sent else []), Tell(waiting), Stall()]
    with FaultServer(lambda _: steps) as server, user(kind, endpoint_of(server)) as client:
        assert client.exchange_and_cut(get(), waiting).error is ErrorClass.CUT


@every_client
def test_a_cut_ends_a_reply_that_only_the_close_would_end(kind):
    """The end of the stream is then our own doing, and the reply is not complete."""
    waiting = Gate()
    steps = [ReadRequest(), Send(OK + b"\r\nsome"), Tell(waiting), Stall()]
    with FaultServer(lambda _: steps) as server, user(kind, endpoint_of(server)) as client:
        assert client.exchange_and_cut(get(), waiting).error is ErrorClass.CUT


@every_client
def test_a_cut_ends_an_upload(kind):
    waiting = Gate()
    steps = [ReadHead(), Tell(waiting), Stall()]
    with FaultServer(lambda _: steps) as server, user(kind, endpoint_of(server)) as client:
        got = client.exchange_and_cut(get(method="POST", body=UPLOAD), waiting)
        assert got.error is ErrorClass.CUT
        assert got.sent < len(UPLOAD)


@every_client
def test_a_cut_ends_a_connect(kind):
    with black_hole() as port, user(kind, endpoint_to(port)) as client:
        assert client.exchange_and_cut(get(), connecting(port)).error is ErrorClass.CUT


@every_client
def test_a_cut_ends_a_handshake(kind):
    waiting = Gate()
    steps, context = [Tell(waiting), Stall()], ssl.create_default_context()
    with FaultServer(lambda _: steps) as server, user(kind, endpoint_of(server, scheme="https"), context) as client:
        assert client.exchange_and_cut(get(), waiting).error is ErrorClass.CUT


@every_client
def test_no_failure_leaves_a_descriptor_behind(kind):
    before = open_descriptors()
    scripts = [*(steps for steps, _ in BROKEN.values()), [ReadRequest(), Send(b"garbage")]]
    with FaultServer(scripts.__getitem__) as server, user(kind, endpoint_of(server)) as client:
        assert None not in {client.exchange(get()).error for _ in scripts}
    with closed_port() as port, user(kind, endpoint_to(port)) as client:
        client.exchange(get())
    assert open_descriptors() == before
