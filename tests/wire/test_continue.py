"""A body waits until the server asks for it with 100 Continue, has answered without it, or has been silent for long."""

import pytest

from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Fields, Request, RequestGroup
from tests.support.clients import User, endpoint_of, every_raw_client, get, user
from tests.support.fault_server import FaultServer
from tests.support.replies import HELLO, OK
from tests.support.steps import AwaitClose, Close, Gate, Pass, ReadBody, ReadHead, ReadRequest, Send

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
REPLY = OK + HELLO
FINAL = {
    "417": b"HTTP/1.1 417 Expectation Failed\r\nContent-Length: 5\r\n\r\nhello",
    "403 at once": b"HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\nhello",
    "200 at once": REPLY,
    "403 after hints": HINTS + b"HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
}
ASKED = {
    "100 at once": [Send(CONTINUE)],
    "100 in pieces, after hints": [Send(HINTS + CONTINUE, (10, 20, 30))],
    "100 twice": [Send(CONTINUE + CONTINUE)],
}
SMALL, LARGE = b"hello", bytes(range(256)) * 4_000


def upload(body: bytes = SMALL) -> Request:
    return Request(0, "PUT", "/", Fields((("expect", "100-Continue"),)), body=body, group=RequestGroup())


class Later(Gate):
    """Lets a user believe that two seconds have passed."""

    def __init__(self, client: User) -> None:
        super().__init__()
        self._client = client

    def wait(self) -> None:
        self._client.pause(2)


@every_raw_client
@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("body", [SMALL, LARGE], ids=["small", "large"])
def test_it_goes_out_when_it_is_asked_for_and_the_connection_stays(kind, name, body):
    steps = [ReadHead(), *ASKED[name], ReadBody(), Send(REPLY)] * 2
    with FaultServer(lambda _: [*steps, AwaitClose()]) as server, user(kind, endpoint_of(server)) as client:
        one = upload(body)
        for _ in range(2):
            got = client.exchange(one)
            assert (got.status, got.kept, got.stays_open) == (200, b"", True)
            assert got.sent == len(server.requests[-1].raw)
            assert server.requests[-1].body == body
        assert client.counts.opened == 1


@every_raw_client
@pytest.mark.parametrize("name", FINAL)
def test_it_stays_where_the_server_answers_without_it(kind, name):
    scripts = [[ReadHead(), Send(FINAL[name]), AwaitClose()], [ReadRequest(), Send(REPLY), AwaitClose()]]
    with FaultServer(scripts.__getitem__) as server, user(kind, endpoint_of(server)) as client:
        got = client.exchange(upload())
        assert (got.status, got.length, got.stays_open) == (int(name[:3]), 5, False)
        assert got.sent == len(server.requests[0].raw), "more than the head was sent"
        assert client.exchange(get()).status == 200
        assert client.counts.opened == 2


@every_raw_client
@pytest.mark.slow  # the kernel's clock is the blocking client's
@pytest.mark.parametrize("late", [b"", CONTINUE], ids=["nothing", "100 when it is there"])
def test_it_goes_out_all_the_same_where_the_server_says_nothing_for_a_second(kind, late):
    with FaultServer(lambda _: []) as server, user(kind, endpoint_of(server)) as client:
        steps = [ReadHead(), Pass(Later(client)), ReadBody(), Send(late + REPLY), AwaitClose()]
        server._script = lambda _: steps
        got = client.exchange(upload())
        assert (got.status, got.stays_open, got.error) == (200, True, None)
        assert server.requests[0].body == SMALL
        assert got.sent == len(server.requests[0].raw)


@every_raw_client
def test_a_server_that_closes_before_it_asks_has_lost_the_request(kind):
    with FaultServer(lambda _: [ReadHead(), Close()]) as server, user(kind, endpoint_of(server)) as client:
        got = client.exchange(upload())
        assert (got.status, got.sent) == (None, len(server.requests[0].raw))
        assert got.error in (ErrorClass.EARLY_CLOSE, ErrorClass.CONNECTION_RESET)


@every_raw_client
def test_a_request_without_a_body_waits_for_nothing(kind):
    steps = [ReadRequest(), Send(REPLY), AwaitClose()]
    with FaultServer(lambda _: steps) as server, user(kind, endpoint_of(server)) as client:
        assert client.exchange(upload(b"")).status == 200
