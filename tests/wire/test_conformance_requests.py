"""Every client puts the same bytes on the wire, in small and large requests, and hears a server that interrupts."""

from collections.abc import Iterator

import pytest

from loadgen.base.exchange import Fields, Request, RequestGroup
from tests.support.clients import Tap, When, endpoint_of, every_client, get, user
from tests.support.fault_server import FaultServer
from tests.support.replies import HELLO, OK
from tests.support.steps import AwaitClose, Close, Pass, ReadHead, ReadRequest, Send

REPLY = OK + HELLO
WELL = [*[ReadRequest(), Send(REPLY)] * 10, AwaitClose()]
REFUSAL = b"HTTP/1.1 413 Content Too Large\r\n"
LARGE = bytes(range(256)) * 40_000


class Pieces:
    """A body source that says how often it was asked."""

    def __init__(self, *pieces: bytes, length: int | None = None) -> None:
        self.length = length
        self.begun = 0
        self._pieces = pieces

    def chunks(self) -> Iterator[bytes]:
        self.begun += 1
        return iter(self._pieces)


def request(method: str = "GET", target: str = "/", *fields: tuple[str, str], **given) -> Request:
    return Request(0, method, target, Fields(fields), group=RequestGroup(), **given)


def known(*pieces: bytes) -> Pieces:
    return Pieces(*pieces, length=sum(map(len, pieces)))


EXACT = {
    "a GET": (request, b"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"),
    "fields in their order and case": (
        lambda: request("GET", "/", ("X-Zed", "1"), ("accept", "*/*"), ("X-Zed", "2"), ("Cookie", "a=b; c=d")),
        b"GET / HTTP/1.1\r\nHost: {host}\r\nX-Zed: 1\r\naccept: */*\r\nX-Zed: 2\r\nCookie: a=b; c=d\r\n\r\n",
    ),
    "a Host of the request's own": (  # first, because h11 puts it there from anywhere
        lambda: request("GET", "/", ("host", "example.org"), ("Accept", "*/*")),
        b"GET / HTTP/1.1\r\nhost: example.org\r\nAccept: */*\r\n\r\n",
    ),
    "a target as it was written": (
        lambda: request("GET", "//a/../b%20c/%2f/~d?x=1&y=%C3%A9&z=[a]|{b}&empty="),
        b"GET //a/../b%20c/%2f/~d?x=1&y=%C3%A9&z=[a]|{b}&empty= HTTP/1.1\r\nHost: {host}\r\n\r\n",
    ),
    "a HEAD": (lambda: request("HEAD"), b"HEAD / HTTP/1.1\r\nHost: {host}\r\n\r\n"),
    "a DELETE without a body": (lambda: request("DELETE"), b"DELETE / HTTP/1.1\r\nHost: {host}\r\n\r\n"),
    "an OPTIONS of the server": (lambda: request("OPTIONS", "*"), b"OPTIONS * HTTP/1.1\r\nHost: {host}\r\n\r\n"),
    "a POST": (
        lambda: request("POST", "/", ("Content-Type", "text/plain"), body=b"hello"),
        b"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello",
    ),
    "a GET with a body": (
        lambda: request(body=b"hello"),
        b"GET / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\n\r\nhello",
    ),
    "an empty POST": (lambda: request("POST"), b"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n"),
    "a source of known length": (
        lambda: request("PUT", body=known(b"h", b"el", b"lo")),
        b"PUT / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\n\r\nhello",
    ),
    "a source of unknown length": (
        lambda: request("PUT", body=Pieces(b"hello world", b"!")),
        b"PUT / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n1\r\n!\r\n0\r\n\r\n",
    ),
    "a source of nothing": (
        lambda: request("PUT", body=Pieces()),
        b"PUT / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
}


@every_client
@pytest.mark.parametrize("name", EXACT)
def test_what_goes_over_the_wire_is_the_same_byte_for_byte(kind, name):
    make, wire = EXACT[name]
    with FaultServer(lambda _: WELL) as server, user(kind, endpoint_of(server)) as client:
        expected = wire.replace(b"{host}", b"127.0.0.1:%d" % server.port)
        one = make()
        assert [client.exchange(one).sent for _ in range(3)] == [len(expected)] * 3
        assert [seen.raw for seen in server.requests] == [expected] * 3


@every_client
def test_connection_close_comes_last_in_the_head(kind):
    with FaultServer(lambda _: WELL) as server, user(kind, endpoint_of(server, keep_alive=False)) as client:
        client.exchange(request("POST", "/", ("X-One", "1"), body=b"hi"))
        host = b"Host: 127.0.0.1:%d\r\n" % server.port
        tail = b"X-One: 1\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"
        assert server.requests[0].raw == b"POST / HTTP/1.1\r\n" + host + tail


@every_client
def test_the_schemes_own_port_is_left_out_of_host(kind):
    with FaultServer(lambda _: WELL) as server:
        there = endpoint_of(server).addresses
        with user(kind, endpoint_of(server, host="example.org", origin_port=80, addresses=there)) as client:
            client.exchange(get())
            assert server.requests[0].head == b"GET / HTTP/1.1\r\nHost: example.org"


@every_client
def test_requests_that_take_interleaved_do_not_mix(kind):
    with FaultServer(lambda _: WELL) as server, user(kind, endpoint_of(server)) as client:
        requests = [
            request("GET", "/a"),
            request("POST", "/b", body=b"b"),
            request("PUT", "/c", body=known(b"c", b"c")),
        ]
        for one in requests * 3:
            assert client.exchange(one).status == 200
        assert [seen.raw.split()[1] for seen in server.requests] == [b"/a", b"/b", b"/c"] * 3
        assert [seen.body for seen in server.requests] == [b"", b"b", b"cc"] * 3
        assert client.counts.opened == 1


@every_client
@pytest.mark.parametrize("shape", ["bytes", "a source of known length", "a source of unknown length"])
def test_a_large_upload_to_a_server_that_reads_late_arrives_whole(kind, shape):
    """More than the kernel buffers, so the client has to wait for room and go on where it stopped."""
    pieces = LARGE[:1], LARGE[1:100_000], LARGE[100_000:100_003], LARGE[100_003:]
    body = {"bytes": LARGE, "a source of known length": known(*pieces)}.get(shape, Pieces(*pieces))
    tap = Tap()
    steps = [Pass(When(tap.is_full)), ReadRequest(), Send(REPLY), ReadRequest(), Send(REPLY), AwaitClose()]
    with FaultServer(lambda _: steps) as server, user(kind, endpoint_of(server)) as client:
        client.connect()
        tap.watch(client)
        got = client.exchange(request("PUT", body=body))
        assert (got.status, got.stays_open, got.sent) == (200, True, len(server.requests[0].raw))
        assert payload(server.requests[0]) == LARGE
        assert client.exchange(request("POST", body=b"after it")).status == 200
        assert client.counts.opened == 1


@every_client
@pytest.mark.parametrize("shape", ["bytes", "a source"])
@pytest.mark.parametrize("head", [b"", b"Connection: close\r\n"], ids=["without a word", "with Connection: close"])
def test_a_server_that_refuses_a_large_upload_and_closes_is_heard(kind, shape, head):
    """The close resets the connection in the middle of sending; the reply was there before."""
    steps = [ReadHead(), Send(REFUSAL + head + HELLO), Close()]
    scripts = [steps, WELL]
    with FaultServer(scripts.__getitem__) as server, user(kind, endpoint_of(server)) as client:
        got = client.exchange(request("PUT", body=LARGE if shape == "bytes" else known(LARGE, LARGE)))
        assert (got.status, got.length, got.stays_open, got.error) == (413, 5, False, None)
        assert got.sent < len(LARGE) * 2
        assert client.exchange(get()).status == 200
        assert (client.counts.opened, client.counts.reconnected) == (2, 1)


@every_client
def test_a_server_that_replies_early_and_reads_on_is_heard(kind):
    steps = [ReadHead(), Send(REFUSAL + HELLO), AwaitClose()]
    scripts = [steps, WELL]
    with FaultServer(scripts.__getitem__) as server, user(kind, endpoint_of(server)) as client:
        got = client.exchange(request("PUT", body=LARGE))
        assert (got.status, got.length, got.error) == (413, 5, None)


@every_client
def test_a_source_begins_again_with_every_request(kind):
    body = known(b"one ", b"two")
    with FaultServer(lambda _: WELL) as server, user(kind, endpoint_of(server)) as client:
        one = request("PUT", body=body)
        for _ in range(3):
            client.exchange(one)
        assert body.begun == 3
        assert [seen.body for seen in server.requests] == [b"one two"] * 3


@every_client
def test_a_repeat_of_one_name_counts_its_own_bytes(kind):
    """Requests of one name may differ in length while their replies do not."""
    group = RequestGroup()
    with FaultServer(lambda _: WELL) as server, user(kind, endpoint_of(server)) as client:
        requests = [Request(0, "GET", target, Fields(()), group=group) for target in ("/1", "/22", "/333")]
        sent = [client.exchange(one).sent for one in requests * 3]
        assert sent == [len(seen.raw) for seen in server.requests]


def payload(seen) -> bytes:
    """The body without its chunk framing."""
    if b"chunked" not in seen.head:
        return seen.body
    body, rest = b"", seen.body
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        body, rest = body + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
    return body
