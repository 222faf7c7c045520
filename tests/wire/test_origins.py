"""Requests to another origin than the plan's: connections, Host, TLS and addresses of its own, for every client."""

import asyncio
import socket

import pytest

from loadgen.base.clock import NS_PER_S, now_ns
from loadgen.base.endpoint import Origin, Tls
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import RequestGroup
from loadgen.base.tls import make_context
from loadgen.clients.http1.connections import SINGLE_AFTER
from tests.support.clients import (
    Traveller,
    endpoint_of,
    endpoint_to,
    every_client,
    get,
    open_descriptors,
    user,
)
from tests.support.fault_server import FaultServer, closed_port
from tests.support.replies import HELLO, OK
from tests.support.steps import AwaitClose, Close, Gate, ReadRequest, Send, Stall
from tests.wire.test_reactor import Herd, on_epoll

REPLY = OK + HELLO
WELL = [*[ReadRequest(), Send(REPLY)] * 30, AwaitClose()]
OTHER_HOST = "127.0.0.2"
LARGE = 3_000_000


def well():
    return FaultServer(lambda _: WELL)


def other(script=lambda _: WELL):
    return FaultServer(script, host=OTHER_HOST)


def origin_of(server, scheme="http", host=None):
    return Origin(scheme, host or server.host, server.port)


def travelling(kind, endpoint, context=None):
    return user(kind, endpoint, context, Traveller)


@every_client
@pytest.mark.parametrize("keep_alive", [True, False])
def test_each_origin_has_its_own_connection_and_host(kind, keep_alive):
    before = open_descriptors()
    with well() as home, other() as away, travelling(kind, endpoint_of(home, keep_alive=keep_alive)) as client:
        requests = get(RequestGroup()), get(RequestGroup(), origin=origin_of(away))
        got = [client.exchange(request) for _ in range(10) for request in requests]
        assert [(one.status, one.length) for one in got] == [(200, 5)] * 20
        for server in (home, away):
            host = b"Host: %s:%d\r\n" % (server.host.encode(), server.port)
            assert all(host in request.raw for request in server.requests)
            assert len(server.requests) == 10
            assert server.connections == (1 if keep_alive else 10)
        assert (client.counts.opened, client.counts.used) == ((2, 2) if keep_alive else (20, 20))
        assert client.counts.failed == 0
    assert open_descriptors() == before


@every_client
def test_the_origin_of_the_plan_named_by_a_request_is_that_of_the_plan(kind):
    with well() as home, travelling(kind, endpoint_of(home)) as client:
        assert client.exchange(get(origin=origin_of(home))).status == 200
        assert client.exchange(get()).status == 200
        assert client.counts.opened <= 2


@every_client
def test_a_name_is_looked_up_once_when_it_is_first_needed(kind, monkeypatch):
    asked = []

    def look_up(host, port, **_):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (OTHER_HOST, port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    script = [ReadRequest(), Send(OK + b"Connection: close\r\n" + HELLO), Close()]
    with well() as home, other(lambda _: script) as away, travelling(kind, endpoint_of(home)) as client:
        assert client.exchange(get()).status == 200
        assert asked == []
        for _ in range(3):
            assert client.exchange(get(origin=origin_of(away, host="elsewhere.test"))).status == 200
        assert asked == ["elsewhere.test"]
        assert b"Host: elsewhere.test:%d\r\n" % away.port in away.requests[0].raw


@every_client
def test_a_name_that_nobody_knows_fails_its_requests_with_the_reason_and_no_others(kind, monkeypatch):
    known = []

    def look_up(host, port, **_):
        if not known:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (OTHER_HOST, port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with well() as home, other() as away, travelling(kind, endpoint_of(home)) as client:
        request = get(origin=origin_of(away, host="nowhere.test"))
        for _ in range(2):
            got = client.exchange(request)
            assert (got.error, got.sent) == (ErrorClass.UNREACHABLE, 0)
            assert client.details[-1] == "cannot resolve 'nowhere.test': Name or service not known"
            assert client.exchange(get()).status == 200
        known.append(True)
        assert client.exchange(request).status == 200
        assert (client.counts.failed, client.counts.opened) == (2, 2)


@every_client
def test_another_origin_that_refuses_is_no_matter_for_the_first(kind):
    with well() as home, closed_port() as port, travelling(kind, endpoint_of(home)) as client:
        request = get(origin=Origin("http", OTHER_HOST, port))
        for _ in range(2):
            assert client.exchange(request).error is ErrorClass.CONNECTION_REFUSED
            assert client.exchange(get()).status == 200
        assert (client.counts.failed, client.counts.opened, client.counts.reconnected) == (2, 1, 0)


@every_client
@pytest.mark.parametrize("secure", ["the other", "the first", "both"])
def test_tls_is_done_where_the_scheme_says_so_with_what_the_plan_says_of_it(kind, certificates, secure):
    """A body of many pieces takes the ways of its own kind of socket."""
    data = OK + b"Content-Length: %d\r\n\r\n" % LARGE + bytes(LARGE)
    steps = [*[ReadRequest(), Send(data)] * 2, AwaitClose()]
    tls = Tls(ca_file=str(certificates.ca))
    at_home, abroad = secure != "the other", secure != "the first"
    context = make_context(tls) if at_home else None
    with (
        FaultServer(lambda _: steps, certificates.server_context() if at_home else None) as home,
        FaultServer(lambda _: steps, certificates.server_context() if abroad else None) as away,
        travelling(kind, endpoint_of(home, scheme="https" if at_home else "http", tls=tls), context) as client,
    ):
        requests = get(), get(origin=origin_of(away, "https" if abroad else "http", "localhost"))
        for request in requests * 2:
            got = client.exchange(request)
            assert (got.status, got.length, got.wire_length) == (200, LARGE, len(data))
        assert client.counts.opened == 2


@every_client
def test_a_certificate_of_another_origin_is_verified(kind, certificates):
    with (
        well() as home,
        FaultServer(lambda _: WELL, certificates.server_context()) as away,
        travelling(kind, endpoint_of(home)) as client,
    ):
        assert client.exchange(get(origin=origin_of(away, "https", "localhost"))).error is ErrorClass.TLS
        assert client.exchange(get()).status == 200


@every_client
def test_a_request_to_another_origin_may_have_its_own_timeout(kind):
    with (
        well() as home,
        other(lambda _: [ReadRequest(), Stall()]) as away,
        travelling(kind, endpoint_of(home)) as client,
    ):
        request = get(origin=origin_of(away), timeout_ns=NS_PER_S // 10)
        assert client.exchange(request).error is ErrorClass.TIMEOUT
        assert client.exchange(get()).status == 200


def elsewhere(port=80):
    return Origin("http", "slow.test", port)


@pytest.fixture
def slow_names(monkeypatch):
    """Look-ups wait for the gate."""
    gate = Gate()

    def look_up(_host, port, **_):
        gate.wait()
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (OTHER_HOST, port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    yield gate
    gate.open()


def test_a_slow_look_up_holds_up_only_those_who_wait_for_it(slow_names):
    async def job() -> None:
        with well() as home, other() as away:
            async with Herd(endpoint_of(home), 3) as herd:
                herd.connections += [herd.client.stream(user, elsewhere(away.port)) for user in (3, 4, 5)]
                herd.send([3, 4, 5], get(origin=elsewhere(away.port)))
                for count in range(1, 11):
                    herd.send([0], get())
                    await herd.until(lambda count=count: len(herd.events) == count)
                assert {event[1] for event in herd.events} == {0}
                herd.client.drop(herd.connections[4])
                slow_names.open()
                await herd.until(lambda: len(herd.events) == 12)
                assert {event[1:] for event in herd.events[10:]} == {(3, 200), (5, 200)}
                assert (herd.counts.opened, away.connections) == (3, 2)

    on_epoll(job())


@pytest.mark.parametrize(
    ("end", "error"),
    [
        (lambda reactor: reactor.cut(), ErrorClass.CUT),
        (lambda reactor: reactor.sweep(now_ns() + 11 * NS_PER_S), ErrorClass.TIMEOUT),
        (lambda reactor: reactor.sweep(now_ns() + 6 * NS_PER_S), ErrorClass.CONNECT_TIMEOUT),
    ],
    ids=["cut", "timeout", "connect timeout"],
)
def test_who_waits_for_a_look_up_is_cut_and_timed_out_as_others_are(slow_names, end, error):
    async def job() -> None:
        async with Herd(endpoint_to(1), 0) as herd:
            herd.connections = [herd.client.stream(0, elsewhere())]
            herd.send([0], get(origin=elsewhere()))
            end(herd.reactor)
            assert herd.events == [("error", 0, error)]
            slow_names.open()
            await asyncio.sleep(0)
            end(herd.reactor)
            assert len(herd.events) == 1

    on_epoll(job())


def test_a_reactor_that_is_closed_leaves_a_look_up_to_itself(slow_names):
    async def job() -> None:
        async with Herd(endpoint_to(1), 0) as herd:
            herd.connections = [herd.client.stream(0, elsewhere())]
            herd.send([0], get(origin=elsewhere()))
        slow_names.open()
        destination = herd.reactor.destinations.of(elsewhere())
        async with asyncio.timeout(10):
            while destination.waiting:
                await asyncio.sleep(0)
        assert herd.events == []

    before = open_descriptors()
    on_epoll(job())
    assert open_descriptors() == before


def test_a_server_that_closes_after_each_reply_is_no_reason_to_close_connections_to_another():
    async def job() -> None:
        with well() as home, other(lambda _: [ReadRequest(), Send(REPLY), Close()]) as away:
            async with Herd(endpoint_of(home), 1) as herd:
                herd.connections.append(herd.client.stream(1, origin_of(away)))
                for number in range(1, 21):
                    herd.send([1], get(origin=origin_of(away)))
                    if number <= SINGLE_AFTER:
                        herd.ended(1)
                    await herd.until(lambda number=number: len(herd.events) == 2 * number - 1)
                    herd.send([0], get())
                    await herd.until(lambda number=number: len(herd.events) == 2 * number)
                assert home.connections == 1

    on_epoll(job())
