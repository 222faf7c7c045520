"""Every client opens, reuses, gives up and counts its connection in the same way."""

import socket
from contextlib import ExitStack, closing
from threading import Thread, active_count

import pytest

from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Fields, Request, RequestGroup
from tests.support.clients import endpoint_of, endpoint_to, every_client, get, open_descriptors, user
from tests.support.fault_server import FaultServer, closed_port
from tests.support.replies import HELLO, OK
from tests.support.steps import AwaitClose, Close, Gate, Pass, ReadRequest, Reset, Send

REPLY = OK + HELLO
FOREVER = [ReadRequest(), Send(REPLY)] * 20
WELL = [*FOREVER, AwaitClose()]
IPV4, IPV6 = int(socket.AF_INET), int(socket.AF_INET6)


@every_client
@pytest.mark.parametrize("ahead", [False, True], ids=["opened by the request", "opened ahead"])
def test_one_connection_carries_all_requests(kind, ahead):
    with FaultServer(lambda _: WELL) as server, user(kind, endpoint_of(server)) as client:
        if ahead:
            assert client.connect() is None
            assert (client.counts.opened, client.counts.used) == (1, 0)
        request = get(RequestGroup())
        assert [client.exchange(request).status for _ in range(10)] == [200] * 10
        assert (client.counts.opened, client.counts.used, client.counts.reconnected) == (1, 1, 0)
        assert {one.connection for one in server.requests} == {0}


@every_client
@pytest.mark.parametrize("memory", [False, True], ids=["", "with the reply known"])
def test_without_keep_alive_every_request_says_so_and_has_its_own_connection(kind, memory):
    """The server leaves its end open, so that closing is the client's doing."""
    with FaultServer(lambda _: WELL) as server, user(kind, endpoint_of(server, keep_alive=False)) as client:
        request = get(RequestGroup() if memory else None)
        assert [client.exchange(request).stays_open for _ in range(4)] == [False] * 4
        assert (client.counts.opened, client.counts.used, client.counts.reconnected) == (4, 4, 3)
        assert [one.connection for one in server.requests] == [0, 1, 2, 3]
        assert all(one.head.endswith(b"\r\nConnection: close") for one in server.requests)


@every_client
@pytest.mark.parametrize("value", ["close", "Keep-Alive, Close"])
def test_a_request_that_asks_for_the_end_of_its_connection_gets_it(kind, value):
    """The server leaves its end open, and says nothing."""
    with FaultServer(lambda _: WELL) as server, user(kind, endpoint_of(server)) as client:
        request = Request(0, "GET", "/", Fields((("Connection", value),)), group=RequestGroup())
        assert [client.exchange(request).stays_open for _ in range(3)] == [False] * 3
        assert [one.connection for one in server.requests] == [0, 1, 2]


def test_a_blocking_client_learns_that_a_server_closes_after_each_reply():
    scripts = [[ReadRequest(), Send(REPLY), Close()], *[WELL] * 3]
    with FaultServer(scripts.__getitem__) as server, user("blocking", endpoint_of(server)) as client:
        request = get(RequestGroup())
        with client.at_once():
            client.exchange(request)
            client.await_event(noticed=False)
            assert client.exchange(request).error is ErrorClass.STALE_CONNECTION
        assert [client.exchange(request).stays_open for _ in range(3)] == [False] * 3
        assert [one.connection for one in server.requests] == [0, 1, 2, 3]


def test_a_blocking_client_learns_nothing_from_a_connection_that_was_used_before():
    scripts = [[*FOREVER[:8], Close()], WELL]
    with FaultServer(scripts.__getitem__) as server, user("blocking", endpoint_of(server)) as client:
        request = get(RequestGroup())
        with client.at_once():
            for _ in range(4):
                client.exchange(request)
            client.await_event(noticed=False)
            assert client.exchange(request).error is ErrorClass.STALE_CONNECTION
        assert [client.exchange(request).stays_open for _ in range(3)] == [True] * 3


@every_client
@pytest.mark.parametrize("ending", [Close(), Reset()], ids=["closed", "reset"])
def test_a_connection_that_the_server_gives_up_while_idle_is_opened_again_and_nothing_is_sent_twice(kind, ending):
    idle = Gate()
    scripts = [[*FOREVER[:6], Pass(idle), ending], WELL]
    with FaultServer(scripts.__getitem__) as server, user(kind, endpoint_of(server)) as client:
        request = get(RequestGroup())
        assert [client.exchange(request).status for _ in range(3)] == [200] * 3
        idle.open()
        client.await_event()
        assert client.exchange(request).status == 200
        assert [one.connection for one in server.requests] == [0, 0, 0, 1]
        counts = client.counts
        assert (counts.opened, counts.used, counts.reconnected, counts.idle_closed) == (2, 2, 1, 1)
        assert (counts.failed, counts.desynced) == (0, 0)


@every_client
def test_a_connection_opened_ahead_and_closed_before_its_first_request_is_opened_again(kind):
    idle = Gate()
    scripts = [[Pass(idle), Close()], WELL]
    with FaultServer(scripts.__getitem__) as server, user(kind, endpoint_of(server)) as client:
        assert client.connect() is None
        idle.open()
        client.await_event()
        assert client.exchange(get()).status == 200
        counts = client.counts
        assert (counts.opened, counts.used, counts.reconnected, counts.idle_closed) == (2, 1, 1, 1)


@every_client
def test_bytes_on_an_idle_connection_end_it_before_the_next_request_could_take_them_for_its_reply(kind):
    idle = Gate()
    wrong = b"HTTP/1.1 500 Wrong\r\n" + HELLO
    scripts = [[*FOREVER[:4], Pass(idle), Send(wrong), AwaitClose()], WELL]
    with FaultServer(scripts.__getitem__) as server, user(kind, endpoint_of(server)) as client:
        request = get(RequestGroup())
        assert [client.exchange(request).status for _ in range(2)] == [200] * 2
        idle.open()
        client.await_event()
        assert client.exchange(request).status == 200
        assert [one.connection for one in server.requests] == [0, 0, 1]
        assert (client.counts.opened, client.counts.desynced, client.counts.idle_closed) == (2, 1, 0)


@every_client
@pytest.mark.parametrize("ahead", [False, True], ids=["opened by the request", "opened ahead"])
def test_an_address_that_refuses_is_passed_over(kind, ahead):
    with closed_port() as refusing, FaultServer(lambda _: WELL) as server:
        addresses = (IPV4, ("127.0.0.1", refusing)), (IPV4, ("127.0.0.1", server.port))
        with user(kind, endpoint_of(server, addresses=addresses)) as client:
            assert not ahead or client.connect() is None
            assert client.exchange(get()).status == 200
            assert (client.counts.opened, client.counts.failed) == (1, 0)


@every_client
def test_several_addresses_are_used_in_turn_and_counted(kind):
    with closed_port() as dead, FaultServer(lambda _: WELL) as one, FaultServer(lambda _: WELL) as other:
        addresses = tuple((IPV4, ("127.0.0.1", port)) for port in (one.port, dead, other.port))
        with user(kind, endpoint_of(one, addresses=addresses, keep_alive=False)) as client:
            assert [client.exchange(get()).status for _ in range(4)] == [200] * 4
            assert (len(one.requests), len(other.requests), client.counts.failed) == (2, 2, 0)
            seen = {f"127.0.0.1:{one.port}": {"": 2}, f"127.0.0.1:{other.port}": {"": 2}}
            assert client.counts.addresses == seen | {f"127.0.0.1:{dead}": {"Connection refused": 1}}


@every_client
def test_a_good_address_that_goes_bad_gives_way_to_the_next(kind):
    with FaultServer(lambda _: WELL) as second, ExitStack() as stack:
        first = stack.enter_context(FaultServer(lambda _: WELL))
        addresses = (IPV4, ("127.0.0.1", first.port)), (IPV4, ("127.0.0.1", second.port))
        with user(kind, endpoint_of(first, addresses=addresses, keep_alive=False)) as client:
            assert client.exchange(get()).status == 200
            stack.close()
            assert [client.exchange(get()).status for _ in range(2)] == [200] * 2
            assert (len(first.requests), len(second.requests), client.counts.failed) == (1, 2, 0)


@every_client
def test_when_every_address_refuses_it_is_one_failed_attempt(kind):
    with closed_port() as one, closed_port() as other:
        addresses = (IPV4, ("127.0.0.1", one)), (IPV4, ("127.0.0.1", other))
        with user(kind, endpoint_to(one, addresses=addresses)) as client:
            assert client.exchange(get()).error is ErrorClass.CONNECTION_REFUSED
            assert (client.counts.opened, client.counts.failed) == (0, 1)


@every_client
@pytest.mark.parametrize("family", [IPV4, IPV6], ids=["IPv4 only", "IPv6 only"])
def test_localhost_is_two_addresses_and_either_may_be_the_one_that_listens(kind, family):
    host = "127.0.0.1" if family == IPV4 else "::1"
    try:
        listener = socket.create_server((host, 0), family=family)
    except OSError:
        pytest.skip(f"this host has no {host}")
    with closing(listener):
        port = listener.getsockname()[1]
        server = Thread(target=answer_once, args=(listener,))
        server.start()
        addresses = (IPV6, ("::1", port)), (IPV4, ("127.0.0.1", port))
        with user(kind, endpoint_to(port, host="localhost", addresses=addresses)) as client:
            assert client.exchange(get()).status == 200
            assert (client.counts.opened, client.counts.failed) == (1, 0)
        server.join()


@every_client
def test_a_family_that_the_host_does_not_have_is_passed_over(kind):
    with FaultServer(lambda _: WELL) as server:
        addresses = (99, ("127.0.0.1", server.port)), (IPV4, ("127.0.0.1", server.port))
        with user(kind, endpoint_of(server, addresses=addresses)) as client:
            assert client.exchange(get()).status == 200


@every_client
def test_closing_frees_every_descriptor_and_thread(kind):
    before = open_descriptors(), active_count()
    with FaultServer(lambda _: WELL) as server:
        for requests in (0, 1, 2):
            with user(kind, endpoint_of(server)) as client:
                client.connect()
                for _ in range(requests):
                    client.exchange(get(RequestGroup()))
    assert (open_descriptors(), active_count()) == before


def answer_once(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(REPLY)
