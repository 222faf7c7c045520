"""TLS, the same for every client: verified unless told otherwise, and as exact as plain sockets."""

import ssl

import pytest

from loadgen.base.endpoint import Tls
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Fields, Request, RequestGroup
from loadgen.base.tls import make_context
from tests.support.clients import endpoint_of, every_client, get, open_descriptors, spoken_to, user
from tests.support.fault_server import FaultServer
from tests.support.replies import HELLO, OK
from tests.support.steps import (
    AwaitClose,
    Close,
    EndSending,
    Gate,
    Pass,
    ReadHead,
    ReadRequest,
    Reset,
    Send,
    Stall,
    Tell,
)

REPLY = OK + HELLO
FOREVER = [ReadRequest(), Send(REPLY)] * 20
WELL = [*FOREVER, AwaitClose()]
LARGE = bytes(range(256)) * 20_000


def trusting(certificates, **changes):
    return make_context(Tls(ca_file=str(certificates.ca), **changes))


@pytest.fixture
def served(certificates):
    """Starts a FaultServer that speaks TLS."""
    return lambda script, **options: FaultServer(script, certificates.server_context(**options))


def at(server, **changes):
    return endpoint_of(server, **{"host": "localhost", "scheme": "https", **changes})


@every_client
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
def test_one_handshake_serves_many_requests(kind, certificates, version):
    context = certificates.server_context()
    context.minimum_version = context.maximum_version = version
    with FaultServer(lambda _: WELL, context) as server, user(kind, at(server), trusting(certificates)) as client:
        request = get(RequestGroup())
        got = [client.exchange(request) for _ in range(10)]
        assert {(one.status, one.length, one.wire_length, one.sent) for one in got} == {
            (200, 5, len(REPLY), len(server.requests[0].raw))
        }
        assert (client.counts.opened, client.counts.used) == (1, 1)
        assert server.requests[0].head == b"GET / HTTP/1.1\r\nHost: localhost:%d" % server.port


@every_client
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_names_and_addresses_are_verified(kind, certificates, served, host):
    with served(lambda _: WELL) as server, user(kind, at(server, host=host), trusting(certificates)) as client:
        assert client.exchange(get()).status == 200


@every_client
@pytest.mark.parametrize("reason", ["no authority given", "another authority", "another name"])
def test_a_certificate_that_does_not_fit_is_refused(kind, certificates, served, reason):
    tls, host = {
        "no authority given": (Tls(), "localhost"),
        "another authority": (Tls(ca_file=str(certificates.stranger)), "localhost"),
        "another name": (Tls(ca_file=str(certificates.ca)), "example.org"),
    }[reason]
    with served(lambda _: WELL) as server, user(kind, at(server, host=host), make_context(tls)) as client:
        assert client.connect() is ErrorClass.TLS
        got = client.exchange(get())
        assert (got.error, got.sent) == (ErrorClass.TLS, 0)
        assert "--insecure" in client.details[-1]
        assert (client.counts.opened, client.counts.failed) == (0, 2)
        assert not server.requests


@every_client
@pytest.mark.parametrize("host", ["localhost", "example.org"])
def test_without_verification_any_certificate_will_do(kind, served, host):
    context = make_context(Tls(verify=False))
    with served(lambda _: WELL) as server, user(kind, at(server, host=host), context) as client:
        assert client.exchange(get()).status == 200


@every_client
def test_a_client_certificate_is_shown(kind, certificates, served):
    context = trusting(certificates, cert_file=str(certificates.client_cert), key_file=str(certificates.client_key))
    with served(lambda _: WELL, client_must_show_certificate=True) as server, user(kind, at(server), context) as client:
        assert client.exchange(get()).status == 200


@every_client
def test_a_client_certificate_that_is_missing_is_an_error_of_tls(kind, certificates, served):
    """TLS 1.3 tells the client only after its handshake, in place of a reply."""
    with (
        served(lambda _: WELL, client_must_show_certificate=True) as server,
        user(kind, at(server), trusting(certificates)) as client,
    ):
        assert client.exchange(get()).error is ErrorClass.TLS
        assert not server.requests


@every_client
@pytest.mark.parametrize("answer", ["speaks plainly", "closes", "resets"])
def test_a_server_without_tls_is_an_error_of_tls(kind, certificates, answer):
    """It answers the first bytes of the handshake in its own way."""
    steps = {
        "speaks plainly": [Send(b"HTTP/1.1 400 Bad Request\r\n" + HELLO), AwaitClose()],
        "closes": [EndSending(), AwaitClose()],
        "resets": [Reset()],
    }[answer]
    with (
        FaultServer(lambda _: [Pass(spoken_to(server.port)), *steps]) as server,
        user(kind, at(server), trusting(certificates)) as client,
    ):
        assert client.exchange(get()).error is ErrorClass.TLS
        assert (client.counts.opened, client.counts.failed) == (0, 1)


@every_client
def test_large_bodies_go_both_ways_whole(kind, certificates, served):
    data = OK + b"Content-Length: %d\r\n\r\n" % len(LARGE) + LARGE
    steps = [*[ReadRequest(), Send(data)] * 2, AwaitClose()]
    pieces: list[bytes] = []
    with served(lambda _: steps) as server, user(kind, at(server), trusting(certificates)) as client:
        echo = Request(0, "PUT", "/", Fields(()), body=LARGE, sink=pieces.append)
        counted = Request(0, "PUT", "/", Fields(()), body=LARGE, group=RequestGroup())
        for request in (echo, counted):
            got = client.exchange(request)
            assert (got.status, got.length, got.stays_open) == (200, len(LARGE), True)
            assert got.sent == len(server.requests[-1].raw)
        assert b"".join(pieces) == LARGE
        assert [seen.body == LARGE for seen in server.requests] == [True, True]


@every_client
@pytest.mark.parametrize("memory", [False, True], ids=["", "seen before"])
def test_a_reply_in_many_records_is_read_to_its_end(kind, certificates, served, memory):
    """What one read decrypts, epoll cannot see: the client has to ask again."""
    data = OK + b"Content-Length: 40000\r\n\r\n" + bytes(40_000)
    script = [ReadRequest(), Send(data, (1, 20, 30, 1, 16_384, 1)), ReadRequest(), Send(data), AwaitClose()]
    with served(lambda _: script) as server, user(kind, at(server), trusting(certificates)) as client:
        request = get(RequestGroup() if memory else None)
        for _ in range(2):
            got = client.exchange(request)
            assert (got.length, got.wire_length, got.stays_open) == (40_000, len(data), True)


@every_client
def test_session_tickets_on_an_idle_connection_are_not_taken_for_data(kind, certificates, served):
    ready = Gate()
    with served(lambda _: [Tell(ready), *WELL]) as server, user(kind, at(server), trusting(certificates)) as client:
        assert client.connect() is None
        ready.wait()
        client.look()
        assert client.exchange(get()).status == 200
        counts = client.counts
        assert (counts.opened, counts.idle_closed, counts.desynced) == (1, 0, 0)


@every_client
@pytest.mark.parametrize(
    "ending",
    [Close(), EndSending(), Reset()],
    ids=["closed", "half closed", "reset"],
)
@pytest.mark.parametrize("part", [0, len(REPLY) - 1], ids=["before the reply", "in the reply"])
def test_a_broken_connection_has_the_class_it_has_without_tls(kind, certificates, served, ending, part):
    """Some versions of Python's ssl do not tell a reset from a close."""
    errors = {ErrorClass.EARLY_CLOSE} | ({ErrorClass.CONNECTION_RESET} if ending == Reset() else set())
    sent = [Send(REPLY[:part])] if part else []
    scripts = [[ReadRequest(), *sent, ending], WELL]
    with served(scripts.__getitem__) as server, user(kind, at(server), trusting(certificates)) as client:
        assert client.exchange(get()).error in errors
        assert client.exchange(get()).status == 200
        assert (client.counts.opened, client.counts.reconnected) == (2, 1)


@every_client
@pytest.mark.parametrize("ending", [Close(), Reset()], ids=["closed", "reset"])
def test_a_reused_connection_without_a_reply_is_stale(kind, certificates, served, ending):
    scripts = [[*FOREVER[:4], ReadRequest(), ending], WELL]
    with served(scripts.__getitem__) as server, user(kind, at(server), trusting(certificates)) as client:
        request = get(RequestGroup())
        assert [client.exchange(request).status for _ in range(2)] == [200] * 2
        assert client.exchange(request).error is ErrorClass.STALE_CONNECTION
        assert client.exchange(request).status == 200


@every_client
@pytest.mark.parametrize("ending", [Close(), Reset()], ids=["closed", "reset"])
@pytest.mark.parametrize("noticed", [True, False], ids=["noticed", "not noticed"])
def test_a_connection_given_up_while_idle(kind, certificates, served, ending, noticed):
    idle = Gate()
    scripts = [[*FOREVER[:4], Pass(idle), ending], WELL]
    with served(scripts.__getitem__) as server, user(kind, at(server), trusting(certificates)) as client:
        request = get(RequestGroup())
        assert [client.exchange(request).status for _ in range(2)] == [200] * 2
        with client.at_once():
            idle.open()
            client.await_event(noticed=noticed)
            got = client.exchange(request)
        if noticed or kind.startswith("httpx"):
            assert (got.status, client.counts.idle_closed) == (200, 1)
        else:
            assert (got.error, client.counts.idle_closed) == (ErrorClass.STALE_CONNECTION, 0)
        assert (client.counts.failed, client.counts.desynced) == (0, 0)


@every_client
def test_bytes_on_an_idle_connection_are_noticed(kind, certificates, served):
    idle = Gate()
    scripts = [[*FOREVER[:4], Pass(idle), Send(REPLY), AwaitClose()], WELL]
    with served(scripts.__getitem__) as server, user(kind, at(server), trusting(certificates)) as client:
        assert [client.exchange(get()).status for _ in range(2)] == [200] * 2
        idle.open()
        client.await_event()
        assert client.exchange(get()).status == 200
        assert (client.counts.opened, client.counts.desynced) == (2, 1)


@every_client
@pytest.mark.parametrize("body", [b"", LARGE], ids=["waiting for a reply", "sending"])
def test_deadlines_and_cuts_hold(kind, certificates, served, body):
    waiting = Gate()
    request = Request(0, "PUT", "/", Fields(()), body=body)
    scripts = [[ReadHead(), Stall()], [ReadHead(), Tell(waiting), Stall()]]
    context = trusting(certificates)
    with served(scripts.__getitem__) as server:
        with user(kind, at(server, timeout_s=0.1), context) as client:
            assert client.exchange(request).error is ErrorClass.TIMEOUT
        with user(kind, at(server), context) as client:
            assert client.exchange_and_cut(request, waiting).error is ErrorClass.CUT


@every_client
def test_nothing_is_left_open(kind, certificates, served):
    before = open_descriptors()
    scripts = [WELL, [ReadRequest(), Reset()], [ReadRequest(), Close()]]
    for script in scripts:
        with served(lambda _: script) as server, user(kind, at(server), trusting(certificates)) as client:  # noqa: B023
            client.exchange(get())
    with served(lambda _: WELL) as server, user(kind, at(server, host="example.org"), trusting(certificates)) as client:
        client.exchange(get())
    assert open_descriptors() == before
