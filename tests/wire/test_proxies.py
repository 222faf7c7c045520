"""Connections by way of a proxy, the same for every client: how it is asked, and what is said when it will not."""

import socket

import pytest

from loadgen.base.dialing import Dialing, Proxy
from loadgen.base.endpoint import Origin, Tls
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Fields, Request, RequestGroup
from loadgen.base.tls import make_context
from tests.support.clients import Traveller, endpoint_of, endpoint_to, every_client, get, user
from tests.support.fault_server import FaultServer, closed_port
from tests.support.proxy_server import ProxyServer
from tests.support.replies import HELLO, OK
from tests.support.steps import AwaitClose, Close, ReadRequest, Send

WELL = [*[ReadRequest(), Send(OK + HELLO)] * 20, AwaitClose()]
SCHEMES = ("http", "socks5", "socks5h")


def by_way_of(port, scheme="http", user=None, password=""):
    proxy = Proxy(scheme, "127.0.0.1", port, user, password)
    return Dialing(http_proxy=proxy, https_proxy=proxy)


def beyond(proxy, port, host="127.0.0.1", **changes):
    """How to reach what is behind a proxy."""
    changes = {"dialing": by_way_of(proxy.port, **changes.pop("by", {})), **changes}
    if changes["dialing"].http_proxy.scheme == "socks5":
        changes["asked"] = "127.0.0.1"
    return endpoint_to(proxy.port, host, origin_port=port, **changes)


@every_client
def test_a_proxy_of_http_is_given_requests_that_name_their_origin(kind):
    with FaultServer(lambda _: [*WELL[:2], Close()]) as server, ProxyServer() as proxy:
        there = beyond(proxy, server.port, by={"user": "me", "password": "geheim"})
        with user(kind, there) as client:
            assert [client.exchange(get(RequestGroup())).status for _ in range(2)] == [200, 200]
            assert proxy.seen == [f"GET http://127.0.0.1:{server.port}/"] * 2
            assert b"Proxy-Authorization: Basic bWU6Z2VoZWlt" in proxy.fields
            assert b"Host: 127.0.0.1:%d" % server.port in proxy.fields
            assert (client.counts.opened, client.counts.failed) == (1, 0)


@every_client
@pytest.mark.parametrize("scheme", SCHEMES)
def test_https_goes_through_a_tunnel_and_the_certificate_is_the_target_s(kind, scheme, certificates):
    context = make_context(Tls(ca_file=str(certificates.ca)))
    tls = certificates.server_context()
    with FaultServer(lambda _: WELL, tls) as server, ProxyServer(to=server.port) as proxy:
        there = beyond(proxy, 443, "localhost", scheme="https", by={"scheme": scheme})
        with user(kind, there, context) as client:
            assert [client.exchange(get()).status for _ in range(2)] == [200, 200]
            name = "127.0.0.1" if scheme == "socks5" else "localhost"
            assert proxy.seen == [f"{'CONNECT' if scheme == 'http' else 'SOCKS'} {name}:443"]
            assert server.requests[0].head == b"GET / HTTP/1.1\r\nHost: localhost"
            assert (client.counts.opened, client.counts.used) == (1, 1)


@every_client
@pytest.mark.parametrize("password", [None, "me:geheim"])
def test_socks_carries_plain_http_as_it_is(kind, password):
    who = {} if password is None else {"user": "me", "password": "geheim"}
    with (
        FaultServer(lambda _: WELL) as server,
        ProxyServer(password=password, to=server.port) as proxy,
        user(kind, beyond(proxy, 80, "example.test", by={"scheme": "socks5h", **who})) as client,
    ):
        assert client.connect() is None
        assert client.exchange(get()).status == 200
        assert proxy.seen == ["SOCKS example.test:80"]
        assert server.requests[0].head == b"GET / HTTP/1.1\r\nHost: example.test"


REFUSALS = {
    "407": ("http", {"password": "me:geheim"}, ErrorClass.PROXY, "wants a user and a password"),
    "403": ("http", {"answer": b"HTTP/1.1 403 Forbidden\r\n\r\n"}, ErrorClass.PROXY, "(403 Forbidden)"),
    "502": ("http", {"answer": b"HTTP/1.1 502 Bad\r\n\r\n"}, ErrorClass.UNREACHABLE, "cannot reach localhost:443"),
    "surplus": ("http", {"answer": b"HTTP/1.1 200 OK\r\n\r\nhello"}, ErrorClass.PROXY, "sent more"),
    "no HTTP": ("http", {"answer": b"\x05\xff"}, ErrorClass.PROXY, "does not speak HTTP"),
    "no SOCKS": ("socks5h", {"answer": b"HTTP/1.1 400 Bad\r\n\r\n"}, ErrorClass.PROXY, "does not speak SOCKS5"),
    "no password": ("socks5h", {"password": "me:geheim"}, ErrorClass.PROXY, "wants a user and a password"),
    "not allowed": ("socks5h", {"code": 2}, ErrorClass.PROXY, "does not allow it"),
    "unreachable": ("socks5h", {"code": 4}, ErrorClass.UNREACHABLE, "cannot reach it"),
    "refused": ("socks5h", {"code": 5}, ErrorClass.CONNECTION_REFUSED, "was refused by it"),
}


@every_client
@pytest.mark.parametrize("why", REFUSALS)
def test_what_a_proxy_says_in_place_of_a_connection_is_told_with_whose_fault_it_is(kind, why):
    scheme, options, error, text = REFUSALS[why]
    with ProxyServer(**options) as proxy:
        there = beyond(proxy, 443, "localhost", scheme="https", by={"scheme": scheme})
        with user(kind, there, make_context(Tls(verify=False))) as client:
            assert client.exchange(get()).error is error
            assert text in client.details[-1]
            assert f"{scheme}://127.0.0.1:{proxy.port}" in client.details[-1]
            assert (client.counts.opened, client.counts.failed) == (0, 1)


@every_client
def test_a_wrong_password_is_not_shown(kind):
    with ProxyServer(password="me:geheim") as proxy:
        who = {"scheme": "socks5h", "user": "me", "password": "falsch"}
        with user(kind, beyond(proxy, 80, by=who)) as client:
            assert client.exchange(get()).error is ErrorClass.PROXY
            assert "did not accept" in client.details[-1]
            assert "falsch" not in client.details[-1]


@every_client
def test_a_proxy_that_is_not_there_is_not_the_target_s_fault(kind):
    with closed_port() as port, user(kind, endpoint_to(port, dialing=by_way_of(port, "socks5h"))) as client:
        assert client.exchange(get()).error is ErrorClass.PROXY
        assert client.details[-1] == f"the proxy socks5h://127.0.0.1:{port}: Connection refused"


@every_client
def test_a_proxy_that_hangs_up_is_told(kind):
    with (
        FaultServer(lambda _: [Close()]) as server,
        user(kind, endpoint_of(server, dialing=by_way_of(server.port, "socks5h"))) as client,
    ):
        assert client.exchange(get()).error is ErrorClass.PROXY
        assert "closed the connection" in client.details[-1] or "reset" in client.details[-1]


@every_client
def test_a_proxy_that_says_nothing_is_given_up_in_time(kind):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        there = endpoint_to(port, dialing=by_way_of(port, "socks5h"), connect_timeout_s=0.1)
        with user(kind, there) as client:
            assert client.exchange(get()).error is ErrorClass.PROXY
            assert "in time" in client.details[-1]


@every_client
def test_an_origin_that_is_excepted_is_reached_straight(kind):
    with FaultServer(lambda _: WELL) as server, ProxyServer() as proxy:
        dialing = Dialing(http_proxy=Proxy("http", "127.0.0.1", proxy.port), no_proxy=("127.0.0.1",))
        with user(kind, endpoint_of(server, dialing=dialing)) as client:
            assert client.exchange(get()).status == 200
            assert (proxy.seen, server.requests[0].head[:6]) == ([], b"GET / ")


@every_client
def test_other_origins_go_by_the_same_proxy(kind):
    with FaultServer(lambda _: WELL) as one, FaultServer(lambda _: WELL) as other, ProxyServer() as proxy:
        there = beyond(proxy, one.port, by={"scheme": "socks5h"})
        elsewhere = Request(0, "GET", "/", Fields(()), origin=Origin("http", "127.0.0.1", other.port))
        with user(kind, there, make=Traveller) as client:
            assert [client.exchange(request).status for request in (get(), elsewhere)] == [200, 200]
            assert proxy.seen == [f"SOCKS 127.0.0.1:{server.port}" for server in (one, other)]
